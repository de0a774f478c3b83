"""Two sides compared: their steps in rows, the first that differs, and differences that affect no step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Final

from cacheview.collector import paused_collector
from cacheview.diff.alignment import AlignedPair, align
from cacheview.diff.answer_causes import of_answers, of_endings, of_unknown
from cacheview.diff.causes import Cause, CauseKind, CauseOrigin
from cacheview.diff.files import FileComparer, FilesDiffer, FilesUnknown
from cacheview.diff.image_side import history_steps
from cacheview.diff.layer_files import history_files
from cacheview.diff.missing_image import MissingImage, find_missing_image
from cacheview.diff.other_causes import other_causes
from cacheview.diff.placeholders import without_numbers
from cacheview.diff.side import BuildSide, SideStep
from cacheview.diff.step_causes import is_image_side, of_bases, of_left_out, of_steps, of_text, step_key
from cacheview.model.effort import go_on

__all__ = ["BuildDiff", "PairStatus", "StepPair", "compare_builds"]

_CHECKSUM_ALONE: Final = "a record contains only a checksum for files copied from a stage or an image"
_COMPARE_CONTEXTS: Final = "compare the build contexts instead, each replayed against its own store"


class PairStatus(Enum):
    """The result of comparing a row."""

    SAME = "same"
    CHANGED = "changed"  # another instruction, or another probe
    INSERTED = "inserted"  # only B has it
    REMOVED = "removed"  # only A has it
    MOVED = "moved"
    ANSWERED = "answered differently"  # the probe is the same
    FOLLOWS = "follows"  # from an earlier row
    UNKNOWN = "unknown"  # whether both have the same answer

    @property
    def differs(self) -> bool:
        """Whether the two builds differ here for a new reason."""
        return self not in (PairStatus.SAME, PairStatus.FOLLOWS, PairStatus.UNKNOWN)


@dataclass(frozen=True)
class StepPair:
    """Two steps side by side.

    Attributes:
        a, b: None: this side has no such step.
        status: see `PairStatus`.
        causes: why it differs, the main cause first; empty if it does not.
        follows: if it follows from an earlier row, the index of that row; otherwise -1.
        files: the files that differ; None: none differ, or they are not known.
        why: why it is not known whether both have the same answer; otherwise empty.
        missing_image: the image of A that the store of B lacks; None: it has it, or that is not known.
    """

    a: SideStep | None
    b: SideStep | None
    status: PairStatus
    causes: tuple[Cause, ...] = ()
    follows: int = -1
    files: FilesDiffer | None = None
    why: str = ""
    missing_image: MissingImage | None = None

    @property
    def text(self) -> str:
        """The instruction, of B if it has one."""
        step = self.b or self.a
        assert step is not None
        return step.requested.text

    @property
    def is_cache_lost(self) -> bool:
        """Whether it is cached in A but not in B."""
        return self.a is not None and self.b is not None and self.a.cached is True and self.b.cached is False


@dataclass(frozen=True)
class BuildDiff:
    """Two builds, compared.

    Attributes:
        a, b: the sides.
        rows: the steps of both.
        other_causes: the differences that no row shows.
    """

    a: BuildSide
    b: BuildSide
    rows: tuple[StepPair, ...]
    other_causes: tuple[Cause, ...] = ()

    @cached_property
    def first(self) -> int | None:
        """The index of the row at which they first differ; None: they do not, as far as known."""
        return next((place for place, row in enumerate(self.rows) if row.status.differs), None)

    @cached_property
    def first_unknown(self) -> StepPair | None:
        """The first row for which it is not known whether both have the same answer."""
        return next((row for row in self.rows if row.status is PairStatus.UNKNOWN), None)

    @property
    def missing_images(self) -> tuple[MissingImage, ...]:
        """The images that A had at the end, and that B did not find."""
        return tuple(row.missing_image for row in self.rows if row.missing_image is not None)

    @property
    def cause(self) -> Cause | None:
        """The cause of the first step that differs, or else the first of the other causes; None: there is none."""
        if self.first is not None:
            return self.rows[self.first].causes[0]
        return next(iter(self.other_causes), None)

    @property
    def is_same(self) -> bool | None:
        """Whether all steps and answers are the same; None: not known."""
        if self.first is not None:
            return False
        return None if self.a.cut or self.b.cut or self.first_unknown is not None else True

    @cached_property
    def lost_cache_rows(self) -> tuple[StepPair, ...]:
        """The rows that are cached in A but not in B."""
        return tuple(row for row in self.rows if row.is_cache_lost)

    @property
    def origin(self) -> CauseOrigin:
        """The origin of B's lost cache: its own change, its request or its environment; unknown: it lost none."""
        for row in self.lost_cache_rows:
            at = self.rows[row.follows] if row.follows >= 0 else row
            if at.causes:
                return at.causes[0].origin
        return CauseOrigin.UNKNOWN


def compare_builds(a: BuildSide, b: BuildSide) -> BuildDiff:
    """Compare two builds.

    Raises the exceptions of the `Effort` around it.
    """
    with paused_collector():
        return _compared(without_numbers(a), without_numbers(b))


