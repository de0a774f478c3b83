"""Whichever way an image is read, it is refused with the same history, and the same reason is reported."""

from __future__ import annotations

import gzip
import json
import ssl
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from bolt_writer import Writer
from containerd_server import Server
from data_root_samples import Root
from engine_replay import Replay, load
from engine_replay import serving as serving_engine
from registry_kit import FakeRegistry
from registry_kit import serving as serving_registry
from store_builder import MANIFEST_TYPE, Layout, config, old_archive, sha256, tar_bytes, write_folder

from cacheview.cli import main
from cacheview.model import ImageStore, Problem
from cacheview.replay.file import ReplayCase
from cacheview.stores.docker_engine import combine
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.lines import read_lines
from cacheview.stores.open import open_store
from cacheview.stores.registry import opening
from cacheview.stores.suite_cases import SuiteCases
from cacheview.ui.suites.run import run_work
from cacheview.watch.opened_records import read_records

LIMIT: Final = 1_000
REASON: Final = f"has {LIMIT + 1:,} entries, but at most {LIMIT:,} can be read"
NAME: Final = "docker.io/library/app:1"
ID: Final = "sha256:" + "a" * 64
STEP: Final = {"Cmd": ["a step"]}


@dataclass
class Read:
    """What became of an image.

    Attributes:
        entries: the number of its history entries; None: it was left out.
        problems: what was reported.
    """

    entries: int | None
    problems: list[str] = field(default_factory=list)


Way = Callable[[Path, int], Read]
"""Reads an image with a history of this length from a file or socket that it creates in a folder."""


def read(store: ImageStore, problems: Sequence[Problem] = ()) -> Read:
    """Whether the image with the name is in a store. ``problems``: of the location; by default, of the store."""
    images = [each for each in store.images if NAME in each.names]
    reported = [str(problem) for problem in problems or store.problems]
    return Read(len(images[0].history) if images else None, reported)


def opened(name: str | Path) -> Read:
    location = open_store(name)
    return read(location.cases[0].store, location.problems)


def history(entries: int) -> list[dict[str, Any]]:
    return [{"created_by": "a"}] * entries


def layout(entries: int) -> Layout:
    """With another image, so that a store is left without this one."""
    result = Layout()
    result.image(1, "docker.io/library/other:1")
    result.image(2, NAME, history=history(entries))
    return result


def archive_before_25(folder: Path, entries: int) -> Read:
    images = ((config(1), ["other:1"], ""), (config(2, history=history(entries)), ["app:1"], ""))
    (folder / "a.tar").write_bytes(tar_bytes(old_archive(images)))
    return opened(folder / "a.tar")


def oci_archive(folder: Path, entries: int) -> Read:
    (folder / "a.tar").write_bytes(tar_bytes(layout(entries).done()))
    return opened(folder / "a.tar")


def oci_folder(folder: Path, entries: int) -> Read:
    return opened(write_folder(folder, layout(entries).done()))


def data_root(folder: Path, entries: int) -> Read:
    root = Root(folder)
    root.image(1, "docker.io/library/other:1")
    root.image(2, NAME, history=history(entries))
    return opened(f"data-root:{folder}")


def containerd_root(folder: Path, entries: int) -> Read:
    return opened(f"containerd:{write_containerd(folder, layout(entries))}")


def containerd_socket(folder: Path, entries: int) -> Read:
    root = write_containerd(folder, layout(entries))
    with tempfile.TemporaryDirectory(prefix="cacheview-") as short, Server(root, Path(short, "c.sock")):
        return opened(f"containerd:{short}/c.sock")


def write_containerd(folder: Path, content: Layout) -> Path:
    blobs = folder / "io.containerd.content.v1.content"
    for name, data in content.files.items():
        (blobs / name).parent.mkdir(parents=True, exist_ok=True)
        (blobs / name).write_bytes(data)
    images = {
        each["annotations"]["io.containerd.image.name"].encode(): {
            b"target": {b"digest": each["digest"].encode(), b"mediatype": MANIFEST_TYPE.encode(), b"size": b"\x02"}
        }
        for each in content.descriptors
    }
    blobs_of: Any = {
        sha256(data).encode(): {b"labels": {}} for name, data in content.files.items() if "/sha256/" in name
    }
    database = folder / "io.containerd.metadata.v1.bolt" / "meta.db"
    database.parent.mkdir()
    tree: Any = {b"v1": {b"moby": {b"images": images, b"content": {b"blob": blobs_of}}}, b"version": b"\x04"}
    database.write_bytes(Writer(page_size=4096).database(tree))
    return folder


