"""What the service answers and takes, as JSON."""
