"""What people read, and how their words are shown."""
