"""What every story uses to be done once."""
