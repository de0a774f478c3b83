"""``python -m cacheview`` is the same program as ``cacheview``."""

import sys

from cacheview.cli import main

if __name__ == "__main__":
    sys.exit(main())
