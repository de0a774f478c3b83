"""Layers as tar streams with odd members and damage, and the checksums of files copied from them."""

from __future__ import annotations

import random
import tarfile

import pytest
from fuzzing import HOSTILE, Fuzz, damaged, fuzz, refused
from layer_kit import Layers, entry, layer

from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import builder_release
from cacheview.layers.image_sums import ImageSums
from cacheview.model import DataError

NAMES = (
    "a",
    "d/",
    "d/b",
    "d/.wh.b",
    "d/.wh..wh..opq",
    ".wh.a",
    "./a",
    "/a",
    "../a",
    "d/../a",
    "a/b/c",
    "l",
    "d/l",
    ".",
    "",
)
KINDS = (
    *(tarfile.REGTYPE,) * 6,
    tarfile.DIRTYPE,
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.FIFOTYPE,
    tarfile.CHRTYPE,
    tarfile.GNUTYPE_SPARSE,
    b"x",
    b"L",
)
SOURCES = ("a", "/", "d", "d/*", "*", "l", "l/x", "d/l", "../a", "[", "d/b", "./d/../a", "**", *HOSTILE)
RELEASES = [builder_release(version) for version in ("20.10.24", "23.0.6", "28.5.2")]


def stream(source: random.Random) -> bytes:
    """Return a tar stream; half of them contain only what an engine writes."""
    odd = source.randrange(2)
    members = [entry("d/", kind=tarfile.DIRTYPE)]
    for _ in range(source.randrange(1, 8)):
        if odd:
            name, kind = source.choice((*NAMES, source.choice(HOSTILE))), source.choice(KINDS)
        else:
            name = source.choice(("a", "d/b", "d/c/e", "l", "d/.wh.b", "d/.wh..wh..opq", ".wh.a"))
            kind = source.choice((tarfile.REGTYPE, tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE))
        fields = {}
        if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            fields["linkname"] = source.choice((*NAMES[:4], *(HOSTILE if odd else ())))
        if odd and source.randrange(10) == 0:
            key = source.choice(("path", "size", "SCHILY.xattr.user.x", "GNU.sparse.map", "mtime"))
            fields["pax_headers"] = {key: source.choice(HOSTILE)}
        content = b"x" * source.randrange(3) if kind == tarfile.REGTYPE else b""
        members.append(entry(name, content, kind, **fields))
    while True:
        try:
            data = layer(*members)
            break
        except (ValueError, UnicodeError):  # this format cannot hold such a name
            members.pop()
    return damaged(data, source) if odd and source.randrange(2) else data


def test_layers(request: pytest.FixtureRequest) -> None:
    def one(run: Fuzz) -> None:
        source = run.random
        streams = [stream(source) for _ in range(source.randrange(1, 4))]
        sources = [source.choice(SOURCES) for _ in range(source.randrange(1, 3))]
        release = source.choice(RELEASES)
        with run.given((streams, sources, RELEASES.index(release))):
            layers = Layers(*streams)
            try:
                ImageSums(layers.files, layers.diff_ids, release).of_sources(sources, destination="/to/")
                run.read += 1
            except (UnknownError, BuildRefusedError):
                pass  # also a valid answer
            except DataError as error:
                refused(error)

    fuzz(request, one)
