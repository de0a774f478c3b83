"""The images with unknown values that the local cache reads. Costs nothing if no image has doubts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from cacheview.engine.candidate import command_of_unknown, config_is_unknown, is_command_check, local_aspects
from cacheview.engine.doubts import doubts_about
from cacheview.engine.history import created_by
from cacheview.engine.index.bits import bits_of, iterate_bits
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.model import Aspect, Doubt, Image, Probe
from cacheview.model.effort import paced

__all__ = ["Unknowns"]

_MOST_SETS = 256  # sets of images that are kept as bits


class Unknowns:
    """Sets of images with unknown values, as bits by their position in a sequence."""

    def __init__(self, images: Sequence[Image], rules: RuleSet) -> None:
        self._images = images
        self._rules = rules
        self._by_aspects: dict[tuple[Aspect, ...], int] = {}

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._doubts)

    @cached_property
    def _doubts(self) -> tuple[tuple[Doubt, int | Sequence[int]], ...]:
        """Each doubt about values that the local cache reads, with the images concerned: bits, or a few positions."""
        if not any(image.doubts for image in self._images):
            return ()
        read = local_aspects(self._rules)
        positions_of: dict[Doubt, list[int]] = {}
        shared: dict[tuple[bool, tuple[int, ...]], tuple[Doubt, ...]] = {}  # most images have the same doubts
        for position, image in enumerate(paced(self._images)):
            if image.doubts:
                key = (image.container_config is None, tuple(map(id, image.doubts)))
                doubts = shared.get(key)
                if doubts is None:
                    doubts = shared[key] = doubts_about(image, *read)
                for doubt in doubts:
                    positions_of.setdefault(doubt, []).append(position)
        # If each image has its own doubt, bits for all of them would grow with the square of the images.
        few = len(self._images) // _MOST_SETS
        return tuple((doubt, bits_of(at) if len(at) > few else at) for doubt, at in positions_of.items())

    def among(self, bits: int) -> Iterator[tuple[Doubt, int]]:
        """Yield each doubt about any of these images, with the number of images."""
        as_bytes = bits.to_bytes((len(self._images) >> 3) + 1, "little")
        for doubt, about in paced(self._doubts):
            if isinstance(about, int):
                count = (about & bits).bit_count()
            else:
                count = sum(as_bytes[position >> 3] >> (position & 7) & 1 for position in about)
            if count:
                yield doubt, count

    def _where(self, is_unknown: Callable[[Image], bool]) -> int:
        if not self._doubts:
            return 0
        positions = (place for place, image in enumerate(paced(self._images)) if image.doubts and is_unknown(image))
        return bits_of(list(positions))

    def about(self, *aspects: Aspect) -> int:
        """Return the images of which any of these aspects is not known."""
        bits = self._by_aspects.get(aspects)
        if bits is None:
            bits = self._by_aspects[aspects] = self._where(lambda image: bool(doubts_about(image, *aspects)))
        return bits

    @property
    def about_any(self) -> int:
        """The images with any unknown value that the local cache reads."""
        return self.about(*local_aspects(self._rules))

    @property
    def times(self) -> int:
        """The images whose creation time is not known."""
        return self.about("created")

    @cached_property
    def configs(self) -> int:
        """The images whose container config is not known at all."""
        return self._where(config_is_unknown)

    def at(self, row: ConfigCheck | Requirement, probe: Probe) -> int:
        """Return the images for which it is not known whether they pass a row."""
        if not isinstance(row, ConfigCheck):
            return self.about(row.aspect)
        if row.field not in self._rules.image_fields:
            return 0
        inexact = self.about("container_config")
        if is_command_check(row) and probe.config.Cmd:
            return inexact & ~self._of_known_command | bits_of(self._commands.get(created_by(probe.config), ()))
        return inexact

    @cached_property
    def _commands(self) -> dict[str, list[int]]:
        """The positions of images whose container config is not known, by the command in their history."""
        positions_of: dict[str, list[int]] = {}
        for position in paced(iterate_bits(self.configs)):
            command = command_of_unknown(self._images[position])
            if command is not None:
                positions_of.setdefault(command, []).append(position)
        return positions_of

    @cached_property
    def _of_known_command(self) -> int:
        return bits_of(sorted(position for positions in self._commands.values() for position in positions))
