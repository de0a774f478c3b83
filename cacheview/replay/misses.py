"""Why each step that misses does so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cacheview.dockerfile.context.record import Record
from cacheview.engine import Explanation, ImageCache, RuleSet, explain
from cacheview.model import ImageStore
from cacheview.model.effort import apart, go_on
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.compare_files import compare_files
from cacheview.replay.file_comparison import FileComparison
from cacheview.replay.file_words import sentences
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.remedy import Remedy, remedy_of
from cacheview.replay.result import Replay, Step, StepStatus

__all__ = ["Miss", "misses"]


@dataclass(frozen=True, slots=True)
class Miss:
    """A step that misses.

    Attributes:
        explanation: why.
        comparison: of ``COPY`` and ``ADD``, the files against those of the nearest image; None: something else differs.
        remedy: what a person can do about it.
    """

    step: Step
    explanation: Explanation
    comparison: FileComparison | None = None
    remedy: Remedy = field(default_factory=Remedy)

    @property
    def files(self) -> tuple[str, ...]:
        """What is known of the files that differ, in sentences."""
        return sentences(self.comparison) if self.comparison is not None else ()

    @property
    def has_files(self) -> bool:
        """Whether more is known of its files than that they differ: which ones, or what an earlier replay knew."""
        return self.comparison is not None and bool(self.comparison.changes or self.comparison.since)

    @property
    def reason(self) -> str:
        """Why it misses, beside the sentence of the explanation, in one more; empty if that or `files` say it."""
        if self.files or self.explanation.verdict.local is not None:
            return ""
        return self.remedy.reason or self.explanation.reason


def misses(
    replay: Replay,
    store: ImageStore,
    rules: RuleSet,
    record: Record | None = None,
    checksums: ContextChecksums | None = None,
    image_files: StoreImageFiles | None = None,
) -> Iterator[Miss]:
    """The steps that the cache misses and whose probe is known, in order.

    Args:
        record: of earlier replays, without this one.
        checksums: what computed the checksums of the files of this one.
        image_files: reads the layers of candidates, where the record does not know their files.
    """
    cache = ImageCache(store, rules)
    record = record or Record("", "")  # knows of no files
    for step in replay.looked_up:
        if step.status is StepStatus.MISS and step.probe is not None:
            where = step.cache or cache
            go_on()
            explanation = explain(where, step.probe, with_edit=False)  # what a person can edit is the build
            remedy = remedy_of(step, explanation, where)
            with apart():  # files are as large as they are
                comparison = compare_files(step, explanation, record, checksums, image_files)
            yield Miss(step, explanation, comparison, remedy)
