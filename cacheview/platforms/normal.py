"""The canonical form of a platform: containerd's platforms/database.go."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from cacheview.model import Platform
from cacheview.platforms.gotext import lower

__all__ = ["ARM64_ALIASES", "ARM64_ALIASES_1_0", "HOST", "Aliases", "NormalizedPlatform", "normalize", "normalize_arch"]

HOST = Platform(os="linux", architecture="amd64")
"""The platform of the daemon if the builder names none: ``platforms.DefaultSpec()``, as measured."""

Aliases = tuple[tuple[str, str], ...]
"""Variants of arm64, each with its canonical form."""

ARM64_ALIASES: Aliases = (("8", ""), ("v8", ""))
ARM64_ALIASES_1_0: Aliases = (*ARM64_ALIASES, ("v8.0", ""), ("9", "v9"), ("9.0", "v9"), ("v9.0", "v9"))
"""Aliases since containerd/platforms v1.0.0-rc.1."""

_ARM: Mapping[str, str] = MappingProxyType({"": "v7", "7": "v7", "5": "v5", "6": "v6", "8": "v8"})


class NormalizedPlatform(NamedTuple):
    """The parts of a platform that every matcher compares."""

    os: str
    architecture: str
    variant: str

    def __str__(self) -> str:
        return "/".join(part for part in self if part)


@lru_cache(maxsize=4096)
def normalize(os: str, architecture: str, variant: str, aliases: Aliases) -> NormalizedPlatform:
    """``platforms.Normalize``. An empty os means that of the daemon, here Linux; an empty architecture stays empty."""
    return NormalizedPlatform(_os(os), *normalize_arch(architecture, variant, aliases))


def normalize_arch(architecture: str, variant: str, aliases: Aliases) -> tuple[str, str]:
    """``normalizeArch``: architecture and variant, in lower case and under their usual names."""
    architecture, variant = lower(architecture), lower(variant)
    match architecture:
        case "i386":
            return "386", ""
        case "x86_64" | "x86-64" | "amd64":
            return "amd64", "" if variant == "v1" else variant
        case "aarch64" | "arm64":
            return "arm64", dict(aliases).get(variant, variant)
        case "armhf":
            return "arm", "v7"
        case "armel":
            return "arm", "v6"
        case "arm":
            return "arm", _ARM.get(variant, variant)
    return architecture, variant


def _os(os: str) -> str:
    if not os:
        return HOST.os
    os = lower(os)
    return "darwin" if os == "macos" else os
