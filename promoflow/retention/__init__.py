"""What the desk keeps, and for how long."""
