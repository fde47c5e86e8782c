"""The rules as immutable, numbered rows."""
