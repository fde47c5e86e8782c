"""What can be done about people and their roles; each deed is in the history."""
