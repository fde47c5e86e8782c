"""What people type about stores, products and imports."""
