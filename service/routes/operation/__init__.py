"""Routes for operators, and the pages."""
