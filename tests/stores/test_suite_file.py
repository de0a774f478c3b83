"""Adding a case to a suite appends one line without changing others. A damaged file is not changed at all."""

from __future__ import annotations

import bz2
import gzip
import os
from pathlib import Path

import pytest

from cacheview import cli
from cacheview.model import ContainerConfig, DataError, Doubt, Expectation, Image, ImageConfig, SuiteCase, SuiteProbe
from cacheview.stores.limits import Limits
from cacheview.stores.suite import read_suite
from cacheview.stores.suite_file import append_case

DOUBT = Doubt(aspect="history.created", reason="seconds only", remedy="open the data root")
IMAGE = Image(
    id="sha256:" + "a" * 64, names=("app:1",), config=ImageConfig(config=ContainerConfig(Cmd=("x",))), doubts=(DOUBT,)
)
PROBE = SuiteProbe(name="p", note="why ✓", config=ContainerConfig(Cmd=("no",)), expect=Expectation(outcome="miss"))
CASE = SuiteCase(rules="containerd-71ebfc7", name="added", images=(IMAGE,), probes=(PROBE,))
OLD = b'{"rules": "containerd-71ebfc7",   "name": "by hand", "unknown": 1, "images": [], "probes": []}\r\n\n'


def cases(path: Path) -> list[SuiteCase | DataError]:
    return list(read_suite(path))


def test_a_case_is_written_to_a_new_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "new.jsonl"
    assert append_case(file, CASE) == 1
    assert cases(file) == [CASE]
    assert cli.main(["check", str(file)]) == 0
    assert capsys.readouterr().out == "1 passed, 0 failed\n"
    assert os.listdir(tmp_path) == ["new.jsonl"]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_lines_that_are_there_stay(tmp_path: Path, end: bytes) -> None:
    file = tmp_path / "there.jsonl"
    old = OLD.rstrip() + end
    file.write_bytes(old)
    file.chmod(0o640)
    assert append_case(file, CASE) == 2
    now = file.read_bytes()
    assert now.startswith(old)
    assert now.count(b"\n") == 2
    assert cases(file)[1] == CASE
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_case_is_appended_to_a_gzip_file_as_a_new_member(tmp_path: Path) -> None:
    file = tmp_path / "there.jsonl.gz"
    old = gzip.compress(OLD.rstrip())
    file.write_bytes(old)
    assert append_case(file, CASE) == 2
    assert append_case(file, CASE) == 3
    assert file.read_bytes().startswith(old)
    assert gzip.decompress(file.read_bytes()).startswith(OLD.rstrip() + b"\n{")
    assert cases(file)[1:] == [CASE, CASE]


def test_appending_through_a_symlink_keeps_the_symlink(tmp_path: Path) -> None:
    file, link = tmp_path / "file.jsonl", tmp_path / "link.jsonl"
    file.write_bytes(OLD)
    link.symlink_to(file)
    append_case(link, CASE)
    assert link.is_symlink()
    assert len(cases(file)) == 2


@pytest.mark.parametrize(
    "content", [OLD + b"{broken\n", b"no suite\n", gzip.compress(OLD)[:-6], bz2.compress(OLD), OLD + b'{"images": []}']
)
def test_appending_to_a_damaged_suite_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "damaged.jsonl"
    file.write_bytes(content)
    with pytest.raises(DataError) as caught:
        append_case(file, CASE)
    assert str(file) in str(caught.value)
    assert file.read_bytes() == content
    assert os.listdir(tmp_path) == ["damaged.jsonl"]


def test_appending_to_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, tmp_path / "none" / "x.jsonl"):
        with pytest.raises(DataError):
            append_case(path, CASE)
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_case_too_large_to_reopen_is_not_appended(tmp_path: Path) -> None:
    file = tmp_path / "full.jsonl"
    file.write_bytes(OLD)
    with pytest.raises(DataError, match=r"full\.jsonl: images\[0\]: has [0-9]+ characters, .* at most 120"):
        append_case(file, CASE, limits=Limits(document=120))
    assert file.read_bytes() == OLD
    assert os.listdir(tmp_path) == ["full.jsonl"]


def test_a_suite_file_may_grow_beyond_the_limits_for_reading_at_once(tmp_path: Path) -> None:
    file = tmp_path / "large.jsonl"
    small = Limits(line=50, held=100, images=1, documents=100)
    for count in range(1, 6):
        assert append_case(file, CASE, limits=small) == count
    assert cases(file) == [CASE] * 5


def test_a_concurrent_change_by_another_program_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "shared.jsonl"
    file.write_bytes(OLD)

    def progress(done: int, total: int | None, what: str) -> None:
        with file.open("ab") as other:
            other.write(OLD)

    with pytest.raises(DataError, match="another program"):
        append_case(file, CASE, progress=progress)
    assert CASE.name.encode() not in file.read_bytes()
