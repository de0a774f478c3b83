"""The groups of users that may read what a store lies in."""

from __future__ import annotations

__all__ = ["group_name"]


def group_name(number: int) -> str:
    """The name of a group; empty where none has the number, and on Windows, which has no such groups."""
    try:
        import grp

        return grp.getgrgid(number).gr_name
    except (ImportError, KeyError):
        return ""
