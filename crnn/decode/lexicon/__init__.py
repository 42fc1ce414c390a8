"""Decoding with a list of texts that a line may say."""
