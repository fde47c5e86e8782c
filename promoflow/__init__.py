"""The desk: its settings and its parts."""
