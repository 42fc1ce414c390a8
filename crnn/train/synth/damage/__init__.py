"""What paper, scanners and cameras do to a line."""
