"""Sets of images as the bits of an int."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import compress, count
from typing import Final

__all__ = ["bits_of", "iterate_bits"]

_SPARSE_SHIFT: Final = 5
"""Bits are set in bytes if fewer than one in two to this power is set; otherwise in digits, one for each bit."""
_VERY_SPARSE_SHIFT: Final = 11
"""Bits are cleared one by one if fewer than one in two to this power is set."""
_DIGIT_ONE: Final = ord("1")
_DIGIT_IS_ONE: Final = bytes(value == _DIGIT_ONE for value in range(256))


def bits_of(positions: Collection[int]) -> int:
    """Return the set of these positions, which are all different, in any order."""
    if not positions:
        return 0
    first, last = min(positions), max(positions)
    if last - first + 1 == len(positions):  # often, as the images of one build follow one another
        return ((1 << len(positions)) - 1) << first
    if len(positions) > last >> _SPARSE_SHIFT:
        digits = bytearray(b"0") * (last + 1)
        for position in positions:
            digits[last - position] = _DIGIT_ONE
        return int(digits, 2)  # takes linear time, because the base is a power of two
    data = bytearray((last >> 3) + 1)
    for position in positions:
        data[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(data, "little")


def iterate_bits(bits: int) -> Iterator[int]:
    """Yield the positions of the bits that are set, lowest first."""
    if bits.bit_count() >= bits.bit_length() >> _VERY_SPARSE_SHIFT:
        # Reading the bytes once is linear; clearing one bit at a time would copy the int each time.
        return compress(count(), f"{bits:b}"[::-1].encode().translate(_DIGIT_IS_ONE))
    return _cleared(bits)


def _cleared(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
