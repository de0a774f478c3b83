"""The reason for each miss of a replay, and its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.engine import Explanation, ImageCache, RuleSet, explain
from cacheview.model import ImageStore
from cacheview.model.effort import go_on, separate_limits
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
        explanation: the explanation of the miss.
        comparison: for ``COPY`` and ``ADD``, the comparison with the files of the nearest image; None: something else
            differs.
        remedy: the remedy for the miss.
    """

    step: Step
    explanation: Explanation
    comparison: FileComparison | None = None
    remedy: Remedy = field(default_factory=Remedy)

    @property
    def files(self) -> tuple[str, ...]:
        """Sentences about the files that differ."""
        return sentences(self.comparison) if self.comparison is not None else ()

    @property
    def has_files(self) -> bool:
        """Whether the comparison names the files that differ, or has facts from an earlier replay."""
        return self.comparison is not None and bool(self.comparison.changes or self.comparison.since)

    @property
    def reason(self) -> str:
        """A further sentence on the reason for the miss; empty if the explanation or `files` already give it."""
        if self.files or self.explanation.verdict.local is not None:
            return ""
        return self.remedy.reason or self.explanation.reason


def misses(
    replay: Replay,
    store: ImageStore,
    rules: RuleSet,
    record: ChecksumRecord | None = None,
    checksums: ContextChecksums | None = None,
    image_files: StoreImageFiles | None = None,
) -> Iterator[Miss]:
    """Yield the steps that miss the cache and whose probe is known, in order.

    Args:
        record: the record of earlier replays, without this one.
        checksums: the checksums of this replay's files.
        image_files: reads the layers of candidates whose files are not in the record.
    """
    cache = ImageCache(store, rules)
    record = record or ChecksumRecord("", "")  # an empty record
    for step in replay.looked_up:
        if step.status is StepStatus.MISS and step.probe is not None:
            where = step.cache or cache
            go_on()
            explanation = explain(where, step.probe, with_edit=False)  # users edit the build, not the probe
            remedy = remedy_of(step, explanation, where)
            with separate_limits():  # a separate time limit: the time depends on the size of the files
                comparison = compare_files(step, explanation, record, checksums, image_files)
            yield Miss(step, explanation, comparison, remedy)
