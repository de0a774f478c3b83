"""Sets of images as the bits of an int."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["bits_of", "iterate_bits"]

_FEW = 11
"""Bits are cleared one by one if fewer than one in two to this power is set."""


def bits_of(positions: Sequence[int]) -> int:
    """Return the set of these positions, which must be ascending."""
    if not positions:
        return 0
    data = bytearray((positions[-1] >> 3) + 1)
    for position in positions:
        data[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(data, "little")


def iterate_bits(bits: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    if bits.bit_count() < bits.bit_length() >> _FEW:
        while bits:
            lowest = bits & -bits
            yield lowest.bit_length() - 1
            bits ^= lowest
        return
    # Reading the bytes once is linear; clearing one bit at a time would copy the int each time.
    for place, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        while byte:
            lowest = byte & -byte
            yield place * 8 + lowest.bit_length() - 1
            byte ^= lowest
