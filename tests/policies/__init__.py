"""The rules as rows: drafted, read and shown."""
