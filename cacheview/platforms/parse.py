"""Parses a platform as people write it, such as ``linux/arm/v7``: ``platforms.Parse`` of containerd/platforms."""

from __future__ import annotations

import re
from typing import Final

from cacheview.model import Platform, SpecifierError
from cacheview.platforms.normal import ARM64_ALIASES, HOST, normalize_arch

__all__ = ["parse_specifier"]

_REMEDY: Final = "use a platform such as linux/amd64 or linux/arm/v7"
_PART: Final = re.compile(r"[A-Za-z0-9_.-]+")
_OPERATING_SYSTEMS: Final = re.findall(
    r"\w+",
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris "
    "wasip1 windows zos",
)
_ARCHITECTURES: Final = re.findall(
    r"\w+",
    "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le "
    "ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm",
)


def parse_specifier(text: str, daemon: Platform = HOST) -> Platform:
    """Return the platform that ``--platform`` names. Missing parts are those of the daemon.

    Raises:
        SpecifierError: Docker does not accept this platform; with Docker's message.
    """
    parts = text.split("/")
    for part in parts:
        if not _PART.fullmatch(part):
            what = f'"{part[:60]}" is an invalid component of "{text[:120]}"'
            raise SpecifierError(what, _REMEDY)
    if len(parts) == 1:
        os = _os(parts[0])
        if os in _OPERATING_SYSTEMS:
            return Platform(os=os, architecture=daemon.architecture, variant=daemon.variant)
        architecture, variant = _arch(parts[0], "")
        if architecture in _ARCHITECTURES:
            return Platform(os=daemon.os, architecture=architecture, variant=variant)
        raise SpecifierError(f'"{text[:120]}": unknown operating system or architecture')
    if len(parts) == 2:
        architecture, variant = _arch(parts[1], "")
        return Platform(os=_os(parts[0]), architecture=architecture, variant=variant)
    if len(parts) == 3:
        architecture, variant = normalize_arch(parts[1], parts[2], ARM64_ALIASES)
        if architecture == "arm64" and not variant:
            variant = "v8"
        return Platform(os=_os(parts[0]), architecture=architecture, variant=variant)
    raise SpecifierError(f'"{text[:120]}": cannot parse platform specifier', _REMEDY)


def _os(text: str) -> str:
    return "darwin" if text.lower() == "macos" else text.lower()


def _arch(architecture: str, variant: str) -> tuple[str, str]:
    architecture, variant = normalize_arch(architecture, variant, ARM64_ALIASES)
    return architecture, "" if (architecture, variant) == ("arm", "v7") else variant
