"""Lines written by synthetic hands."""
