"""The record of the files that went into checksums."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cacheview.dockerfile.context import SourcesSum
from cacheview.dockerfile.context import checksum_record as module
from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.model import DataError

OLD = SourcesSum("dir:1", (("d", "0"), ("d/a", "1"), ("d/b", "2"), ("d/\udcff\udcfe", "3")))
NEW = SourcesSum("dir:2", (("d", "0"), ("d/a", "9"), ("d/c", "2"), ("d/\udcff\udcfe", "3")))


def test_a_checksum_record_is_saved_and_loaded(tmp_path: Path) -> None:
    record = ChecksumRecord(tmp_path / "new" / "folder", "/home/\udcff")
    record.remember(OLD, step="COPY d /d", at=5)
    record.remember(NEW, step="COPY d /d", at=6)
    record.save()
    again = ChecksumRecord.load(tmp_path / "new" / "folder", "/home/\udcff")
    assert again.files_of("dir:1") == OLD.files
    assert again.when("dir:1") == 5
    assert again.files_of("dir:3") is None
    assert again.latest("COPY d /d") == "dir:2"
    assert again.latest("COPY d /d", other_than="dir:2") == "dir:1"
    assert again.latest("COPY e /d") is None
    assert [path.name for path in record.path.parent.iterdir()] == [record.path.name]


def test_each_context_has_its_own_record_file(tmp_path: Path) -> None:
    record = ChecksumRecord(tmp_path, "/a")
    record.remember(OLD)
    record.save()
    assert ChecksumRecord.load(tmp_path, "/b").latest("") is None


def test_a_checksum_is_known_whichever_context_it_was_hashed_in(tmp_path: Path) -> None:
    headers = {"d": b"named/mode493", "d/a": b"named/amode420", "d/b": b"elsewhere"}
    for number, context in enumerate(("/a", "/b")):
        record = ChecksumRecord(tmp_path, context)
        record.remember(SourcesSum(f"dir:{number}", OLD.files), headers=headers, client="docker-cli")
        record.save()
    third = ChecksumRecord.load(tmp_path, "/c")
    assert third.files_of("dir:0") == OLD.files == third.files_of("dir:1")
    assert third.headers_of("dir:1") == {"d": b"named/mode493", "d/a": b"named/amode420"}
    assert third.client_of("dir:1") == "docker-cli"
    assert third.files_of("dir:2") is None
    assert third.headers_of("dir:2") == {}


def test_a_damaged_record_of_another_context_is_passed_over(tmp_path: Path) -> None:
    good = ChecksumRecord(tmp_path, "/a")
    good.remember(OLD)
    good.save()
    (tmp_path / "0.context.json").write_text('{"version":1,"texts":{"dir:1":7}}')
    (tmp_path / "1.context.json").write_text('["dir:1"')
    assert ChecksumRecord.load(tmp_path, "/b").files_of("dir:1") == OLD.files


def test_records_of_other_contexts_are_read_within_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        other = ChecksumRecord(tmp_path, f"/{number}")
        other.remember(SourcesSum(f"dir:{number}", OLD.files))
        other.save()
        os.utime(other.path, (number, number))
    read: list[Path] = []
    limited = module._limited

    def counted(path: Path) -> bytes:
        read.append(path)
        return limited(path)

    monkeypatch.setattr(module, "_limited", counted)
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    monkeypatch.setattr(module, "_MAX_OTHER_BYTES", 10 * size)
    record = ChecksumRecord(tmp_path, "/new")
    known = [record.files_of(f"dir:{number}") is not None for number in range(50)]
    assert known == [True] * 4 + [False] * 46
    assert len(read) == 8  # each is read once for its list of checksums, and once for its files
    assert record.problem == ""
    monkeypatch.setattr(module, "_MAX_OTHER_BYTES", 3 * size)
    record = ChecksumRecord(tmp_path, "/new")
    assert [record.files_of(f"dir:{number}") is not None for number in (3, 0)] == [False, False]
    assert f"more than {3 * size:,} bytes, so some of them were not examined" in record.problem


def test_records_that_are_not_regular_files_are_skipped(tmp_path: Path) -> None:
    good = ChecksumRecord(tmp_path, "/a")
    good.remember(OLD)
    good.save()
    os.utime(good.path, (1, 1))
    (tmp_path / "1.context.json").symlink_to("/dev/zero")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "2.context.json")
    assert ChecksumRecord(tmp_path, "/b").files_of(OLD.text) == OLD.files


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"version":1,"context":"/a","files":[["a"]],"texts":{}}',
        '{"version":1,"context":"/a","files":[],"texts":{"t":[1,"",[0]]}}',
        '{"version":1,"context":"/a","files":[["a","b"]],"texts":{"t":[1,"",[-1]]}}',
        '{"version":1,"context":"/a","files":[[1,"b"]],"texts":{}}',
        '{"version":1,"context":"/a","files":[["a","b","\\u1234"]],"texts":{}}',
        '{"version":1,"context":"/a","files":[["a","b"]],"texts":{"t":[1,"",[0],7]}}',
        "[" * 100_000,
        '{"version":1,"context":"/a","files":[["a","b"]],"texts":{"t":[1' + "0" * 30 + ',"",[0]]}}',
        '{"version":1,"context":"/a","texts":{},"files":[' + "0," * 3_000_000 + "0]}",
    ],
    ids=lambda text: text[:80],
)
def test_malformed(tmp_path: Path, text: str) -> None:
    ChecksumRecord(tmp_path, "/a").path.write_text(text)
    with pytest.raises(DataError, match="delete it"):
        ChecksumRecord.load(tmp_path, "/a")


@pytest.mark.parametrize("change", [{"version": 2}, {"context": "/other"}])
def test_a_record_of_another_version_or_context_is_ignored(tmp_path: Path, change: dict[str, object]) -> None:
    value = {"version": 1, "context": "/a", "files": [], "texts": {}, **change}
    ChecksumRecord(tmp_path, "/a").path.write_text(json.dumps(value))
    assert ChecksumRecord.load(tmp_path, "/a").files_of("dir:1") is None


def test_the_oldest_checksums_of_a_record_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_FILES", 10)
    record = ChecksumRecord(tmp_path, "/a")
    for number in range(4):
        record.remember(SourcesSum(f"dir:{number}", OLD.files))
    record.remember(SourcesSum("dir:1", OLD.files))
    record.save()
    again = ChecksumRecord.load(tmp_path, "/a")
    assert [text for text in ("dir:0", "dir:1", "dir:2", "dir:3") if again.files_of(text)] == ["dir:1", "dir:3"]


def test_the_oldest_contexts_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_CONTEXTS", 2)
    (tmp_path / "other.json").write_text("{}")
    for number in range(4):
        ChecksumRecord(tmp_path, f"/{number}").save()
    assert len(list(tmp_path.iterdir())) == 3


def test_an_unwritable_checksum_record_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        ChecksumRecord(tmp_path / "file", "/a").save()


def test_a_write_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = ChecksumRecord(tmp_path, "/a")
    record.remember(OLD)
    record.save()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(DataError, match="No space left"):
        record.save()
    assert ChecksumRecord.load(tmp_path, "/a").files_of("dir:1") == OLD.files
    assert len(list(tmp_path.iterdir())) == 1
