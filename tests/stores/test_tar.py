"""The tar reader finds the same members as the standard library, and follows nothing absurd."""

from __future__ import annotations

import io
import struct
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.stores.tar import BLOCK_BYTES, TarError, TarMember, looks_like_tar, walk

names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=300).filter(
    lambda name: not name.endswith("/")
)
contents = st.binary(max_size=1300)


def read(data: bytes) -> list[tuple[TarMember, bytes]]:
    stream: io.BufferedReader = io.BufferedReader(io.BytesIO(data))
    return [(member, stream.read(member.size) if member.is_regular else b"") for member in walk(stream)]


def archive(*members: tuple[tarfile.TarInfo, bytes], tar_format: int = tarfile.USTAR_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tar_format) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def one(name: str = "file", content: bytes = b"content") -> bytes:
    return archive((tarfile.TarInfo(name), content))


def with_field(data: bytes, start: int, field: bytes) -> bytes:
    """The archive with a field of its first header replaced and the checksum corrected."""
    header = bytearray(data[:BLOCK_BYTES])
    header[start : start + len(field)] = field
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + data[BLOCK_BYTES:]


@given(
    files=st.lists(st.tuples(names, contents), max_size=5),
    tar_format=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_reads_what_tarfile_writes(files: list[tuple[str, bytes]], tar_format: int) -> None:
    data = archive(*((tarfile.TarInfo(name), content) for name, content in files), tar_format=tar_format)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        expected = []
        for info in tar:
            file = tar.extractfile(info)
            expected.append((info.name.rstrip("/"), file.read() if file else b""))
    assert [(member.name.rstrip("/"), content) for member, content in read(data)] == expected


def test_prefix_of_ustar() -> None:
    name = "/".join(["folder"] * 25)
    assert [member.name for member, _ in read(one(name))] == [name]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["there", "far/" * 60 + "there"])
def test_links_have_targets_and_no_content(kind: bytes, target: str) -> None:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = kind, target
    data = archive((link, b""), (tarfile.TarInfo("after"), b"x"), tar_format=tarfile.GNU_FORMAT)
    assert [member for member, _ in read(data)] == [
        TarMember("link", 0, False, target),
        TarMember("after", 1, True, ""),
    ]


def test_folders_and_devices_are_not_regular() -> None:
    infos = []
    for kind in (tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE):
        info = tarfile.TarInfo(f"kind-{kind.decode()}")
        info.type = kind
        infos.append((info, b""))
    assert [member.is_regular for member, _ in read(archive(*infos, (tarfile.TarInfo("after"), b"x")))] == [
        *[False] * 4,
        True,
    ]


def test_old_gnu_sparse_member_is_passed_over() -> None:
    """The sparse map continues in two more blocks, followed by the stored bytes."""
    sparse = bytearray(with_field(one("sparse", b"s" * 700), 156, b"S"))
    sparse[:BLOCK_BYTES] = with_field(bytes(sparse[:BLOCK_BYTES]), 482, b"\1")
    map_blocks = bytes(504) + b"\1" + bytes(7) + bytes(BLOCK_BYTES)
    data = bytes(sparse[:BLOCK_BYTES]) + map_blocks + bytes(sparse[BLOCK_BYTES : 3 * BLOCK_BYTES]) + one("after")
    assert [(member.name, member.is_regular) for member, _ in read(data)] == [("sparse", False), ("after", True)]


def test_pax_sparse_member_is_not_regular() -> None:
    info = tarfile.TarInfo("sparse")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "real"}
    data = archive((info, b"0\n" + b"x" * 600), (tarfile.TarInfo("after"), b"x"), tar_format=tarfile.PAX_FORMAT)
    assert [(member.name, member.is_regular) for member, _ in read(data)] == [("real", False), ("after", True)]


def test_global_pax_header_is_passed_over() -> None:
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "c", "path": "other"}
    ) as tar:
        tar.addfile(tarfile.TarInfo("file"))
    assert [member.name for member, _ in read(buffer.getvalue())] == ["file"]


