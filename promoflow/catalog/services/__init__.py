"""What can be done about stores, products and imports."""
