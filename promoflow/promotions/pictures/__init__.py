"""What runs on a product or in a store as a picture: time from left to right, prices against the floor."""
