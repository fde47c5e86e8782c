"""The workflow: a promotion request from draft to its end."""
