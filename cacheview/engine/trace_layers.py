"""The checks of the first containerd cache: sources, then children, by one more layer and one more history entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cacheview.engine.cache import ImageCache
from cacheview.engine.check import ABSENT, Check, CheckOutcome
from cacheview.engine.doubts import doubts_about
from cacheview.engine.history import created_by, history_keys
from cacheview.engine.lazy import LazySequence
from cacheview.engine.trace import Role, Stage, Subject
from cacheview.engine.verdict import StageKind, Verdict, VerdictOutcome
from cacheview.model import SCRATCH, Doubt, Image, Probe

__all__ = ["layer_stages"]

PASSED, FAILED, NOT_REACHED = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.NOT_REACHED


def layer_stages(probe: Probe, cache: ImageCache, verdict: Verdict) -> tuple[Stage, Stage]:
    """The sources and the children of a probe. moby ``daemon/containerd/cache.go`` at v24.0."""
    sources, children = verdict.sources, cache.children(probe.parent)
    return (
        _stage(StageKind.HISTORY, "source", sources, probe, cache, verdict),
        _stage(StageKind.LOCAL, "candidate", children, probe, cache, verdict),
    )


def _stage(
    kind: StageKind, role: Role, images: Sequence[Image], probe: Probe, cache: ImageCache, verdict: Verdict
) -> Stage:
    parent = cache.store.by_id.get(probe.parent)
    decided = verdict.outcome is VerdictOutcome.ERROR or (
        verdict.outcome is VerdictOutcome.HIT and verdict.stage is StageKind.HISTORY and kind is StageKind.LOCAL
    )
    checks = (_parent_check(probe, parent, verdict),) if kind is StageKind.HISTORY else ()
    end = -1 if decided or parent is None else len(images)
    if verdict.image is not None and verdict.stage is kind:
        end = next(i for i, image in enumerate(images) if image.id == verdict.image.id)

    def make(i: int) -> Subject:
        reached = i <= end
        hit = i == end
        outcome = (PASSED if hit else FAILED) if reached else NOT_REACHED
        return Subject(
            images[i], role, outcome, lambda: tuple(_checks(images[i], parent, probe, cache, reached=reached))
        )

    count = f"{len(images)} {role}{'' if len(images) == 1 else 's'}"
    if end == -1:
        return Stage(
            kind, NOT_REACHED, verdict.error or "not asked", checks, LazySequence(len(images), make), tuple(images)
        )
    found = 0 <= end < len(images)
    note = f"{images[end].title} is the next step" if found else f"{count}, none is the next step"
    return Stage(kind, PASSED if found else FAILED, note, checks, LazySequence(len(images), make), tuple(images))


def _parent_check(probe: Probe, parent: Image | None, verdict: Verdict) -> Check:
    if probe.parent == SCRATCH:
        return Check("parent", FAILED, ABSENT, ABSENT, "parent", "FROM scratch is never looked up: always a miss")
    if parent is not None:
        return Check("parent in store", PASSED, probe.parent, parent.id, "parent")
    told = "an error" if verdict.outcome is VerdictOutcome.ERROR else "a miss"
    return Check("parent in store", FAILED, probe.parent, ABSENT, "parent", f"the store lacks the parent: {told}")


def _checks(image: Image, parent: Image | None, probe: Probe, cache: ImageCache, *, reached: bool) -> Iterator[Check]:
    """In the order of ``isMatch``."""
    ours = parent.history if parent is not None else ()
    layers = parent.diff_ids if parent is not None else ()
    keys, theirs = (history_keys(parent, cache.rules) if parent is not None else ()), history_keys(image, cache.rules)
    told = [doubts_about(one, "history", "diff_ids") for one in (image, parent) if one is not None]
    doubts: tuple[Doubt, ...] = tuple(dict.fromkeys(doubt for some in told for doubt in some))

    def check(name: str, passes: bool, left: object, right: object, note: str = "", field: str = "") -> Check:
        nonlocal reached
        outcome = (PASSED if passes else FAILED) if reached else NOT_REACHED
        reached = reached and passes
        return Check(name, outcome, left, right, field, note, doubts=doubts)

    entries = len(ours)
    yield check("len(history)", len(image.history) == entries + 1, entries, len(image.history),
                "one entry more than the parent")  # fmt: skip
    yield check("len(diff_ids)", len(image.diff_ids) == len(layers) + 1, len(layers), len(image.diff_ids),
                "one layer more than the parent: a step without a layer never matches")  # fmt: skip
    differs = next((i for i, key in enumerate(keys) if theirs[i : i + 1] != (key,)), None)
    note = "the parent's entries against the image's first"
    if differs is not None:
        note = f"entry {differs} differs"
    yield check("history", differs is None, entries, len(image.history), note)
    following = image.history[entries].created_by if entries < len(image.history) else ABSENT
    wanted = created_by(probe.config)
    yield check("created_by", following == wanted, wanted, following,
                f"the image's entry {entries}, and the probe's Cmd joined with single spaces", "Cmd")  # fmt: skip
