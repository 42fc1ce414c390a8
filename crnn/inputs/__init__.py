"""bytes -> images: pictures, TIFF, PDF and zip archives, each within limits."""
