"""The programs that send a context, and in what they differ."""

from __future__ import annotations

from dataclasses import dataclass

from cacheview.dockerfile.context.ignore_rules import FILEUTILS, PATTERNMATCHER, IgnoreRules

__all__ = ["CLIENT_20_10", "CLIENT_28", "Client"]


@dataclass(frozen=True, slots=True)
class Client:
    """How a client makes the tar of a context.

    Attributes:
        name: for people.
        type_bits: the mode in a header has the bits of the file's type (``fillGo18FileTypeBits``).
        rules: how it reads the patterns of ``.dockerignore``.
    """

    name: str
    type_bits: bool
    rules: IgnoreRules


CLIENT_28 = Client("Docker CLI 28", type_bits=False, rules=PATTERNMATCHER)
"""The CLI from 23.0 on: bare permission bits (docker/cli v28.2.2, vendored moby/go-archive)."""

CLIENT_20_10 = Client("Docker CLI 20.10", type_bits=True, rules=FILEUTILS)
"""The CLI 20.10: modes with the bits of the file's type (docker/cli v20.10.24, vendored pkg/archive)."""
