"""Contexts that are tars, with entries that tars can contain but no Docker client writes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["TARS", "Entry", "OddTar", "tar_of"]

_DOCKERFILE: Final = b"FROM scratch\nCOPY . /x/\nCOPY a /a\nENV after=copy\n"


@dataclass(frozen=True)
class Entry:
    """A member: its name, content or target, and the other fields of its header."""

    name: str
    content: bytes = b""
    type: bytes = tarfile.REGTYPE
    link: str = ""
    mode: int = 0o644
    owner: tuple[int, int] = (0, 0)
    device: tuple[int, int] = (0, 0)
    pax: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OddTar:
    """A tar, and the name of the Dockerfile in the request.

    Attributes:
        refused: part of the daemon's error; empty if the build succeeds.
    """

    name: str
    data: bytes
    file: str = ""
    refused: str = ""


def tar_of(
    entries: Iterable[Entry], form: int = tarfile.GNU_FORMAT, everywhere: Mapping[str, str] | None = None
) -> bytes:
    """Return a tar. ``everywhere``: records of a global header at the start."""
    packed = io.BytesIO()
    options = {"pax_headers": dict(everywhere)} if everywhere else {}
    with tarfile.open(fileobj=packed, mode="w", format=form, **options) as archive:  # type: ignore[call-overload]
        for entry in entries:
            member = tarfile.TarInfo(entry.name)
            member.size, member.type, member.linkname, member.mode = (
                len(entry.content),
                entry.type,
                entry.link,
                entry.mode,
            )
            member.uid, member.gid = entry.owner
            member.devmajor, member.devminor = entry.device
            member.uname, member.gname, member.mtime = "somebody", "people", 1_700_000_000
            member.pax_headers = dict(entry.pax)
            archive.addfile(member, io.BytesIO(entry.content))
    return packed.getvalue()


def _with(*entries: Entry, dockerfile: bytes = _DOCKERFILE) -> list[Entry]:
    return [Entry("Dockerfile", dockerfile), Entry("a", b"a\n"), *entries]


def _folder(name: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> Entry:
    return Entry(name, b"", tarfile.DIRTYPE, mode=mode, owner=owner)


def _sparse(form: str) -> bytes:
    content, size = {512: b"s" * 512, 8192: b"end"}, 20_000
    pairs = [number for offset, piece in content.items() for number in (offset, len(piece))]
    stored = b"".join(content.values())
    if form == "old":
        data = bytearray(tar_of(_with(Entry("s", stored, b"S"))))
        at = data.index(b"s\0")
        at -= at % 512
        for place, number in zip(range(at + 386, at + 482, 12), pairs, strict=False):
            data[place : place + 12] = b"%011o\0" % number
        data[at + 483 : at + 495] = b"%011o\0" % size
        data[at + 148 : at + 156] = b" " * 8
        data[at + 148 : at + 156] = b"%06o\0 " % sum(data[at : at + 512])
        return bytes(data)
    records = {"GNU.sparse.name": "sparse", "GNU.sparse.size": str(size), "GNU.sparse.numblocks": "2"}
    records["GNU.sparse.map"] = ",".join(map(str, pairs))
    if form == "1.0":
        records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse"}
        records["GNU.sparse.realsize"] = str(size)
        table = "".join(f"{number}\n" for number in (len(content), *pairs)).encode()
        stored = table + bytes(-len(table) % 512) + stored
    return tar_of(_with(Entry("GNUSparseFile.0/sparse", stored, pax=records)), tarfile.PAX_FORMAT)


_LONG: Final = "long/" + "n" * 130

TARS: Final = (
    OddTar(
        "folders",
        tar_of(
            [
                _folder("./"),
                *_with(Entry("./d/b", b"1"), Entry("e/f/g", b"2"), Entry("e/h", b"3"), _folder("empty/", 0o700)),
                *(Entry("/abs/b", b"1"), Entry("/c", b"2"), Entry("//f", b"3")),
                *(Entry("../up", b"1"), Entry("d/../../i", b"2"), Entry("d/./j", b"3")),
            ]
        ),
    ),
    OddTar(
        "again",
        tar_of(
            [
                Entry("Dockerfile", b"FROM no-such-base\n"),
                *_with(Entry("a", b"another\n"), Entry("d/b", b"1"), Entry("./d/b", b"2", mode=0o600)),
                *(Entry("file", b"1"), _folder("file"), Entry("file/b", b"2")),
                *(_folder("folder"), Entry("folder/b", b"2"), Entry("folder", b"1")),
                *(_folder("link"), Entry("link/b", b"2"), Entry("link", b"", b"2", "d"), Entry("link/c", b"1")),
                *(Entry("h1", b"", b"1", "a"), Entry("h2", b"", b"1", "h1"), Entry("h3", b"", b"1", "link")),
                Entry("a", b"later\n"),
            ]
        ),
    ),
    OddTar(
        "kinds",
        tar_of(
            _with(
                *(Entry("l1", b"", b"2", "/a"), Entry("l2", b"", b"2", "../../out"), Entry("l3", b"", b"2", "l3")),
                *(Entry("o", b"1", owner=(1000, 1001)), Entry("p", b"1", mode=0o4755, owner=(3_000_000, 5))),
                *(_folder("d", 0o1777, (7, 8)), Entry("m", b"1", mode=0o100640), Entry("n", b"", mode=0)),
                *(Entry("fifo", b"", tarfile.FIFOTYPE), Entry("null", b"", tarfile.CHRTYPE, device=(1, 3))),
                Entry("disk", b"", tarfile.BLKTYPE, device=(7, 200)),
                *(
                    Entry(_LONG, b"1"),
                    Entry("gr\u00f6\u00dfe", b"2"),
                    Entry("bad\udcff", b"3"),
                    Entry("new\nline", b"4"),
                ),
                *(Entry("l4", b"", b"2", "t" * 150), Entry(".dockerignore", b"a\n.dockerignore\nDockerfile\n")),
            )
        ),
    ),
    OddTar(
        "pax",
        tar_of(
            _with(
                Entry("x", b"1", pax={"SCHILY.xattr.user.name": "value", "SCHILY.xattr.user.b": "\u00e4"}),
                Entry("y", b"1", pax={"comment": "c", "atime": "1.5", "LIBARCHIVE.xattr.user.z": "Zm9v"}),
                *(Entry(_LONG, b"1"), Entry("gr\u00f6\u00dfe", b"2"), Entry("l", b"", b"2", "t" * 150)),
            ),
            tarfile.PAX_FORMAT,
            {"comment": "0123456789abcdef", "mtime": "7"},
        ),
    ),
    OddTar("sparse-0.1", _sparse("0.1")),
    OddTar("sparse-1.0", _sparse("1.0")),
    OddTar("ustar", tar_of([Entry("a", _DOCKERFILE), Entry("Dockerfile", b"", b"1", "a")], tarfile.USTAR_FORMAT)),
    OddTar("lower", tar_of([Entry("dockerfile", b"", b"2", "x/D"), Entry("a", b"a\n"), Entry("x/D", _DOCKERFILE)])),
    OddTar("named", tar_of([*_with(dockerfile=b"FROM no-such\n"), Entry("x/D", _DOCKERFILE)]), "x/D"),
    OddTar("sparse-old", _sparse("old"), refused="unhandled tar header type 83"),
    OddTar("contiguous", tar_of(_with(Entry("c", b"1", b"7"))), refused="unhandled tar header type 55"),
    OddTar("unknown-type", tar_of(_with(Entry("v", b"", b"V"))), refused="unhandled tar header type 86"),
    OddTar("link-to-nothing", tar_of(_with(Entry("h", b"", b"1", "nothing"))), refused="no such file"),
    OddTar("link-to-folder", tar_of(_with(_folder("d"), Entry("d/h", b"", b"1", "./d"))), refused="not permitted"),
    OddTar("long-name", tar_of(_with(Entry("n" * 256, b"1"))), refused="too long"),
    OddTar("file-above", tar_of(_with(Entry("a/b", b"1"))), refused="not a directory"),
    OddTar("above-folder", tar_of(_with(_folder("a/b"))), refused="not a directory"),
    OddTar("above-link", tar_of(_with(Entry("a/b", b"", b"2", "x/../y"))), refused="not a directory"),
    OddTar("above-hard-link", tar_of(_with(Entry("a/b", b"", b"1", "/../a"))), refused="not a directory"),
    OddTar("above-pipe", tar_of(_with(Entry("a/b", b"", tarfile.FIFOTYPE))), refused="not a directory"),
    OddTar("loop", tar_of(_with(Entry("l", b"", b"2", "l"), Entry("l/b", b"1"))), refused="symbolic links"),
    OddTar("no-dockerfile", tar_of([Entry("a", b"1")]), refused="Cannot locate specified Dockerfile"),
    OddTar("folder-dockerfile", tar_of([_folder("Dockerfile/"), Entry("a", b"1")]), refused="is a directory"),
    OddTar("leads-out", tar_of([Entry("Dockerfile", b"", b"2", "/../etc/passwd")]), refused="Cannot locate"),
)
