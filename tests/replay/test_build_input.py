"""The input of a build: a folder, a tar or only a Dockerfile, on disk or from standard input."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cacheview.dockerfile.context import CLIENTS, ContextSums
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import NEWEST_RELEASE, builder_release
from cacheview.model import DataError
from cacheview.replay.build_input import open_build_input


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "context"
    (place / "sub").mkdir(parents=True)
    (place / "Dockerfile").write_bytes(b"FROM scratch\n")
    (place / "sub" / "D").write_bytes(b"FROM busybox\n")
    return place


@pytest.fixture
def tar(folder: Path) -> Path:
    path = folder.parent / "context.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as file:
        file.add(folder, ".")
    return path


def test_a_tar_on_disk_and_on_standard_input_are_the_same(tar: Path) -> None:
    path = open_build_input(str(tar), "sub/D", NEWEST_RELEASE)
    stream = open_build_input("-", "sub/D", NEWEST_RELEASE, stdin=io.BytesIO(gzip.compress(tar.read_bytes())))
    assert path.dockerfile == stream.dockerfile == b"FROM busybox\n"
    summers = [each.checksums(NEWEST_RELEASE, CLIENTS["docker-cli"]) for each in (path, stream)]
    assert len({str(dict(checksums.headers(["sub/D", "Dockerfile"]))) for checksums in summers}) == 1
    assert [b"".join(checksums.content("sub/D")) for checksums in summers] == [b"FROM busybox\n"] * 2


def test_a_dockerfile_that_is_not_in_a_tar_is_refused_by_the_daemon(tar: Path) -> None:
    refused = open_build_input(str(tar), "none", NEWEST_RELEASE).refused
    assert refused is not None
    assert refused.message == "Cannot locate specified Dockerfile: none"


def test_a_dockerfile_from_stdin_adds_no_files_to_the_context(folder: Path) -> None:
    given = open_build_input(str(folder), "-", NEWEST_RELEASE, stdin=io.BytesIO(b"FROM alpine\n"))
    sent = given.checksums(NEWEST_RELEASE, CLIENTS["docker-cli"]).entries()
    assert given.dockerfile == b"FROM alpine\n"
    assert sorted(sent) == ["Dockerfile", "sub", "sub/D"]  # the daemon removes the two files that the client adds


def test_an_outside_dockerfile_with_a_dockerignore_never_hits(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*.log\n")
    other = folder.parent / "Other"
    other.write_text("FROM alpine\n")
    given = open_build_input(str(folder), str(other), NEWEST_RELEASE)
    assert given.name == ""
    sums = {
        ContextSums(given.context, "", dockerfile=given.dockerfile).of_sources(["."], add=False, destination="/").text
        for _ in range(2)
    }
    assert len(sums) == 2


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_dockerfile_from_stdin_with_a_linked_dockerignore_is_refused(
    folder: Path, link: Callable[[Path, Path], None]
) -> None:
    (folder / ".a").write_text("*.log\n")
    link(folder / ".a", folder / ".dockerignore")
    given = open_build_input(str(folder), "-", NEWEST_RELEASE, stdin=io.BytesIO(b"FROM alpine\n"))
    with pytest.raises(BuildRefusedError, match="is a link") as refused:
        given.checksums(NEWEST_RELEASE, CLIENTS["docker-cli"]).prepare()
    assert (refused.value.by, refused.value.message) == ("client", "archive/tar: write too long")
    assert given.checksums(NEWEST_RELEASE, CLIENTS["docker-py"]).entries()


@pytest.mark.parametrize(
    ("client", "mode", "owner"),
    [("docker-cli", 0o644, (5, 6)), ("docker-cli-20.10", 0o100644, (5, 6)), ("docker-py", 0o644, (0, 0))],
)
def test_a_dockerfile_alone_is_sent_as_the_client_makes_it(client: str, mode: int, owner: tuple[int, int]) -> None:
    (member,) = CLIENTS[client].pack_alone(b"FROM scratch\n", 0o644, 5, 6).members
    assert (member.header.name, member.header.mode) == ("Dockerfile", mode)
    assert (member.header.uid, member.header.gid) == owner


def test_a_dockerfile_alone_on_standard_input() -> None:
    given = open_build_input("-", "", NEWEST_RELEASE, stdin=io.BytesIO(b"FROM scratch\nCOPY Dockerfile /\n"))
    assert given.dockerfile.startswith(b"FROM scratch\n")
    assert list(given.checksums(NEWEST_RELEASE, CLIENTS["docker-cli"]).entries()) == ["Dockerfile"]
    with pytest.raises(BuildRefusedError, match="needs a context") as refused:
        given.checksums(NEWEST_RELEASE, CLIENTS["docker-java"]).prepare()
    assert refused.value.by == "client"


@pytest.mark.parametrize(
    ("context", "file", "printed"),
    [
        ("https://host/a.tar.gz", "", "is a URL"),
        ("https://host/a.git#main:sub", "", "check out main and specify the path to sub in the clone"),
        ("git@host:a/b", "", "Git repository"),
        ("github.com/a/b", "", "Git repository"),
        ("-", "-", "can't use stdin for both"),
        ("-", "other", "ambiguous Dockerfile source"),
        ("{folder}/none", "", "no such folder or tar"),
        ("{folder}/Dockerfile", "", "is not a tar"),
        ("{tar}", "-", "specify its path there"),
        ("/dev/null", "", "neither a folder nor a file"),
    ],
)
def test_an_invalid_context_is_refused_with_a_remedy(
    context: str, file: str, printed: str, folder: Path, tar: Path
) -> None:
    with pytest.raises(DataError, match=printed):
        open_build_input(
            context.format(folder=folder, tar=tar), file, NEWEST_RELEASE, stdin=io.BytesIO(b"FROM scratch\n")
        )


def test_a_tar_that_the_cli_would_send_as_a_dockerfile_is_refused() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("Dockerfile")
        info.mtime = 1.5
        tar.addfile(info)
    with pytest.raises(DataError, match="tar --format=gnu"):
        open_build_input("-", "", NEWEST_RELEASE, stdin=io.BytesIO(file.getvalue()))


def test_an_old_daemon_does_not_decompress_zstd(tar: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    tar.write_bytes(zstandard.ZstdCompressor().compress(tar.read_bytes()))
    assert open_build_input(str(tar), "", NEWEST_RELEASE).dockerfile
    with pytest.raises(DataError, match=r"before 23\.0"):
        open_build_input(str(tar), "", builder_release("20.10.24"))
