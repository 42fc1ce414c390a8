"""Jobs: documents read behind the requests."""
