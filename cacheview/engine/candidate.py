"""The comparisons of a candidate, in the daemon's order: its requirements, its config, its creation time.

moby: ``image/cache/cache.go`` and ``daemon/containerd/cache.go``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cacheview.engine.doubts import doubts_about
from cacheview.engine.field_comparison import SameElements
from cacheview.engine.history import created_by
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.model import SCRATCH, Aspect, ContainerConfig, Doubt, Image, Probe

__all__ = [
    "CandidateCheck",
    "candidate_checks",
    "command_of_unknown",
    "config_is_unknown",
    "container_config_of",
    "is_command_check",
    "local_aspects",
    "membership",
]

_ENTRY_ASPECTS: tuple[Aspect, ...] = (
    *("history.created", "history.created_by", "history.author", "history.comment", "history.empty_layer"),
)


def container_config_of(image: Image) -> ContainerConfig | None:
    """Return the config that the image was built with, from the store or the image config; None: not stored."""
    return image.container_config if image.container_config is not None else image.config.container_config


def config_is_unknown(image: Image) -> bool:
    """Return whether the daemon may have a container config for the image that the store does not report at all."""
    return container_config_of(image) is None and bool(doubts_about(image, "container_config"))


def membership(rules: RuleSet, parent: str) -> tuple[Aspect, ...]:
    """Return the aspects of an image that decide whether it is a candidate for this parent."""
    if rules.by_layers:
        return ("diff_ids",)
    return ("from_scratch",) if rules.marks_first_steps and parent == SCRATCH else ("parent",)


def local_aspects(rules: RuleSet) -> tuple[Aspect, ...]:
    """Return all aspects of an image that the local cache reads."""
    if rules.by_layers:
        return ("existence", "diff_ids", "history", *_ENTRY_ASPECTS)
    marked: tuple[Aspect, ...] = ("from_scratch",) if rules.marks_first_steps else ()
    required = tuple(requirement.aspect for requirement in (*rules.requirements, *rules.later))
    return tuple(dict.fromkeys(("existence", "container_config", "created", "parent", *marked, *required)))


def command_of_unknown(image: Image) -> str | None:
    """Return the command that an image was built with, joined by spaces, if its container config is not known.

    The daemon writes the container config together with ``created_by`` of the last history entry, which contains the
    words of its ``Cmd`` joined by single spaces (``NewChildImage`` of ``image/image.go``, ``CommitImage`` of
    ``daemon/containerd/image_commit.go``). So an image that a daemon created and whose parent it recorded either has
    this command or has no container config at all, which counts as an empty one. The same is true of an image that may
    be recorded as built from scratch: if it is not, it is not a candidate. None: the command is not known either.
    """
    if image.parent is None and not image.from_scratch and not doubts_about(image, "from_scratch"):
        return None
    if not image.history or doubts_about(image, "parent", "history", "history.created_by"):
        return None
    return image.history[-1].created_by


def is_command_check(row: ConfigCheck | Requirement | None) -> bool:
    """Return whether the row compares the words of the command."""
    return isinstance(row, ConfigCheck) and row.field == "Cmd" and isinstance(row.comparison, SameElements)


@dataclass(frozen=True, slots=True)
class CandidateCheck:
    """One comparison of a candidate.

    Attributes:
        row: the row of the rule set; None: the check that there is a creation time.
        passes: the result with the values as the store reports them.
        doubts: unknown facts that the result depends on; empty: it is certain.
        command: for the check of the command, the image's command if only its history reports it; otherwise None.
    """

    row: Requirement | ConfigCheck | None
    passes: bool
    doubts: tuple[Doubt, ...] = ()
    command: str | None = None


def candidate_checks(rules: RuleSet, probe: Probe, image: Image) -> Iterator[CandidateCheck]:
    """Yield all comparisons of a candidate, in order, assuming that it is one."""
    for requirement in rules.requirements:
        yield CandidateCheck(requirement, requirement.matches(probe, image), doubts_about(image, requirement.aspect))
    stored = container_config_of(image)
    doubts = doubts_about(image, "container_config")
    is_unknown = stored is None and bool(doubts)
    for row in rules.config_checks:
        row_doubts = doubts if row.field in rules.image_fields else ()
        if row_doubts and is_unknown and is_command_check(row):
            yield _command_check(row, probe.config, image, row_doubts)
            continue
        probe_value, image_value = getattr(probe.config, row.field), rules.read_image(stored, row.field)
        yield CandidateCheck(row, row.comparison.matches(probe_value, image_value), row_doubts)
    for requirement in rules.later:
        yield CandidateCheck(requirement, requirement.matches(probe, image), doubts_about(image, requirement.aspect))
    yield CandidateCheck(None, rules.time(image.created) is not None, doubts_about(image, "created"))


def _command_check(
    row: ConfigCheck, config: ContainerConfig, image: Image, doubts: tuple[Doubt, ...]
) -> CandidateCheck:
    """Return the check of the command for an image whose container config is not known."""
    command = command_of_unknown(image)
    if command is None or not config.Cmd or command == created_by(config):
        return CandidateCheck(row, not config.Cmd, doubts)
    return CandidateCheck(row, False, (), command)
