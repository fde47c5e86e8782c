"""Pages of the workflow."""
