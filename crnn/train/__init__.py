"""How reading is learned.

recipe.toml -> (text, style) -> synth -> augment -> crnn.read.tensor -> labels -> CRNN -> CTC loss
-> checkpoint.
"""
