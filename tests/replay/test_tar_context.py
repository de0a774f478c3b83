"""A tar as the context: how the daemon reads it, whoever packed it."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
import zstandard

from cacheview.dockerfile.context import CLIENTS, ContextSums, Entry, EntryKind, MemoryContext
from cacheview.dockerfile.context.tarsum import HARD_LINK
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import builder_release
from cacheview.model import DataError
from cacheview.replay.tar_context import TarContext, cli_recognizes, looks_like_tar, read_members
from cacheview.stores.limits import Limits

_TYPES = {"0": tarfile.REGTYPE, HARD_LINK: tarfile.LNKTYPE, "2": tarfile.SYMTYPE, "5": tarfile.DIRTYPE}
_LONG = "long/" + "n" * 120


def tree() -> MemoryContext:
    """A tree with everything headers can express: modes, owners, links, long names and names that are not UTF-8."""
    own: dict[str, Any] = {"uid": 1000, "gid": 3_000_000}
    entries = [
        Entry("Dockerfile", EntryKind.FILE, 0o640, size=13, **own),
        Entry("long", EntryKind.DIRECTORY, 0o1777, **own),
        Entry(_LONG, EntryKind.FILE, 0o000, size=3, **own),
        Entry("l", EntryKind.SYMLINK, 0o777, target="long/" + "t" * 150, **own),
        Entry("hard1", EntryKind.FILE, 0o4755, size=5, inode=7, capability=b"\1\0\0\2" + b"\0" * 16, **own),
        Entry("hard2", EntryKind.FILE, 0o4755, size=5, inode=7, capability=b"\1\0\0\2" + b"\0" * 16, **own),
        Entry("gr\u00f6\u00dfe", EntryKind.FILE, 0o644, size=0, **own),
        Entry("bad\udcff", EntryKind.FILE, 0o600, size=1, **own),
        Entry("empty", EntryKind.DIRECTORY, 0o700, **own),
    ]
    contents = {"Dockerfile": b"FROM scratch\n", _LONG: b"abc", "hard1": b"hello", "hard2": b"hello", "bad\udcff": b"x"}
    return MemoryContext({entry.path: entry for entry in entries}, contents)


def packed(context: MemoryContext, client: str, form: int) -> bytes:
    """The tar that a client sends, written with the standard library."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as tar:
        for member in CLIENTS[client].pack(context, "Dockerfile").members:
            header = member.header
            info = tarfile.TarInfo(header.name)
            info.mode, info.uid, info.gid, info.size = header.mode, header.uid, header.gid, header.size
            info.type, info.linkname = _TYPES[header.type], header.link
            info.uname, info.gname, info.mtime = "somebody", "people", 1.5
            info.pax_headers = {
                f"SCHILY.xattr.{name}": value.decode("latin-1").encode("latin-1").decode("utf-8", "surrogateescape")
                for name, value in header.xattrs
            }
            content = b"".join(context.read(member.source, follow=member.follows_links)) if header.size else b""
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def of(data: bytes, version: str = "29.7.2") -> TarContext:
    release = builder_release(version)
    return TarContext.read_from(
        lambda: io.BufferedReader(io.BytesIO(data)),  # type: ignore[arg-type]
        "a tar",
        release=release,
    )


