"""Drawings: strokes in, readings out."""