def _compared(a: BuildSide, b: BuildSide) -> BuildDiff:
    by_history = is_image_side(a, b)
    if by_history:
        a, b = replace(a, steps=history_steps(a)), replace(b, steps=history_steps(b))
    keys_a, keys_b = ([step_key(step.requested, by_history=by_history) for step in side.steps] for side in (a, b))
    names_a, names_b = ([step.requested.name for step in side.steps] for side in (a, b))
    comparing = _BuildComparison(a, b, by_history)
    for aligned in align(keys_a, keys_b, names_a, names_b):
        go_on()
        comparing.add(aligned)
    rows = tuple(comparing.rows)
    named = {cause.key for row in rows for cause in row.causes}
    has_differing_files = any(cause.kind in (CauseKind.FILES, CauseKind.CLIENT) for row in rows for cause in row.causes)
    others = (
        *(() if by_history else _unused_differences(a, b, rows)),
        *other_causes(a, b, named, with_files=not has_differing_files),
    )
    return BuildDiff(a, b, rows, others)


def _unused_differences(a: BuildSide, b: BuildSide, rows: Sequence[StepPair]) -> Iterator[Cause]:
    """Yield the parts of the Dockerfiles that are written differently, but have the same meaning."""
    is_explained = False
    for row in rows:
        step_a, step_b = (step.requested if step is not None else None for step in (row.a, row.b))
        if step_a is None or step_b is None or step_a.text != step_b.text:
            is_explained = True
        if row.status.differs or step_a is None or step_b is None:
            continue
        if step_a.text != step_b.text:
            yield Cause(CauseKind.INSTRUCTION, CauseOrigin.OWN, "", step_a.text, step_b.text)
        elif step_a.heredocs != step_b.heredocs:
            is_explained = True
            yield Cause(CauseKind.DOCKERFILE, CauseOrigin.OWN, detail=f"the content of the heredoc in {step_b.title}")
    is_known = not a.cut and not b.cut and b"" not in (a.dockerfile, b.dockerfile)
    if is_known and not is_explained and a.dockerfile != b.dockerfile:
        yield Cause(CauseKind.DOCKERFILE, CauseOrigin.OWN)


