"""Images grouped by their doubts, once for all parents and rule sets."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property

from cacheview.engine.candidate import command_of_unknown, config_is_unknown
from cacheview.engine.doubts import doubts_about
from cacheview.engine.index.bits import bits_of, iterate_bits
from cacheview.model import Doubt, Image
from cacheview.model.effort import paced

__all__ = ["DoubtfulImages"]

_MAX_BIT_SETS = 256  # sets of images that are kept as bits


class DoubtfulImages:
    """Sets of images with unknown values, as bits by their position in a sequence.

    It takes no time if there are no doubts.
    """

    def __init__(self, images: Sequence[Image]) -> None:
        self.images = images

    def __bool__(self) -> bool:
        """Whether any image has doubts."""
        return bool(self._by_doubts)

    @cached_property
    def _by_doubts(self) -> Sequence[tuple[Image, int | Sequence[int]]]:
        """One image for each combination of doubts and of existing container configs, with all images that have it."""
        positions_of: dict[Hashable, list[int]] = {}
        if not any(image.doubts for image in self.images):
            return ()
        for position, image in enumerate(paced(self.images)):
            if image.doubts:
                key = (
                    image.container_config is None,
                    image.config.container_config is None,
                    tuple(map(id, image.doubts)),  # most images share the same objects
                )
                positions_of.setdefault(key, []).append(position)
        return [(self.images[positions[0]], self._packed(positions)) for positions in positions_of.values()]

    def _packed(self, positions: Sequence[int]) -> int | Sequence[int]:
        """Return bits, or a few positions: if each image has its own doubt, bits would need quadratic memory."""
        return bits_of(positions) if len(positions) > len(self.images) // _MAX_BIT_SETS else positions

    @cached_property
    def _by_aspects(self) -> Sequence[tuple[Image, int]]:
        """The same, but combining doubts about the same aspects: there are only a few combinations."""
        few: dict[Hashable, tuple[Image, list[int]]] = {}
        many: list[tuple[Image, int]] = []
        for image, positions in paced(self._by_doubts):
            if isinstance(positions, int):
                many.append((image, positions))
                continue
            key = (
                image.container_config is None,
                image.config.container_config is None,
                tuple(doubt.aspect for doubt in image.doubts),
            )
            few.setdefault(key, (image, []))[1].extend(positions)
        return [*many, *((image, bits_of(positions)) for image, positions in few.values())]

    def where(self, is_unknown: Callable[[Image], bool]) -> int:
        """Return the images with doubts for which a function is true.

        It may depend on the aspects of the doubts and on which container configs there are.
        """
        bits = 0
        for image, positions in self._by_aspects:
            if is_unknown(image):
                bits |= positions
        return bits

    def doubts(self, doubts_of: Callable[[Image], Sequence[Doubt]]) -> Sequence[tuple[Doubt, int | Sequence[int]]]:
        """Return each doubt that a function returns for an image, with these images: as bits, or a few positions."""
        many: dict[Doubt, int] = {}
        few: dict[Doubt, list[int]] = {}
        for image, positions in paced(self._by_doubts):
            for doubt in doubts_of(image):
                if isinstance(positions, int):
                    many[doubt] = many.get(doubt, 0) | positions
                else:
                    few.setdefault(doubt, []).extend(positions)
        for doubt in many.keys() & few.keys():
            many[doubt] |= bits_of(few.pop(doubt))
        return [*many.items(), *((doubt, self._packed(sorted(positions))) for doubt, positions in few.items())]

    @cached_property
    def by_parent(self) -> Sequence[int]:
        """The images with doubts about their parents: a set for each kind of these doubts."""
        many: dict[tuple[Doubt, ...], int] = {}
        few: dict[tuple[Doubt, ...], list[int]] = {}
        for image, positions in paced(self._by_doubts):
            doubts = doubts_about(image, "parent")
            if not doubts:
                continue
            if isinstance(positions, int):
                many[doubts] = many.get(doubts, 0) | positions
            else:
                few.setdefault(doubts, []).extend(positions)
        return [*(many.get(doubts, 0) | bits_of(few.get(doubts, ())) for doubts in dict.fromkeys((*many, *few)))]

    @cached_property
    def configs(self) -> int:
        """The images whose container config is not known at all."""
        return self.where(config_is_unknown)

    @cached_property
    def commands(self) -> Mapping[str, Sequence[int]]:
        """The positions of images whose container config is not known, by the command in their history."""
        positions_of: dict[str, list[int]] = {}
        for position in paced(iterate_bits(self.configs)):
            command = command_of_unknown(self.images[position])
            if command is not None:
                positions_of.setdefault(command, []).append(position)
        return positions_of

    @cached_property
    def of_known_command(self) -> int:
        """The images in `commands`."""
        return bits_of([position for positions in self.commands.values() for position in positions])
