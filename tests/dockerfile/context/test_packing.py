"""What clients make of rare trees, as the clients themselves were seen to pack them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cacheview.dockerfile.context import CLIENTS, Entry, FolderContext, Kind, MemoryContext
from cacheview.dockerfile.context.tarsum import Header
from cacheview.dockerfile.refused import RefusedError
from cacheview.model import DataError


def packed(context: MemoryContext | FolderContext, client: str) -> dict[str, Header]:
    return {member.header.name: member.header for member in CLIENTS[client].pack(context, "Dockerfile").members}


def memory(*entries: Entry, ignore: bytes | None = None) -> MemoryContext:
    contents = {"Dockerfile": b"FROM scratch\n"}
    found = {"Dockerfile": Entry("Dockerfile", Kind.FILE, 0o644, size=13), **{entry.path: entry for entry in entries}}
    if ignore is not None:
        found[".dockerignore"] = Entry(".dockerignore", Kind.FILE, 0o644, size=len(ignore))
        contents[".dockerignore"] = ignore
    return MemoryContext(found, contents)


@pytest.mark.parametrize(
    ("client", "owner"),
    [
        ("dockerode", (0o777777, 0o777777)),
        ("testcontainers-node", (0o777777, 0o777777)),
        ("docker-py", (262_144, 3_000_000)),
        ("testcontainers-go", (262_144, 3_000_000)),
    ],
)
def test_an_owner_that_does_not_fit_into_a_header(client: str, owner: tuple[int, int]) -> None:
    """tar-stream writes sevens; the others write another kind of number."""
    header = packed(memory(Entry("a", Kind.FILE, 0o644, uid=262_144, gid=3_000_000)), client)["a"]
    assert (header.uid, header.gid) == owner


def test_testcontainers_node_looks_for_slashes_where_there_are_backslashes() -> None:
    tree = (Entry("a\\b", Kind.FILE, 0o644),)
    assert "a\\b" in packed(memory(*tree), "testcontainers-node")
    with pytest.raises(RefusedError, match=r"ENOENT: .*a/b"):
        packed(memory(*tree, ignore=b"*.log\n"), "testcontainers-node")
    ignored = packed(memory(*tree, ignore=b"a/*\n"), "testcontainers-node")
    assert sorted(ignored) == [".dockerignore", "Dockerfile"]


@pytest.mark.parametrize(
    ("ignore", "sent"),
    [
        ("*/*", {"."}),  # matches /tmp, the first folder on the way to the context
        ("*", {".", "a", "Dockerfile", ".dockerignore"}),
        ("**/a", {".", "Dockerfile", ".dockerignore"}),
        ("a", {".", "a", "Dockerfile", ".dockerignore"}),
    ],
)
def test_in_dockerode_patterns_meet_whole_paths(tmp_path: Path, ignore: str, sent: set[str]) -> None:
    for name, text in (("Dockerfile", "FROM scratch\n"), ("a", "1"), (".dockerignore", ignore)):
        (tmp_path / name).write_text(text)
    if ignore == "*":
        sent = set()  # the list of the program is "." alone, which the pattern leaves out
    assert set(packed(FolderContext(tmp_path), "dockerode")) == sent


def test_an_ignore_file_that_is_a_folder(tmp_path: Path) -> None:
    """dockerode goes on without it, the docker CLI and docker-py stop."""
    (tmp_path / "Dockerfile").write_bytes(b"FROM scratch\n")
    (tmp_path / ".dockerignore").mkdir()
    assert sorted(packed(FolderContext(tmp_path), "dockerode")) == [".", ".dockerignore", "Dockerfile"]
    for client in ("docker-cli", "docker-py"):
        with pytest.raises(DataError):
            packed(FolderContext(tmp_path), client)


@pytest.mark.parametrize(
    ("mode", "sent"), [(0o644, 0o755), (0o600, 0o755), (0o4755, 0o755), (0o444, 0o555), (0o000, 0o555)]
)
def test_on_windows_there_is_only_read_only(mode: int, sent: int) -> None:
    headers = packed(memory(Entry("a", Kind.FILE, mode), Entry("d", Kind.DIRECTORY, 0o500)), "windows")
    assert (headers["a"].mode, headers["d/"].mode) == (sent, 0o755)
