"""Whole ways through the desk, page by page, as the people who use it go them."""
