"""Layers from a running engine: the image is downloaded only on request, and the download is deleted afterwards."""

from __future__ import annotations

import hashlib
import http.server
import io
import json
import socketserver
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from layer_kit import entry, layer

from cacheview.layers import engine as engine_layers
from cacheview.layers.engine import EngineLayers
from cacheview.layers.files import LayerFiles
from cacheview.layers.opening import open_layers
from cacheview.layers.source import LayerUnavailableError
from cacheview.layers.unavailable import is_downloadable, why_no_layers
from cacheview.model import DataError, Image, ImageConfig, ImageStore, RootFS
from cacheview.stores.docker_engine.contexts import Endpoint

LAYER = layer(entry("d/f", b"content"))


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


CONFIG = json.dumps({"os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest(LAYER)]}}).encode()
ID = digest(CONFIG)


def saved() -> bytes:
    """The response body of ``GET /images/ID/get``."""
    target = io.BytesIO()
    manifest = json.dumps([{"Config": f"{ID[7:]}.json", "RepoTags": None, "Layers": ["1/layer.tar"]}]).encode()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, data in (("1/layer.tar", LAYER), (f"{ID[7:]}.json", CONFIG), ("manifest.json", manifest)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def store_of(size: int | None = 7) -> ImageStore:
    config = ImageConfig(rootfs=RootFS(type="layers", diff_ids=(digest(LAYER),)))
    return ImageStore(
        (Image(id=ID, names=("docker.io/library/app:1",), size=size, config=config),), location="engine:x"
    )


class Engine:
    """A fake engine with a version and one image. Records the requests."""

    def __init__(self, archive: bytes, length: int | None = None) -> None:
        self.requests: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                known = {"/version": json.dumps({"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24"})}
                body = known[self.path].encode() if self.path in known else archive
                found = self.path in known or self.path == f"/v1.51/images/{ID}/get"
                self.send_response(200 if found else 404)
                self.send_header("Content-Length", str(len(body) if self.path in known else length or len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"tcp://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def running(monkeypatch: pytest.MonkeyPatch, archive: bytes, length: int | None = None) -> Iterator[Engine]:
    engine = Engine(archive, length)
    thread = threading.Thread(target=engine.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(engine_layers, "find_endpoint", lambda _: Endpoint("", engine.url))
    try:
        yield engine
    finally:
        engine.server.shutdown()
        engine.server.server_close()
        thread.join()


def test_an_image_is_downloaded_once_and_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    with running(monkeypatch, saved()) as engine:
        source = EngineLayers(store_of(), tmp_path / "cache", printed.append)
        files = LayerFiles(source)
        assert engine.requests == []
        (listed,) = files.listing(digest(LAYER)).entries
        assert files.content(digest(LAYER), listed, 100) == b"content"
        assert engine.requests == ["/version", f"/v1.51/images/{ID}/get"]
        (kept,) = (tmp_path / "cache").iterdir()
        assert kept.stat().st_mode & 0o077 == 0
        source.close()
    assert list((tmp_path / "cache").iterdir()) == []
    assert printed == ["downloading app:1 (7 bytes) to read its layers"]


def test_only_a_suite_is_described_as_a_suite() -> None:
    suite = ImageStore((), "suite", "/stores/suite.jsonl")
    assert why_no_layers(suite).startswith("a suite has no layers")
    for location in ("containerd:/run/containerd/containerd.sock", "data-root:/var/lib/docker"):
        assert "suite" not in why_no_layers(ImageStore((), "store", location))


def test_nothing_is_downloaded_without_being_asked_for() -> None:
    assert is_downloadable(store_of())
    assert why_no_layers(store_of()) == ""
    with pytest.raises(LayerUnavailableError, match="only as part of a whole image") as caught:
        open_layers(store_of())
    assert "--download-layers" in caught.value.remedy


def test_an_image_larger_than_the_free_disk_space_is_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(monkeypatch, saved()) as engine:
        source = EngineLayers(store_of(1 << 60), tmp_path)
        with pytest.raises(LayerUnavailableError, match="are free") as caught:
            LayerFiles(source).listing(digest(LAYER))
        assert "Free some space" in caught.value.remedy
        assert engine.requests == []


def test_a_download_that_breaks_off_is_reported_and_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = saved()
    with running(monkeypatch, archive[: len(archive) // 2], len(archive)):
        source = EngineLayers(store_of(), tmp_path)
        with pytest.raises(DataError):
            LayerFiles(source).listing(digest(LAYER))
        source.close()
    assert list(tmp_path.iterdir()) == []


def test_a_download_canceled_in_a_progress_report_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class CanceledError(BaseException):
        pass

    def report(done: int, _what: str) -> None:
        if done:
            raise CanceledError

    with running(monkeypatch, saved()):
        source = EngineLayers(store_of(), tmp_path)
        with pytest.raises(CanceledError):
            LayerFiles(source, report=report).listing(digest(LAYER))
        source.close()
    assert list(tmp_path.iterdir()) == []


def test_stale_temporary_files_of_earlier_runs_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = tmp_path / ".image-old.tar"
    left.write_bytes(b"")
    monkeypatch.setattr(engine_layers, "_STALE_AFTER_SECONDS", -1)
    with running(monkeypatch, saved()):
        source = EngineLayers(store_of(), tmp_path)
        LayerFiles(source).listing(digest(LAYER))
        assert not left.exists()
        source.close()
