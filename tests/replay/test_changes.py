"""Finding the files that prevent a step from being reused, by a record of earlier replays."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_kit import Built, tree

from cacheview.dockerfile.context import SourcesSum
from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.dockerfile.context.clients import CLI_20_10, DOCKER_CLI
from cacheview.engine import Explanation, ImageCache, explain
from cacheview.engine.rulesets import CONTAINERD_71EBFC7
from cacheview.layers.changes import change_in_words
from cacheview.layers.header_states import read_header
from cacheview.model import SCRATCH, ContainerConfig, Image, ImageConfig, ImageStore, Probe, Timestamp
from cacheview.replay.compare_files import compare_files
from cacheview.replay.differences import change_of
from cacheview.replay.file_words import sentences
from cacheview.replay.remembering import remember_files
from cacheview.replay.result import Replay, Step, StepStatus

OLD = SourcesSum("dir:" + "1" * 64, (("a", "1" * 64), ("b", "2" * 64), ("c", "3" * 64)))
NEW = SourcesSum("dir:" + "2" * 64, (("a", "4" * 64), ("b", "2" * 64), ("d", "5" * 64)))
OTHER = SourcesSum("dir:" + "3" * 64, (("a", "6" * 64), ("b", "2" * 64), ("d", "5" * 64)))


def config(checksum: str, **more: object) -> ContainerConfig:
    return ContainerConfig(Cmd=("/bin/sh", "-c", f"#(nop) COPY {checksum} in / "), **more)  # type: ignore[arg-type]


def missed(sources: SourcesSum, made_with: ContainerConfig) -> tuple[Step, Explanation]:
    """A step that copies these files, and why it misses an image that was created with a different config."""
    probe = Probe(parent=SCRATCH, config=config(sources.text))
    image = Image(
        id=f"sha256:{7:064x}",
        config=ImageConfig(created=Timestamp(1_700_000_000, 0, None), container_config=made_with),
    )
    explanation = explain(ImageCache(ImageStore((image,)), CONTAINERD_71EBFC7), probe)
    return Step(2, "COPY . /", 2, 0, StepStatus.MISS, probe=probe, sources=sources), explanation


def differing_files(step: Step | None, explanation: Explanation | None, record: ChecksumRecord) -> tuple[str, ...]:
    compared = compare_files(step, explanation, record)
    return sentences(compared) if compared is not None else ()


def record_of(folder: Path, *hashed: SourcesSum) -> ChecksumRecord:
    record = ChecksumRecord(folder, "/context")
    for number, each in enumerate(hashed):
        record.remember(each, step="COPY . /", at=1_700_000_000 + number)
    return record


def test_the_files_are_named(tmp_path: Path) -> None:
    step, explanation = missed(NEW, config(OLD.text))
    reported = differing_files(step, explanation, record_of(tmp_path, OLD))
    image = explanation.trace.store.images[0].short_id
    assert reported == (
        f"The files differ from those that {image} was built from: a differs; d was added; c was removed.",
        "Proven: an earlier replay recorded the files that produce the stored checksum.",
    )


def test_unrecorded_files_cannot_be_named(tmp_path: Path) -> None:
    step, explanation = missed(NEW, config(OLD.text))
    reported = differing_files(step, explanation, record_of(tmp_path))
    assert len(reported) == 1
    assert reported[0].endswith("was built from, but cacheview cannot tell which ones: only a checksum is stored.")


def test_what_changed_since_the_last_replay(tmp_path: Path) -> None:
    step, explanation = missed(NEW, config(OLD.text))
    reported = differing_files(step, explanation, record_of(tmp_path, OTHER, NEW))
    assert ", but cacheview cannot tell which ones: " in reported[0]
    assert reported[1].startswith("Changes since the replay on ")
    assert reported[1].endswith(": a differs.")


def test_the_same_files_in_another_order(tmp_path: Path) -> None:
    same = SourcesSum("multi:" + "9" * 64, OLD.files[::-1])
    step, explanation = missed(same, config(OLD.text))
    assert "a different order" in differing_files(step, explanation, record_of(tmp_path, OLD))[0]


def test_no_files_are_named_if_they_are_not_the_cause(tmp_path: Path) -> None:
    record = record_of(tmp_path, OLD)
    step, explanation = missed(NEW, config(NEW.text, User="me"))
    assert differing_files(step, explanation, record) == ()
    step, explanation = missed(NEW, ContainerConfig(Cmd=("/bin/sh", "-c", "#(nop) ADD x in /y")))
    assert differing_files(step, explanation, record) == ()
    assert differing_files(None, None, record) == ()


def test_many_files(tmp_path: Path) -> None:
    many = SourcesSum("dir:" + "8" * 64, tuple((f"f{number:02}", "1" * 64) for number in range(20)))
    step, explanation = missed(many, config(OLD.text))
    reported = differing_files(step, explanation, record_of(tmp_path, SourcesSum(OLD.text, ())))
    assert reported[0].endswith("f04 was added; and 15 more.")


def test_only_steps_with_new_checksums_are_remembered(tmp_path: Path) -> None:
    record = record_of(tmp_path)
    step, _ = missed(NEW, config(OLD.text))
    assert remember_files(record, Replay((step,), 1))
    assert not remember_files(record, Replay((step,), 1))
    assert record.files_of(NEW.text) == NEW.files
    assert not remember_files(record, Replay((Step(1, "RUN x", 1, 0, StepStatus.HIT),), 1))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tree(tmp_path / "context")


CHANGES = {
    "mode": (lambda src: (src / "a.c").chmod(0o600), "src/a.c: mode 600, was 644."),
    "mode of a folder": (lambda src: (src / "d").chmod(0o700), "src/d: mode 700, was 755"),
    "content": (lambda src: (src / "a.c").write_bytes(b"int c;"), "src/a.c: content changed."),
    "length": (lambda src: (src / "a.c").write_bytes(b"int abc;"), "src/a.c: content changed."),
    "both": (
        lambda src: ((src / "a.c").write_bytes(b"int c;"), (src / "a.c").chmod(0o755)),
        "src/a.c: content changed and mode 755, was 644.",
    ),
    "kind": (
        lambda src: ((src / "empty").unlink(), (src / "empty").mkdir(mode=0o755)),
        "src/empty: now a directory, was a file.",
    ),
    "gone": (lambda src: (src / "empty").unlink(), "src/empty was removed."),
    "new": (lambda src: (src / "new").write_bytes(b""), "src/new was added."),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_of_a_file_has_changed(folder: Path, tmp_path: Path, name: str) -> None:
    built = Built(folder, tmp_path / "records")
    change, words = CHANGES[name]
    change(folder / "src")
    reported = built.sentences_after()
    assert words in reported
    assert reported.startswith("The files differ from those that made:1 was built from: src/")
    assert reported.count("src/") == 1
    assert reported.endswith("Proven: an earlier replay recorded the files that produce the stored checksum.")


def test_two_clones_share_a_folder_of_records(folder: Path, tmp_path: Path) -> None:
    built = Built(folder, tmp_path / "records")
    built.folder = tree(tmp_path / "clone")
    (built.folder / "src" / "a.c").write_bytes(b"int x;")
    assert built.sentences_after().startswith(
        "The files differ from those that made:1 was built from: src/a.c: content changed."
    )


@pytest.mark.parametrize("with_record", [True, False])
def test_another_client_is_named_where_no_file_has_changed(folder: Path, tmp_path: Path, with_record: bool) -> None:
    built = Built(folder, tmp_path / "records" if with_record else None, CLI_20_10)
    reported = built.sentences_after(DOCKER_CLI)
    assert reported.startswith(
        "The files are the same as those that made:1 was built from, but for that image, they were sent by a different "
        "client"
    )
    assert "Docker CLI 20.10" in reported
    assert "changed" not in reported
    assert ("Docker CLI 23.0" in reported) is not with_record  # the record tells which of the two clients it was


def test_only_the_changed_file_is_named_after_a_client_change(folder: Path, tmp_path: Path) -> None:
    built = Built(folder, tmp_path / "records", CLI_20_10)
    (folder / "src" / "a.c").write_bytes(b"int x;")
    reported = built.sentences_after()
    assert "src/a.c: content changed" in reported
    assert "d/b.c" not in reported


def test_the_candidate_with_a_record_is_compared(folder: Path, tmp_path: Path) -> None:
    built = Built(folder, tmp_path / "records")
    other = built.daemon.images[-1]
    assert other.config.container_config is not None
    first, second, _ = other.config.container_config.Cmd or ("", "", "")
    strange = other.config.container_config.model_copy(
        update={"Cmd": (first, second, f"#(nop) COPY dir:{'e' * 64} in /src ")}
    )
    newer = ImageConfig(created=Timestamp(1_800_000_000, 0, None), container_config=strange)
    built.daemon.add(other.model_copy(update={"id": "sha256:" + "d" * 64, "names": (), "config": newer}))
    (folder / "src" / "a.c").write_bytes(b"int x;")
    assert "src/a.c: content changed" in built.sentences_after()


@pytest.mark.parametrize("header", [b"", b"name", b"namesrc", b"nameother/mode420uid0", b"namesrcmode1uid0gid0size"])
def test_an_invalid_header_gives_no_state(header: bytes) -> None:
    assert read_header("src", header) is None
    state = read_header("src", header)
    assert change_in_words(change_of("src", state, state, has_same_content=None)) == "differs"


def test_a_link_an_owner_and_a_device_are_distinguished() -> None:
    def header(**changes: object) -> bytes:
        fields = {
            "mode": 0o777,
            "uid": 0,
            "gid": 0,
            "size": 0,
            "typeflag": "2",
            "linkname": "a",
            "uname": "",
            "gname": "",
        }
        fields |= {"devmajor": 0, "devminor": 0} | changes
        return ("namel" + "".join(f"{name}{value}" for name, value in fields.items())).encode()

    def reported(**changes: object) -> str:
        before, now = (read_header("l", each) for each in (header(), header(**changes)))
        return change_in_words(change_of("l", before, now, has_same_content=None))

    assert reported(linkname="b/mode1") == "link to b/mode1, was a"
    assert reported(uid=1000, gid=50) == "owner 1000:50, was 0:0"
    assert reported(mode=0o120777) == "same file, different header"
    assert reported(mode=0o120755) == "mode 755, was 777"
    assert reported(devminor=3) == "device 0:3, was 0:0"
    assert reported(devminor="0security.capabilityx") == "extended attributes changed"
    assert reported(typeflag="1") == "now a hard link, was a symbolic link"
