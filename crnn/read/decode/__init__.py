"""scores -> characters: one algorithm a file, each a pure function of an array (T, C)."""

from crnn.read.decode.greedy import greedy, text_of
from crnn.read.decode.score import log_softmax

__all__ = ["greedy", "log_softmax", "text_of"]
