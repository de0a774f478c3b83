"""containerd's database with damaged pages: random trees and an engine's database, read as the program reads them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from bolt_writer import Writer, checksum
from fuzzing import HOSTILE, Fuzz, damaged, fuzz, refused

from cacheview.model import DataError
from cacheview.stores.containerd.metadata import Metadata

ID = b"sha256:" + b"a" * 64


def tree(source: random.Random) -> dict[Any, Any]:
    """Return a tree like containerd's, with more images and odd names."""
    images = {
        source.choice((f"app:{number}", *HOSTILE)).encode()[:2000] or b"x": {
            b"labels": {b"a": b"b"},
            b"target": {b"digest": ID, b"mediatype": b"x", b"size": bytes([2 * source.randrange(64)])},
            b"createdat": damaged(b"\x01\0\0\0\x0e\xdd", source),
        }
        for number in range(source.randrange(1, 12))
    }
    blobs = {ID: {b"labels": {b"containerd.io/gc.ref": ID}, b"size": b"\x02"}}
    return {b"v1": {b"moby": {b"images": images, b"content": {b"blob": blobs}}, b"other": {}}, b"version": b"\x04"}


def repaired(data: bytes, page_size: int) -> bytes:
    """Correct the checksums of the meta pages, so that damage in later pages is read."""
    content = bytearray(data)
    for start in (0, page_size):
        body = bytes(content[start + 16 : start + 72])
        if len(body) == 56:
            content[start + 72 : start + 80] = checksum(body).to_bytes(8, "little")
    return bytes(content)


def walk(content: bytes) -> int:
    metadata = Metadata(content)
    found = 0
    for name in metadata.namespaces[:20]:
        records, problems = metadata.records(name)
        found += len(records)
        for problem in problems:
            refused(DataError(problem.what, where=problem.where))
        for record in records[:20]:
            metadata.has_blob(name, record.digest)
            metadata.blob_labels(name, record.digest)
    return found


def test_bolt(request: pytest.FixtureRequest) -> None:
    def one(run: Fuzz) -> None:
        source = run.random
        writer = Writer(page_size=1024, per_page=source.choice((2, 3, 8)), inline=source.choice((0, 256)))
        data = damaged(writer.database(tree(source)), source)
        if source.randrange(4):
            data = repaired(data, 1024)
        with run.given(data):
            try:
                run.read += walk(data) > 0
            except DataError as error:
                refused(error)

    fuzz(request, one)
