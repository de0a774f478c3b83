"""The desktop's default program for text files, according to the freedesktop specifications. No Qt.

Sources: "Association between MIME types and applications" 1.0 and "Desktop Entry Specification" 1.5.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

__all__ = ["default_editor"]

_MEDIA_TYPES: Final = ("text/x-dockerfile", "text/plain")
_MAX_FILE_BYTES: Final = 1 << 20
_FIELD_CODE: Final = re.compile("%[a-zA-Z]")


def default_editor(environment: Mapping[str, str], home: str) -> tuple[str, ...]:
    """Return the program's command line as words, without the file; empty: none is set, or it needs a terminal."""
    folders = tuple(_data_folders(environment, home))
    for kind in _MEDIA_TYPES:
        for name in _defaults(kind, environment, home, folders):
            words = _command(name, folders)
            if words:
                return words
    return ()


def _defaults(kind: str, environment: Mapping[str, str], home: str, folders: tuple[Path, ...]) -> Iterator[str]:
    """Yield the names of desktop files for a MIME type, in order of preference."""
    desktops = [each.lower() for each in environment.get("XDG_CURRENT_DESKTOP", "").split(":") if each]
    config = [Path(environment.get("XDG_CONFIG_HOME") or f"{home}/.config")]
    config += _paths(environment.get("XDG_CONFIG_DIRS") or "/etc/xdg")
    for folder in (*config, *(folder / "applications" for folder in folders)):
        for file in (*(f"{desktop}-mimeapps.list" for desktop in desktops), "mimeapps.list"):
            listed = _read(folder / file).get("Default Applications", {}).get(kind, "")
            yield from (name for name in listed.split(";") if name and os.sep not in name)


def _command(name: str, folders: tuple[Path, ...]) -> tuple[str, ...]:
    for folder in folders:
        entry = _read(folder / "applications" / name).get("Desktop Entry", {})
        if not entry:
            continue
        try:
            words = [word for word in shlex.split(entry.get("exec", "")) if not _FIELD_CODE.fullmatch(word)]
        except ValueError:
            words = []
        return () if entry.get("terminal", "").lower() == "true" else tuple(words)
    return ()


def _data_folders(environment: Mapping[str, str], home: str) -> Iterator[Path]:
    yield Path(environment.get("XDG_DATA_HOME") or f"{home}/.local/share")
    yield from _paths(environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share")


def _paths(text: str) -> list[Path]:
    return [Path(path) for path in text.split(":") if os.path.isabs(path)]


def _read(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Return the groups of a file, with keys in lower case; empty if it does not exist or is malformed."""
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",), default_section=""
    )
    try:
        if not path.is_file() or path.stat().st_size > _MAX_FILE_BYTES:
            return {}
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, configparser.Error):
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()}
