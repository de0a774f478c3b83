"""A folder on disk as a context."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from cacheview.dockerfile.context import CLI_20_10, ContextSums, EntryKind, FolderContext, UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError


def copied(root: Path, *sources: str, dockerfile: str = "Dockerfile", **options: object) -> str:
    sums = ContextSums(FolderContext(root), dockerfile, **options)  # type: ignore[arg-type]
    return sums.of_sources(sources, add=False, destination="/x/").text


def refusal(root: Path, *sources: str, add: bool = False, destination: str = "/x/") -> str:
    with pytest.raises(BuildRefusedError) as caught:
        ContextSums(FolderContext(root)).of_sources(sources, add=add, destination=destination)
    return caught.value.message


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_bytes(b"FROM scratch\n")
    (tmp_path / "d").mkdir(mode=0o755)
    (tmp_path / "d" / "f").write_bytes(b"data")
    return tmp_path


def test_entries_in_walk_order(root: Path) -> None:
    (root / "d.x").write_bytes(b"")
    (root / "d-x").symlink_to("d")
    entries = FolderContext(root).entries
    assert list(entries) == ["Dockerfile", "d", "d/f", "d-x", "d.x"]
    assert (entries["d/f"].kind, entries["d/f"].size, entries["d-x"].target) == (EntryKind.FILE, 4, "d")


def test_a_file_name_that_is_not_utf8_is_hashed(root: Path) -> None:
    (root / "d" / os.fsdecode(b"\xff\xfe")).write_bytes(b"1")
    assert "d/\udcff\udcfe" in FolderContext(root).entries
    assert copied(root, "d").startswith("dir:")


def test_invalid_utf8_in_a_daemon_message_is_replaced(root: Path) -> None:
    (root / os.fsdecode(b"\xff\xe2\x82")).symlink_to("nowhere")
    assert refusal(root, "????") == "COPY failed: no source files were specified"
    printed = "COPY failed: file not found in build context or excluded by .dockerignore: stat \ufffd\ufffd\ufffd: "
    assert refusal(root, "???").startswith(printed)


def test_a_socket_is_left_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = copied(root, "d")
    monkeypatch.chdir(root / "d")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
    context = FolderContext(root)
    assert ContextSums(context).of_sources(["d"], add=False, destination="/").text == before
    assert [str(problem) for problem in context.problems] == ["d/s: it is a socket, so the client leaves it out"]


def test_a_symlink_cycle_in_a_folder_is_skipped_and_reported(root: Path) -> None:
    before = copied(root, "d")
    (root / "d" / "round").symlink_to("round")
    sums = ContextSums(FolderContext(root))
    assert sums.of_sources(["d"], add=False, destination="/").text == before
    assert [problem.where for problem in sums.problems] == ["d/round"]
    assert "too many links" in str(sums.problems[0])
    assert "forbidden path" in refusal(root, "d/round")


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        FolderContext(tmp_path / "x")


def test_too_many_entries(root: Path) -> None:
    with pytest.raises(DataError, match="more than 2 entries"):
        FolderContext(root, most_entries=2).entries  # noqa: B018


def test_an_unreadable_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: not str(path).endswith("/f"))
    assert refusal(root, "Dockerfile") == f"error checking context: no permission to read from '{root}/d/f'"
    (root / ".dockerignore").write_bytes(b"d/f\n")
    assert copied(root, "Dockerfile").startswith("file:")


def test_an_unreadable_folder_even_if_ignored(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: not str(path).endswith("/d"))
    (root / ".dockerignore").write_bytes(b"d\n")
    assert refusal(root, "Dockerfile") == f"error checking context: can't stat '{root}/d'"


def test_a_pipe_is_never_opened(root: Path) -> None:
    os.mkfifo(root / "d" / "pipe")
    assert copied(root, "d").startswith("dir:")
    os.mkfifo(root / ".dockerignore")
    with pytest.raises(DataError, match="it is not a file"):
        copied(root, "d")


def test_a_dockerignore_link_is_followed_by_the_client_only(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The client follows the link; the daemon does not, so it does not remove the Dockerfile that was sent."""
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "ignore"
    elsewhere.write_bytes(b"d\nDockerfile\n")
    (root / ".dockerignore").symlink_to(elsewhere)
    assert "file not found" in refusal(root, "d")
    assert copied(root, "Dockerfile").startswith("file:")


def test_an_ignored_dockerfile_is_not_part_of_the_checksum(root: Path) -> None:
    whole = copied(root, ".")
    (root / ".dockerignore").write_bytes(b"Dockerfile\n.dockerignore\n")
    assert copied(root, ".") == copied(root, "d") != whole
    assert "stat Dockerfile: file does not exist" in refusal(root, "Dockerfile")
    (root / "link").symlink_to("Dockerfile")  # its checksum is computed before the Dockerfile is removed
    assert dict(ContextSums(FolderContext(root)).of_sources(["."], add=False, destination="/").files).keys() == {
        "d",
        "d/f",
        "link",
    }