def engine(folder: Path, entries: int) -> Read:
    """An engine reports the history on its own. Without it, the rest of the image stays, with a doubt."""
    replay = Replay(load("28.5.2-gd"))
    image_id = replay.newest["images"][0]["Id"]
    entry = {"Id": "<missing>", "Created": 1, "CreatedBy": "a", "Tags": None, "Size": 0, "Comment": ""}
    replay.hook = lambda path: (200, [entry] * entries) if path.endswith(f"{image_id}/history") else None
    with tempfile.TemporaryDirectory(prefix="cacheview-") as short, serving_engine(replay, Path(short, "d.sock")):
        image = open_store(f"engine:unix://{short}/d.sock").cases[0].store.by_id[image_id]
    doubt = image.doubt("history")
    return Read(len(image.history) or None, [] if image.history or doubt is None else [doubt.reason])


def registry(folder: Path, entries: int) -> Read:
    served = FakeRegistry()
    served.tag("1", served.layout.manifest(config(2, history=history(entries))))
    served.tag("2", served.layout.manifest(config(1)))
    with serving_registry(served):
        location = open_store(f"registry:{served.host}/app:1,{served.host}/app:2")
    images = [each for each in location.cases[0].store.images if each.names[0].endswith("app:1")]
    return Read(len(images[0].history) if images else None, [str(problem) for problem in location.problems])


# Files of lines


def image(entries: int) -> dict[str, Any]:
    made = config(1, history=history(entries))
    return {"id": ID, "names": [NAME], "built_locally": True, "config": made, "container_config": STEP}


OTHER: Final = {"id": "sha256:" + "b" * 64, "names": ["docker.io/library/other:1"], "config": config(2)}


def write_suite(folder: Path, entries: int, cases: int = 1) -> Path:
    """A suite whose probe hits the image."""
    probe = {"config": STEP, "expect": {"outcome": "hit", "image": ID}}
    case = {"rules": "graphdriver-28.5.2", "images": [image(entries), OTHER], "probes": [probe]}
    (folder / "a.jsonl").write_text((json.dumps(case) + "\n") * cases)
    return folder / "a.jsonl"


def suite(folder: Path, entries: int) -> Read:
    return opened(write_suite(folder, entries))


def suite_in_memory_of_one_case(folder: Path, entries: int) -> Read:
    location = open_store(write_suite(folder, entries, cases=4), limits=Limits(held=10, history=LIMIT))
    assert isinstance(location.cases, SuiteCases)
    assert not location.cases.is_held(3)
    return read(location.cases[3].store)


def compressed_suite(folder: Path, entries: int) -> Read:
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(write_suite(folder, entries).read_bytes()))
    return opened(folder / "a.jsonl.gz")


def suite_with_a_long_line(folder: Path, entries: int) -> Read:
    location = open_store(write_suite(folder, entries), limits=Limits(line=100, history=LIMIT))
    return read(location.cases[0].store)


def checked_suite(folder: Path, entries: int) -> Read:
    status, lines = command(folder, "check", str(write_suite(folder, entries)))
    assert lines[-1] == ("1 passed, 0 failed" if status == 0 else "0 passed, 2 failed")
    return Read(entries if status == 0 else None, lines[:-1])


def suite_run_in_the_window(folder: Path, entries: int) -> Read:
    rows = run_work([str(write_suite(folder, entries))])(Silent())
    assert isinstance(rows, tuple)
    (probe,) = [row for row in rows if row.probe is not None]
    return Read(None if probe.differences else entries, [row.reason for row in rows if row.probe is None])


def write_record(folder: Path, entries: int) -> Path:
    step = {"instruction": "FROM other:1", "image": OTHER["id"]}
    build = {
        "engine": "28.5.2",
        "kind": "graphdriver",
        "images": [image(entries), OTHER],
        "dockerfile": "FROM other:1\n",
        "expect": {"ok": True, "steps": [step]},
    }
    (folder / "record.jsonl").write_text(json.dumps(build) + "\n")
    return folder / "record.jsonl"


