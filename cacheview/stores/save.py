"""Saves a loaded store as a suite, which opens on any machine.

`suite_file` adds to a suite; nothing else writes one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cacheview.model import DataError, Expectation, Image, Probe, SuiteCase, SuiteProbe
from cacheview.stores.draft import write_whole
from cacheview.stores.line_pieces import line_pieces, write_line
from cacheview.stores.locations import parse_location
from cacheview.stores.opened_location import OpenedCase
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
    """Yield a store with its probes as one line of a suite, including the line end, in pieces.

    Args:
        case: the loaded case. The probes of a walk are left out, since each depends on the answer to the one before.
        rules: name of the rule set for the line; empty: that of the case.
        probe: a probe with its expected answer, written before those of the case.
        redact_env: whether to replace the values of environment variables and build arguments; see `Redaction`.
        redact_labels: whether to replace the values of labels.
        progress: called with the number of images written and the total; may raise `Canceled` to stop.

    Raises, while the pieces are read:
        DataError: a value is too long to be read again; see `line_pieces`.
        Canceled: ``progress`` canceled the work.
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
    redact: Callable[[Image], Image] = _unchanged
    name = case.name
    if redact_env or redact_labels:
        redaction = Redaction(images, [value.probe for value in probes], env=redact_env, labels=redact_labels)
        redact = redaction.image
        probes = tuple(_redacted(value, redaction) for value in probes)
        name = redaction.text(name)
    line = SuiteCase.of(case.store, rules or case.rules).model_copy(update={"name": name, "probes": probes})
    return line_pieces(line, {"images": map(redact, metered(images, progress, "Saving"))})


def _unchanged(image: Image) -> Image:
    return image


def _redacted(suite_probe: SuiteProbe, redaction: Redaction) -> SuiteProbe:
    expect = suite_probe.expect
    if expect is not None:
        # The values of a hit's image are its own, and its id identifies the image as well.
        expect = expect.model_copy(update={"created": None, "error": None})
    texts = {"name": redaction.text(suite_probe.name), "note": redaction.text(suite_probe.note)}
    return suite_probe.model_copy(
        update={**texts, "config": redaction.probe(suite_probe.probe).config, "expect": expect}
    )


def write_suite(
    path: str | os.PathLike[str], line: Iterable[str], *, opened: str = "", ready: Callable[[], object] | None = None
) -> None:
    """Write a line of `suite_line` to a file, completely or not at all. Compressed if the name ends in ``.gz``.

    An exception raised while the pieces are produced propagates, and the file stays unchanged.

    Args:
        line: the line in pieces.
        opened: the location of the open store, which must not be overwritten.
        ready: called before the draft replaces the file. An exception that it raises propagates, and the file stays
            unchanged.

    Raises:
        DataError: the file cannot be written, or a value is too long to be read again.
    """
    target = Path(path)
    where = os.fspath(path)
    if is_in_store(target, opened):
        raise DataError(
            ("is part of the open store, and cacheview never writes to a store. Choose a different file"), where=where
        )
    if os.path.exists(target) and not os.path.isfile(target):
        raise DataError("is not a file. Choose another name", where=where)
    is_compressed = target.suffix == ".gz"
    write_whole(target, lambda file: write_line(file, line, where, is_compressed=is_compressed), where, ready=ready)


def is_in_store(target: str | os.PathLike[str], opened: str) -> bool:
    """Whether a file is an open store or inside one. ``opened``: the store's location; empty if none is open."""
    location = parse_location(opened)
    source, path = location.source, location.target
    if source.is_live:
        path = path.partition("#")[0] or source.usual_path
    if not source.is_path or not path:
        return False
    root, real = os.path.realpath(path), os.path.realpath(target)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)
