"""The continuations of a parent's history in many images: computed once for a parent, looked up by command.

The rules are those of `history` and `layers`. All comparisons before that of the command depend only on the parent.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, count
from typing import NamedTuple, Protocol

from cacheview.engine.check import CheckKind
from cacheview.engine.doubts import doubts_about, have_doubts
from cacheview.engine.history import (
    HistoryCheck,
    begins_with,
    command_check,
    created_by,
    has_nothing_to_compare,
    prefix_checks,
)
from cacheview.engine.layers import LayerCheck, layer_command_check, layer_prefix_checks
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import Certainty, all_pass, conjunction, joined
from cacheview.model import ContainerConfig, Doubt, Image
from cacheview.model.effort import paced

__all__ = ["Continuations", "NearestImage"]


class _Compared(Protocol):
    """The comparisons of images with one parent."""

    def before_command(self, image: Image) -> Iterator[HistoryCheck | LayerCheck]:
        """Yield the comparisons that do not depend on the probe."""

    def begins(self, image: Image) -> bool:
        """Return whether these all pass with the values as the store reports them. There must be a next entry."""

    def command(self, image: Image, config: ContainerConfig) -> HistoryCheck | LayerCheck:
        """Return the check that the entry after the parent's has the command of this config."""

    def equal_entries(self, image: Image) -> int:
        """Return the number of entries of the parent's history that the image repeats.

        It is 0 if entries are not compared separately.
        """

    def likeness(self, image: Image) -> Hashable:
        """Return all that the comparisons before the command depend on, as a key: equal keys give equal results."""

    @property
    def most(self) -> tuple[int, int]:
        """The maximum number of comparisons before the command that can pass, and of entries that can be equal."""


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
        return self.rules.equal_entries(self.parent, image)

    def likeness(self, image: Image) -> Hashable:
        parent = self.parent
        if parent is None or has_nothing_to_compare(parent):
            return bool(image.history), _doubts_of(image)
        entries, layers, parent_entries, parent_layers = image.history, image.diff_ids, parent.history, parent.diff_ids
        equal = self.rules.equal_entries(parent, image)
        counts = (
            len(entries) > len(parent_entries),
            len(layers) >= len(parent_layers),
            layers[: len(parent_layers)] == parent_layers,
        )
        # If entries differ, the doubts about them count too.
        own = image.id if equal < len(parent_entries) and (image.doubts or parent.doubts) else ""
        return bool(entries), counts, equal, own, _doubts_of(image)

    @property
    def most(self) -> tuple[int, int]:
        if self.parent is None or has_nothing_to_compare(self.parent):
            return 1, 0
        return 5, len(self.parent.history)


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

    def likeness(self, image: Image) -> Hashable:
        entries, layers = len(image.history), len(image.diff_ids)
        counts = (entries == len(self.parent.history) + 1, layers == len(self.parent.diff_ids) + 1)
        if not image.doubts and not self.parent.doubts:
            return counts, all(counts) and self.rules.repeats(image, self.parent)
        repeats = self.rules.repeats(image, self.parent)
        return counts, repeats, "" if repeats else image.id, _doubts_of(image)

    @property
    def most(self) -> tuple[int, int]:
        return 3, 0


@dataclass(frozen=True, slots=True)
class _Rank:
    """The nearness of an image: the number of checks that pass, and of entries equal to the parent's.

    ``reaches_command``: whether the daemon may reach the command, which is one more check.
    """

    passed: int
    equal: int
    reaches_command: bool


def _doubts_of(image: Image) -> Hashable:
    """Return a key of an image's doubts, valid while the image exists."""
    return tuple(map(id, image.doubts))


class NearestImage(NamedTuple):
    """The image that passes the most checks, its index among the images, and the number of those checks."""

    position: int
    image: Image
    passed: int


