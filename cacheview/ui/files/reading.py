"""The content of the files pane, and the work that finds it in another thread. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cacheview.layers.changes import FileChange
from cacheview.model import Image
from cacheview.ui.files.side_by_side import SideBySide, side_by_side
from cacheview.ui.plain import one_line
from cacheview.wording import counted

if TYPE_CHECKING:
    from cacheview.layers.files import LayerFiles
    from cacheview.replay.file_comparison import FileComparison, FileContents
    from cacheview.ui.loading import Report, Work

__all__ = ["READING_LAYER", "FilesNote", "FilesShown", "opening_layer", "reading_contents", "shown_of"]

READING_LAYER: Final = "Reading the layer"
_MAX_BYTES: Final = 256 * 1024  # shown of a file


@dataclass(frozen=True)
class FilesNote:
    """One line above the files: what many of them have in common, and what to do."""

    text: str
    advice: str = ""


@dataclass(frozen=True)
class FilesShown:
    """The content of the files pane.

    Attributes:
        title: what the files belong to.
        evidence: how certain the comparison is, and why, or how many files a layer changes; may be empty.
        notes: what many files have in common.
        changes: the changes by path, including unchanged files.
        sides: the titles of the two versions of a file.
        contents: reads both versions of a file; None: they cannot be read.
        problem: why there are no files; empty: there are.
        remedy: what would make them readable.
        is_read: whether the content can be read again.
    """

    title: str
    evidence: str
    notes: tuple[FilesNote, ...] = ()
    changes: tuple[FileChange, ...] = ()
    sides: tuple[str, str] = ("Before", "Now")
    contents: Callable[[FileChange, int], FileContents] | None = field(default=None, repr=False, compare=False)
    problem: str = ""
    remedy: str = ""
    is_read: bool = True


def shown_of(comparison: FileComparison, step: str) -> FilesShown:
    """Return the comparison of a step's files in the form that the pane shows."""
    from cacheview.replay.file_comparison import FileEvidence
    from cacheview.replay.file_words import evidence_in_words

    title = f"{step} compared with {comparison.image.title}"
    evidence = f"{evidence_in_words(comparison)}."
    if comparison.evidence is FileEvidence.NOT_READABLE:
        return FilesShown(title, "", problem=evidence, remedy=comparison.remedy)
    notes = tuple(FilesNote(f"{cause.subject}: {cause.phrase}", cause.advice) for cause in comparison.causes)
    sides = (f"In {comparison.image.title}", f"In {comparison.copied_from or 'the build context'}, now")
    return FilesShown(title, evidence, notes, comparison.changes, sides, comparison.contents)


def opening_layer(image: Image, layers: Callable[[Report], LayerFiles]) -> Work:
    """Return work whose result is the `FilesShown` of the top layer of an image.

    ``layers``: opens the layers of the store; raises `DataError` if they cannot be read.
    """

    def work(report: Report) -> FilesShown:
        from cacheview.layers.layer_changes import layer_changes, layer_step
        from cacheview.layers.source import LayerUnavailableError
        from cacheview.model import DataError
        from cacheview.model.image import instruction_of
        from cacheview.replay.file_comparison import FileContents

        title = f"Layer of {image.title}"
        place = layer_step(image)
        if place is None:
            return FilesShown(title, "", problem=f"{image.title} has no layers: none of its steps changed any files.")
        instruction = one_line(instruction_of(image.history[place].created_by))
        title = f"{title}: {instruction}"
        report(0, None, READING_LAYER)
        try:
            files = layers(report)
            result = layer_changes(files, image.diff_ids)
            files.memory.save()
        except LayerUnavailableError as error:
            return FilesShown(title, "", problem=f"Not readable: {error.reason}.", remedy=error.remedy)
        except DataError as error:
            return FilesShown(title, "", problem=f"Not readable: {str(error).rstrip('.')}.")

        def contents(change: FileChange, limit: int) -> FileContents:
            try:
                return FileContents(*result.contents(files, change.path, limit))
            except DataError as error:
                return FileContents(None, None, f"The file cannot be read: {error}.")

        notes = []
        if place != len(image.history) - 1:
            last = one_line(instruction_of(image.history[-1].created_by))
            notes.append(FilesNote(f"{last} did not create a layer; this is the layer from the last step that did."))
        if result.problem:
            notes.append(FilesNote(f"The files in the layers below are unknown: {result.problem}."))
        sides = ("Layers below", "This layer")
        return FilesShown(title, _counts(result.changes), tuple(notes), result.changes, sides, contents)

    return work


def _counts(changes: tuple[FileChange, ...]) -> str:
    by_mark: dict[str, int] = {}
    size = 0
    for change in changes:
        if change.differs:
            by_mark[change.mark.value] = by_mark.get(change.mark.value, 0) + 1
            size += change.now.size if change.now is not None else 0
    if not by_mark:
        return "This layer changes no files."
    words = ", ".join(f"{count:,} {mark}" for mark, count in by_mark.items())
    total = sum(by_mark.values())
    return f"{counted(total, 'file')}: {words}; {size:,} bytes in the layer."


def reading_contents(shown: FilesShown, change: FileChange) -> Work:
    """Return work whose result is a `SideBySide`."""

    def work(report: Report) -> SideBySide:
        assert shown.contents is not None
        report(0, None, "Reading the file")
        contents = shown.contents(change, _MAX_BYTES + 1)
        return side_by_side(change, contents.before, contents.now, contents.problem, limit=_MAX_BYTES)

    return work
