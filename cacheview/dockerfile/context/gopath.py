"""Paths as Go's ``path/filepath`` treats them on Linux: text with slashes, and any bytes between them.

Bytes that are not UTF-8 are surrogate escapes, as in the result of `os.fsdecode` if names are UTF-8.
"""

from __future__ import annotations

import os
import posixpath
import sys
from typing import Final

__all__ = ["clean", "decoded", "from_system", "parents", "raw", "to_system", "walk_key", "within"]


def clean(path: str) -> str:
    """Return the shortest equivalent path, considering only its text: ``filepath.Clean``."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def within(path: str) -> str | None:
    """Return a path relative to the root that it is joined to, empty for the root; None if its text leads out of it."""
    cleaned = clean(path.lstrip("/") or ".")
    if cleaned == ".." or cleaned.startswith("../"):
        return None
    return "" if cleaned == "." else cleaned


def parents(path: str) -> list[str]:
    """Return the folders above a clean relative path, outermost first, without the root."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def raw(text: str) -> bytes:
    """Return the bytes of the text, which Go sorts by."""
    return text.encode("utf-8", "surrogateescape")


def from_system(name: str) -> str:
    """Return a name from the system as a path in a context. Python decodes by the locale; a context uses UTF-8."""
    return name if name.isascii() or _IS_UTF8 else os.fsencode(name).decode("utf-8", "surrogateescape")


def to_system(path: str) -> str:
    """Return a path in a context as the system needs it, whatever the locale."""
    return path if path.isascii() or _IS_UTF8 else os.fsdecode(raw(path))


_IS_UTF8: Final = sys.getfilesystemencoding() == "utf-8"


def decoded(path: str) -> str:
    """Return a path as a program that assumes UTF-8 (Node, the JDK) reads it.

    Bytes that are not UTF-8 become replacement characters, so the program does not find the file by that name.
    """
    return path if path.isascii() else raw(path).decode(errors="replace")


def walk_key(path: str) -> bytes:
    """Return a key that sorts paths in the order of ``filepath.Walk``: name by name. No name contains a null byte."""
    return raw(path).replace(b"/", b"\0")