def raw_tar(*members: tuple[str, bytes, bytes | str]) -> bytes:
    """A tar of members: name, type flag, and content or link target."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            if isinstance(content, str):
                info.linkname, content = content, b""
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def whole_sum(context: TarContext | MemoryContext, client: str = "docker-cli") -> str:
    release = context.release if isinstance(context, TarContext) else builder_release("29.7.2")
    sums = ContextSums(context, client=CLIENTS[client], release=release)
    return sums.of_sources(["."], add=False, destination="/x/").text


def files_of(context: TarContext, source: str) -> tuple[tuple[str, str], ...]:
    return ContextSums(context).of_sources([source], add=False, destination="/x/").files


@pytest.mark.parametrize("client", ["docker-py", "testcontainers-go", "docker-cli", "compose-v2"])
def test_a_tar_has_the_checksum_of_the_context_that_the_client_packs(client: str) -> None:
    assert whole_sum(of(packed(tree(), client, tarfile.PAX_FORMAT))) == whole_sum(tree(), client)


def test_long_names_have_the_same_checksum_in_any_tar_format() -> None:
    forms = (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)
    assert len({whole_sum(of(packed(tree(), "docker-py", form))) for form in forms}) == 1


def test_the_client_does_not_affect_the_checksum_of_a_tar() -> None:
    context = of(packed(tree(), "docker-py", tarfile.PAX_FORMAT))
    assert len({whole_sum(context, client) for client in CLIENTS}) == 1


@pytest.mark.parametrize(
    "compress",
    [gzip.compress, bz2.compress, lzma.compress, zstandard.ZstdCompressor().compress],
    ids=["gzip", "bzip2", "xz", "zstd"],
)
def test_a_tar_may_be_compressed(compress: Callable[[bytes], bytes]) -> None:
    data = packed(tree(), "docker-py", tarfile.PAX_FORMAT)
    assert looks_like_tar(compress(data))
    assert cli_recognizes(compress(data))
    assert whole_sum(of(compress(data))) == whole_sum(of(data))


def sparse_tar(form: str, content: dict[int, bytes], size: int) -> bytes:
    """A tar with one sparse file as GNU tar writes it. ``content`` maps offsets to data."""
    pairs = [number for offset, piece in content.items() for number in (offset, len(piece))]
    stored = b"".join(content.values())
    records = {"GNU.sparse.name": "f", "GNU.sparse.numblocks": str(len(content))}
    if form == "1.0":
        records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "f"}
        records["GNU.sparse.realsize"] = str(size)
        table = "".join(f"{number}\n" for number in (len(content), *pairs)).encode()
        stored = table + bytes(-len(table) % 512) + stored
    else:
        records |= {"GNU.sparse.size": str(size), "GNU.sparse.map": ",".join(map(str, pairs))}
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("GNUSparseFile.0/f")
        info.size, info.pax_headers = len(stored), records
        tar.addfile(info, io.BytesIO(stored))
    return file.getvalue()


@pytest.mark.parametrize("form", ["0.1", "1.0"])
def test_a_sparse_file_is_hashed_with_its_holes(form: str) -> None:
    data = sparse_tar(form, {512: b"a" * 512, 4096: b"end"}, 10_000)
    whole = (bytes(512) + b"a" * 512 + bytes(4096 - 1024) + b"end").ljust(10_000, b"\0")
    assert whole_sum(of(data)) == whole_sum(of(raw_tar(("f", b"0", whole))))
    assert b"".join(of(data).read("0")) == whole


def test_an_old_format_sparse_file_has_the_daemons_error_message() -> None:
    header = bytearray(raw_tar(("f", b"S", b"data"))[:512])
    header[386:410] = b"00000000000\0" + b"00000000004\0"
    header[483:495] = b"00000001000\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(BuildRefusedError) as refused:
        whole_sum(of(bytes(header) + b"data".ljust(512, b"\0") + bytes(1024)))
    assert refused.value.message == "unhandled tar header type 83"


def test_sparse_files_of_absurd_sizes_are_not_read() -> None:
    with pytest.raises(DataError, match="sparse files contain more data than cacheview can read"):
        of(sparse_tar("0.1", {0: b"a"}, 1 << 42))


def test_a_tar_without_trailing_blocks_is_read() -> None:
    data = raw_tar(("Dockerfile", b"0", b"FROM scratch\n"), ("a", b"0", b"1" * 512))
    assert whole_sum(of(data[: 4 * 512])) == whole_sum(of(data))


def test_a_dockerignore_in_a_tar_removes_only_itself_and_the_dockerfile() -> None:
    files = [("Dockerfile", b"0", b"FROM scratch\n"), ("a.log", b"0", b"1")]
    ignoring = raw_tar(*files, (".dockerignore", b"0", b"*.log\n.dockerignore\nDockerfile\n"))
    assert whole_sum(of(ignoring)) == whole_sum(of(raw_tar(("a.log", b"0", b"1"))))


def test_a_duplicate_tar_member_has_the_first_sum_and_the_last_content() -> None:
    context = of(raw_tar(("a", b"0", b"old"), ("a", b"0", b"newer"), ("Dockerfile", b"2", "a")))
    assert context.dockerfile() == b"newer"
    assert ContextSums(context).of_sources(["a"], add=False, destination="/").text == (
        ContextSums(of(raw_tar(("a", b"0", b"old")))).of_sources(["a"], add=False, destination="/").text
    )


@pytest.mark.parametrize("name", ["/", "//", "..", "../..", "a/../.."])
def test_a_root_folder_entry_under_another_name_is_the_root(name: str) -> None:
    """The folder must not contain itself, which would make its contents endless."""
    plain = (
        ("Dockerfile", tarfile.REGTYPE, b"FROM scratch\n"),
        ("d", tarfile.DIRTYPE, b""),
        ("d/a", tarfile.REGTYPE, b"x"),
    )
    odd = (("d", tarfile.DIRTYPE, b""), (name, tarfile.DIRTYPE, b""), *plain)
    assert whole_sum(of(raw_tar(*odd), "29.6.2")) == whole_sum(of(raw_tar(*plain)))
    with pytest.raises(DataError, match="it replaces the context's root folder"):
        whole_sum(of(raw_tar(*plain, (name, tarfile.REGTYPE, b"x")), "29.6.2"))


@pytest.mark.parametrize("name", ["./", "/", "d/.."])
def test_a_link_to_the_root_has_the_checksum_of_its_entry(name: str) -> None:
    members: list[tuple[str, bytes, bytes | str]] = [("d/up", b"2", ".."), ("d/a", b"0", b"")]
    header = f"name{name.rstrip('/')}/mode420uid0gid0size0typeflag5linknameunamegnamedevmajor0devminor0"
    assert dict(files_of(of(raw_tar(*members)), "d"))["d/up"] == "d/up"
    context = of(raw_tar((name, b"5", b""), *members))
    assert dict(files_of(context, "d"))["d/up"] == hashlib.sha256(header.encode()).hexdigest()
    assert whole_sum(of(raw_tar((name, b"5", b""), members[1]))) == whole_sum(of(raw_tar(members[1])))


_OUTSIDE = [
    ([("../a", b"0", b"x")], 'invalid entry name "../a"'),
    ([("/../a", b"0", b"x")], 'invalid entry name "/../a"'),
    ([("b", b"0", b"x"), ("a", b"1", "../b")], 'invalid hardlink target "../b"'),
    ([("l", b"2", "../d"), ("l/a", b"0", b"x")], "statat l: path escapes from parent"),
]


@pytest.mark.parametrize(("members", "printed"), _OUTSIDE)
def test_a_path_out_of_the_context_is_refused_from_29_7_on(members: list[Any], printed: str) -> None:
    data = raw_tar(("d", b"5", b""), *members)
    assert whole_sum(of(data, "29.6.2")).startswith("dir:")
    with pytest.raises(BuildRefusedError) as caught:
        whole_sum(of(data))
    assert caught.value.message == printed


_REFUSED_BY_29_7_0 = [
    ([("d/e", b"5", b"")], "mkdirat d/e: no such file or directory", "29.7.1"),
    ([("d", b"5", b""), ("l", b"2", "/d"), ("l/a", b"0", b"x")], "openat l/a: path escapes from parent", "29.7.1"),
    ([("b", b"0", b"x"), ("a", b"1", "/b")], 'invalid hardlink target "/b"', "29.7.2"),
]


@pytest.mark.parametrize(("members", "printed", "mended"), _REFUSED_BY_29_7_0)
def test_29_7_0_refuses_contexts_that_other_releases_accept(members: list[Any], printed: str, mended: str) -> None:
    data = raw_tar(*members)
    assert whole_sum(of(data, "29.6.2")) == whole_sum(of(data, mended))
    for version in {"29.7.0", "29.7.1"} if mended == "29.7.2" else {"29.7.0"}:
        with pytest.raises(BuildRefusedError) as caught:
            whole_sum(of(data, version))
        assert caught.value.message == printed


@pytest.mark.parametrize(
    ("members", "printed"),
    [
        ([("d/e", b"5", b""), ("d", b"0", b"x")], "chtimes /d/e: not a directory"),
        ([("d", b"5", b""), ("d", b"2", "gone")], "chtimes /d: no such file or directory"),
        ([("l", b"2", "gone"), ("l/a", b"0", b"x")], "open /l/a: no such file or directory"),
        ([("l", b"2", "gone"), ("l/m/a", b"0", b"x")], "mkdir /l: file exists"),
        ([("a", b"0", b"x"), ("a", b"1", "a")], "link /a /a: no such file or directory"),
        ([("a", b"1", "/")], "link / /a: operation not permitted"),
        ([("d/a", b"1", "d")], "link /d /d/a: operation not permitted"),
        ([("b", b"0", b"x"), ("a", b"1", "b/c")], "link /b/c /a: not a directory"),
    ],
)
def test_a_tar_that_cannot_be_unpacked_is_refused(members: list[Any], printed: str) -> None:
    with pytest.raises(BuildRefusedError) as caught:
        whole_sum(of(raw_tar(*members), "28.5.2"))
    assert caught.value.message == printed


def test_the_type_flag_counts_as_it_is_written() -> None:
    new, old = raw_tar(("d/", b"0", b"")), raw_tar(("d/", b"\0", b""))
    assert ContextSums(of(new)).tree.get("d").entry.kind is EntryKind.FILE  # type: ignore[union-attr]
    assert ContextSums(of(old)).tree.get("d").entry.kind is EntryKind.DIRECTORY  # type: ignore[union-attr]
    with pytest.raises(BuildRefusedError, match="unhandled tar header type 55"):
        whole_sum(of(raw_tar(("contiguous", b"7", b"x"))))


@pytest.mark.parametrize(
    ("members", "name", "found"),
    [
        ((("Dockerfile", b"0", b"A"),), "", b"A"),
        ((("dockerfile", b"0", b"B"),), "", b"B"),
        ((("./sub/D", b"0", b"C"),), "sub/D", b"C"),
        ((("sub/D", b"0", b"C"),), "/sub/../sub/D", b"C"),
        ((("real", b"0", b"D"), ("sub/D", b"2", "../real")), "sub/D", b"D"),
        ((("real", b"0", b"E"), ("sub/D", b"2", "/real")), "sub/D", b"E"),
        ((("real", b"0", b"F"), ("Dockerfile", b"1", "real")), "", b"F"),
    ],
)
def test_the_dockerfile_is_found_as_the_daemon_finds_it(
    members: tuple[tuple[str, bytes, bytes | str], ...], name: str, found: bytes
) -> None:
    assert of(raw_tar(*members)).dockerfile(name) == found


@pytest.mark.parametrize("name", ["", "dockerfile.prod", "sub/Dockerfile", "gone"])
def test_a_missing_dockerfile_is_refused_with_the_daemons_message(name: str) -> None:
    context = of(raw_tar(("DOCKERFILE", b"0", b"A"), ("gone", b"2", "nowhere")))
    with pytest.raises(BuildRefusedError) as refused:
        context.dockerfile(name)
    assert refused.value.message == f"Cannot locate specified Dockerfile: {name or 'Dockerfile'}"
    assert refused.value.by == "daemon"


@pytest.mark.parametrize("end", [100, 512, 700, 1023])
def test_a_tar_that_ends_early_is_reported(end: int) -> None:
    data = raw_tar(("a", b"0", b"1" * 1000))[:end]
    with pytest.raises(DataError, match=r"damaged|early"):
        of(data)


def test_kept_members_can_be_read_without_the_tar() -> None:
    packed = raw_tar(("./Dockerfile", b"0", b"A"), ("b", b"0", b"B"))
    stream: io.BufferedReader = io.BufferedReader(io.BytesIO(packed))
    context = TarContext(read_members(stream, "a stream", keep={"Dockerfile"}), "a stream")
    assert context.dockerfile() == b"A"
    with pytest.raises(DataError, match="is no longer available"):
        context.dockerfile("b")


@pytest.mark.parametrize(
    ("form", "recognized"), [(tarfile.GNU_FORMAT, True), (tarfile.USTAR_FORMAT, True), (tarfile.PAX_FORMAT, False)]
)
def test_the_cli_does_not_recognize_a_tar_that_starts_with_a_pax_header(form: int, recognized: bool) -> None:
    """Go's reader gets only the first 1024 bytes, and fractional times need a pax header."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        info = tarfile.TarInfo("Dockerfile")
        info.mtime = 1.5
        tar.addfile(info)
    assert looks_like_tar(file.getvalue())
    assert cli_recognizes(file.getvalue()[:1024]) is recognized
    assert not cli_recognizes(bytes(1024))


def test_the_decompressed_size_of_a_context_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.replay.tar_context.Limits", lambda **given: Limits(unpacked=1 << 20, **given))
    data = raw_tar(("zeros", b"0", bytes(2 << 20)))
    assert of(data).has("zeros")
    with pytest.raises(DataError, match=r"the context has more than 1,048,576 bytes when decompressed"):
        of(bz2.compress(data))


def test_the_memory_for_tar_members_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.replay.tar_context._MEMBER_BYTES", 100 << 20)
    data = raw_tar(*((f"f{number}", b"0", b"") for number in range(10)))
    with pytest.raises(DataError, match=r"the context needs more than 536,870,912 bytes of memory"):
        of(data)


@pytest.mark.slow
def test_the_memory_for_implied_folders_is_limited() -> None:
    data = raw_tar(*((f"{number}/{'a/' * 2000}f", b"0", b"") for number in range(120)))
    with pytest.raises(
        DataError, match="the folders implied by the paths in the context take up more than 268,435,456 bytes of memory"
    ):
        of(data).has("f")
