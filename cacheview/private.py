"""Folders of what the program keeps: names of stores, of files and of builds are the user's own business."""

from __future__ import annotations

from pathlib import Path

__all__ = ["make_private_folder"]


def make_private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, so that only the user can enter them, whatever the umask.

    One that is there stays as it is. Raises OSError.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
