"""Tests of how the code is built: its contracts, not its behaviour."""
