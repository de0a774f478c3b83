"""Which files keep a step from being reused, by a record of earlier replays."""

from __future__ import annotations

from pathlib import Path

from cacheview.dockerfile.context import SourcesSum
from cacheview.dockerfile.context.record import Record
from cacheview.engine import Explanation, ImageCache, explain
from cacheview.engine.rulesets import CONTAINERD_71EBFC7
from cacheview.model import SCRATCH, ContainerConfig, Image, ImageConfig, ImageStore, Probe, Timestamp
from cacheview.replay.changes import differing_files, remember_files
from cacheview.replay.result import Replay, Step, StepStatus

OLD = SourcesSum("dir:" + "1" * 64, (("a", "1" * 64), ("b", "2" * 64), ("c", "3" * 64)))
NEW = SourcesSum("dir:" + "2" * 64, (("a", "4" * 64), ("b", "2" * 64), ("d", "5" * 64)))
OTHER = SourcesSum("dir:" + "3" * 64, (("a", "6" * 64), ("b", "2" * 64), ("d", "5" * 64)))


def config(checksum: str, **more: object) -> ContainerConfig:
    return ContainerConfig(Cmd=("/bin/sh", "-c", f"#(nop) COPY {checksum} in / "), **more)  # type: ignore[arg-type]


def missed(sources: SourcesSum, made_with: ContainerConfig) -> tuple[Step, Explanation]:
    """A step that copies these files, against an image that was made otherwise."""
    probe = Probe(parent=SCRATCH, config=config(sources.text))
    image = Image(
        id=f"sha256:{7:064x}",
        config=ImageConfig(created=Timestamp(1_700_000_000, 0, None), container_config=made_with),
    )
    explanation = explain(ImageCache(ImageStore((image,)), CONTAINERD_71EBFC7), probe)
    return Step(2, "COPY . /", 2, 0, StepStatus.MISS, probe=probe, sources=sources), explanation


def record_of(folder: Path, *summed: SourcesSum) -> Record:
    record = Record(folder, "/context")
    for number, each in enumerate(summed):
        record.remember(each, step="COPY . /", at=1_700_000_000 + number)
    return record


def test_the_files_are_named(tmp_path: Path) -> None:
    step, explanation = missed(NEW, config(OLD.text))
    told = differing_files(step, explanation, record_of(tmp_path, OLD))
    image = explanation.trace.store.images[0].short_id
    assert told == (f"Not the files that {image} was made with: a was changed, d was added, c was removed.",)


def test_files_that_were_never_summed(tmp_path: Path) -> None:
    step, explanation = missed(NEW, config(OLD.text))
    told = differing_files(step, explanation, record_of(tmp_path))
    assert len(told) == 1
    assert told[0].endswith("was made with: the checksum alone says no more.")


def test_what_changed_since_the_last_replay(tmp_path: Path) -> None:
    step, explanation = missed(NEW, config(OLD.text))
    told = differing_files(step, explanation, record_of(tmp_path, OTHER, NEW))
    assert told[0].endswith("the checksum alone says no more.")
    assert told[1].startswith("Since the replay of ")
    assert told[1].endswith(": a was changed.")


def test_the_same_files_in_another_order(tmp_path: Path) -> None:
    same = SourcesSum("multi:" + "9" * 64, OLD.files[::-1])
    step, explanation = missed(same, config(OLD.text))
    assert "another order" in differing_files(step, explanation, record_of(tmp_path, OLD))[0]


def test_it_is_not_the_files(tmp_path: Path) -> None:
    record = record_of(tmp_path, OLD)
    step, explanation = missed(NEW, config(NEW.text, User="me"))
    assert differing_files(step, explanation, record) == ()
    step, explanation = missed(NEW, ContainerConfig(Cmd=("/bin/sh", "-c", "#(nop) ADD x in /y")))
    assert differing_files(step, explanation, record) == ()
    assert differing_files(None, None, record) == ()


def test_many_files(tmp_path: Path) -> None:
    many = SourcesSum("dir:" + "8" * 64, tuple((f"f{number:02}", "1" * 64) for number in range(20)))
    step, explanation = missed(many, config(OLD.text))
    told = differing_files(step, explanation, record_of(tmp_path, SourcesSum(OLD.text, ())))
    assert told[0].endswith("f04 was added and 15 more.")


def test_what_is_remembered(tmp_path: Path) -> None:
    record = record_of(tmp_path)
    step, _ = missed(NEW, config(OLD.text))
    assert remember_files(record, Replay((step,), 1))
    assert not remember_files(record, Replay((step,), 1))
    assert record.files_of(NEW.text) == NEW.files
    assert not remember_files(record, Replay((Step(1, "RUN x", 1, 0, StepStatus.HIT),), 1))
