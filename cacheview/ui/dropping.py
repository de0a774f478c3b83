"""Handles drops on the window: stores, Dockerfiles, Compose files and build records, by their paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cacheview.ui.docks import DIFF, REPLAY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QMimeData

    from cacheview.ui.docks import Docks

__all__ = ["local_paths", "open_paths"]


def local_paths(data: QMimeData) -> list[str]:
    """Return the paths of the dragged local files and folders."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def open_paths(paths: Sequence[str], open_store: Callable[[str], None], docks: Docks) -> None:
    """If the paths are two records, compare them. Otherwise, open the first: a store, Dockerfile or Compose file."""
    from cacheview.diff.record_files import is_record_file
    from cacheview.ui.replay.build import is_dockerfile
    from cacheview.ui.replay.compose import is_compose_file

    first = paths[0]
    if len(paths) == 2 and all(map(is_record_file, paths)):
        docks.use(DIFF, lambda diffs: diffs.compare_paths(paths))
    elif is_dockerfile(first) or is_compose_file(first):
        docks.use(REPLAY, lambda replays: replays.open(first))
    else:
        open_store(first)
