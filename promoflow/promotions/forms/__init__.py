"""What people type: its shape, before any rule is asked."""
