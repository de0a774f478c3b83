"""The roles of a store's images for the current probe: its parent, the hit, candidates, sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from cacheview.engine import CheckKind, CheckOutcome, StageKind, doubt_sentences
from cacheview.engine.words.doubts import ASPECT_WORDS
from cacheview.model import CONFIG_FIELDS, FieldKind, field_kind

if TYPE_CHECKING:
    from cacheview.engine import Explanation, Subject
    from cacheview.engine.index import Survivors
    from cacheview.model import Doubt, Image

__all__ = ["NEW", "REMOVED", "UNREAD_ASPECTS", "ImageMark", "MarkKind", "Marks", "doubts_mark"]

MarkKind = Literal["parent", "hit", "passed", "failed", "source", "new", "remove", "not-certain"]


@dataclass(frozen=True, slots=True)
class ImageMark:
    """A word beside an image. ``kind``: the name of its icon and color; ``meaning``: a sentence for the tool tip.

    ``is_faint``: whether only the icon is drawn, so that the word is just for screen readers.
    """

    kind: MarkKind
    word: str
    meaning: str
    is_faint: bool = False


PARENT = ImageMark("parent", "parent", "The probe builds on this image.")
HIT = ImageMark("hit", "hit", "The cache returns this image.")
SOURCE = ImageMark("source", "source", "This image is a --cache-from source.")
NEW = ImageMark("new", "new", "This image is new since the last reload.")
REMOVED = ImageMark("remove", "removed", "What if: this image is no longer in the store.")
MATCHES = ImageMark("passed", "matches", "This image has a matching config but is not the answer.")
OLDER = ImageMark("passed", "older match", "This image's config matches, but the cache prefers a newer image.")
UNMARKED = ImageMark(
    "failed", "not built here", "This candidate never matches: the store has no record that it was built here."
)
UNDATED = ImageMark("failed", "no creation time", "This image matches but is ignored, because it has no creation time.")

UNREAD_ASPECTS = frozenset({"built_locally", "config_digest", "config.other"})
"""Doubts about these aspects get no mark, since no rule reads them."""

_KINDS_WITH_ELEMENTS = (FieldKind.LIST, FieldKind.MAP, FieldKind.SET)


def doubts_mark(image: Image, common: tuple[Doubt, ...] = ()) -> ImageMark | None:
    """Return the mark of an image about which a fact that a rule may read is unknown; None: there is no such fact.

    ``common``: what is unknown about all images. It is reported once for the store, and gets no mark.
    """
    results = tuple(doubt for doubt in image.doubts if doubt.aspect not in UNREAD_ASPECTS)
    if all(doubt in common for doubt in results):
        return None
    return _doubts_mark(results)


@lru_cache(64)  # most images of a store have the same doubts
def _doubts_mark(doubts: tuple[Doubt, ...]) -> ImageMark | None:
    if not doubts:
        return None
    lines = [f"• {ASPECT_WORDS[doubt.aspect]}. {' '.join(doubt_sentences(doubt))}" for doubt in doubts]
    return ImageMark("not-certain", "partly unknown", "\n".join(("Not known exactly:", *lines)), is_faint=True)


class Marks:
    """The marks of one explanation, found for each image when needed."""

    def __init__(self, explanation: Explanation) -> None:
        verdict = explanation.verdict
        self._local = explanation.trace.stage(StageKind.LOCAL)
        self._hit = verdict.image.id if verdict.image is not None else None
        self._sources = frozenset(source.id for source in verdict.sources)
        self._parent = explanation.trace.probe.parent
        self._index = explanation.trace.index
        self._probe = explanation.trace.probe
        self._cached: dict[str, tuple[ImageMark, ...]] = {}

    def of(self, image_id: str) -> tuple[ImageMark, ...]:
        """Return the marks of an image; the empty id stands for scratch."""
        results = self._cached.get(image_id)
        if results is None:
            results = self._cached[image_id] = tuple(self._make(image_id))
        return results

    @cached_property
    def concerned(self) -> frozenset[str]:
        """The ids of all images that have a mark."""
        hit = {self._hit} if self._hit is not None else set()
        candidates = frozenset(image.id for image in self._local.images) if self._local is not None else frozenset()
        return candidates | self._sources | {self._parent} | hit

    @property
    def candidate_count(self) -> int:
        """The number of candidates of the probe."""
        return len(self._local.images) if self._local is not None else 0

    @property
    def source_count(self) -> int:
        """The number of images that are sources, each counted once."""
        return len(self._sources)

    def _make(self, image_id: str) -> list[ImageMark]:
        marks = [PARENT] if image_id == self._parent else []
        if image_id == self._hit:
            marks.append(HIT)
        elif self._local is not None and (place := self._local.position(image_id)) is not None:
            marks.append(self._of_candidate(self._local.subjects[place]))
        if image_id in self._sources:
            marks.append(SOURCE)
        return marks

    def _of_candidate(self, subject: Subject) -> ImageMark:
        if subject.outcome is CheckOutcome.UNKNOWN:
            why = " ".join(sentence for doubt in subject.doubts for sentence in doubt_sentences(doubt))
            return ImageMark("not-certain", "may match", f"It is not known whether this candidate matches. {why}")
        name = self._failed_at(subject)
        match name:
            case "":
                return MATCHES
            case CheckKind.NEWEST.value:
                return OLDER
            case CheckKind.CREATED.value:
                return UNDATED
            case CheckKind.BUILT_LOCALLY.value:
                return UNMARKED
        return ImageMark("failed", name, f"A candidate: {name} differs.")

    def _failed_at(self, subject: Subject) -> str:
        """Return the check that a candidate fails at, down to the element; empty if it fails at none.

        The index has the results for all candidates together. This candidate is compared individually only where that
        is not enough: for values that the index stores as a whole, such as maps, or if something about it is unknown.
        """
        bit = 1 << self._index.position(subject.image)
        for left in self._survivors if not subject.image.doubts else ():
            if not left.bits & bit:
                if left.name in CONFIG_FIELDS and field_kind(left.name) in _KINDS_WITH_ELEMENTS:
                    break
                return left.name
        deciding = subject.deciding
        return deciding.name if deciding is not None else ""

    @cached_property
    def _survivors(self) -> Sequence[Survivors]:
        return self._index.survivors(self._probe)
