"""Marks on a form outside the text of its fields: notes, lines, strikes."""
