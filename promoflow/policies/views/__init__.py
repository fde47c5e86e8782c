"""Pages of the rules, and of the draft of the next ones."""
