"""Which files keep a ``COPY`` or ``ADD`` from being reused, and what of them has changed, as far as it is known."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from cacheview.dockerfile.context.clients import CLIENTS, Client
from cacheview.dockerfile.context.record import Changes, Record
from cacheview.engine import Explanation
from cacheview.engine.candidate import container_config_of
from cacheview.layers.step_files import recover_files
from cacheview.model import DataError, Image
from cacheview.replay.file_changes import changes_of
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.result import Replay, Step
from cacheview.replay.summer import ContextSummer

__all__ = ["differing_files", "remember_files"]

_CHECKSUM: Final = re.compile(r"(?:file|dir|multi):[0-9a-f]{64}")
_MOST: Final = 5
_MOST_CANDIDATES: Final = 50
_MOST_COMPARED: Final = 1000  # files whose content is read to say what has changed
_LONGEST: Final = 200


def remember_files(record: Record, replay: Replay, summer: ContextSummer | None = None) -> bool:
    """Keep in a record which files went into the steps of a replay. Returns whether there is anything to save.

    ``summer``: what summed them; without it neither their headers are kept nor the client.
    """
    news = False
    for step in replay.asked:
        if step.sources is not None and record.latest(step.text) != step.sources.text:
            sent = summer if _is_of_context(step) else None
            headers = sent.headers(path for path, _ in step.sources.files) if sent is not None else None
            client = sent.client.name if sent is not None else ""
            record.remember(step.sources, step=step.text, headers=headers, client=client)
            news = True
    return news


def differing_files(
    step: Step | None,
    explanation: Explanation | None,
    record: Record,
    summer: ContextSummer | None = None,
    image_files: StoreImageFiles | None = None,
) -> tuple[str, ...]:
    """What can be said of the files of a missed step against those of a candidate, in sentences.

    Args:
        step: the step; None: there is none.
        explanation: of its miss.
        record: of earlier replays, without this one.
        summer: what summed the files; without it only what the record says.
        image_files: reads the layer of a candidate whose files the record does not know.

    Nothing, where it is not only the files that differ, or an image with the same files does not count.
    """
    if step is None or step.sources is None or explanation is None or explanation.verdict.local is not None:
        return ()
    summer = summer if _is_of_context(step) else None
    candidates = list(itertools.islice(_candidates(explanation), _MOST_CANDIDATES))
    if not candidates:
        return ()
    known = next((each for each in candidates if record.files_of(each[1]) is not None), None)
    if known is None or len(candidates) > 1:
        sent = _by_other_clients(step, candidates, summer)
        if sent:
            return (sent,)
    if known is None:
        by_layer = tuple(_by_layer(step, *candidates[0], summer, image_files))
        if by_layer:
            return by_layer
    return tuple(_sentences(step, *(known or candidates[0]), record, summer))


def _by_layer(
    step: Step, image: Image, theirs: str, summer: ContextSummer | None, image_files: StoreImageFiles | None
) -> Iterator[str]:
    """What the layer of an image shows of the files that it was made with; nothing where it cannot be read."""
    if summer is None or image_files is None or step.copy is None or step.sources is None:
        return
    try:
        found = recover_files(image_files.layers(), image, step.copy, theirs, summer.entries())
    except DataError:  # the layer is gone, or does not show them: the checksum is all that is known
        return
    before = Record("", "")
    before.remember(found.sources, headers=found.headers)
    if found.is_proven:
        yield from _sentences(step, image, theirs, before, summer)
        yield "Proven: the files in its layer give the checksum that is stored."
        return
    changes = before.differences(found.sources.text, step.sources)
    if changes:
        words, _ = _in_words(changes, _details(found.sources.text, changes, before, summer))
        if words:
            yield f"The files likely differ from those that {image.title} was made with: {words}."
            yield f"Not proven: the files in its layer do not give the checksum that is stored; {found.reason}."


def _by_other_clients(step: Step, candidates: Sequence[tuple[Image, str]], summer: ContextSummer | None) -> str:
    """The sentence for an image that was made with the same files, sent by another client; empty: there is none."""
    if summer is None or step.copy is None:
        return ""
    images = {checksum: image for image, checksum in reversed(candidates)}
    sent = [(client, found.text) for client, found in summer.by_other_clients(step.copy)]
    text = next((text for _, text in sent if text in images), "")
    return _of_clients(images[text], summer.client, [client for client, other in sent if other == text]) if text else ""


def _is_of_context(step: Step) -> bool:
    """Whether its files were sent by the client: those of ``--from`` lie in an image."""
    return step.copy is None or not step.copy.from_


def _candidates(explanation: Explanation) -> Iterator[tuple[Image, str]]:
    """The images that differ in the checksum of the files alone, the nearest first, with theirs."""
    for near in explanation.nearest():
        if near.fields > 1:
            return
        checksum = _other_checksum(explanation, near.image)
        if checksum:
            yield near.image, checksum


def _other_checksum(explanation: Explanation, image: Image) -> str:
    """The checksum that an image was made with; empty where it differs from the probe in more than that."""
    config = container_config_of(image)
    ours = " ".join(explanation.trace.probe.config.Cmd or ())
    theirs = " ".join((config.Cmd if config is not None else None) or ())
    found = _CHECKSUM.search(theirs)
    if found is None or ours == theirs or _CHECKSUM.sub("", ours) != _CHECKSUM.sub("", theirs):
        return ""
    return found[0]


def _of_clients(image: Image, ours: Client, clients: Sequence[Client]) -> str:
    others = " or ".join(client.title for client in clients)
    names = " or ".join(f"--client {client.name}" for client in clients)
    return (
        f"No file differs from those that {image.title} was made with. They were sent by another client ({others}), "
        f"and {ours.title} sends other headers, which count in the checksum. Build with the same client, or replay "
        f"with {names}."
    )


def _sentences(step: Step, image: Image, theirs: str, record: Record, summer: ContextSummer | None) -> Iterator[str]:
    assert step.sources is not None
    differ = f"The files differ from those that {image.title} was made with"
    known = record.differences(theirs, step.sources)
    if known:
        words, are_same = _in_words(known, _details(theirs, known, record, summer))
        if are_same:
            assert summer is not None
            before = CLIENTS.get(record.client_of(theirs))
            if before is not None:
                yield _of_clients(image, summer.client, [before])
            else:
                yield _by_other_clients(step, [(image, theirs)], summer) or f"{differ} in their headers alone."
            return
        yield f"{differ}: {words}."
        return
    if known is not None:
        yield f"{differ}: they are in another order, or stand for other sources."
        return
    yield f"{differ}; only a checksum is stored, so which file differs is unknown."
    before_text = record.latest(step.text, other_than=step.sources.text)
    since = record.differences(before_text, step.sources) if before_text is not None else None
    if before_text is not None and since:
        when = time.strftime("%d %b %Y %H:%M", time.localtime(record.when(before_text)))
        words, are_same = _in_words(since, _details(before_text, since, record, summer))
        told = "only what the client writes in their headers" if are_same else words
        yield f"Since the replay of {when.lstrip('0')}: {told}."


def _details(
    theirs: str, changes: Changes, record: Record, summer: ContextSummer | None
) -> Mapping[str, tuple[str, ...]]:
    """What of each file has changed, where that is known."""
    if summer is None:
        return {}
    sums = dict(record.files_of(theirs) or ())
    old = record.headers_of(theirs)
    found = {}
    new = summer.headers(changes.changed)
    for path in changes.changed[:_MOST_COMPARED]:
        try:
            content = partial(summer.content, path)
            what = changes_of(path, sums[path], old.get(path, b""), new.get(path, b""), content)
        except DataError:  # gone meanwhile: it is not known any more
            what = None
        if what is not None:
            found[path] = what
    return found


def _in_words(changes: Changes, details: Mapping[str, tuple[str, ...]]) -> tuple[str, bool]:
    """The changes as a phrase, and whether there are none but of what a client writes in headers."""
    told = []
    for path in changes.changed:
        what = details.get(path)
        if what is None:
            told.append(f"{path[:_LONGEST]} differs")
        elif what:
            told.append(f"{path[:_LONGEST]}: {' and '.join(what)}")
    told += [f"{path[:_LONGEST]} was added" for path in changes.added]
    told += [f"{path[:_LONGEST]} was removed" for path in changes.removed]
    more = len(told) - _MOST
    return "; ".join(told[:_MOST]) + (f"; and {more:,} more" if more > 0 else ""), not told
