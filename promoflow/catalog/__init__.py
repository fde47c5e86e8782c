"""What is sold: stores, their products with price and floor, and the imports that fill them."""
