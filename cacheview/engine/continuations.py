"""How the histories of many images continue from a parent's: found once for a parent, looked up by command.

The rules are those of `history` and `layers`. What is compared before the command depends on the parent alone.
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
    """What is compared of images with one parent."""

    def before_command(self, image: Image) -> Iterator[HistoryCheck | LayerCheck]:
        """What does not depend on the probe."""

    def begins(self, image: Image) -> bool:
        """Whether all of that passes, with the values as the store reports them, where there is a next entry."""

    def command(self, image: Image, config: ContainerConfig) -> HistoryCheck | LayerCheck:
        """Whether the entry after the parent's has the command of this config."""

    def equal_entries(self, image: Image) -> int:
        """How many entries of the parent's history the image repeats, where they are compared one by one."""


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
    """How far an image comes: checks that pass, and entries of the parent's history that are equal.

    ``reached``: the daemon may come to the command, which is one check more.
    """

    passed: int
    equal: int
    reached: bool


class Continuations:
    """Images, each once, against one parent: of rules that compare layers and history alone there is one."""

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
        """The places of the images, by the command of the entry after the parent's; None: they have none."""
        step, places_of = self._step, dict[str | None, list[int]]()
        for place, image in enumerate(paced(self.images)):
            history = image.config.history or ()
            places_of.setdefault(history[step].created_by if step < len(history) else None, []).append(place)
        return places_of

    def matching(self, config: ContainerConfig) -> Iterator[Image]:
        """The images whose history continues with the command, with the values as the store reports them, in order."""
        for place in paced(self._by_command.get(created_by(config), ())):
            begins = self._begins.get(place)
            if begins is None:
                begins = self._begins[place] = self._compared.begins(self.images[place])
            if begins:
                yield self.images[place]

    def commands(self) -> Iterator[tuple[str, Image]]:
        """Each command with which one goes on, as far as known for certain; and the first that does."""
        nothing = ContainerConfig()
        for command, places in self._by_command.items():
            for place in paced(places if command is not None else ()):
                image = self.images[place]
                if self._known_before(place)[0] is Certainty.YES and not self._compared.command(image, nothing).doubts:
                    yield command or "", image
                    break

    def possible(self, config: ContainerConfig) -> Iterator[tuple[Image, Certainty, tuple[Doubt, ...]]]:
        """The images whose history may continue with the command, in order: whether it does, and what that rests on."""
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
        """Whether an image passes all before the command."""
        known = self._before.get(place)
        if known is None:
            known = self._before[place] = conjunction(self._compared.before_command(self.images[place]))
        return known

    @cached_property
    def _unclear_commands(self) -> tuple[int, ...]:
        """The places of images whose next command is not known."""
        nothing = ContainerConfig()
        return tuple(
            place for place, image in enumerate(paced(self.images)) if self._compared.command(image, nothing).doubts
        )

    def nearest(self, config: ContainerConfig) -> tuple[Image, int] | None:
        """The image that passes the most checks, and how many; of several, that with the most equal entries.

        With the command it passes one check more, so it is the best of those that have it, or of all without it.
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
        """``passes``: whether the command is the probe's."""
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
