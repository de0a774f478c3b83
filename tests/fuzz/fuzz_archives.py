"""Archives in the old and the new layout and from real engines, with damaged bytes, tar headers or JSON."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import tarfile
from pathlib import Path

import pytest
import zstandard
from fuzzing import HOSTILE, Fuzz, damaged, damaged_json, examine, fuzz, refused
from store_builder import Layout, config, dumps, old_archive, tar_bytes

from cacheview.model import DataError
from cacheview.stores.open import open_store


def layout(source: random.Random) -> dict[str, bytes]:
    made = Layout()
    for number in range(source.randrange(1, 4)):
        document = config(number)
        if source.randrange(2):
            document = damaged_json(document, source)
        if source.randrange(3):
            made.add(made.manifest(document), source.choice((f"app:{number}", *HOSTILE)))
            continue
        inner = [damaged_json(made.manifest(document), source) for _ in range(source.randrange(3))]
        made.add(made.index([entry for entry in inner if isinstance(entry, dict)]), f"app:{number}")
    if source.randrange(2):
        made.descriptors = damaged_json(made.descriptors, source)
    return made.done()


def old(source: random.Random) -> dict[str, bytes]:
    images = [(damaged_json(config(number), source), [f"web:{number}"], "") for number in range(source.randrange(1, 4))]
    files = old_archive(images)
    if source.randrange(2):
        files["manifest.json"] = dumps(damaged_json(json.loads(files["manifest.json"]), source))
    return files


def odd_tar(files: dict[str, bytes], source: random.Random) -> bytes:
    """Return a tar with names, types and sizes that no engine writes."""
    buffer = io.BytesIO()
    kind = source.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT))
    with tarfile.open(fileobj=buffer, mode="w", format=kind, errors="surrogateescape") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            match source.randrange(8):
                case 0:
                    info.name = source.choice((f"./{name}", f"/{name}", f"../{name}", name + "/", *HOSTILE))
                case 1:
                    info.type = source.choice(
                        (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, b"S")
                    )
                    info.linkname = source.choice((name, *files, *HOSTILE))
                case 2:
                    info.pax_headers = {source.choice(("path", "size", "linkpath", "mtime")): source.choice(HOSTILE)}
                case _:
                    pass
            try:
                tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
            except (ValueError, UnicodeError):  # this format cannot hold such a name
                continue
    return buffer.getvalue()


PACKED = (
    lambda data: data,
    lambda data: data,
    lambda data: gzip.compress(data, 1, mtime=0),
    lambda data: bz2.compress(data, 1),
    lambda data: lzma.compress(data, preset=0),
    lambda data: zstandard.ZstdCompressor(1).compress(data),
)


def test_archives(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    file = tmp_path / "images.tar"

    def one(run: Fuzz) -> None:
        source = run.random
        files = source.choice((layout, old))(source)
        data = odd_tar(files, source) if source.randrange(3) == 0 else tar_bytes(files)
        if source.randrange(3) == 0:
            data = damaged(data, source)
        data = source.choice(PACKED)(data)
        if source.randrange(4) == 0:
            data = damaged(data, source)
        file.write_bytes(data)
        with run.given(data):
            try:
                opened = open_store(file)
            except DataError as error:
                refused(error)
            else:
                examine(opened, run)

    fuzz(request, one)
