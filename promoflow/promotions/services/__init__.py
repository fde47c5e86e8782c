"""Use cases that change a request: verbs that read top to bottom."""
