"""The models of a running service."""
