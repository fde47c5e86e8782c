"""The pages of stores, products and imports."""
