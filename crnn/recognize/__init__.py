"""tensor -> hypotheses: the network, long lines in tiles, and what is tried again."""
