"""Zones and checks proposed from a blank."""
