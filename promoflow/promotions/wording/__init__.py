"""What was asked, found and changed, in the words of the reader."""
