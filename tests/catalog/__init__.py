"""Stores, products and imports."""
