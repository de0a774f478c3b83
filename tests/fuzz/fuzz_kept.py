"""Damaged cache files that the program writes and reads: records of contexts and listings of layers."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from fuzzing import HOSTILE, Fuzz, damaged, damaged_json, fuzz, refused

from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.dockerfile.context.entry import EntryKind
from cacheview.dockerfile.context.sums import SourcesSum
from cacheview.layers.entry import LayerEntry
from cacheview.layers.layer_memory import LayerMemory
from cacheview.layers.listing import Listing
from cacheview.model import DataError

TEXT = "file:" + "a" * 64
DIFF_ID = "sha256:" + "b" * 64


def test_records(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    record = ChecksumRecord(tmp_path, "x")
    found = SourcesSum(TEXT, (("a.txt", "c" * 64), ("d/b", "d" * 64)))
    record.remember(found, step="COPY . /", at=1.0, headers={"a.txt": b"namea.txt\x01mode"}, client="docker-cli")
    record.save()
    whole = record.path.read_bytes()
    parsed = json.loads(whole)

    def one(run: Fuzz) -> None:
        if run.random.randrange(4):
            data = json.dumps(damaged_json(parsed, run.random)).encode("utf-8", "surrogatepass")
        else:
            data = damaged(whole, run.random)
        record.path.write_bytes(data)
        with run.given(data):
            try:
                read = ChecksumRecord.load(tmp_path, "x")
            except DataError as error:
                refused(error)
                return
            run.read += read.files_of(TEXT) is not None
            for text in (TEXT, *HOSTILE[:4]):
                read.headers_of(text)
                read.client_of(text)
                read.files_of(text)
            read.latest("COPY . /")
            read.remember(found, step="ADD", at=2.0)
            read.save()
            assert ChecksumRecord.load(tmp_path, "x").files_of(TEXT) == found.files
            assert read.path.stat().st_mode & 0o777 == 0o600

    fuzz(request, one)


def test_listings(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    memory = LayerMemory(tmp_path)
    entries = (
        LayerEntry(0, "d", EntryKind.DIRECTORY, 0o755, 0, 0, 0, "", "", (0, 0), b"", False),
        LayerEntry(1, "d/a", EntryKind.FILE, 0o644, 1, 2, 3, "", "", (0, 0), b"\1\2", False),
        LayerEntry(2, "l", EntryKind.SYMLINK, 0o777, 0, 0, 0, "d", "", (0, 0), b"", False),
    )
    memory.keep(Listing(DIFF_ID, entries))
    memory.keep_sums(DIFF_ID, {"1:x": "e" * 64})
    memory.save()
    (file,) = tmp_path.iterdir()
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    packed = file.read_bytes()

    def one(run: Fuzz) -> None:
        if run.random.randrange(3):
            reported = damaged_json(lines, run.random)
            rows = reported if isinstance(reported, list) else [reported]
            data = gzip.compress("\n".join(map(json.dumps, rows)).encode("utf-8", "surrogatepass"), 1)
        else:
            data = damaged(packed, run.random)
        file.write_bytes(data)
        os.utime(file, (1, 1))
        with run.given(data):
            read = LayerMemory(tmp_path).listing(DIFF_ID)
            if read is not None:
                run.read += 1
                assert read.diff_id == DIFF_ID
                for entry in read.entries:
                    os.fsencode(entry.path + entry.target + entry.hard_link)

    fuzz(request, one)
