"""The history: who did what, chained so that a rewrite shows."""
