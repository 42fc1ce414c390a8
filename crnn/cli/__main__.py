"""`python -m crnn.cli` is `crnn-ocr`."""

import sys

from crnn.cli.program import main

if __name__ == "__main__":
    sys.exit(main())
