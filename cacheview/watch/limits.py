"""Limits on the data that is kept for watched builds."""

from typing import Final

__all__ = ["MAX_BUILDS", "MAX_COMPLETE_BUILDS", "MAX_FILES"]

MAX_BUILDS: Final = 200
"""The number of builds that are kept, newest first."""

MAX_COMPLETE_BUILDS: Final = 20
"""The number of finished builds that keep all that a record needs, newest first."""

MAX_FILES: Final = 500_000
"""The number of files in contexts that are kept for all builds together."""
