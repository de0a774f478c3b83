"""Numbers of many images, stored as bits and computed for all images together.

Plane n has bit n of each image's number. Adding two numbers for each of 10,000 images therefore takes only a few
operations on ints of 10,000 bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

__all__ = ["Counts"]


@dataclass(frozen=True, slots=True)
class Counts:
    """A number, zero or more, for each bit of a set of images. ``planes`` starts with the lowest bit of each number."""

    planes: tuple[int, ...] = ()

    @staticmethod
    def constant(number: int, among: int) -> Counts:
        """Return the same number for all images of a set, 0 for others."""
        return Counts(tuple(among if number >> place & 1 else 0 for place in range(number.bit_length())))

    @staticmethod
    def of_sets(sets: Iterable[int]) -> Counts:
        """Return the number of these sets that contain each image."""
        planes = []
        level = [each for each in sets if each]
        while level:
            carried = []
            while len(level) > 1:  # an adder: three sets become one for this plane and one for the next
                a, b, c = level.pop(), level.pop(), level.pop() if level else 0
                either = a ^ b
                level.append(either ^ c)
                carried.append((a & b) | (either & c))
            planes.append(level[0])
            level = [each for each in carried if each]
        return Counts(tuple(planes))

    def __add__(self, other: Counts) -> Counts:
        planes, carry = [], 0
        for a, b in zip_longest(self.planes, other.planes, fillvalue=0):
            either = a ^ b
            planes.append(either ^ carry)
            carry = (a & b) | (either & carry)
        return Counts((*planes, carry) if carry else tuple(planes))

    def __sub__(self, other: Counts) -> Counts:
        """Return the difference. The other number must not be larger for any image."""
        planes, borrow = [], 0
        for a, b in zip_longest(self.planes, other.planes, fillvalue=0):
            planes.append(a ^ b ^ borrow)
            borrow = (b & borrow) | ((b | borrow) & ~a)
        return Counts(tuple(planes))

    def below(self, other: Counts) -> int:
        """Return the images whose number is smaller than their other number."""
        borrow = 0
        for a, b in zip_longest(self.planes, other.planes, fillvalue=0):
            borrow = (b & borrow) | ((b | borrow) & ~a)
        return borrow

    def equal(self, other: Counts, among: int) -> int:
        """Return the images of a set whose number is equal in both."""
        for a, b in zip_longest(self.planes, other.planes, fillvalue=0):
            among &= ~(a ^ b)
        return among

    def where(self, bits: int, other: Counts) -> Counts:
        """Return these numbers for the images of a set, and the other numbers for the rest."""
        return Counts(tuple(a & bits | b & ~bits for a, b in zip_longest(self.planes, other.planes, fillvalue=0)))

    def at_most(self, other: Counts) -> Counts:
        """Return the smaller of the two numbers for each image."""
        return self.where(self.below(other), other)

    def at_least_one(self, bits: int) -> Counts:
        """Return these numbers for the images of a set, with 1 instead of 0; 0 for all others."""
        planes = [plane & bits for plane in self.planes] or [0]
        positive = 0
        for plane in planes:
            positive |= plane
        planes[0] |= bits & ~positive
        return Counts(tuple(planes))

    def ascending(self, among: int) -> Iterator[tuple[int, int]]:
        """Yield each number that occurs in a set, in ascending order, with the images that have it."""
        yield from self._split(among, len(self.planes), 0)

    def _split(self, bits: int, places: int, number: int) -> Iterator[tuple[int, int]]:
        while places and bits:
            places -= 1
            larger = bits & self.planes[places]
            if larger:
                yield from self._split(bits ^ larger, places, number)
                number |= 1 << places
                bits = larger
        if bits:
            yield number, bits
