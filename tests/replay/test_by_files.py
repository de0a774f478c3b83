"""Images that a step misses only because of its files."""

from __future__ import annotations

import pytest
from build_kit import Daemon, image_of

from cacheview.engine import ImageCache, explain
from cacheview.model import ContainerConfig, Image, Probe
from cacheview.replay.by_files import candidates_by_files, differs_in_files

A, B = "a" * 64, "b" * 64


def probe_of(parent: Image, printed: str) -> Probe:
    return Probe(parent=parent.id, config=ContainerConfig(Cmd=("/bin/sh", "-c", f"#(nop) {printed}"), Image=parent.id))


@pytest.mark.parametrize(
    ("stored", "asked", "found"),
    [
        (f"COPY file:{A} in /x ", f"COPY file:{B} in /x ", f"file:{A}"),
        (f"COPY dir:{A} in /x ", f"COPY multi:{B} in /x ", f"dir:{A}"),
        (f"ADD {A} in /x ", f"ADD {B} in /x ", A),  # the checksum of an ADD download has no kind
        (f"ADD {A} in /x ", f"ADD file:{B} in /x ", A),
        (f"ADD multi:{A} in /x ", f"ADD {B} in /x ", f"multi:{A}"),
        (f"COPY --chown=1:2file:{A} in /x ", f"COPY --chown=1:2file:{B} in /x ", f"file:{A}"),
        (f"COPY --chown=1 file:{A} in /x ", f"COPY --chown=2 file:{A} in /x ", ""),
        (f"COPY file:{A} in /x ", f"COPY file:{B} in /y ", ""),
        (f"COPY file:{A} in /x ", f"ADD file:{A} in /x ", ""),
        (f"ENV SUM={A}", f"ENV SUM={B}", ""),
        (f"LABEL at=COPY file:{A} in /x ", f"LABEL at=COPY file:{B} in /x ", ""),
    ],
)
def test_checksums_of_candidates_that_differ_only_in_files_are_found(stored: str, asked: str, found: str) -> None:
    daemon = Daemon("20.10.24")
    parent = daemon.add(image_of("base:1"))
    before = probe_of(parent, stored)
    child = image_of("made:1", digit="c").model_copy(update={"parent": parent.id})
    config = child.config.model_copy(update={"container_config": before.config})
    daemon.add(child.model_copy(update={"config": config}))
    explanation = explain(ImageCache(daemon.store, daemon.rules), probe_of(parent, asked))
    assert [checksum for _, checksum in candidates_by_files(explanation)] == ([found] if found else [])
    assert differs_in_files(explanation) is bool(found)
