"""The continuations of a parent's history in many images: computed once for a parent, looked up by command.

The rules are those of `history` and `layers`. All comparisons before that of the command depend only on the parent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from cacheview.engine.check import CheckKind
from cacheview.engine.history import (
    HistoryCheck,
    begins_with,
    command_check,
    created_by,
    first_difference,
    prefix_checks,
)
from cacheview.engine.layers import LayerCheck, layer_command_check, layer_prefix_checks
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import Certainty, all_pass, conjunction, joined
from cacheview.model import ContainerConfig, Doubt, Image
from cacheview.model.effort import paced

__all__ = ["Continuations"]


class _Compared(Protocol):
    """The comparisons of images with one parent."""

    def before_command(self, image: Image) -> Iterator[HistoryCheck | LayerCheck]:
        """Yield the comparisons that do not depend on the probe."""

    def begins(self, image: Image) -> bool:
        """Return whether these all pass with the values as the store reports them, if there is a next entry."""

    def command(self, image: Image, config: ContainerConfig) -> HistoryCheck | LayerCheck:
        """Return the check that the entry after the parent's has the command of this config."""

    def equal_entries(self, image: Image) -> int:
        """Return the number of entries of the parent's history that the image repeats.

        It is 0 if entries are not compared separately.
        """


@dataclass(frozen=True, slots=True)
class _Histories:
    """The rules of `history`."""

    parent: Image | None
    rules: RuleSet

    def before_command(self, image: Image) -> Iterator[HistoryCheck]:
        return prefix_checks(image, self.parent, self.rules)

    def begins(self, image: Image) -> bool:
        return begins_with(image, self.parent, self.rules)

    def command(self, image: Image, config: ContainerConfig) -> HistoryCheck:
        return command_check(image, self.parent, config)

    def equal_entries(self, image: Image) -> int:
        assert self.parent is not None
        return first_difference(self.rules.history_keys(self.parent), self.rules.history_keys(image))


@dataclass(frozen=True, slots=True)
class _Layers:
    """The rules of `layers`."""

    parent: Image
    rules: RuleSet

    def before_command(self, image: Image) -> Iterator[LayerCheck]:
        return layer_prefix_checks(image, self.parent, self.rules)

    def begins(self, image: Image) -> bool:
        return all_pass(self.before_command(image))

    def command(self, image: Image, config: ContainerConfig) -> LayerCheck:
        return layer_command_check(image, self.parent, config)

    def equal_entries(self, image: Image) -> int:
        del image
        return 0


@dataclass(frozen=True, slots=True)
class _Rank:
    """The nearness of an image: the number of checks that pass, and of entries equal to the parent's.

    ``reached``: whether the daemon may reach the command, which is one more check.
    """

    passed: int
    equal: int
    reached: bool


class Continuations:
    """Images compared with one parent, each image once. Rules that compare only layers and history require a parent."""

    def __init__(self, images: Sequence[Image], parent: Image | None, rules: RuleSet) -> None:
        self.images = images
        self.parent = parent
        self._compared: _Compared = _Histories(parent, rules)
        if rules.by_layers and parent is not None:
            self._compared = _Layers(parent, rules)
        self._step = len(parent.history) if parent is not None else 0
        self._begins: dict[int, bool] = {}
        self._best_of: dict[str, int] = {}
        self._before: dict[int, tuple[Certainty, tuple[Doubt, ...]]] = {}

    @cached_property
    def _by_command(self) -> dict[str | None, list[int]]:
        """The indexes of the images by the command of the entry after the parent's; None if there is no such entry."""
        step, places_of = self._step, dict[str | None, list[int]]()
        for place, image in enumerate(paced(self.images)):
            history = image.config.history or ()
            places_of.setdefault(history[step].created_by if step < len(history) else None, []).append(place)
        return places_of

    def matching(self, config: ContainerConfig) -> Iterator[Image]:
        """Yield the images whose history continues with the command as the store reports it, in order."""
        for place in paced(self._by_command.get(created_by(config), ())):
            begins = self._begins.get(place)
            if begins is None:
                begins = self._begins[place] = self._compared.begins(self.images[place])
            if begins:
                yield self.images[place]

    def commands(self) -> Iterator[tuple[str, Image]]:
        """Yield each command with which a history is known for certain to continue, and the first image with it."""
        nothing = ContainerConfig()
        for command, places in self._by_command.items():
            for place in paced(places if command is not None else ()):
                image = self.images[place]
                if self._known_before(place)[0] is Certainty.YES and not self._compared.command(image, nothing).doubts:
                    yield command or "", image
                    break

    def possible(self, config: ContainerConfig) -> Iterator[tuple[Image, Certainty, tuple[Doubt, ...]]]:
        """Yield the images whose history may continue with the command, in order: the certainty, and the doubts."""
        places = self._by_command.get(created_by(config), ())
        for place in paced(sorted({*places, *self._unclear_commands}) if self._unclear_commands else places):
            image = self.images[place]
            before = self._known_before(place)
            if before[0] is Certainty.NO:
                continue
            certainty, doubts = conjunction((self._compared.command(image, config),))
            if certainty is not Certainty.NO:
                doubts = joined(before[1], doubts)
                yield image, (Certainty.MAYBE if doubts else Certainty.YES), doubts

    def _known_before(self, place: int) -> tuple[Certainty, tuple[Doubt, ...]]:
        """Return whether an image passes everything before the command."""
        known = self._before.get(place)
        if known is None:
            known = self._before[place] = conjunction(self._compared.before_command(self.images[place]))
        return known

    @cached_property
    def _unclear_commands(self) -> tuple[int, ...]:
        """The indexes of images whose next command is not known."""
        nothing = ContainerConfig()
        return tuple(
            place for place, image in enumerate(paced(self.images)) if self._compared.command(image, nothing).doubts
        )

    def nearest(self, config: ContainerConfig) -> tuple[Image, int] | None:
        """Return the image that passes the most checks, and their number.

        On a tie, the one with the most equal entries wins.

        The right command is one more passed check, so the best image is either the best with it or the best without it.
        """
        if not self.images:
            return None
        command = created_by(config)
        if command not in self._best_of:
            places = self._by_command.get(command, ())
            self._best_of[command] = max(places, key=lambda place: self._far(place, passes=True), default=self._best)

        def far(place: int) -> tuple[int, int, int]:
            return self._far(place, passes=self._compared.command(self.images[place], config).passes)

        best = max((self._best, self._best_of[command]), key=far)
        return self.images[best], far(best)[0]

    @cached_property
    def _best(self) -> int:
        return max(range(len(self.images)), key=lambda place: self._far(place, passes=False))

    def _far(self, place: int, *, passes: bool) -> tuple[int, int, int]:
        """Return the rank of an image. ``passes``: whether its command is the probe's."""
        rank = self._ranks[place]
        return rank.passed + (passes and rank.reached), rank.equal, -place

    @cached_property
    def _ranks(self) -> Sequence[_Rank]:
        return [self._rank(image) for image in paced(self.images)]

    def _rank(self, image: Image) -> _Rank:
        passed, equal = 0, 0
        for check in self._compared.before_command(image):
            is_compared = not isinstance(check, HistoryCheck) or check.compared
            if check.kind is CheckKind.HISTORY and is_compared:
                equal = self._compared.equal_entries(image)
            if check.passes and is_compared:
                passed += 1
            elif not check.passes and not check.doubts:
                return _Rank(passed, equal, reached=False)
        return _Rank(passed, equal, reached=True)
