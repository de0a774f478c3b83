"""Many files with the same cause are reported on one line, with a remedy."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from built_kit import Built, tree
from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.context.clients import CLIENTS, DOCKER_CLI, DOCKER_PY
from cacheview.layers.changes import Aspect, ChangeMark, FileChange, FileState
from cacheview.replay.causes import FileCause, FileCauseKind, causes_of, unexplained
from cacheview.replay.file_comparison import FileComparison
from cacheview.report.comparisons import comparison_as_object

MANY = 412


@pytest.fixture
def built(tmp_path: Path) -> Built:
    folder = tree(tmp_path / "context")
    for number in range(MANY - 3):
        (folder / "src" / f"{number:03}.txt").write_bytes(b"one\ntwo\n%d\n" % number)
        (folder / "src" / f"{number:03}.txt").chmod(0o644)
    return Built(folder, tmp_path / "records")


def compared(built: Built, edit: Callable[[Path], object]) -> tuple[FileComparison, str]:
    edit(built.folder / "src")
    reported = built.sentences_after()
    assert built.miss.comparison is not None
    return built.miss.comparison, reported


def files(src: Path) -> list[Path]:
    return [path for path in src.rglob("*") if path.is_file() and not path.is_symlink()]


def test_a_changed_umask_is_the_cause(built: Built) -> None:
    def edit(src: Path) -> None:
        for path in files(src):
            path.chmod(0o664)
        for path in (src, src / "d"):
            path.chmod(0o775)

    found, reported = compared(built, edit)
    (cause,) = found.causes
    assert cause.kind is FileCauseKind.UMASK
    assert len(cause.paths) == MANY + 2
    assert f"{MANY + 2} files: group write bit set, umask 002, was 022." in reported
    assert "Check out the files with umask 022, or run `chmod -R g-w`." in reported


def test_a_umask_is_found_from_different_file_and_folder_modes(built: Built) -> None:
    def edit(src: Path) -> None:
        for path in files(src):
            path.chmod(0o600)
        for path in (src, src / "d"):
            path.chmod(0o700)

    (cause,) = compared(built, edit)[0].causes
    assert cause.phrase.endswith("umask 077, was 022")
    assert "`chmod -R g+rX,o+rX`" in cause.advice


def test_execute_bits(built: Built) -> None:
    def make_executable(src: Path) -> None:
        for path in files(src):
            path.chmod(0o755)

    found, reported = compared(built, make_executable)
    (cause,) = found.causes
    assert (cause.kind, cause.phrase, len(cause.paths)) == (FileCauseKind.MODE, "execute bits set", MANY)
    assert "check core.fileMode in the Git configuration" in reported


@pytest.mark.parametrize("to_crlf", [True, False])
def test_line_ends(built: Built, to_crlf: bool) -> None:
    def convert(src: Path) -> None:
        for path in src.glob("*.txt"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    def restore(src: Path) -> None:
        for path in src.glob("*.txt"):
            path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))

    if not to_crlf:
        convert(built.folder / "src")
        built = Built(built.folder, built.records)
    found, reported = compared(built, convert if to_crlf else restore)
    (cause,) = found.causes
    assert (cause.kind, len(cause.paths)) == (FileCauseKind.LINE_ENDS, MANY - 3)
    assert ("line endings changed from LF to CRLF" if to_crlf else "line endings changed from CRLF to LF") in reported
    assert "core.autocrlf" in reported


def test_a_file_with_changed_content_and_line_ends_is_a_content_change(built: Built) -> None:
    def edit(src: Path) -> None:
        path = src / "001.txt"
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"more")

    found, reported = compared(built, edit)
    assert found.causes == ()
    assert "src/001.txt: content changed." in reported


def test_an_unignored_git_folder_is_reported_as_one_cause(built: Built) -> None:
    def edit(src: Path) -> None:
        (src / ".git" / "objects").mkdir(parents=True)
        for name in ("index", "HEAD", "objects/a"):
            (src / ".git" / name).write_bytes(b"x")
        (src / "new").mkdir()
        (src / "new" / "file").write_bytes(b"x")

    found, reported = compared(built, edit)
    (cause,) = found.causes
    assert (cause.kind, len(cause.paths)) == (FileCauseKind.NOT_IGNORED, 5)
    assert "5 files: also sent, because `.git/` is not ignored; src/new/ was added, with 1 file in it." in reported
    assert "Add the line `**/.git` to .dockerignore." in reported


def test_a_changed_file_is_named_beside_a_client_change(tmp_path: Path) -> None:
    built = Built(tree(tmp_path / "context"), tmp_path / "records", CLIENTS["docker-cli-20.10"])
    (built.folder / "src" / "a.c").write_bytes(b"int x;")
    reported = built.sentences_after(DOCKER_CLI)
    found = built.miss.comparison
    assert found is not None
    assert [client.name for client in found.senders] == ["docker-cli-20.10"]
    assert [change.path for change in unexplained(found.changes, found.causes)] == ["src/a.c"]
    assert "sent by a different client (Docker CLI 20.10)" in reported
    assert "src/a.c: content changed" in reported


@pytest.mark.skipif(not hasattr(os, "chown") or os.geteuid() != 0, reason="only root can change owners")
def test_a_changed_owner_is_the_cause(tmp_path: Path) -> None:
    built = Built(tree(tmp_path / "context"), tmp_path / "records", DOCKER_PY)
    for path in (built.folder / "src", *(built.folder / "src").rglob("*")):
        os.lchown(path, 1000, 1000)
    reported = built.sentences_after(DOCKER_PY)
    assert "owner 1000:1000, was 0:0" in reported
    assert "Build as the same user, or with the Docker CLI, which does not send owners." in reported


def changed(path: str, before: int, now: int) -> FileChange:
    return FileChange(path, ChangeMark.CHANGED, (Aspect.MODE,), FileState("0", before), FileState("0", now))


def test_modes_not_explained_by_a_common_umask_stay_separate() -> None:
    causes = causes_of([changed("a", 0o644, 0o664), changed("b", 0o644, 0o604), changed("c", 0o644, 0o664)])
    assert [(cause.kind, cause.paths) for cause in causes] == [(FileCauseKind.UMASK, ("a", "c"))]
    assert [change.path for change in unexplained([changed("b", 0o644, 0o604)], causes)] == ["b"]


def test_explicitly_copied_paths_are_not_suggested_for_dockerignore() -> None:
    added = [FileChange("node_modules/x.js", ChangeMark.ADDED)]
    assert [cause.kind for cause in causes_of(added)] == [FileCauseKind.NOT_IGNORED]
    assert causes_of(added, source_names=("node_modules",)) == ()


def test_the_json_of_a_comparison_has_every_file(built: Built) -> None:
    def edit(src: Path) -> None:
        for path in src.glob("*.txt"):
            path.chmod(0o664)
        (src / "a.c").write_bytes(b"int abc;")
        (src / "empty").unlink()

    found, _ = compared(built, edit)
    document = comparison_as_object(found)
    assert document["evidence"] == "proven"
    assert [(cause["kind"], len(cause["files"])) for cause in document["causes"]] == [("umask", MANY - 3)]
    assert len(document["files"]) == MANY - 1
    files = {file["path"]: file for file in document["files"]}
    assert files["src/a.c"]["aspects"] == ["content", "size"]
    assert (files["src/a.c"]["before"]["size"], files["src/a.c"]["now"]["size"]) == (6, 8)
    assert (files["src/empty"]["mark"], files["src/empty"]["now"]) == ("removed", None)
    assert document["same"] == len(found.changes) - len(document["files"])


_ASPECTS = st.lists(st.sampled_from([Aspect.UNKNOWN, Aspect.MODE, Aspect.OWNER]), unique=True).map(tuple)


@given(
    st.lists(_ASPECTS, max_size=4),
    st.lists(st.tuples(st.sets(st.integers(0, 3)), st.sampled_from([(), (Aspect.MODE,), (Aspect.OWNER,)])), max_size=3),
)
def test_a_minor_aspect_of_a_change_needs_no_explanation(
    aspects: list[tuple[Aspect, ...]], given_causes: list[tuple[set[int], tuple[Aspect, ...]]]
) -> None:
    changes = [FileChange(str(number), ChangeMark.CHANGED, each) for number, each in enumerate(aspects)]
    causes = [
        FileCause(FileCauseKind.MODE, tuple(map(str, sorted(paths))), "", "", each) for paths, each in given_causes
    ]
    reduced = [
        change._replace(aspects=tuple(each for each in change.aspects if each is not Aspect.UNKNOWN) or change.aspects)
        for change in changes
    ]
    found = [change.path for change in unexplained(changes, causes, minor=Aspect.UNKNOWN)]
    assert found == [change.path for change in unexplained(reduced, causes)]
