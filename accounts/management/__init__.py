"""What whoever runs the machine does about people."""
