"""crop -> tensor: trim, deskew, crop to the ink, normalise."""
