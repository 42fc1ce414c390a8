"""Lines set in fonts."""
