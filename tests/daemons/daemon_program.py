"""A program for images that hold nothing else."""

from __future__ import annotations

import platform
import struct

import pytest

__all__ = ["program_that_does_nothing"]


def program_that_does_nothing() -> bytes:
    """The smallest program of Linux on this machine: it exits with 0."""
    machines = {
        "x86_64": (62, bytes.fromhex("b83c00000031ff0f05")),
        "aarch64": (183, bytes.fromhex("a80b80d2000080d2010000d4")),
    }
    if platform.machine() not in machines:
        pytest.skip(f"no program is at hand for {platform.machine()}")
    machine, code = machines[platform.machine()]
    base, head = 0x400000, 120
    elf = struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, base + head, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, head + len(code), head + len(code), 0x1000)
    return b"\x7fELF\x02\x01\x01" + bytes(9) + elf + segment + code
