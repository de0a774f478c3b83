"""Whichever way an image is read, it is refused for the same reasons, which are reported."""

from __future__ import annotations

import gzip
import json
import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from cacheview.model import DataError, ImageStore, Problem
from cacheview.replay.file import ReplayCase
from cacheview.stores.docker_engine import combine
from cacheview.stores.limits import DEFAULT_LIMITS, Limits
from cacheview.stores.lines import read_lines
from cacheview.stores.open import open_store
from cacheview.stores.registry import opening
from cacheview.stores.suite_cases import SuiteCases
from cacheview.ui.suites.rows import Outcome
from cacheview.ui.suites.run import run_work
from cacheview.watch.opened_records import read_records

LIMITS: Final = {"history": 1_000, "document": 100_000, "line": 2_000}
"""The limits in these tests. A longer line is read element by element, so that `document` limits each image."""
NAME: Final = "docker.io/library/app:1"
ID: Final = "sha256:" + "a" * 64
STEP: Final = {"Cmd": ["a step"]}


Config = dict[str, Any]


@dataclass
class Read:
    """What became of an image: whether it was read, and what was reported."""

    is_read: bool
    problems: list[str] = field(default_factory=list)


Way = Callable[[Path, Config], Read]
"""Reads an image whose config has these values, from a file or socket that it creates in a folder."""


def read(store: ImageStore, problems: Sequence[Problem] = ()) -> Read:
    """Whether the image with the name is in a store. ``problems``: of the location; by default, of the store."""
    reported = [str(problem) for problem in problems or store.problems]
    return Read(any(NAME in each.names for each in store.images), reported)


def opened(name: str | Path) -> Read:
    try:
        location = open_store(name)
    except DataError as error:
        return Read(False, [str(error)])
    return read(location.cases[0].store, location.problems)


def layout(more: Config) -> Layout:
    """With another image, so that a store is left without this one."""
    result = Layout()
    result.image(1, "docker.io/library/other:1")
    result.image(2, NAME, **more)
    return result


def archive_before_25(folder: Path, more: Config) -> Read:
    images = ((config(1), ["other:1"], ""), (config(2, **more), ["app:1"], ""))
    (folder / "a.tar").write_bytes(tar_bytes(old_archive(images)))
    return opened(folder / "a.tar")


def oci_archive(folder: Path, more: Config) -> Read:
    (folder / "a.tar").write_bytes(tar_bytes(layout(more).done()))
    return opened(folder / "a.tar")


def oci_folder(folder: Path, more: Config) -> Read:
    return opened(write_folder(folder, layout(more).done()))


def data_root(folder: Path, more: Config) -> Read:
    root = Root(folder)
    root.image(1, "docker.io/library/other:1")
    root.image(2, NAME, **more)
    return opened(f"data-root:{folder}")


def containerd_root(folder: Path, more: Config) -> Read:
    return opened(f"containerd:{write_containerd(folder, layout(more))}")


def containerd_socket(folder: Path, more: Config) -> Read:
    root = write_containerd(folder, layout(more))
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


def engine(folder: Path, more: Config) -> Read:
    """An engine reports the history on its own. Without it, the rest of the image stays, with a doubt."""
    replay = Replay(load("28.5.2-gd"))
    image_id = replay.newest["images"][0]["Id"]
    entry = {"Id": "<missing>", "Created": 1, "CreatedBy": "a", "Tags": None, "Size": 0, "Comment": ""}
    entries = [entry] * len(more.get("history", ()))
    inspected = {**replay.newest["inspect"][image_id], "Author": more.get("author", ""), "Config": more.get("config")}
    answers = {"history": entries, "json": inspected}
    replay.hook = lambda path: (200, answers[path.rpartition("/")[2]]) if f"{image_id}/" in path else None
    with tempfile.TemporaryDirectory(prefix="cacheview-") as short, serving_engine(replay, Path(short, "d.sock")):
        image = open_store(f"engine:unix://{short}/d.sock").cases[0].store.by_id[image_id]
    doubts = [doubt for aspect in ("history", "config") if (doubt := image.doubt(aspect)) is not None]
    return Read(not doubts, [doubt.reason for doubt in doubts])


def registry(folder: Path, more: Config) -> Read:
    served = FakeRegistry()
    served.tag("1", served.layout.manifest(config(2, **more)))
    served.tag("2", served.layout.manifest(config(1)))
    with serving_registry(served):
        location = open_store(f"registry:{served.host}/app:1,{served.host}/app:2")
    is_read = any(each.names[0].endswith("app:1") for each in location.cases[0].store.images)
    return Read(is_read, [str(problem) for problem in location.problems])


# Files of lines


def image(more: Config) -> dict[str, Any]:
    made = config(1, **more)
    return {"id": ID, "names": [NAME], "built_locally": True, "config": made, "container_config": STEP}


OTHER: Final = {"id": "sha256:" + "b" * 64, "names": ["docker.io/library/other:1"], "config": config(2)}


def write_suite(folder: Path, more: Config, cases: int = 1) -> Path:
    """A suite whose probe hits the image."""
    probe = {"config": STEP, "expect": {"outcome": "hit", "image": ID}}
    case = {"rules": "graphdriver-28.5.2", "images": [image(more), OTHER], "probes": [probe]}
    (folder / "a.jsonl").write_text((json.dumps(case) + "\n") * cases)
    return folder / "a.jsonl"


def suite(folder: Path, more: Config) -> Read:
    return opened(write_suite(folder, more))


def suite_that_is_read_again(folder: Path, more: Config) -> Read:
    try:
        location = open_store(write_suite(folder, more, cases=4), limits=Limits(**LIMITS, held=10))
    except DataError as error:
        return Read(False, [str(error)])
    assert isinstance(location.cases, SuiteCases)
    assert not location.cases.is_held(3)
    return read(location.cases[3].store)