def test_a_dockerfile_symlink_is_resolved(root: Path) -> None:
    (root / "docker").mkdir()
    (root / "docker" / "real").write_bytes(b"FROM scratch\n")
    (root / "Link").symlink_to("docker/real")
    (root / ".dockerignore").write_bytes(b"docker\n")
    sums = ContextSums(FolderContext(root), "Link")
    assert sums.uploaded.dockerfile == "docker/real"
    assert "docker/real" not in sums.uploaded.tree
    assert "docker" in sums.uploaded.tree


def test_an_ignored_dockerfile_cannot_be_located(root: Path) -> None:
    """To keep the Dockerfile, the client only checks the folder above it that is as deep as the pattern."""
    place = root / "d" / "x" / "b"
    place.mkdir(parents=True)
    (place / "Dockerfile").write_bytes(b"FROM scratch\n")
    (root / ".dockerignore").write_bytes(b"**/b\n")
    with pytest.raises(BuildRefusedError) as caught:
        copied(root, "d", dockerfile="d/x/b/Dockerfile")
    assert caught.value.message == "Cannot locate specified Dockerfile: d/x/b/Dockerfile"


def test_a_dockerfile_whose_name_is_not_a_pattern(root: Path) -> None:
    """The client appends the name to the patterns, fails to parse it, and sends what it has so far: nothing."""
    (root / "b\\c").write_bytes(b"FROM scratch\n")
    (root / ".dockerignore").write_bytes(b"*\n")
    with pytest.raises(BuildRefusedError) as caught:
        copied(root, "d", dockerfile="b\\c")
    assert caught.value.message == "Cannot locate specified Dockerfile: b\\c"


def test_a_lower_case_dockerfile_name_is_found(root: Path) -> None:
    (root / "Dockerfile").rename(root / "dockerfile")
    assert ContextSums(FolderContext(root)).uploaded.dockerfile == "dockerfile"


@pytest.mark.parametrize("dockerfile", ["-", "", "../Dockerfile"])
def test_a_dockerfile_outside_the_context_changes_only_copies_of_the_root(root: Path, dockerfile: str) -> None:
    whole = copied(root, ".", dockerfile=dockerfile)
    assert whole == copied(root, ".")
    (root / ".dockerignore").write_bytes(b"x\n")
    assert copied(root, ".", dockerfile=dockerfile) != copied(root, ".", dockerfile=dockerfile)
    assert copied(root, "d", dockerfile=dockerfile) == copied(root, "d")
    (root / ".dockerignore").write_bytes(b".dockerignore\n")
    assert copied(root, ".", dockerfile=dockerfile) == whole


def test_an_old_client_sends_the_bits_of_the_type(root: Path) -> None:
    assert copied(root, "d/f", client=CLI_20_10) != copied(root, "d/f")


@pytest.mark.parametrize(
    ("sources", "add", "destination", "printed"),
    [
        (["http://h/x"], False, "/x", "COPY failed: source can't be a URL for COPY"),
        ([], False, "/x", "COPY failed: no source files were specified"),
        (["[a"], True, "/x", "ADD failed: no source files were specified"),
        (["d", "Dockerfile"], True, "/x", "When using ADD with more than one source file, the destination must be a "
         "directory and end with a /"),
        (["git@h:x"], True, "/x", "ADD failed: file not found in build context or excluded by .dockerignore: stat "
         "git@h:x: file does not exist"),
        (["d/f/g"], False, "/x", "COPY failed: forbidden path outside the build context: d/f/g ()"),
        (["../x"], False, "/x", "COPY failed: forbidden path outside the build context: ../x ()"),
    ],
)  # fmt: skip
def test_refused(root: Path, sources: list[str], add: bool, destination: str, printed: str) -> None:
    assert refusal(root, *sources, add=add, destination=destination) == printed


def test_the_checksum_of_a_url_source_is_unknown(root: Path) -> None:
    with pytest.raises(UnknownError, match="downloaded"):
        ContextSums(FolderContext(root)).of_sources(["https://h/x"], add=True, destination="/x")


def test_a_second_hard_link_is_sent_without_content(root: Path) -> None:
    """It is sent as a link to the first one, which is the first in the order of the context."""
    (root / "a").hardlink_to(root / "d" / "f")
    linked = copied(root, "d/f")
    (root / "d" / "f").write_bytes(b"atad")
    assert copied(root, "d/f") == linked
    (root / ".dockerignore").write_bytes(b"a\n")
    assert copied(root, "d/f") != linked


def test_a_version_3_capability_is_sent_as_version_2(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 3, which contains a root user, is sent as version 2."""
    plain = copied(root, "d/f")
    second = bytes.fromhex("0100000200200000000000000000000000000000")
    third = bytes.fromhex("0100000300200000000000000000000000000000e8030000")
    sums = []
    for value in (second, third):
        monkeypatch.setattr(os, "getxattr", lambda *_, found=value, **__: found)
        sums.append(copied(root, "d/f"))
    assert sums[0] == sums[1] != plain
