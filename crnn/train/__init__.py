"""How reading is learned.

recipe.toml -> (text, style) -> synth -> augment -> crnn.preprocess.normalize -> labels -> CRNN ->
CTC loss
-> checkpoint.
"""