def test_size_in_base_256() -> None:
    data = with_field(one(content=b"abc"), 124, b"\x80" + (3).to_bytes(11, "big"))
    assert read(data) == [(TarMember("file", 3, True, ""), b"abc")]


def test_checksum_of_signed_bytes() -> None:
    header = bytearray(one("é" * 20)[:BLOCK_BYTES])
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % (sum(struct.unpack("512b", header)) & 0o777777)
    assert looks_like_tar(bytes(header))


@given(place=st.integers(0, BLOCK_BYTES - 1), value=st.integers(0, 255))
def test_checksum_is_exact(place: int, value: int) -> None:
    """For any changed byte of the header, the result is the same as that of `tarfile`."""
    block = bytearray(one("name" * 10, b"xyz")[:BLOCK_BYTES])
    block[place] = value
    try:
        tarfile.TarInfo.frombuf(bytes(block), "utf-8", "replace")
    except tarfile.HeaderError:
        assert not looks_like_tar(bytes(block))
    else:
        assert looks_like_tar(bytes(block))


@pytest.mark.parametrize(
    "field",
    [b"\xff" * 12, b"\x80" + b"\xff" * 11, b"-0000000001\0", b"99999999999\0", b"0x000000001\0"],
    ids=["negative", "huge", "minus", "not octal", "hexadecimal"],
)
def test_absurd_sizes(field: bytes) -> None:
    with pytest.raises(TarError, match="impossible size"):
        read(with_field(one(), 124, field))


@pytest.mark.parametrize("kind", [b"x", b"L", b"K"])
def test_absurd_extended_headers(kind: bytes) -> None:
    data = with_field(with_field(one(), 124, b"77777777777\0"), 156, kind)
    with pytest.raises(TarError, match="extended header"):
        read(data)


@pytest.mark.parametrize(
    "record",
    [
        b"0 path=x\n",
        b"999 path=x\n",
        b"-9 path=x\n",
        b"path=x\n",
        b"9" * 5000 + b" path=x\n",
        b"12 size=-512\n",
        b"33 size=" + b"9" * 24 + b"\n",
        b"7 path\n",
        b"1 ",
        b" ",
        b"8 a=bcd\n" + b"x" * 40,  # a valid record, then one without a length
    ],
)
def test_bad_pax_records(record: bytes) -> None:
    data = with_field(one("pax", record), 156, b"x")[: BLOCK_BYTES * (1 + -(-len(record) // BLOCK_BYTES))] + one(
        "after"
    )
    with pytest.raises(TarError, match=r"pax record|impossible size"):
        read(data)


def test_a_pax_record_of_many_digits_is_parsed_in_linear_time() -> None:
    """The standard library's search would take quadratic time."""
    record = b"1" * (1024 * 1024 - 1)
    with pytest.raises(TarError, match="pax record"):
        read(with_field(one("pax", record), 156, b"x"))


@given(st.integers(0, 3 * BLOCK_BYTES - 1))
def test_an_archive_truncated_anywhere_is_an_error(length: int) -> None:
    """Any cut before the end mark is detected, and earlier members are still read."""
    data = one("a", b"1")[: 2 * BLOCK_BYTES] + one("b", b"22")
    stream: io.BufferedReader = io.BufferedReader(io.BytesIO(data[:length]))
    seen: list[str] = []
    with pytest.raises(TarError, match="ends early"):
        seen.extend(member.name for member in walk(stream))
    assert len(seen) <= 1 + (length >= 3 * BLOCK_BYTES)


def test_damage_in_the_middle_is_noticed() -> None:
    data = bytearray(one("a", b"1")[: 2 * BLOCK_BYTES] + one("b"))
    data[2 * BLOCK_BYTES] ^= 0xFF
    with pytest.raises(TarError, match="damaged at byte 1024"):
        read(bytes(data))


@given(st.binary(min_size=BLOCK_BYTES, max_size=4 * BLOCK_BYTES))
def test_random_bytes_are_read_or_refused(noise: bytes) -> None:
    try:
        read(noise)
    except TarError:
        return
    assert noise[:BLOCK_BYTES] == bytes(BLOCK_BYTES)
