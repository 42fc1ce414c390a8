"""Connections and bodies: deadlines, sizes, JSON that is refused early."""
