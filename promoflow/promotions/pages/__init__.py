"""What the pages show of requests, read for one reader: lists, one request whole, its downloads."""
