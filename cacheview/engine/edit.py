"""Edits of a probe: the smallest that turns a miss into a hit, and taking over one value of an image."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cacheview.engine.cache import ImageCache
from cacheview.engine.candidate import config_is_unknown, container_config_of
from cacheview.engine.check import ABSENT, Check, CheckKind, Key, Path, path_text
from cacheview.engine.history import created_by, history_checks, matches_history, prefix_value
from cacheview.engine.index.distances import distance
from cacheview.engine.nearness import countable, nearest
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.stage_check import Certainty, conjunction
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.engine.writable import is_writable
from cacheview.model import SCRATCH, ContainerConfig, Image, Probe
from cacheview.model.effort import paced

__all__ = ["ProbeEdit", "ValueChange", "changes_between", "command_for", "smallest_edit", "take_value"]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value of a probe before and after. ``path`` is that of a check; `ABSENT` means no value."""

    path: Path
    old: object
    new: object

    @property
    def name(self) -> str:
        """The path as text: ``Env[1]``."""
        return path_text(self.path)


@dataclass(frozen=True, slots=True)
class ProbeEdit:
    """A changed probe and its changes.

    Attributes:
        probe: after the edit.
        changes: one for each value.
        target: the image that the edited probe would hit; None: the edit only removes something.
    """

    probe: Probe
    changes: tuple[ValueChange, ...]
    target: Image | None = None


def changes_between(before: Probe, after: Probe) -> tuple[ValueChange, ...]:
    """Return the differences between two probes, value by value in maps and in lists of equal length."""
    changes = [
        ValueChange((name,), getattr(before, name), getattr(after, name))
        for name in ("parent", "cache_from", "platform")
        if getattr(before, name) != getattr(after, name)
    ]
    for field in ContainerConfig.model_fields:
        old, new = getattr(before.config, field), getattr(after.config, field)
        if old != new:
            changes.extend(_value_changes(field, old, new))
    return tuple(changes)


def _value_changes(field: str, old: Any, new: Any) -> Iterator[ValueChange]:
    if isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new):
        for i, (left, right) in enumerate(zip(old, new, strict=True)):
            if left != right:
                yield ValueChange((field, i), left, right)
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            left, right = old.get(key, ABSENT), new.get(key, ABSENT)
            if left != right:
                yield ValueChange((field, Key(key)), left, right)
    else:
        yield ValueChange((field,), old, new)


def take_value(probe: Probe, check: Check, image: Image, rules: RuleSet) -> ProbeEdit | None:
    """Return the probe with the image's value of one check; None if there is none, or it is not known."""
    if check.kind is CheckKind.COMMAND:
        command = command_for(str(check.image), probe.config.Cmd or ()) if check.image is not ABSENT else None
        return None if command is None else _with_config(probe, {"Cmd": command}, image)
    if check.field not in ContainerConfig.model_fields:
        return None
    stored = container_config_of(image)
    if config_is_unknown(image):
        return None
    compared = check.field in rules.compared_fields
    value: Any = rules.read_image(stored, check.field) if compared else getattr(stored, check.field, None)
    current = getattr(probe.config, check.field)
    index = check.path[-1] if check.kind is CheckKind.ELEMENT else None
    if (
        isinstance(current, tuple)
        and isinstance(value, tuple)
        and len(current) == len(value)
        and isinstance(index, int)
    ):
        value = (*current[:index], value[index], *current[index + 1 :])
    if value == current:
        return None
    return _with_config(probe, {check.field: value}, image)


def _with_config(probe: Probe, values: dict[str, Any], target: Image | None) -> ProbeEdit:
    after = probe.model_copy(update={"config": probe.config.model_copy(update=values)})
    return ProbeEdit(after, changes_between(probe, after), target)


def command_for(text: str, current: tuple[str, ...]) -> tuple[str, ...]:
    """Return a ``Cmd`` whose words joined by single spaces are ``text``, split like the current one if possible."""
    if not text:
        return ()
    for size in range(len(current) - 1, 0, -1):
        beginning = " ".join(current[:size]) + " "
        if text.startswith(beginning):
            return (*current[:size], text[len(beginning) :])
    for words in (("/bin/sh", "-c", "#(nop) "), ("/bin/sh", "-c")):
        beginning = " ".join(words) + " "
        if text.startswith(beginning):
            return (*words, text[len(beginning) :])
    return (text,)


Cost = tuple[int, int, int]
"""The number of changed fields, of changed elements in them, and a preference on a tie: what should stay unchanged."""

KEEP_PARENT, KEEP_CACHE_FROM = 1, 2
_MIN_COST: Cost = (1, 1, 0)
_MAX_TRIED_IMAGES = 100
"""How many images are tried, nearest first, for an edit that a user can make."""


@dataclass(frozen=True, slots=True, order=False)
class _Proposal:
    cost: Cost
    edit: ProbeEdit


