"""The files of a missed step, compared with the nearest image's layer: who sent them, and how certain that is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from built_kit import Built, tree

from cacheview.dockerfile.context.clients import CLIENTS, DOCKER_CLI
from cacheview.layers.changes import ChangeMark
from cacheview.replay.causes import unexplained
from cacheview.replay.file_comparison import FileComparison, FileEvidence


def compared(built: Built) -> tuple[FileComparison, str]:
    reported = built.sentences_after(DOCKER_CLI)
    assert built.miss.comparison is not None
    return built.miss.comparison, reported


@pytest.mark.parametrize("client", ["docker-cli", "docker-cli-20.10", "docker-py"])
def test_an_edit_is_proven_whoever_sent_the_files(tmp_path: Path, client: str) -> None:
    built = Built(tree(tmp_path / "context"), None, CLIENTS[client], layer=True)
    (built.folder / "src" / "a.c").write_bytes(b"int x;")
    found, reported = compared(built)
    assert found.evidence is FileEvidence.PROVEN
    assert "src/a.c: content changed" in reported
    assert reported.endswith("Proven: the files in the image's layer produce the stored checksum.")
    assert {change.path for change in unexplained(found.changes, found.causes)} == {"src/a.c"}
    assert ("docker-cli-20.10" in {each.name for each in found.senders}) == (client == "docker-cli-20.10")


@pytest.mark.skipif(not hasattr(os, "chown") or os.geteuid() != 0, reason="only root can change owners")
def test_owners_sent_by_another_client_are_attributed_to_it(tmp_path: Path) -> None:
    folder = tree(tmp_path / "context")
    for path in (folder / "src", *(folder / "src").rglob("*")):
        os.lchown(path, 1000, 1000)
    built = Built(folder, None, CLIENTS["docker-py"], layer=True)
    (folder / "src" / "new.c").write_bytes(b"int y;")
    found, reported = compared(built)
    assert found.evidence is FileEvidence.PROVEN
    assert {"docker-py", "sam-cli"} <= {client.name for client in found.senders}
    assert "sent by a different client (docker-py" in reported
    assert "src/new.c was added" in reported
    assert [change.path for change in found.changes if change.mark is ChangeMark.ADDED] == ["src/new.c"]


def test_differences_are_only_likely_if_the_layer_checksum_differs(tmp_path: Path) -> None:
    folder = tree(tmp_path / "context")
    (folder / "top").write_bytes(b"x")
    (folder / "src" / "out").symlink_to("../top")
    built = Built(folder, None, layer=True)
    (folder / "src" / "a.c").write_bytes(b"int x;")
    found, _ = compared(built)
    assert found.evidence is FileEvidence.PROVEN  # the link's target is unchanged
    (folder / "top").write_bytes(b"z")
    found, reported = compared(built)
    assert found.evidence is FileEvidence.LIKELY
    assert reported.startswith(
        "The files likely differ from those that made:1 was built from: src/a.c: content changed"
    )
    assert "the target of src/out was not copied" in reported
    (folder / "src" / "a.c").write_bytes(b"int a;")
    (folder / "top").write_bytes(b"y")
    found, reported = compared(built)
    assert found.differing == ()
    assert reported.startswith("There are no known differences from the files that made:1 was built from.")


def test_contents_are_read_from_the_layer_and_the_context(tmp_path: Path) -> None:
    built = Built(tree(tmp_path / "context"), tmp_path / "records", layer=True)
    (built.folder / "src" / "a.c").write_bytes(b"int x;")
    found, _ = compared(built)  # compared with the record
    assert found.contents is not None
    (change,) = found.differing
    contents = found.contents(change, 4)
    assert (contents.before, contents.now, contents.problem) == (b"int ", b"int ", "")
    (built.folder / "src" / "a.c").unlink()
    gone = found.contents(change, 100)
    assert (gone.before, gone.now) == (b"int a;", None)
    assert gone.problem.startswith("The current version cannot be read")
