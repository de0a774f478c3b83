"""Unpacks the data roots of the samples. Each archive is read once, because ``extractall`` takes 0.1 seconds."""

from __future__ import annotations

import os
import tarfile
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["unpack_data_root"]

_DATA_ROOTS: Final = Path(__file__).parents[1] / "data" / "live" / "data-root"


@cache
def _files(engine: str) -> tuple[list[tarfile.TarInfo], list[tuple[tarfile.TarInfo, bytes]]]:
    """The folders of an archive, and its files with their content."""
    folders, files = [], []
    with tarfile.open(_DATA_ROOTS / engine / "data-root.tar.gz") as archive:
        for member in archive:
            if member.isdir():
                folders.append(member)
            else:
                content = archive.extractfile(member)
                assert content is not None
                files.append((tarfile.data_filter(member, "/"), content.read()))
    return folders, files


def unpack_data_root(engine: str, folder: Path) -> None:
    """Write the data root of a sample's engine into a folder, as ``extractall`` does with the filter for data."""
    folders, files = _files(engine)
    for path in {os.path.dirname(member.name) for member, _ in files} | {member.name for member in folders}:
        os.makedirs(folder / path, exist_ok=True)
    for member, content in files:
        path = f"{folder}/{member.name}"
        with open(path, "xb", buffering=0) as file:
            file.write(content)
        os.chmod(path, member.mode)
        os.utime(path, (member.mtime, member.mtime))
    for member in reversed(folders):  # writing into a folder changes its time
        os.utime(folder / member.name, (member.mtime, member.mtime))
