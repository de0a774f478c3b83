"""Limits on the data that is kept for watched builds."""

from typing import Final

__all__ = ["MOST_BUILDS", "MOST_FILES", "MOST_WHOLE"]

MOST_BUILDS: Final = 200
"""The number of builds that are kept, newest first."""

MOST_WHOLE: Final = 20
"""The number of finished builds that keep all that a record needs, newest first."""

MOST_FILES: Final = 500_000
"""The number of files in contexts that are kept for all builds together."""
