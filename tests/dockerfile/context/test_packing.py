"""How clients pack unusual trees; the expected values were observed with the clients themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from cacheview.dockerfile.context import CLIENTS, Entry, EntryKind, FolderContext, MemoryContext, client_named
from cacheview.dockerfile.context.tarsum import Header
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError


def packed(context: MemoryContext | FolderContext, client: str) -> dict[str, Header]:
    return {member.header.name: member.header for member in CLIENTS[client].pack(context, "Dockerfile").members}


def memory(*entries: Entry, ignore: bytes | None = None) -> MemoryContext:
    contents = {"Dockerfile": b"FROM scratch\n"}
    found = {
        "Dockerfile": Entry("Dockerfile", EntryKind.FILE, 0o644, size=13),
        **{entry.path: entry for entry in entries},
    }
    if ignore is not None:
        found[".dockerignore"] = Entry(".dockerignore", EntryKind.FILE, 0o644, size=len(ignore))
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
    """tar-stream writes the largest octal number; the others write a different format."""
    header = packed(memory(Entry("a", EntryKind.FILE, 0o644, uid=262_144, gid=3_000_000)), client)["a"]
    assert (header.uid, header.gid) == owner


def test_testcontainers_node_replaces_backslashes_when_it_filters() -> None:
    tree = (Entry("a\\b", EntryKind.FILE, 0o644),)
    assert "a\\b" in packed(memory(*tree), "testcontainers-node")
    with pytest.raises(BuildRefusedError, match=r"ENOENT: .*a/b"):
        packed(memory(*tree, ignore=b"*.log\n"), "testcontainers-node")
    ignored = packed(memory(*tree, ignore=b"a/*\n"), "testcontainers-node")
    assert sorted(ignored) == [".dockerignore", "Dockerfile"]


@pytest.mark.parametrize(
    ("ignore", "sent"),
    [
        ("*/*", {"."}),  # matches /tmp, the first folder in the path of the context
        ("*", {".", "a", "Dockerfile", ".dockerignore"}),
        ("**/a", {".", "Dockerfile", ".dockerignore"}),
        ("a", {".", "a", "Dockerfile", ".dockerignore"}),
    ],
)
def test_dockerode_matches_patterns_against_whole_paths(tmp_path: Path, ignore: str, sent: set[str]) -> None:
    for name, text in (("Dockerfile", "FROM scratch\n"), ("a", "1"), (".dockerignore", ignore)):
        (tmp_path / name).write_text(text)
    if ignore == "*":
        sent = set()  # the program only passes ".", which the pattern excludes
    assert set(packed(FolderContext(tmp_path), "dockerode")) == sent


def test_a_dockerignore_folder_is_refused_except_by_dockerode(tmp_path: Path) -> None:
    """dockerode continues without it; the docker CLI and docker-py stop."""
    (tmp_path / "Dockerfile").write_bytes(b"FROM scratch\n")
    (tmp_path / ".dockerignore").mkdir()
    assert sorted(packed(FolderContext(tmp_path), "dockerode")) == [".", ".dockerignore", "Dockerfile"]
    for client in ("docker-cli", "docker-py"):
        with pytest.raises(DataError):
            packed(FolderContext(tmp_path), client)


@pytest.mark.parametrize(
    ("mode", "sent"), [(0o644, 0o755), (0o600, 0o755), (0o4755, 0o755), (0o444, 0o555), (0o000, 0o555)]
)
def test_windows_sends_fixed_modes_except_for_read_only_files(mode: int, sent: int) -> None:
    headers = packed(memory(Entry("a", EntryKind.FILE, mode), Entry("d", EntryKind.DIRECTORY, 0o500)), "windows")
    assert (headers["a"].mode, headers["d/"].mode) == (sent, 0o755)


CAPABILITY = b"\1\0\0\2" + bytes(16)
SENT: dict[str, list[tuple[str, int, tuple[int, int], str, str] | None]] = {
    # for a file, a folder, an empty folder, links to a file and a folder, and a hard link: mode, owner, type, target
    "docker-cli": [
        ("run", 0o4711, (0, 0), "0", ""),
        ("d/", 0o2750, (0, 0), "5", ""),
        ("e/", 0o1777, (0, 0), "5", ""),
        ("lf", 0o777, (0, 0), "2", "d/f"),
        ("ld", 0o777, (0, 0), "2", "d"),
        ("z", 0o640, (0, 0), "1", "y"),
    ],
    "docker-cli-20.10": [
        ("run", 0o104711, (0, 0), "0", ""),
        ("d/", 0o42750, (0, 0), "5", ""),
        ("e/", 0o41777, (0, 0), "5", ""),
        ("lf", 0o120777, (0, 0), "2", "d/f"),
        ("ld", 0o120777, (0, 0), "2", "d"),
        ("z", 0o100640, (0, 0), "1", "y"),
    ],
    "docker-py": [
        ("run", 0o4711, (1000, 60), "0", ""),
        ("d/", 0o2750, (1000, 60), "5", ""),
        ("e/", 0o1777, (1000, 60), "5", ""),
        ("lf", 0o777, (1000, 60), "2", "d/f"),
        ("ld", 0o777, (1000, 60), "2", "d"),
        ("z", 0o640, (1000, 60), "1", "y"),
    ],
    "dockerode:077": [
        ("run", 0o4700, (1000, 60), "0", ""),
        ("d", 0o2700, (1000, 60), "5", ""),
        ("e", 0o1700, (1000, 60), "5", ""),
        ("lf", 0o700, (1000, 60), "2", "d/f"),
        ("ld", 0o700, (1000, 60), "2", "d"),
        ("z", 0o600, (1000, 60), "0", ""),
    ],
    "docker-java": [
        ("run", 0o100755, (1000, 60), "0", ""),
        None,
        ("e/", 0o40755, (1000, 60), "5", ""),
        ("lf", 0o100644, (0, 0), "2", "d/f"),
        ("ld/f", 0o100644, (1000, 60), "0", ""),
        ("z", 0o100644, (1000, 60), "0", ""),
    ],
    "windows": [
        ("run", 0o755, (0, 0), "0", ""),
        ("d/", 0o755, (0, 0), "5", ""),
        ("e/", 0o755, (0, 0), "5", ""),
        ("lf", 0o755, (0, 0), "2", "d/f"),
        ("ld", 0o755, (0, 0), "2", "d"),
        ("z", 0o755, (0, 0), "0", ""),
    ],
}
LIKE = {
    "docker-cli-23": "docker-cli-20.10",
    "compose-v2": "docker-cli",
    **dict.fromkeys(("docker-py-5", "sam-cli", "testcontainers-go"), "docker-py"),
}


def table() -> MemoryContext:
    own = {"uid": 1000, "gid": 60}
    entries = [
        Entry("run", EntryKind.FILE, 0o4711, size=1, capability=CAPABILITY, is_executable=True, **own),  # type: ignore[arg-type]
        Entry("d", EntryKind.DIRECTORY, 0o2750, **own),  # type: ignore[arg-type]
        Entry("d/f", EntryKind.FILE, 0o604, size=1, **own),  # type: ignore[arg-type]
        Entry("e", EntryKind.DIRECTORY, 0o1777, **own),  # type: ignore[arg-type]
        Entry("lf", EntryKind.SYMLINK, 0o777, target="d/f", **own),  # type: ignore[arg-type]
        Entry("ld", EntryKind.SYMLINK, 0o777, target="d", **own),  # type: ignore[arg-type]
        Entry("y", EntryKind.FILE, 0o640, size=1, inode=9, **own),  # type: ignore[arg-type]
        Entry("z", EntryKind.FILE, 0o640, size=1, inode=9, **own),  # type: ignore[arg-type]
    ]
    contents = {"Dockerfile": b"FROM scratch\n", **dict.fromkeys(("run", "d/f", "y", "z"), b"1")}
    dockerfile = Entry("Dockerfile", EntryKind.FILE, 0o644, size=13)
    return MemoryContext({entry.path: entry for entry in [dockerfile, *entries]}, contents)


@pytest.mark.parametrize("name", [*SENT, *LIKE])
def test_headers_are_as_each_client_makes_them(name: str) -> None:
    client = client_named(name)
    found = {member.header.name: member.header for member in client.pack(table(), "Dockerfile").members}
    wanted = [each for each in SENT[LIKE.get(name, name)] if each is not None]
    shown = [found[each[0]] for each in wanted]
    assert [(each.name, each.mode, (each.uid, each.gid), each.type, each.link) for each in shown] == wanted
    has_capability = name.startswith(("docker-cli", "compose-v2", "testcontainers-go"))
    assert dict(found["run"].xattrs) == ({"security.capability": CAPABILITY} if has_capability else {})
    assert ("." in found) == name.startswith("dockerode")
    assert {"d/", "d"}.isdisjoint(found) == (name == "docker-java")


@pytest.mark.parametrize(
    ("ignore", "gone"),
    [
        ("#hash\n", {"#hash"}),
        ("/a.log\n", set()),
        ("**/a.log\n", {"d/a.log"}),
        ("*.log\n!a.log\n", set()),
        ("!a.log\n*.log\n", {"a.log"}),
        ("d\n", {"d/a.log"}),
        ("e\n", set()),
    ],
)
def test_docker_java_reads_the_ignore_file_in_its_own_way(ignore: str, gone: set[str]) -> None:
    tree = (
        *(Entry(name, EntryKind.FILE, 0o644) for name in ("#hash", "a.log", "d/a.log")),
        *(Entry(name, EntryKind.DIRECTORY, 0o755) for name in ("d", "e")),
    )
    sent = set(packed(memory(*tree, ignore=ignore.encode()), "docker-java"))
    assert sent == {"Dockerfile", ".dockerignore", "#hash", "a.log", "d/a.log", "e/"} - gone


def test_docker_java_refuses_a_dockerfile_that_is_ignored() -> None:
    with pytest.raises(BuildRefusedError, match="Dockerfile is excluded by pattern 'Docker\\*'") as refused:
        packed(memory(ignore=b"Docker*\n"), "docker-java")
    assert refused.value.by == "client"


@pytest.mark.parametrize(
    ("ignore", "gone"),
    [
        (".\n", {"\\top", "out"}),  # becomes an empty pattern, which matches absolute paths
        ("..x/../.\n", {"\\top", "out"}),
        (".\n!/etc\n", {"\\top"}),
        ("a/b\n", {"a\\b"}),
        ("~/\n", {"~"}),
        ("~\n", {"~"}),
        ("~x\n", {"~x"}),
        ("*\n!Dockerfile\n", {"\\top", "a\\b", "~", "~x", "out", ".dockerignore"}),
    ],
)
def test_docker_java_normalizes_names_as_it_does_patterns(tmp_path: Path, ignore: str, gone: set[str]) -> None:
    names = {"Dockerfile", "\\top", "a\\b", "~", "~x"}
    for name in names:
        (tmp_path / name).write_text("FROM scratch\n")
    (tmp_path / "out").symlink_to("/etc/hostname")
    (tmp_path / ".dockerignore").write_text(ignore)
    assert set(packed(FolderContext(tmp_path), "docker-java")) == (names | {".dockerignore", "out"}) - gone


def test_docker_java_adds_a_slash_to_links_to_empty_folders() -> None:
    tree = (
        Entry("e", EntryKind.DIRECTORY, 0o700, uid=5, gid=60),
        Entry("le", EntryKind.SYMLINK, 0o777, target="e", uid=5, gid=60),
    )
    sent = packed(memory(*tree), "docker-java")
    assert sent["e/"] == Header("e/", 0o40755, 5, 60, type="5")
    assert sent["le/"] == Header("le/", 0o40755, type="2", link="e")


BAD = "bad\udce9"


@pytest.mark.parametrize("ignore", [None, b"*.log\n"])
@pytest.mark.parametrize("client", ["dockerode", "testcontainers-node"])
def test_node_clients_fail_on_names_that_are_not_utf8(client: str, ignore: bytes | None) -> None:
    for kind in (EntryKind.FILE, EntryKind.DIRECTORY, EntryKind.SYMLINK):
        tree = [
            Entry(BAD, kind, 0o644),
            *([Entry(f"{BAD}/f", EntryKind.FILE, 0o644)] if kind is EntryKind.DIRECTORY else []),
        ]
        with pytest.raises(BuildRefusedError, match=r"ENOENT: no such file or directory, lstat .*bad\ufffd"):
            packed(memory(*tree, ignore=ignore), client)


def test_a_name_that_is_not_utf_8_may_be_ignored() -> None:
    tree = memory(Entry(BAD, EntryKind.FILE, 0o644), ignore=b"bad?\n")
    assert set(packed(tree, "testcontainers-node")) == {".dockerignore", "Dockerfile"}


def test_docker_java_sends_an_empty_file_for_a_name_it_cannot_read() -> None:
    tree = (
        Entry(BAD, EntryKind.DIRECTORY, 0o755, uid=5, gid=60),
        Entry(f"{BAD}/f", EntryKind.FILE, 0o644, size=9, uid=5, gid=60),
        Entry(f"{BAD}.x", EntryKind.FILE, 0o755, size=9, is_executable=True, uid=5, gid=60),
        Entry("l", EntryKind.SYMLINK, 0o777, target=f"{BAD}.y", uid=5, gid=60),
    )
    sent = packed(memory(*tree), "docker-java")
    assert sent["l"].link == "bad\ufffd.y"
    assert {name: header for name, header in sent.items() if "bad" in name} == {
        name: Header(name, 0o100644) for name in ("bad\ufffd", "bad\ufffd.x")
    }
    assert set(packed(memory(*tree, ignore=b"bad?\n"), "docker-java")) >= {"bad\ufffd.x"}


def test_go_and_python_send_a_name_as_it_is() -> None:
    for client in ("docker-cli", "docker-py", "testcontainers-go"):
        assert BAD in packed(memory(Entry(BAD, EntryKind.FILE, 0o644)), client)