def compressed_suite(folder: Path, more: Config) -> Read:
    (folder / "a.jsonl.gz").write_bytes(gzip.compress(write_suite(folder, more).read_bytes()))
    return opened(folder / "a.jsonl.gz")


def checked_suite(folder: Path, more: Config) -> Read:
    status, lines = command(folder, "check", str(write_suite(folder, more)))
    assert lines[-1] in (["1 passed, 0 failed"] if status == 0 else ["0 passed, 2 failed", "0 passed, 1 failed"])
    return Read(status == 0, lines[:-1])


def suite_run_in_the_window(folder: Path, more: Config) -> Read:
    rows = run_work([str(write_suite(folder, more))])(Silent())
    assert isinstance(rows, tuple)
    is_read = any(row.outcome is Outcome.PASSED for row in rows)
    return Read(is_read, [row.reason for row in rows if row.probe is None])


def write_record(folder: Path, more: Config) -> Path:
    step = {"instruction": "FROM other:1", "image": OTHER["id"]}
    build = {
        "engine": "28.5.2",
        "kind": "graphdriver",
        "images": [image(more), OTHER],
        "dockerfile": "FROM other:1\n",
        "expect": {"ok": True, "steps": [step]},
    }
    (folder / "record.jsonl").write_text(json.dumps(build) + "\n")
    return folder / "record.jsonl"


def record_as_a_store(folder: Path, more: Config) -> Read:
    return opened(write_record(folder, more))


def checked_record(folder: Path, more: Config) -> Read:
    path = write_record(folder, more)
    (document,) = (document for _, document in read_lines(path, ReplayCase))
    _, lines = command(folder, "check", str(path))
    return Read(isinstance(document, ReplayCase) and read(document.as_case.store).is_read, lines[:-1])


def opened_record(folder: Path, more: Config) -> Read:
    try:
        result = read_records(write_record(folder, more))
    except DataError as error:
        return Read(False, [str(error)])
    prediction = result.builds[0].prediction
    assert prediction is not None
    assert prediction.store is not None
    return Read(read(prediction.store).is_read, list(result.problems))


def compared_record(folder: Path, more: Config) -> Read:
    path = str(write_record(folder, more))
    status, lines = command(folder, "compare", path, path)
    reported = sorted({line for line in lines if status or "not read" in line})  # once for each side
    return Read(not reported, reported)


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
    *(suite, compressed_suite, suite_that_is_read_again),
    *(checked_suite, suite_run_in_the_window, record_as_a_store, checked_record, opened_record, compared_record),
)


def history(entries: int) -> Config:
    return {"history": [{"created_by": "a"}] * entries}


def nested(levels: int) -> Config:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return {"config": {"Volumes": {"/a": value}}}


REFUSED: Final[dict[str, tuple[Config, Config, str]]] = {
    "history": (history(1_000), history(1_001), "has 1,001 entries, but at most 1,000 can be read"),
    "nesting": (nested(190), nested(200), "nested more than 200 levels deep"),
    "size": ({"author": "a" * 90_000}, {"author": "a" * 100_000}, "100,000 bytes"),
}
"""For each limit: values of a config just below it, values above it, and a part of the reason."""


@pytest.fixture(autouse=True)
def hidden_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hides the stores and the settings of this machine."""
    monkeypatch.setattr(combine, "containerd_sockets", lambda: [Path("/nonexistent/containerd.sock")])
    monkeypatch.setattr(
        combine, "_place", lambda kind, target, path, _: combine.StorePlace(kind, target, path, "is not here")
    )
    monkeypatch.setattr(opening, "tls_context", lambda _: (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ()))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


@contextmanager
def limits_of(limits: Mapping[str, int]) -> Iterator[None]:
    """Lower the limits of every reader."""
    before = {name: getattr(DEFAULT_LIMITS, name) for name in limits}
    for name, limit in limits.items():
        object.__setattr__(DEFAULT_LIMITS, name, limit)
    yield
    for name, limit in before.items():
        object.__setattr__(DEFAULT_LIMITS, name, limit)


@pytest.fixture
def small_limits() -> Iterator[None]:
    with limits_of(LIMITS):
        yield


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("limit", REFUSED)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_each_way_refuses_the_same_images(way: Way, limit: str, tmp_path: Path) -> None:
    below, above, reason = REFUSED[limit]
    for name, more in (("below", below), ("above", above)):
        (tmp_path / name).mkdir()
        result = way(tmp_path / name, more)
        if more is below:
            assert result == Read(True)
        else:
            assert not result.is_read
            assert any(reason in problem for problem in result.problems)


def test_a_manifest_with_a_longer_history_is_left_out_of_its_image(tmp_path: Path) -> None:
    """A suite has the same image as the archive that it was saved from, and reports it as the archive does."""
    _, above, reason = REFUSED["history"]
    content = Layout()
    arm = {**config(2, **above), "architecture": "arm64"}
    content.add(content.index([content.manifest(config(1)), content.manifest(arm)]), NAME)
    (tmp_path / "a.tar").write_bytes(tar_bytes(content.done()))
    assert main(["save", str(tmp_path / "a.tar"), str(tmp_path / "a.jsonl")]) == 0
    with limits_of(LIMITS):
        stores = [open_store(tmp_path / name).cases[0].store for name in ("a.tar", "a.jsonl")]
    for store in stores:
        (problem,) = store.problems
        assert reason in str(problem)
        assert [variant.config is not None for variant in store.images[0].variants] == [True, False]
    assert stores[0].images[0].config == stores[1].images[0].config
