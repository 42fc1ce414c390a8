"""Synthetic training lines: text, fonts, handwriting, damage; and whole forms."""
