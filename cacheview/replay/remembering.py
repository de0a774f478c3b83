"""Keeps the files of the steps of a replay, so that a later replay can name those that differ."""

from __future__ import annotations

from collections.abc import Mapping

from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.model import DataError
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.result import Replay, Step

__all__ = ["remember_files"]


def remember_files(
    record: ChecksumRecord,
    replay: Replay,
    checksums: ContextChecksums | None = None,
    image_files: StoreImageFiles | None = None,
) -> bool:
    """Keep the files of the steps of a replay in a record. Returns whether there is anything to save.

    ``checksums`` and ``image_files`` are those of the replay. Without them, headers and client are not kept.
    """
    has_changed = False
    for step in replay.looked_up:
        if step.sources is not None and record.latest(step.text) != step.sources.text:
            is_of_context = step.copy is None or not step.copy.from_
            headers: Mapping[str, bytes] | None = None
            if not is_of_context:
                headers = _headers_of_image(step, image_files)
            elif checksums is not None:
                headers = checksums.headers(path for path, _ in step.sources.files)
            client = checksums.client.name if is_of_context and checksums is not None else ""
            record.remember(step.sources, step=step.text, headers=headers, client=client)
            has_changed = True
    return has_changed


def _headers_of_image(step: Step, image_files: StoreImageFiles | None) -> Mapping[str, bytes] | None:
    """Return the headers of the files of ``COPY --from``; None if they cannot be read."""
    if image_files is None or step.sources is None:
        return None
    try:
        return image_files.of(step.from_image).headers(path for path, _ in step.sources.files)
    except DataError:
        return None
