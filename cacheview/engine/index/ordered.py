"""Images in the order in which the cache prefers them, and sets of them as the bits of an int."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from operator import itemgetter

from cacheview.engine.index.bits import bits_of, iterate_bits
from cacheview.engine.ruleset import RuleSet
from cacheview.model import Image, Timestamp
from cacheview.model.effort import go_on, paced

__all__ = ["OrderedImages"]


class OrderedImages:
    """Images, the newest first; on a tie in store order; those without a time last.

    An image's *position* is its index in this order, and its bit in a set; its *place* is its index in store order.

    Attributes:
        all: all images, as bits.
        dated: the images with a creation time, as bits.
    """

    def __init__(self, images: Sequence[Image], rules: RuleSet) -> None:
        """Order images, which are given in store order."""
        self._rules = rules
        self._in_store_order = images
        times = [rules.time(image.created) for image in paced(images)]
        dated = [(_age(time), image) for time, image in zip(times, images, strict=True) if time is not None]
        go_on()
        # Stable: on a tie, the first in store order stays first.
        dated.sort(key=itemgetter(0))
        undated = [image for time, image in zip(times, images, strict=True) if time is None]
        self._images = [*(image for _, image in dated), *undated]
        self.all = (1 << len(self._images)) - 1
        self.dated = (1 << len(dated)) - 1

    def __len__(self) -> int:
        return len(self._images)

    def image(self, position: int) -> Image:
        """Return the image at a position."""
        return self._images[position]

    def images(self, bits: int) -> Iterator[Image]:
        """Yield the images of a set, newest first, those without a time last."""
        for position in iterate_bits(bits):
            yield self._images[position]

    def position(self, image: Image) -> int:
        """Return the position of an image. Raises KeyError if it is not one of these."""
        return self._positions[image.id]

    def having(self, ids: Iterable[str]) -> int:
        """Return the images that have these ids, as bits."""
        positions = self._positions
        return bits_of(sorted({positions[image_id] for image_id in ids if image_id in positions}))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {image.id: position for position, image in enumerate(self._images)}

    def place(self, image_id: str) -> int | None:
        """Return the index of an image in store order; None: it is not one of these."""
        return self._places.get(image_id)

    @cached_property
    def places(self) -> Sequence[int]:
        """The index in store order of the image at each position."""
        return [self._places[image.id] for image in paced(self._images)]

    def in_store_order(self, positions: Sequence[int]) -> list[Image]:
        """Return the images at these positions in store order."""
        return sorted((self._images[position] for position in positions), key=lambda image: self._places[image.id])

    @cached_property
    def _places(self) -> dict[str, int]:
        return {image.id: place for place, image in enumerate(self._in_store_order)}

    @cached_property
    def own_parents(self) -> int:
        """The images that are recorded as their own parent, as bits."""
        return bits_of([position for position, image in enumerate(paced(self._images)) if image.parent == image.id])

    def not_older(self, created: Timestamp) -> int:
        """Return the images with a time that is not earlier, as bits."""
        end = bisect_right(self._images, _age(created), 0, self.dated.bit_length(), key=self._age_of)
        return (1 << end) - 1

    def _age_of(self, image: Image) -> int:
        created = self._rules.time(image.created)
        assert created is not None
        return _age(created)


def _age(created: Timestamp) -> int:
    """Return nanoseconds before the epoch, which sorts the newest first."""
    return -(created.seconds * 1_000_000_000 + created.nanosecond)
