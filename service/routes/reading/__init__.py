"""Routes that read images, drawings and forms."""
