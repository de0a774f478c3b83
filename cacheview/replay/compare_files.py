"""Compares the files of a step that misses with those of the nearest image."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.dockerfile.context.clients import CLIENTS, Client
from cacheview.dockerfile.context.sources import SourcesSum
from cacheview.engine import Explanation
from cacheview.layers.changes import Aspect, FileChange
from cacheview.layers.current_files import CurrentFiles
from cacheview.layers.files import first_bytes
from cacheview.layers.source import LayerUnavailableError
from cacheview.layers.step_files import RecoveredFiles, recover_files
from cacheview.model import DataError, Image
from cacheview.replay.by_files import candidates_by_files
from cacheview.replay.causes import HeaderSender, causes_of
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.differences import FileDifferences, differences
from cacheview.replay.file_comparison import Contents, FileComparison, FileContents, FileEvidence
from cacheview.replay.file_words import in_words
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.result import Step

__all__ = ["compare_files"]

_MAX_CANDIDATES: Final = 50


@dataclass(frozen=True)
class _BuiltFiles:
    """The files that an image was built with.

    Attributes:
        text: the checksum of the files.
        sums, headers: their sums and headers, by path.
    """

    image: Image
    text: str
    sums: Mapping[str, str]
    headers: Mapping[str, bytes]
    evidence: FileEvidence
    reason: str
    clients: tuple[Client, ...] = ()


def compare_files(
    step: Step | None,
    explanation: Explanation | None,
    record: ChecksumRecord,
    checksums: ContextChecksums | None = None,
    image_files: StoreImageFiles | None = None,
) -> FileComparison | None:
    """Compare the files of a missed step with those of a candidate.

    Args:
        step: the step; None if there is none.
        explanation: the explanation of its miss.
        record: the record of earlier replays, without this one.
        checksums: the checksums of the files; None: only the record is used.
        image_files: reads the layer of a candidate whose files are not in the record.

    Returns:
        The comparison with an image whose files differ; None if more than the files differ.
    """
    if step is None or step.sources is None or explanation is None or explanation.verdict.local is not None:
        return None
    candidates = list(itertools.islice(candidates_by_files(explanation), _MAX_CANDIDATES))
    if not candidates:
        return None
    if step.copy is None or not step.copy.from_:
        return _StepComparison(step, record, image_files, checksums, checksums).compare(candidates)
    try:
        files = image_files.of(step.from_image) if image_files is not None else None
    except DataError:  # the files may be in the record
        files = None
    return _StepComparison(step, record, image_files, None, files).compare(candidates)


@dataclass
class _StepComparison:
    """The comparison of one step.

    Attributes:
        checksums: the checksums of the context; None: there are none, or the files are from an image.
        files: the current files; None: they cannot be read.
    """

    step: Step
    record: ChecksumRecord
    image_files: StoreImageFiles | None
    checksums: ContextChecksums | None
    files: CurrentFiles | None
    _recovered_files: dict[str, RecoveredFiles] = field(default_factory=dict)

    @cached_property
    def now(self) -> Mapping[str, str]:
        """The sums of the current files, by path."""
        assert self.step.sources is not None
        return dict(self.step.sources.files)

    def compare(self, candidates: Sequence[tuple[Image, str]]) -> FileComparison:
        recorded = next((each for each in candidates if self.record.files_of(each[1]) is not None), None)
        if recorded is None or len(candidates) > 1:
            resent = self._by_other_clients(candidates)
            if resent is not None:
                return self._compared_with(resent)
        if recorded is not None and self._has_headers(recorded[1]):
            return self._compared_with(self._by_record(*recorded))
        image, text = recorded or candidates[0]
        try:
            result = self._by_layer(image, text)
            return self._compared_with(
                result if recorded is None or result.evidence is FileEvidence.PROVEN else self._by_record(*recorded)
            )
        except DataError as error:
            if recorded is not None:
                return self._compared_with(self._by_record(*recorded))
            remedy = error.remedy if isinstance(error, LayerUnavailableError) else ""
            return FileComparison(
                image,
                FileEvidence.NOT_READABLE,
                _reason(error),
                client=self._client,
                remedy=remedy,
                since=self._since(),
                copied_from=self._copied_from,
            )

    def _since(self) -> tuple[str, ...]:
        """Return the changes since an earlier replay, in words."""
        assert self.step.sources is not None
        text = self.record.latest(self.step.text, other_than=self.step.sources.text)
        when = self.record.when(text) if text is not None else None
        if text is None or when is None:
            return ()
        result = self._differences(dict(self.record.files_of(text) or ()), self.record.headers_of(text))
        changes = result.changes
        words = in_words(changes, causes_of(changes, line_ends=result.line_ends, without_entry=result.without_entry))
        day = time.strftime("%d %b %Y at %H:%M", time.localtime(when)).lstrip("0")
        if not words and not any(Aspect.HEADER in change.aspects for change in changes):
            return ()
        return (f"Changes since the replay on {day}: {words or 'only the headers that the client writes'}.",)

    @property
    def _copied_from(self) -> str:
        """The stage or image that the files are copied from; empty: the context."""
        return self.step.copy.from_ if self.step.copy is not None else ""

    @property
    def _client(self) -> Client | None:
        return self.checksums.client if self.checksums is not None else None

    # The files of the image

    def _has_headers(self, text: str) -> bool:
        """Whether the record contains more about the files than their sums."""
        return bool(self.record.headers_of(text)) or not self.record.files_of(text)

    def _by_record(self, image: Image, text: str) -> _BuiltFiles:
        sums = dict(self.record.files_of(text) or ())
        client = CLIENTS.get(self.record.client_of(text))
        reason = "an earlier replay recorded the files that produce the stored checksum"
        clients = (client,) if client is not None else ()
        return _BuiltFiles(image, text, sums, self.record.headers_of(text), FileEvidence.PROVEN, reason, clients)

    def _by_layer(self, image: Image, text: str) -> _BuiltFiles:
        """Return the files of an image from its layer.

        Raises `DataError` if the layer cannot be read, or does not show the files.
        """
        if self.files is None or self.image_files is None or self.step.copy is None:
            raise DataError("only a checksum is stored")
        result = self._recovered(image, text)
        if result.is_proven:
            evidence, reason = FileEvidence.PROVEN, "the files in the image's layer produce the stored checksum"
        else:
            evidence = FileEvidence.LIKELY
            reason = f"the files in the image's layer do not produce the stored checksum; {result.reason}"
        sums = dict(result.sources.files)
        return _BuiltFiles(image, text, sums, result.headers, evidence, reason, result.clients)

    def _recovered(self, image: Image, text: str) -> RecoveredFiles:
        assert self.files is not None
        assert self.image_files is not None
        assert self.step.copy is not None
        recovered = self._recovered_files.get(text)
        if recovered is None:
            recovered = recover_files(self.image_files.layers(), image, self.step.copy, text, self.files)
            self._recovered_files[text] = recovered
        return recovered

    def _contents(self, before: _BuiltFiles) -> Contents | None:
        if self.files is None or self.image_files is None or self.step.copy is None:
            return None
        return _Contents(lambda: self._recovered(before.image, before.text), self.image_files, self.files)

    def _by_other_clients(self, candidates: Sequence[tuple[Image, str]]) -> _BuiltFiles | None:
        """Return the files of an image that was built with the same files, but sent by another client."""
        if self.checksums is None or self.step.copy is None:
            return None
        images = {checksum: image for image, checksum in reversed(candidates)}
        first: tuple[Client, SourcesSum] | None = None
        senders: dict[str, list[Client]] = {}
        for client, result in self.checksums.by_other_clients(self.step.copy):
            senders.setdefault(result.text, []).append(client)
            if first is None and result.text in images:
                first = (client, result)
        if first is None:
            return None
        text = first[1].text
        clients = tuple(senders[text])
        headers = self.checksums.headers_by(first[0], (path for path, _ in first[1].files))
        reason = f"the current files produce the stored checksum when {first[0].title} sends them"
        return _BuiltFiles(images[text], text, dict(first[1].files), headers, FileEvidence.PROVEN, reason, clients)

    # Comparing both

    def _compared_with(self, before: _BuiltFiles) -> FileComparison:
        result = self._differences(before.sums, before.headers, is_certain=before.evidence is FileEvidence.PROVEN)
        changes = result.changes
        sender = self._other_sender(before, changes)
        source_names = {
            part for source in (self.step.copy.sources if self.step.copy else ()) for part in source.split("/")
        }
        causes = causes_of(
            changes,
            sender=sender,
            client=self._client,
            line_ends=result.line_ends,
            without_entry=result.without_entry,
            source_names=source_names,
            is_of_image=bool(self._copied_from),
        )
        senders = sender.clients if sender is not None else ()
        return FileComparison(
            before.image,
            before.evidence,
            before.reason,
            changes,
            causes,
            senders,
            self._client,
            contents=self._contents(before),
            copied_from=self._copied_from,
        )

    def _differences(
        self, sums: Mapping[str, str], headers: Mapping[str, bytes], *, is_certain: bool = True
    ) -> FileDifferences:
        return differences(sums, headers, self.now, self.files, is_certain=is_certain)

    def _other_sender(self, before: _BuiltFiles, changes: Sequence[FileChange]) -> HeaderSender | None:
        """Return the other clients whose headers match the files of an image; None if there are none."""
        own_client, checksums, copy = self._client, self.checksums, self.step.copy
        if own_client is None or checksums is None or before.evidence is not FileEvidence.PROVEN:
            return None
        if own_client.name in {client.name for client in before.clients}:
            return None
        differing = {path for path in self.now if before.sums.get(path) not in (None, self.now[path])}
        best: tuple[list[Client], set[str]] = ([], set())
        for client, result in checksums.by_other_clients(copy) if copy is not None else ():
            same = {path for path, sum_ in result.files if path in differing and before.sums[path] == sum_}
            if len(same) > len(best[1]):
                best = ([client], same)
            elif same and same == best[1]:
                best[0].append(client)
        if not before.clients and len(best[1]) < len(differing):
            return None  # unknown headers: the client would be a guess
        clients = tuple(best[0])
        narrowed = tuple(client for client in clients if client in before.clients)
        if not best[1]:
            same = {change.path for change in changes if change.aspects == (Aspect.HEADER,)}
            return HeaderSender(before.clients, frozenset(same)) if before.clients and same else None
        return HeaderSender(narrowed or clients, frozenset(best[1]))


class _Contents:
    """Reads the files of an image from its layer, and the current ones; see `Contents`."""

    def __init__(self, recover: Callable[[], RecoveredFiles], layers: StoreImageFiles, files: CurrentFiles) -> None:
        self._recover = recover
        self._layers = layers
        self._files = files
        self._recovered_files: RecoveredFiles | None = None

    def __call__(self, change: FileChange, limit: int) -> FileContents:
        before = now = None
        problem = ""
        try:
            if change.before is not None and change.before.is_file:
                before = self._before(change.path, limit)
        except DataError as error:
            problem = f"The old version cannot be read: {_reason(error)}."
        try:
            if change.now is not None and change.now.is_file:
                now = next((first_bytes(pieces, limit) for _, pieces in self._files.contents([change.path])), None)
        except DataError as error:
            problem = f"The current version cannot be read: {_reason(error)}."
        return FileContents(before, now, problem)

    def _before(self, path: str, limit: int) -> bytes | None:
        if self._recovered_files is None:
            self._recovered_files = self._recover()
        entry = self._recovered_files.content_of(path)
        return self._layers.layers().content(self._recovered_files.diff_id, entry, limit) if entry is not None else None


def _reason(error: DataError) -> str:
    if isinstance(error, LayerUnavailableError):
        return error.reason
    text = f"{error.where}: {error.what}" if error.where else error.what
    return text.rstrip(".")
