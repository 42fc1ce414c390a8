"""How the world asks: the reader behind HTTP."""
