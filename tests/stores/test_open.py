"""Opening any location gives a store, or an error with what happened, where, and a remedy."""

from __future__ import annotations

import gc
import json
import os
import socket
from pathlib import Path

import pytest
from store_builder import Layout, config, old_archive, tar_bytes, write_folder, write_tar
from store_samples import sample

from cacheview.model import DataError, Platform
from cacheview.stores import paths
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store
from cacheview.stores.progress import Canceled, Meter

CASE = {"rules": "containerd-71ebfc7", "name": "one", "images": [], "probes": []}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(600)


def refused(location: str | Path) -> str:
    with pytest.raises(DataError) as caught:
        open_store(location)
    assert str(location) in str(caught.value)
    return caught.value.what


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"just some text\n" * 100, "docker save"),
        (PNG, "docker save"),
        (b"\x1f\x8b", "damaged"),
        (b"\x1f\x8b\x08garbage garbage garbage", "damaged"),
        (b"BZh9 no", "damaged"),
        (b"\xfd7zXZ\0 no", "damaged"),
        (b"\x28\xb5\x2f\xfd no", "zstd decompression"),
        (bytes(1024), "no index.json or manifest.json"),
        (tar_bytes({"readme.txt": b"hello"}), "no index.json or manifest.json"),
        (tar_bytes({"repositories": b"{}", "abc/json": b"{}"}), "earlier than 1.10"),
        (tar_bytes({"index.json": b"{}"}), "no index.json or manifest.json"),
        (tar_bytes({"index.json": b"[1]"}), "no images can be found in this archive: index.json"),
        (tar_bytes({"manifest.json": b'{"a":1}'}), "manifest.json"),
        (tar_bytes({"manifest.json": b'[{"Config":3}]'}), "Config"),
        (b'{"hello": "world"}', "`rules`, `images` and `probes`"),
        (b'{\n "hello": "world"\n}' * 300, "`rules`, `images` and `probes`"),
        (b"{" * 100_000, "`rules`, `images` and `probes`"),
    ],
)
def test_files_that_are_no_store(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert words in refused(path)


def test_no_such_file(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "nothing")
    with pytest.raises(DataError, match="is not a path"):
        open_store("a\0b")


def test_folders_that_are_no_layout(tmp_path: Path) -> None:
    assert "no index.json or manifest.json" in refused(tmp_path)
    (tmp_path / "index.json").mkdir()
    assert "a folder, not a file" in refused(tmp_path)


def test_named_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "a named pipe" in refused(tmp_path / "pipe")
    os.mkfifo(tmp_path / "index.json")
    assert "a named pipe" in refused(tmp_path)


def test_socket_and_device_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))
        assert "a socket" in refused(path)
    assert "a device" in refused("/dev/zero")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's error is simulated, so that it occurs for every user."""
    path = write_tar(tmp_path / "a.tar", Layout().done())

    def denied(*args: object, **options: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert "permission" in refused(path)
    monkeypatch.undo()
    monkeypatch.setattr(os, "listdir", denied)
    assert "permission" in refused(tmp_path)


def test_layout_folder(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image(name="shop/web:1")
    result = open_store(write_folder(tmp_path, layout.done()))
    assert (result.kind, result.problems) == ("oci-layout", ())
    assert [(found.id, found.names) for found in result.cases[0].store.images] == [(image, ("docker.io/shop/web:1",))]


def test_blobs_that_cannot_be_looked_up_are_not_reported_as_missing(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(name="shop/web:1")
    folder = write_folder(tmp_path, layout.done())
    (folder / "blobs").rename(folder / "moved")
    assert "is not in the store" in refused(folder)
    (folder / "blobs").symlink_to("blobs")
    assert "Too many levels of symbolic links" in refused(folder)


def test_unpacked_archive_folder(tmp_path: Path) -> None:
    files = old_archive([(config(), ["web:1"], "")])
    result = open_store(write_folder(tmp_path, files))
    assert result.kind == "docker-folder"
    (image,) = result.cases[0].store.images
    assert (image.names, image.size) == (("docker.io/library/web:1",), len(b"layer content"))


@pytest.mark.parametrize("prefix", ["", "./", "oci/", "./oci/"])
def test_layout_in_a_tar(prefix: str, tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image(name="shop/web:1")
    result = open_store(write_tar(tmp_path / "a.tar", layout.done(), prefix=prefix))
    assert (result.kind, result.problems) == ("oci-archive", ())
    assert [found.id for found in result.cases[0].store.images] == [image]


def test_an_empty_layout_has_no_images(tmp_path: Path) -> None:
    result = open_store(write_tar(tmp_path / "a.tar", Layout().done()))
    assert result.cases[0].store.images == ()
    assert any("no images" in note for note in result.cases[0].store.notes)


def test_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = tmp_path / "demo.jsonl"
    demo.write_text(json.dumps(CASE))
    monkeypatch.setattr(paths, "resource", tmp_path.joinpath)
    result = open_store("demo:")
    assert (result.kind, result.location, len(result.cases)) == ("demo", "demo:", 1)

    def missing(name: str) -> Path:
        raise FileNotFoundError(f"not bundled: {name}")

    monkeypatch.setattr(paths, "resource", missing)
    assert "Reinstall" in refused("demo:")


def test_progress_ends_with_everything_read() -> None:
    path = sample("28.5.2-gd", "save-chain")
    reports: list[tuple[int, int | None, str]] = []
    open_store(path, progress=lambda done, total, what: reports.append((done, total, what)))
    size = path.stat().st_size
    assert [done for done, _, _ in reports] == sorted(done for done, _, _ in reports)
    assert reports[-1] == (size, size, f"Reading {path.name}")


@pytest.mark.parametrize("kind", ["archive", "folder", "suite"])
def test_cancel(kind: str, tmp_path: Path) -> None:
    layout = Layout()
    layout.image()
    if kind == "archive":
        path = write_tar(tmp_path / "a.tar", layout.done())
    elif kind == "folder":
        path = write_folder(tmp_path, layout.done())
    else:
        path = tmp_path / "suite"
        path.write_text(json.dumps(CASE))

    def stop(done: int, total: int | None, what: str) -> None:
        raise Canceled

    with pytest.raises(Canceled):
        open_store(path, progress=stop)
    assert gc.isenabled()


def test_progress_is_throttled() -> None:
    now = 0.0
    reports: list[int] = []

    def report(done: int, total: int | None, what: str) -> None:
        reports.append(done)

    meter = Meter(report, 1000, "", clock=lambda: now)
    for step in range(1000):
        now = step / 1000  # one report per millisecond, for one second
        meter.reached(step)
    assert 15 <= len(reports) <= 21
    meter.finished()
    assert reports[-1] == 1000


def test_the_garbage_collector_is_left_as_it_was() -> None:
    gc.disable()
    try:
        open_store(sample("28.5.2-gd", "save-by-id"))
        assert not gc.isenabled()
    finally:
        gc.enable()
    open_store(sample("28.5.2-gd", "save-by-id"))
    assert gc.isenabled()


def test_opening_writes_nothing(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(name="shop/web:1")
    write_folder(tmp_path / "layout", layout.done())
    write_tar(tmp_path / "a.tar", {**layout.done(), "../escape": b"{}", "/tmp/absolute": b"{}"})
    (tmp_path / "suite").write_text(json.dumps(CASE))
    for path in tmp_path.rglob("*"):
        os.utime(path, ns=(1, 1))
    before = {path: (path.is_dir() or path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*")}
    outside = sorted(tmp_path.parent.iterdir())
    for name in ("layout", "a.tar", "suite"):
        open_store(tmp_path / name)
    after = {path: (path.is_dir() or path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*")}
    assert after == before
    assert sorted(tmp_path.parent.iterdir()) == outside


def test_the_requested_platform_selects_the_variant(tmp_path: Path) -> None:
    layout = Layout()
    amd64 = {**layout.manifest(config(1)), "platform": {"os": "linux", "architecture": "amd64"}}
    arm64 = {**layout.manifest(config(2)), "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}}
    layout.add(layout.index([amd64, arm64]), "shop/web:1")
    path = write_tar(tmp_path / "a.tar", layout.done())
    wanted = Platform(os="linux", architecture="arm64")
    assert open_store(path).cases[0].store.images[0].manifest_digest == amd64["digest"]
    assert open_store(path, platform=wanted).cases[0].store.images[0].manifest_digest == arm64["digest"]


@pytest.mark.slow
def test_a_suite_image_with_too_many_history_entries_is_left_out(tmp_path: Path) -> None:
    entry = '{"empty_layer":true}'
    long = f'{{"id":"sha256:1","config":{{"history":[{",".join([entry] * 2_000)}]}}}}'
    suite = tmp_path / "long.jsonl"
    suite.write_text(f'{{"rules":"r","images":[{long},{{"id":"sha256:2","config":{{}}}}],"probes":[]}}\n')
    opened = open_store(suite, limits=Limits(history=1_000))
    assert [image.id for image in opened.cases[0].store.images] == ["sha256:2"]
    assert "2,000 entries" in str(opened.problems[0])


@pytest.mark.parametrize("prefix", ["", "containerd:", "data-root:"])
@pytest.mark.parametrize("path", ["a\0b", "a\0b#c"])
def test_a_path_with_a_null_character_is_refused(prefix: str, path: str) -> None:
    with pytest.raises(DataError, match="is not a path: it contains a null character"):
        open_store(f"{prefix}{path}")
