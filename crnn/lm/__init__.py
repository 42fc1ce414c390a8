"""How likely a line is, learned: text -> n-gram counts -> Kneser-Ney -> pruned -> one file.

NumPy alone. `crnn.decode.ngram_lm` reads the file; docs/decoding-lm.md tells the story.
"""

from crnn.lm.builder import Built, build, extend

__all__ = ["Built", "build", "extend"]
