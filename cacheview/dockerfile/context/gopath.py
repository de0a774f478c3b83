"""Paths as Go's ``path/filepath`` treats them on Linux: text with slashes, any bytes between them.

Bytes that are not UTF-8 are carried as surrogateescape has them, as `os.fsdecode` does where names are UTF-8.
"""

from __future__ import annotations

import os
import posixpath
import sys
from typing import Final

__all__ = ["clean", "decoded", "from_system", "parents", "raw", "to_system", "walk_key", "within"]


def clean(path: str) -> str:
    """The shortest path that means the same, by its text alone: ``filepath.Clean``."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def within(path: str) -> str | None:
    """The path below a root that it is joined to, empty for the root itself; None if it leads out by its text."""
    cleaned = clean(path.lstrip("/") or ".")
    if cleaned == ".." or cleaned.startswith("../"):
        return None
    return "" if cleaned == "." else cleaned


def parents(path: str) -> list[str]:
    """The folders above a clean relative path, outermost first, without the root."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def raw(text: str) -> bytes:
    """The bytes that the text stands for; Go sorts by them."""
    return text.encode("utf-8", "surrogateescape")


def from_system(name: str) -> str:
    """A name as the system gave it, which Python decodes by the locale: as a path of a context, which is UTF-8."""
    return name if name.isascii() or _IS_UTF8 else os.fsencode(name).decode("utf-8", "surrogateescape")


def to_system(path: str) -> str:
    """A path of a context for the system, whatever the locale."""
    return path if path.isascii() or _IS_UTF8 else os.fsdecode(raw(path))


_IS_UTF8: Final = sys.getfilesystemencoding() == "utf-8"


def decoded(path: str) -> str:
    """A path of this system as a program reads it that takes names for UTF-8 (Node, the JDK): bytes that are not become
    replacement characters, so that the program does not find the file by that name.
    """
    return path if path.isascii() else raw(path).decode(errors="replace")


def walk_key(path: str) -> bytes:
    """Sorts paths in the order in which ``filepath.Walk`` meets them: name by name. No name has a null byte."""
    return raw(path).replace(b"/", b"\0")