@dataclass
class _BuildComparison:
    a: BuildSide
    b: BuildSide
    by_history: bool
    rows: list[StepPair] = field(default_factory=list)
    of_stage_a: dict[int, int] = field(default_factory=dict)
    of_stage_b: dict[int, int] = field(default_factory=dict)
    files: dict[tuple[str, str], FilesDiffer] = field(default_factory=dict)

    seen_a: int = 0
    seen_b: int = 0
    cut_at: int = -1

    def __post_init__(self) -> None:
        self.of_context = FileComparer(self.a, self.b)
        self.of_images = FileComparer(replace(self.a, files=None), replace(self.b, files=None))

    def add(self, aligned: AlignedPair) -> None:
        a = self.a.steps[aligned.a] if aligned.a is not None else None
        b = self.b.steps[aligned.b] if aligned.b is not None else None
        follows = min(self._reached_by(a, b), default=-1)
        row = self._cut_off(a, b) or self._row(a, b, aligned, follows)
        self.seen_a += a is not None
        self.seen_b += b is not None
        place = len(self.rows)
        self.rows.append(row)
        if row.status.differs or row.status in (PairStatus.FOLLOWS, PairStatus.UNKNOWN):
            origin = follows if row.status is PairStatus.FOLLOWS else place
            for step, stages in ((a, self.of_stage_a), (b, self.of_stage_b)):
                if step is not None:
                    stages.setdefault(step.requested.stage, origin)

    def _reached_by(self, a: SideStep | None, b: SideStep | None) -> Iterator[int]:
        """Yield the earlier rows with differences that this one depends on."""
        for step, stages in ((a, self.of_stage_a), (b, self.of_stage_b)):
            if step is None:
                continue
            requested = step.requested
            begins = requested.name == "FROM" and not requested.trigger
            own = () if begins or requested.stage < 0 else (requested.stage,)
            yield from (stages[stage] for stage in (*own, *requested.uses) if stage in stages)

    def _cut_off(self, a: SideStep | None, b: SideStep | None) -> StepPair | None:
        """Return the row of a step without a counterpart if the other side was refused before it; otherwise None."""
        if a is not None and b is not None:
            return None
        side, seen = (self.a, self.seen_a) if a is None else (self.b, self.seen_b)
        if not side.cut or seen < len(side.steps):
            return None
        if self.cut_at >= 0:
            return StepPair(a, b, PairStatus.FOLLOWS, follows=self.cut_at)
        self.cut_at = len(self.rows)
        if side.error:
            cause = Cause(CauseKind.ENDED, CauseOrigin.OWN, detail=side.error, in_a=b is None, in_b=a is None)
        else:
            letter = "A" if a is None else "B"
            cause = Cause(
                CauseKind.UNKNOWN,
                CauseOrigin.UNKNOWN,
                detail=f"under these rules, build {letter} is refused: {side.cut}",
            )
        return StepPair(a, b, PairStatus.REMOVED if b is None else PairStatus.INSERTED, (cause,))

    def _row(self, a: SideStep | None, b: SideStep | None, aligned: AlignedPair, follows: int) -> StepPair:
        if a is None or b is None:
            step = a or b
            assert step is not None
            sides = (self.a, self.b) if b is None else (self.b, self.a)
            left_out = of_left_out(*sides, step, is_in_a=b is None)
            causes = (left_out,) if left_out is not None else self._of_text(a, b)
            return StepPair(a, b, PairStatus.REMOVED if b is None else PairStatus.INSERTED, causes)
        if aligned.is_moved:
            cause = Cause(CauseKind.INSTRUCTION, CauseOrigin.OWN, "", a.requested.text, b.requested.text)
            return StepPair(a, b, PairStatus.MOVED, (cause,))
        if not aligned.is_alike and self._has_other_probe(a, b):
            return StepPair(a, b, PairStatus.CHANGED, self._of_text(a, b))
        return self._pair_of_equal(a, b, follows)

    def _of_text(self, a: SideStep | None, b: SideStep | None) -> tuple[Cause, ...]:
        if self.a.is_by_buildkit != self.b.is_by_buildkit:
            builder_a, builder_b = (
                "BuildKit" if side.is_by_buildkit else "the classic builder" for side in (self.a, self.b)
            )
            return (Cause(CauseKind.BUILDER, CauseOrigin.SURROUNDINGS, "", builder_a, builder_b),)
        if any(step is not None and step.requested.is_base for step in (a, b)):
            text_a, text_b = (step.requested.text if step is not None else None for step in (a, b))
            return (Cause(CauseKind.BASE, CauseOrigin.SURROUNDINGS, "", text_a, text_b),)
        return tuple(of_text(a, b))

    def _has_other_probe(self, a: SideStep, b: SideStep) -> bool:
        """Return whether two instructions that are written differently have different probes."""
        if self.by_history or a.requested.is_exact != b.requested.is_exact:
            return True
        if a.requested.name == "FROM":
            return a.requested.command != b.requested.command
        return (a.requested.command, a.requested.checksum) != (
            b.requested.command,
            b.requested.checksum,
        ) or a.requested.stage < 0

    def _pair_of_equal(self, a: SideStep, b: SideStep, follows: int) -> StepPair:
        differing: list[FilesDiffer] = []

        def compare_files() -> FilesDiffer | FilesUnknown:
            files = self._files(a, b)
            if isinstance(files, FilesDiffer):
                differing.append(files)
            return files

        is_tainted = follows >= 0
        causes = tuple(of_steps(self.a, self.b, a, b, compare_files, is_tainted=is_tainted))
        if not causes and a.requested.name == "FROM" and not a.requested.trigger:
            base = of_bases(self.a, self.b, a, b)
            if base is not None:
                causes = (base,) if a.requested.text == b.requested.text else tuple(of_text(a, b))
        if causes:
            return StepPair(a, b, PairStatus.CHANGED, causes, files=next(iter(differing), None))
        if is_tainted:
            return StepPair(a, b, PairStatus.FOLLOWS, follows=follows)
        return self._answered(a, b)

    def _answered(self, a: SideStep, b: SideStep) -> StepPair:
        if self.by_history:
            return StepPair(a, b, PairStatus.SAME)
        ended = of_endings(self.a, self.b, a, b)
        if ended is not None:
            return StepPair(a, b, PairStatus.ANSWERED, (ended,))
        if not a.is_looked_up or a.cached is b.cached:
            missing_image = find_missing_image(self.a, self.b, a, b)
            if missing_image is not None and missing_image.was_there:
                return StepPair(a, b, PairStatus.ANSWERED, (missing_image.cause,), missing_image=missing_image)
            return StepPair(a, b, PairStatus.SAME, missing_image=missing_image)
        if a.cached is None or b.cached is None:
            reason = of_unknown(self.a, self.b, a)
            if reason is not None:
                return StepPair(a, b, PairStatus.ANSWERED, (reason,))
            return StepPair(a, b, PairStatus.UNKNOWN, why=a.why or b.why)
        missing_image = find_missing_image(self.a, self.b, a, b)
        return StepPair(a, b, PairStatus.ANSWERED, (of_answers(self.a, self.b, a, b),), missing_image=missing_image)

    def _files(self, a: SideStep, b: SideStep) -> FilesDiffer | FilesUnknown:
        if self.by_history:
            return history_files(self.a, self.b, a, b)
        step_a, step_b = a.requested, b.requested
        if step_a.sources is None or step_b.sources is None or not step_a.sources.files or not step_b.sources.files:
            return FilesUnknown(_CHECKSUM_ALONE, _COMPARE_CONTEXTS)
        key = step_a.sources.text, step_b.sources.text
        if key not in self.files:
            of_context = not (step_a.copy is not None and step_a.copy.from_)
            comparer = self.of_context if of_context else self.of_images
            self.files[key] = comparer.differ(dict(step_a.sources.files), dict(step_b.sources.files))
        return self.files[key]