def smallest_edit(cache: ImageCache, probe: Probe, verdict: Verdict) -> ProbeEdit | None:
    """Return the edit with the fewest fields, then elements, that turns a miss into a hit; None if there is none.

    Every proposal is looked up in the cache before it is returned. At equal cost, an edit of only the config is
    preferred to one of the parent, and that to one of the references. No proposal depends on a value that is not known
    exactly, or changes something that a user cannot change (`is_writable`).
    """
    if verdict.outcome is not VerdictOutcome.MISS or cache.rules.by_layers:
        return None
    for proposal in _cheapest_first(cache, probe):
        if not is_writable(probe, proposal.edit.probe, cache.store):
            continue
        result = cache.verdict(proposal.edit.probe)
        if result.outcome is VerdictOutcome.HIT:
            return proposal.edit
    return None


def _cheapest_first(cache: ImageCache, probe: Probe) -> Iterator[_Proposal]:
    config_edits = _config_edits(cache, probe)
    for proposal in config_edits:
        if proposal.cost > _MIN_COST:
            config_edits = itertools.chain((proposal,), config_edits)
            break
        yield proposal  # no edit costs less, so the other kinds need not be tried yet
    kinds = [config_edits, _parent_edits(cache, probe)]
    if probe.cache_from:
        kinds += [
            _command_edits(cache, probe),
            _history_parent_edits(cache, probe),
            _without_cache_from(cache, probe),
        ]
    yield from heapq.merge(*kinds, key=lambda proposal: proposal.cost)


def _config_edits(cache: ImageCache, probe: Probe) -> Iterator[_Proposal]:
    """Yield edits that make the config match a candidate. If there are sources, only the parent of one would count."""
    index = cache.candidates(probe.parent)
    among = index.dated & index.certain & index.eligible(probe)
    if probe.cache_from:
        among = countable(cache, index, among, probe.cache_from)
    for near in itertools.islice(nearest(index, probe.config, among), _MAX_TRIED_IMAGES):
        edit = _towards(cache.rules, probe, near.image)
        yield _Proposal((near.fields, near.elements, 0), edit)


def _towards(rules: RuleSet, probe: Probe, image: Image) -> ProbeEdit:
    stored = container_config_of(image)
    values = {
        field: rules.read_image(stored, field)
        for field in rules.compared_fields
        if not rules.field_matches(field, probe.config, stored)
    }
    return _with_config(probe, values, image)


def _parent_edits(cache: ImageCache, probe: Probe) -> Iterator[_Proposal]:
    """Yield edits that set the parent to one with an image of this config, or else to that of the nearest image."""
    index, among = cache.elsewhere(probe.parent)
    among &= index.dated & index.certain & index.eligible(probe)
    if probe.cache_from:
        among = countable(cache, index, among, probe.cache_from)
    for near in itertools.islice(nearest(index, probe.config, among), _MAX_TRIED_IMAGES):
        parent = near.image.parent or SCRATCH
        towards = _towards(cache.rules, probe, near.image) if near.fields else ProbeEdit(probe, ())
        after = towards.probe.model_copy(update={"parent": parent})
        edit = ProbeEdit(after, changes_between(probe, after), near.image)
        yield _Proposal((near.fields + 1, near.elements + 1, KEEP_PARENT), edit)


def _command_edits(cache: ImageCache, probe: Probe) -> Iterator[_Proposal]:
    """Yield edits that set the command to one with which a source continues the parent's history."""
    current = probe.config.Cmd or ()
    commands = []
    for text, source in cache.continuations(probe).commands():
        command = command_for(text, current)
        commands.append(((1, max(1, distance(current, command)), 0), command, source))
    for cost, command, source in sorted(commands, key=lambda each: each[0]):
        yield _Proposal(cost, _with_config(probe, {"Cmd": command}, source))


def _history_parent_edits(cache: ImageCache, probe: Probe) -> Iterator[_Proposal]:
    """Yield edits that set the parent to one whose history a source continues with the probe's command."""
    for source, step in paced(cache.steps_of_sources(probe.cache_from).get(created_by(probe.config), ())):
        parents = cache.by_history.get(prefix_value(source, step, cache.rules), ())
        for parent in paced((None, *parents)):
            if matches_history(source, parent, probe.config, cache.rules):
                if conjunction(history_checks(source, parent, probe.config, cache.rules))[0] is Certainty.MAYBE:
                    continue
                after = probe.model_copy(update={"parent": parent.id if parent is not None else SCRATCH})
                if after != probe:
                    yield _Proposal((1, 1, KEEP_PARENT), ProbeEdit(after, changes_between(probe, after), source))


def _without_cache_from(cache: ImageCache, probe: Probe) -> Iterator[_Proposal]:
    """Yield the edit that removes the references, with the other changes it requires."""
    plain = probe.model_copy(update={"cache_from": ()})
    references = len(probe.cache_from)
    rest = smallest_edit(cache, plain, cache.verdict(plain))
    after = rest.probe if rest is not None else plain
    changes = changes_between(probe, after)
    fields = {change.path[0] for change in changes}
    elements = references + len(changes) - 1
    yield _Proposal((len(fields), elements, KEEP_CACHE_FROM), ProbeEdit(after, changes, rest.target if rest else None))
