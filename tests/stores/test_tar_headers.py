"""All fields of a tar member's header, compared with what the standard library writes."""

from __future__ import annotations

import io
import tarfile

import pytest

from cacheview.stores.tar import TarError, TarHeader, content, headers


def read(data: bytes) -> list[TarHeader]:
    return list(headers(stream_of(data)))


def stream_of(data: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(data))


def written(*members: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form, errors="surrogateescape") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return target.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_every_field_is_read(form: int) -> None:
    long = "d" * 90 + "/" + "f" * 120
    data = written(
        member("d", tarfile.DIRTYPE, mode=0o1777, uid=3, gid=4),
        member("d/f", size=700, mode=0o4755, uid=3_000_000, gid=1),
        member(long, size=1),
        member("l", tarfile.SYMTYPE, linkname="/" + long),
        member("h", tarfile.LNKTYPE, linkname="d/f"),
        member("c", tarfile.CHRTYPE, devmajor=5, devminor=1),
        form=form,
    )
    found = {header.name.rstrip("/"): header for header in read(data)}
    assert list(found) == ["d", "d/f", long, "l", "h", "c"]
    assert (found["d"].kind, found["d"].mode & 0o7777, found["d"].uid, found["d"].gid) == ("5", 0o1777, 3, 4)
    assert (found["d/f"].kind, found["d/f"].size, found["d/f"].mode, found["d/f"].uid) == ("0", 700, 0o4755, 3_000_000)
    assert (found["l"].kind, found["l"].link) == ("2", "/" + long)
    assert (found["h"].kind, found["h"].link, found["h"].size) == ("1", "d/f", 0)
    assert (found["c"].kind, found["c"].device) == ("3", (5, 1))
    assert not any(header.sparse for header in found.values())


def test_extended_attributes_and_names_that_are_not_utf8() -> None:
    capability = bytes.fromhex("0100000200200000000000000000000000000000")
    info = member("a", pax_headers={"SCHILY.xattr.security.capability": capability.decode("utf-8", "surrogateescape")})
    (plain, other) = read(written(info, member("b\udcff")))
    assert plain.xattrs == {"security.capability": capability}
    assert other.name == "b\udcff"
    assert other.xattrs == {}


def test_a_name_that_ends_with_a_slash_is_a_folder() -> None:
    (header,) = read(written(member("old/", tarfile.AREGTYPE)))
    assert header.kind == "5"


def test_an_absurd_owner_is_refused() -> None:
    with pytest.raises(TarError, match="owner"):
        read(written(member("a", pax_headers={"uid": "9" * 30})))


def test_the_content_is_complete_or_the_archive_is_damaged() -> None:
    text = bytes(range(256)) * 2000
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(member("a", size=len(text)), io.BytesIO(text))
    stream = stream_of(data.getvalue())
    assert b"".join(content(stream, next(headers(stream)))) == text
    cut = stream_of(data.getvalue()[:400_000])
    with pytest.raises(TarError, match="the data ends early"):
        list(content(cut, next(headers(cut))))
