"""The images with unknown values that the local cache reads. Costs nothing if no image has doubts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import itemgetter

from cacheview.engine.candidate import is_command_check, local_aspects
from cacheview.engine.doubts import doubts_about
from cacheview.engine.history import created_by
from cacheview.engine.index.bits import bits_of
from cacheview.engine.index.doubtful import DoubtfulImages
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.model import Aspect, Doubt, Probe
from cacheview.model.effort import paced

__all__ = ["Unknowns"]


class Unknowns:
    """Sets of some images, as bits, by what is not known about them.

    Args:
        among: the images, as bits.
    """

    def __init__(self, doubtful: DoubtfulImages, among: int, rules: RuleSet) -> None:
        self._doubtful = doubtful
        self._among = among
        self._rules = rules
        self._by_aspects: dict[tuple[Aspect, ...], int] = {}

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.about_any)

    @cached_property
    def _doubts(self) -> Sequence[tuple[Doubt, int | Sequence[int]]]:
        """Each doubt about values that the local cache reads, with the affected images: bits, or a few positions."""
        aspects, among = local_aspects(self._rules), self._among
        is_whole = among.bit_count() == len(self._doubtful.images)
        rows: list[tuple[int, int, Doubt, int | Sequence[int]]] = []
        for doubt, images in self._doubtful.doubts(lambda image: doubts_about(image, *aspects)):
            if isinstance(images, int):
                images &= among
                first = (images & -images).bit_length() - 1
            else:
                images = images if is_whole else [position for position in images if among >> position & 1]
                first = images[0] if images else -1
            if images:
                rows.append((first, doubts_about(self._doubtful.images[first], *aspects).index(doubt), doubt, images))
        rows.sort(key=itemgetter(0, 1))  # in the order in which the images have them
        return [(doubt, images) for *_, doubt, images in rows]

    def among(self, bits: int) -> Iterator[tuple[Doubt, int]]:
        """Yield each doubt about any of these images, with the number of images."""
        as_bytes = bits.to_bytes((bits.bit_length() >> 3) + 1, "little")
        size = bits.bit_length()
        for doubt, images in paced(self._doubts):
            if isinstance(images, int):
                count = (images & bits).bit_count()
            else:
                count = sum(as_bytes[position >> 3] >> (position & 7) & 1 for position in images if position < size)
            if count:
                yield doubt, count

    def about(self, *aspects: Aspect) -> int:
        """Return the images for which any of these aspects is not known."""
        bits = self._by_aspects.get(aspects)
        if bits is None:
            unknown = self._doubtful.where(lambda image: bool(doubts_about(image, *aspects))) if self._doubtful else 0
            bits = self._by_aspects[aspects] = unknown & self._among
        return bits

    @property
    def about_any(self) -> int:
        """The images with any unknown value that the local cache reads."""
        return self.about(*local_aspects(self._rules))

    @property
    def times(self) -> int:
        """The images whose creation time is not known."""
        return self.about("created")

    @property
    def by_parent(self) -> Sequence[int]:
        """All images with doubts about their parents, not only those among these: a set for each kind of doubts."""
        return self._doubtful.by_parent

    @cached_property
    def configs(self) -> int:
        """The images whose container config is not known at all."""
        return self._doubtful.configs & self._among

    def at(self, row: ConfigCheck | Requirement, probe: Probe) -> int:
        """Return the images for which it is not known whether they pass a row."""
        if not isinstance(row, ConfigCheck):
            return self.about(row.aspect)
        if row.field not in self._rules.image_fields:
            return 0
        inexact = self.about("container_config")
        if inexact and is_command_check(row) and probe.config.Cmd:
            with_command = self._doubtful.commands.get(created_by(probe.config), ())
            return inexact & ~self._doubtful.of_known_command | bits_of(with_command) & self._among
        return inexact
