"""How a line is read, and how reading is learned.

bytes -> image (H, W) -> [LineCrop] -> tensor (1, K, H, W) -> log_probs (T, C) -> [Char] -> Line
-> Page.

Axes, everywhere: N lines, K input channels, H W pixels, T steps (columns of network output),
C classes, L labels. `crnn.reader` reads and needs no torch; `crnn.train.models.crnn` and
`crnn.train` learn and do.
"""

__version__ = "0.1.0"
