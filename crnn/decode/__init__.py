"""scores -> characters: one algorithm a file, each a pure function of an array (T, C)."""

from crnn.decode.ctc_score import log_softmax
from crnn.decode.greedy import greedy, text_of

__all__ = ["greedy", "log_softmax", "text_of"]
