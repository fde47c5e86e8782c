"""Reading uploaded files line by line, in constant memory; nothing here knows the database."""
