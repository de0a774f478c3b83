"""Runs the program: ``python -m cacheview`` is the same as ``cacheview``."""

import sys

from cacheview.cli import main

if __name__ == "__main__":
    sys.exit(main())