class Continuations:
    """Images compared with one parent, each image once. Rules that compare only layers and history require a parent.

    Args:
        commands_known: whether there are no doubts about the commands of the images.
    """

    def __init__(
        self, images: Sequence[Image], parent: Image | None, rules: RuleSet, *, commands_known: bool = False
    ) -> None:
        self.images = images
        self._commands_known = commands_known
        self.parent = parent
        self._compared: _Compared = _Histories(parent, rules)
        if rules.by_layers and parent is not None:
            self._compared = _Layers(parent, rules)
        self._step = len(parent.history) if parent is not None else 0
        self._begins: dict[int, bool] = {}
        self._best_of: dict[str, int] = {}
        self._before: dict[Hashable, tuple[Certainty, tuple[Doubt, ...]]] = {}
        self._ranks: dict[Hashable, _Rank] = {}
        self._rank_at: dict[int, _Rank] = {}

    @cached_property
    def _by_command(self) -> Mapping[str | None, Sequence[int]]:
        """The indexes of the images by the command of the entry after the parent's; None if there is no such entry."""
        step = self._step
        commands = [
            history[step].created_by if step < len(history := image.config.history or ()) else None
            for image in paced(self.images)
        ]
        places_of: dict[str | None, Sequence[int]] = dict(zip(commands, zip(range(len(commands))), strict=True))
        if len(places_of) == len(commands):
            return places_of  # all commands are different, as usual
        places_by_command: dict[str | None, list[int]] = {}
        for place, command in enumerate(paced(commands)):
            places_by_command.setdefault(command, []).append(place)
        return places_by_command

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
        empty_config = ContainerConfig()
        for command, places in self._by_command.items():
            for place in paced(places if command is not None else ()):
                image = self.images[place]
                if (
                    self._known_before(place)[0] is Certainty.YES
                    and not self._compared.command(image, empty_config).doubts
                ):
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
        image = self.images[place]
        likeness = self._compared.likeness(image)
        cached = self._before.get(likeness)
        if cached is None:
            cached = self._before[likeness] = conjunction(self._compared.before_command(image))
        return cached

    @cached_property
    def _unclear_commands(self) -> tuple[int, ...]:
        """The indexes of images whose next command is not known."""
        if self.parent is not None and doubts_about(self.parent, "history"):
            return tuple(range(len(self.images)))
        if self._commands_known:
            return ()
        return tuple(compress(count(), have_doubts(self.images, "history.created_by")))

    def nearest(self, config: ContainerConfig) -> NearestImage | None:
        """Return the image that passes the most checks.

        On a tie, the one with the most equal entries wins.

        The probe's command is one more passed check, so the best image is the best either with or without that command.
        """
        if not self.images:
            return None
        command = created_by(config)
        if command not in self._best_of:
            places = paced(self._by_command.get(command, ()))
            self._best_of[command] = max(
                places, key=lambda place: self._rank_with(place, passes=True), default=self._best
            )

        def rank(place: int) -> tuple[int, int, int]:
            return self._rank_with(place, passes=self._compared.command(self.images[place], config).passes)

        best = max((self._best, self._best_of[command]), key=rank)
        return NearestImage(best, self.images[best], rank(best)[0])

    @cached_property
    def _best(self) -> int:
        """The place of the first image that passes the most comparisons before the command."""
        best, farthest, most = 0, (-1, -1), self._compared.most
        for place in paced(range(len(self.images))):
            rank = self._rank(place)
            if (rank.passed, rank.equal) > farthest:
                best, farthest = place, (rank.passed, rank.equal)
                if farthest >= most:  # no image can pass more
                    break
        return best

    def _rank_with(self, place: int, *, passes: bool) -> tuple[int, int, int]:
        """Return the rank of an image. ``passes``: whether its command is the probe's."""
        rank = self._rank(place)
        return rank.passed + (passes and rank.reaches_command), rank.equal, -place

    def _rank(self, place: int) -> _Rank:
        rank = self._rank_at.get(place)
        if rank is None:
            image = self.images[place]
            likeness = self._compared.likeness(image)
            rank = self._ranks.get(likeness)
            if rank is None:
                rank = self._ranks[likeness] = self._compare(image)
            self._rank_at[place] = rank
        return rank

    def _compare(self, image: Image) -> _Rank:
        passed, equal = 0, 0
        for check in self._compared.before_command(image):
            is_compared = not isinstance(check, HistoryCheck) or check.is_compared
            if check.kind is CheckKind.HISTORY and is_compared:
                equal = self._compared.equal_entries(image)
            if check.passes and is_compared:
                passed += 1
            elif not check.passes and not check.doubts:
                return _Rank(passed, equal, reaches_command=False)
        return _Rank(passed, equal, reaches_command=True)
