"""Limits on what is kept of watched builds."""

from typing import Final

__all__ = ["MOST_BUILDS", "MOST_FILES", "MOST_WHOLE"]

MOST_BUILDS: Final = 200
"""Builds that are kept, the newest."""

MOST_WHOLE: Final = 20
"""Of those that are over, how many are kept with all that a record needs, the newest."""

MOST_FILES: Final = 500_000
"""Files of contexts that are kept of all builds together."""
