"""Use cases that change the draft of the rules: verbs that read top to bottom."""
