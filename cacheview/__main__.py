"""Runs the program: ``python -m cacheview`` is the same as ``cacheview``."""

import sys


def main() -> int:
    """Run the program and return the exit status. Ctrl+C while it loads ends it without a traceback."""
    try:
        from cacheview.cli import main as run
    except KeyboardInterrupt:
        return 130  # see `EXIT_INTERRUPTED`, which may not be loaded yet
    return run()


if __name__ == "__main__":
    sys.exit(main())
