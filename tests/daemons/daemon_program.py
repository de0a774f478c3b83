"""Tiny programs for images that contain nothing else."""

from __future__ import annotations

import platform
import struct
from collections.abc import Mapping

import pytest

__all__ = ["program_that_does_nothing", "program_that_removes"]


_EXIT = {"x86_64": "b83c00000031ff0f05", "aarch64": "a80b80d2000080d2010000d4"}
_REMOVE = {"x86_64": "488b7c2410b8570000000f05", "aarch64": "e10b40f9600c8092020080d2680480d2010000d4"}


def program_that_does_nothing() -> bytes:
    """Return a minimal Linux program for this machine that exits with 0."""
    return _program({machine: bytes.fromhex(code) for machine, code in _EXIT.items()})


def program_that_removes() -> bytes:
    """Return a program that removes the file passed to it and exits with 0."""
    return _program({machine: bytes.fromhex(_REMOVE[machine] + code) for machine, code in _EXIT.items()})


def _program(codes: Mapping[str, bytes]) -> bytes:
    machines = {"x86_64": 62, "aarch64": 183}
    if platform.machine() not in machines:
        pytest.skip(f"there is no such program for {platform.machine()}")
    machine, code = machines[platform.machine()], codes[platform.machine()]
    base, head = 0x400000, 120
    elf = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, base + head, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, head + len(code), head + len(code), 0x1000)
    return b"\x7fELF\x02\x01\x01" + bytes(9) + elf + segment + code
