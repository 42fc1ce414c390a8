"""What synthetic lines say."""
