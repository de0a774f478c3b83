"""Checksums of a ``COPY`` from contexts that are tars: with odd members, compressed, truncated or damaged."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile

import pytest
import zstandard
from fuzz_layers import KINDS, NAMES, RELEASES, SOURCES
from fuzzing import HOSTILE, Fuzz, damaged, fuzz, refused
from layer_kit import entry, layer

from cacheview.dockerfile.context import DOCKER_CLI, UnknownError
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.tar_context import TarContext, cli_recognizes, looks_like_tar

PACKED = (gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress)
FILES = ("Dockerfile", "dockerfile", ".dockerignore", "d/Dockerfile", *NAMES)


PLAIN = ("a", "d/b", "d/c", "l", "e/f/g", ".dockerignore", "ä")


def packed(source: random.Random, *, odd: bool) -> bytes:
    """Return a context as a client sends it, or, if ``odd``, as no client would."""
    members = [entry("Dockerfile", b"FROM scratch\nCOPY a /\n"), entry("d/", kind=tarfile.DIRTYPE), entry("a", b"y")]
    for _ in range(source.randrange(1, 8)):
        if odd:
            name = source.choice(HOSTILE) if source.randrange(20) == 0 else source.choice(FILES)
        else:
            name = source.choice(PLAIN)
        kind = source.choice(KINDS if odd else (tarfile.REGTYPE, tarfile.REGTYPE, tarfile.SYMTYPE))
        fields: dict[str, object] = {}
        if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            fields["linkname"] = source.choice((*FILES, "/", "..", "../..", *HOSTILE) if odd else PLAIN)
        if odd and source.randrange(10) == 0:
            key = source.choice(("path", "linkpath", "size", "SCHILY.xattr.security.capability", "uid"))
            fields["pax_headers"] = {key: source.choice((*HOSTILE, "7", "a"))}
        content = source.choice((b"", b"x", b"*\n!a\n")) if kind == tarfile.REGTYPE else b""
        members.append(entry(name, content, kind, **fields))
    source.shuffle(members)
    while True:
        try:
            data = layer(*members)
            break
        except (ValueError, UnicodeError):  # this format cannot hold such a name
            members.pop()
    if odd and source.randrange(3) == 0:
        data = damaged(data, source)
    if source.randrange(3) == 0:
        data = source.choice(PACKED)(data)
        if odd and source.randrange(2):
            data = damaged(data, source)
    return data


def test_contexts(request: pytest.FixtureRequest) -> None:
    def one(run: Fuzz) -> None:
        source = run.random
        odd = bool(source.randrange(2))
        data, release = packed(source, odd=odd), source.choice(RELEASES)
        named = source.choice(("", "Dockerfile", "d/Dockerfile", *HOSTILE)) if odd else ""
        sources = (*SOURCES, *HOSTILE) if odd else ("a", "d", ".", "d/*", "*", "l", "e/f")
        copies = [
            CopySources(
                source.choice(("COPY", "ADD")),
                tuple(source.choice(sources) for _ in range(source.randrange(1, 3))),
                source.choice(("/", "/to/", *HOSTILE)) if odd else "/to/",
            )
            for _ in range(2)
        ]
        with run.given((data, named, copies, RELEASES.index(release))):
            looks_like_tar(data[:1024])
            cli_recognizes(data[:1024])
            try:
                context = TarContext.read_from(lambda: io.BufferedReader(io.BytesIO(data)), "a tar")  # type: ignore[arg-type]
                text = context.dockerfile(named)
                checksums = ContextChecksums(context, named or "Dockerfile", release, DOCKER_CLI, dockerfile=text)
                checksums.prepare()
                for copy in copies:
                    found = checksums.sum(copy)
                    list(checksums.lone_hard_links(found))
                    run.read += 1
            except (UnknownError, BuildRefusedError):
                pass  # also a valid answer
            except DataError as error:
                refused(error)

    fuzz(request, one)
