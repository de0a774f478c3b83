"""Saves what was loaded as a suite, which opens on any machine. `suite_file` adds to one; nothing else is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cacheview.model import DataError, Expectation, Image, Probe, SuiteCase, SuiteProbe
from cacheview.stores.draft import write_whole
from cacheview.stores.line_pieces import line_pieces, write_line
from cacheview.stores.locations import parse_location
from cacheview.stores.opened import OpenedCase
from cacheview.stores.progress import Progress, metered
from cacheview.stores.redact import Redaction

__all__ = ["is_in_store", "suite_line", "write_suite"]


def suite_line(
    case: OpenedCase,
    *,
    rules: str = "",
    probe: Probe | None = None,
    expect: Expectation | None = None,
    redact_env: bool = False,
    redact_labels: bool = False,
    progress: Progress | None = None,
) -> Iterator[str]:
    """A store with its probes as one line of a suite, with a line end, in pieces as the caller needs them.

    Args:
        case: what was loaded. The probes of a walk are left out: each stands on the answer to the one before.
        rules: name of the rule set that the line is for; empty: that of the case.
        probe: put before the probes of the case, with what is expected of it.
        redact_env: replace the values of environment variables and build arguments, also in text; see `Redaction`.
        redact_labels: likewise of labels.
        progress: called with how many images of how many were written; may raise `Cancelled` to stop.

    Raises, while the pieces are read:
        DataError: a value is too long to be read again, see `line_pieces`.
        Cancelled: by ``progress``.
    """
    probes = () if case.walk else case.probes
    if probe is not None:
        first = SuiteProbe(
            name="saved",
            parent=probe.parent,
            config=probe.config,
            cache_from=probe.cache_from or None,
            platform=probe.platform,
            expect=expect,
        )
        probes = (first, *probes)
    images: tuple[Image, ...] = case.store.images
    redact: Callable[[Image], Image] = _as_it_is
    name = case.name
    if redact_env or redact_labels:
        redaction = Redaction(images, [value.probe for value in probes], env=redact_env, labels=redact_labels)
        redact = redaction.image
        probes = tuple(_redacted(value, redaction) for value in probes)
        name = redaction.text(name)
    line = SuiteCase(
        rules=rules or case.rules,
        name=name,
        platform=case.store.platform,
        images=images,
        probes=probes,
        layer_content=dict(case.layer_content),
    )
    return line_pieces(line, {"images": map(redact, metered(images, progress, "Saving"))})


def _as_it_is(image: Image) -> Image:
    return image


def _redacted(suite_probe: SuiteProbe, redaction: Redaction) -> SuiteProbe:
    expect = suite_probe.expect
    if expect is not None:
        # What a hit was made of has values of its own, and the id identifies the image as well.
        expect = expect.model_copy(update={"created": None, "error": None})
    texts = {"name": redaction.text(suite_probe.name), "note": redaction.text(suite_probe.note)}
    return suite_probe.model_copy(
        update={**texts, "config": redaction.probe(suite_probe.probe).config, "expect": expect}
    )


def write_suite(
    path: str | os.PathLike[str], line: Iterable[str], *, opened: str = "", ready: Callable[[], object] | None = None
) -> None:
    """Write a line of `suite_line` to a file: all of it or nothing. Compressed where the name ends in ``.gz``.

    An exception raised while the pieces are made propagates, and the file stays unchanged.

    Args:
        line: in pieces.
        opened: the location of a store, which is not written to.
        ready: called once all is written but not there yet: what it raises propagates, and the file stays unchanged.

    Raises:
        DataError: it cannot be written there, or holds a value that is so long that it could not be opened again.
    """
    target = Path(path)
    where = os.fspath(path)
    if is_in_store(target, opened):
        raise DataError("is part of the open store, and cacheview never writes to a store. Choose another", where=where)
    if target.exists() and not target.is_file():
        raise DataError("is not a file. Choose another name", where=where)
    is_compressed = target.suffix == ".gz"
    write_whole(target, lambda file: write_line(file, line, where, is_compressed=is_compressed), where, ready=ready)


def is_in_store(target: str | os.PathLike[str], opened: str) -> bool:
    """Whether a file is, or is inside of, an open store. ``opened``: its location; empty if none is open."""
    location = parse_location(opened)
    source, path = location.source, location.target
    if source.is_live:
        path = path.partition("#")[0] or source.usual_path
    if not source.is_path or not path:
        return False
    root, real = os.path.realpath(path), os.path.realpath(target)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)
