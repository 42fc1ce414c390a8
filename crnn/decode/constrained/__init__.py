"""Decoding for a lexicon or a field: the free reading stands first."""
