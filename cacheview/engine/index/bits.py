"""Sets of images as the bits of an int."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["bits_of", "iterate_bits"]

_FEW = 11
"""Where fewer than one bit in two to this power is set, they are cleared one by one."""


def bits_of(positions: Sequence[int]) -> int:
    """The set of these positions, which rise."""
    if not positions:
        return 0
    data = bytearray((positions[-1] >> 3) + 1)
    for position in positions:
        data[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(data, "little")


def iterate_bits(bits: int) -> Iterator[int]:
    """The positions of the bits that are set, lowest first."""
    if bits.bit_count() < bits.bit_length() >> _FEW:
        while bits:
            lowest = bits & -bits
            yield lowest.bit_length() - 1
            bits ^= lowest
        return
    # Reading the digits once is linear; clearing one bit after the other would copy the int for each.
    for place, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        while byte:
            lowest = byte & -byte
            yield place * 8 + lowest.bit_length() - 1
            byte ^= lowest
