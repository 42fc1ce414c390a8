"""`python -m export CHECKPOINT --name NAME`: the same as `crnn-ocr export`."""

import sys

from crnn.cli import main

sys.exit(main(["export", *sys.argv[1:]]))