def record_as_a_store(folder: Path, entries: int) -> Read:
    return opened(write_record(folder, entries))


def checked_record(folder: Path, entries: int) -> Read:
    path = write_record(folder, entries)
    (document,) = (document for _, document in read_lines(path, ReplayCase))
    assert isinstance(document, ReplayCase)
    _, lines = command(folder, "check", str(path))
    return Read(read(document.as_case.store).entries, lines[:-1])


def opened_record(folder: Path, entries: int) -> Read:
    result = read_records(write_record(folder, entries))
    prediction = result.builds[0].prediction
    assert prediction is not None
    assert prediction.store is not None
    return Read(read(prediction.store).entries, list(result.problems))


def compared_record(folder: Path, entries: int) -> Read:
    path = str(write_record(folder, entries))
    status, lines = command(folder, "compare", path, path)
    assert status == 0
    reported = sorted({line for line in lines if "not read" in line})  # once for each side
    return Read(None if reported else entries, reported)


def command(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """Run a command, and return its status and all lines that it prints."""
    with pytest.MonkeyPatch.context() as patch, (folder / "printed").open("w+") as file:
        for stream in ("sys.stdout", "sys.stderr"):
            patch.setattr(stream, file)
        status = main(list(arguments))
        file.seek(0)
        return status, file.read().splitlines()


class Silent:
    """A report for work that runs directly in a test."""

    def __call__(self, done: int, total: int | None, what: str) -> None: ...

    def part(self, make: Callable[[], object], *, last: bool = False) -> None: ...

    def commit(self) -> None: ...

    def fault(self, error: Exception) -> None:
        raise error


WAYS: tuple[Way, ...] = (
    *(archive_before_25, oci_archive, oci_folder, data_root, containerd_root, containerd_socket, engine, registry),
    *(suite, compressed_suite, suite_with_a_long_line, suite_in_memory_of_one_case),
    *(checked_suite, suite_run_in_the_window, record_as_a_store, checked_record, opened_record, compared_record),
)


@pytest.fixture(autouse=True)
def small_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Lowers the limit for every reader, and hides the engines of this machine."""
    monkeypatch.setattr(combine, "containerd_sockets", lambda: [Path("/nonexistent/containerd.sock")])
    monkeypatch.setattr(
        combine, "_place", lambda kind, target, path, _: combine.StorePlace(kind, target, path, "is not here")
    )
    monkeypatch.setattr(opening, "tls_context", lambda _: (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ()))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with limit_of(LIMIT):
        yield


@contextmanager
def limit_of(entries: int) -> Iterator[None]:
    before = DEFAULT_LIMITS.history
    object.__setattr__(DEFAULT_LIMITS, "history", entries)
    yield
    object.__setattr__(DEFAULT_LIMITS, "history", before)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_history_at_the_limit_is_read(way: Way, tmp_path: Path) -> None:
    assert way(tmp_path, LIMIT) == Read(LIMIT)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_longer_history_is_refused_with_the_reason(way: Way, tmp_path: Path) -> None:
    result = way(tmp_path, LIMIT + 1)
    assert result.entries is None
    (problem,) = [each for each in result.problems if "entries" in each]
    assert REASON in problem


def test_a_manifest_with_a_longer_history_is_left_out_of_its_image(tmp_path: Path) -> None:
    """A suite has the same image as the archive that it was saved from, and reports it as the archive does."""
    content = Layout()
    arm = {**config(2, history=history(LIMIT + 1)), "architecture": "arm64"}
    content.add(content.index([content.manifest(config(1)), content.manifest(arm)]), NAME)
    (tmp_path / "a.tar").write_bytes(tar_bytes(content.done()))
    with limit_of(LIMIT + 1):
        assert main(["save", str(tmp_path / "a.tar"), str(tmp_path / "a.jsonl")]) == 0
    stores = [open_store(tmp_path / name).cases[0].store for name in ("a.tar", "a.jsonl")]
    for store in stores:
        (problem,) = store.problems
        assert REASON in str(problem)
        assert [variant.config is not None for variant in store.images[0].variants] == [True, False]
    assert stores[0].images[0].config == stores[1].images[0].config
