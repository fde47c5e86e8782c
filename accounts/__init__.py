"""People: who they are, which human is behind an account, and what they may do on a store."""
