"""Images in the order in which the cache prefers them, and sets of them as the bits of an int."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter, itemgetter

from cacheview.engine.index.bits import bits_of, iterate_bits
from cacheview.engine.ruleset import YEAR_ONE
from cacheview.model import Image, Timestamp
from cacheview.model.effort import paced, sorted_in_steps

__all__ = ["OrderedImages"]

_id_of = attrgetter("id")


class OrderedImages:
    """Images, the newest first; on a tie in store order; those without a time last.

    An image's *position* is its index in this order, and its bit in a set; its *place* is its index in store order.

    Args:
        images: the images in store order.
        dates_missing_times: whether a missing time counts as year 1, see `RuleSet`.

    Attributes:
        dates_missing_times: as given.
        images: the images in this order.
        all: all images, as bits.
        timed: the images with a recorded creation time, as bits.
    """

    def __init__(self, images: Sequence[Image], *, dates_missing_times: bool) -> None:
        self._in_store_order = images
        self._remembered: dict[int, tuple[Sequence[Image], int]] = {}
        self.dates_missing_times = dates_missing_times
        timed: list[tuple[int, Image]] = []
        untimed: list[Image] = []
        for image in paced(images):
            time = image.config.created
            if time is not None:
                timed.append((_age(time), image))
            elif dates_missing_times:
                timed.append((_AGE_OF_YEAR_ONE, image))
            else:
                untimed.append(image)
        # Stable: on a tie, the first in store order stays first.
        timed = sorted_in_steps(timed, itemgetter(0))
        self.images: Sequence[Image] = [*map(itemgetter(1), timed), *untimed]
        self.all = (1 << len(self.images)) - 1
        self.timed = (1 << len(timed)) - 1
        if dates_missing_times:
            missing = [place for place, image in enumerate(self.images) if image.config.created is None]
            self.timed &= ~bits_of(missing)

    @property
    def is_for_any_rules(self) -> bool:
        """Whether the order would be the same if missing times did not count as year 1."""
        times = self.timed.bit_length()
        if self.timed in (0, self.all):
            return True
        return self.timed == (1 << times) - 1 and self._age_at(times - 1) < _AGE_OF_YEAR_ONE

    def among(self, bits: int) -> Iterator[Image]:
        """Yield the images of a set, newest first, those without a time last."""
        images = self.images
        for position in iterate_bits(bits):
            yield images[position]

    def having(self, ids: Iterable[str]) -> int:
        """Return the images that have these ids, as bits."""
        position = self.positions.get
        return bits_of({at for image_id in ids if (at := position(image_id)) is not None})

    def of(self, images: Sequence[Image]) -> int:
        """Return some of these images as bits."""
        if len(images) == len(self.images):
            return self.all
        remembered = self.remembered(images)
        if remembered is not None:
            return remembered
        return bits_of(list(map(self.positions.__getitem__, map(_id_of, images))))

    def remember(self, images: Sequence[Image]) -> None:
        """Compute the bits of some images now, and keep them."""
        self._remembered[id(images)] = (images, self.of(images))

    def remembered(self, images: Sequence[Image]) -> int | None:
        """Return the bits of images that were given to `remember`; otherwise None."""
        remembered = self._remembered.get(id(images))
        return remembered[1] if remembered is not None else None

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The position of each image by its id."""
        return {image.id: position for position, image in enumerate(self.images)}

    @cached_property
    def places(self) -> Sequence[int]:
        """The index in store order of the image at each position."""
        places = {image.id: place for place, image in enumerate(self._in_store_order)}
        return [places[image.id] for image in paced(self.images)]

    @cached_property
    def own_parents(self) -> int:
        """The images that are recorded as their own parent, as bits."""
        return bits_of([position for position, image in enumerate(paced(self.images)) if image.parent == image.id])

    @cached_property
    def without_parent(self) -> int:
        """The images without a recorded parent, as bits."""
        return bits_of([position for position, image in enumerate(paced(self.images)) if image.parent is None])

    def not_older(self, created: Timestamp) -> int:
        """Return the images with a time that is not earlier, as bits; a missing time may count as year 1."""
        return (1 << self._end_of(_age(created))) - 1

    def newer(self, created: Timestamp) -> int:
        """Return the images with a later time, as bits; a missing time may count as year 1."""
        return (1 << self._end_of(_age(created) - 1)) - 1

    def place_after(self, image: Image) -> int:
        """Return the position before which a further image comes that is the last in store order."""
        created = image.config.created
        if created is None and not self.dates_missing_times:
            return len(self.images)
        return self._end_of(_age(created) if created is not None else _AGE_OF_YEAR_ONE)

    def _end_of(self, age: int) -> int:
        """Return the number of images with a time that are not older."""
        end = len(self.images) if self.dates_missing_times else self.timed.bit_length()
        return bisect_right(range(end), age, key=self._age_at)

    def _age_at(self, position: int) -> int:
        created = self.images[position].config.created
        return _age(created) if created is not None else _AGE_OF_YEAR_ONE


def _age(created: Timestamp) -> int:
    """Return nanoseconds before the epoch, which sorts the newest first."""
    return -(created.seconds * 1_000_000_000 + created.nanosecond)


_AGE_OF_YEAR_ONE = _age(YEAR_ONE)
