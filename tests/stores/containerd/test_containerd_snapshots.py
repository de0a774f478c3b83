"""Layers whose blobs are missing, read from the folders of containerd's snapshots."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest
from bolt_writer import Writer
from containerd_server import Server

from cacheview.dockerfile.release import builder_release
from cacheview.layers.containerd import folder_layers, socket_layers
from cacheview.layers.entry import LayerError
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums
from cacheview.layers.layer_memory import LayerMemory
from cacheview.layers.source import LayerUnavailableError
from cacheview.model import Image, ImageConfig, RootFS
from cacheview.stores.containerd.client import PLUGINS
from cacheview.stores.containerd.messages import message

BELOW, ABOVE = (f"sha256:{digit * 64}" for digit in "ab")
CHAIN = f"sha256:{hashlib.sha256(f'{BELOW} {ABOVE}'.encode()).hexdigest()}"
PLUGIN = "io.containerd.snapshotter.v1.overlayfs"
RELEASE = builder_release("28.5.2")
IMAGE = Image(id="sha256:" + "c" * 64, config=ImageConfig(rootfs=RootFS(type="layers", diff_ids=(BELOW, ABOVE))))


def root_folder(root: Path) -> tuple[Path, Path]:
    """containerd's root with two committed snapshots. Returns the folders of the snapshots."""
    records = {BELOW.encode(): {b"name": b"moby/1/below"}, CHAIN.encode(): {b"name": b"moby/2/above"}}
    metadata = {b"v1": {b"moby": {b"snapshots": {b"overlayfs": records}, b"images": {}}}}
    stored = {b"moby/1/below": {b"id": b"\x07", b"kind": b"\x03"}, b"moby/2/above": {b"id": b"\xac\x02"}}
    database = root / "io.containerd.metadata.v1.bolt" / "meta.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(Writer().database(metadata))
    (root / PLUGIN).mkdir()
    (root / PLUGIN / "metadata.db").write_bytes(Writer().database({b"v1": {b"snapshots": stored}}))
    folders = tuple(root / PLUGIN / "snapshots" / number / "fs" for number in ("7", "300"))
    for folder in folders:
        folder.mkdir(parents=True)
    return folders[0], folders[1]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    below, above = root_folder(tmp_path / "root")
    for folder in (below, above):
        (folder / "d").mkdir(mode=0o755)
        (folder / "d").chmod(0o755)
    for path, data in ((below / "d" / "f", b"content"), (below / "d" / "old", b"x"), (above / "d" / "new", b"")):
        path.write_bytes(data)
        path.chmod(0o644)
    (below / "d" / "link").symlink_to("f")
    return below, above


def files_of(root: Path, memory: LayerMemory | None = None) -> LayerFiles:
    return LayerFiles(folder_layers(root, "moby", [IMAGE]), memory)


def test_a_layer_without_a_blob_is_read_from_its_snapshot(folders: tuple[Path, Path], tmp_path: Path) -> None:
    below, _ = folders
    os.link(below / "d" / "f", below / "d" / "g")
    files = files_of(tmp_path / "root")
    assert sorted(files.root(IMAGE.diff_ids)) == ["d", "d/f", "d/g", "d/link", "d/new", "d/old"]
    (_, found), *_ = ImageSums(files, IMAGE.diff_ids, RELEASE).of_sources(["/d/g"], destination="/to").files
    owner = f"uid{os.getuid()}gid{os.getgid()}"
    header = f"named/gmode420{owner}size7typeflag0linknameunamegnamedevmajor0devminor0".encode()
    assert found == hashlib.sha256(header + b"content").hexdigest()


@pytest.mark.skipif(not hasattr(os, "mknod") or os.getuid() != 0, reason="only root can create devices")
def test_files_removed_in_a_snapshot_are_absent(folders: tuple[Path, Path], tmp_path: Path) -> None:
    try:
        os.mknod(folders[1] / "d" / "old", stat.S_IFCHR | 0o000, os.makedev(0, 0))
    except PermissionError:
        pytest.skip("this container cannot create devices")
    assert sorted(files_of(tmp_path / "root").root(IMAGE.diff_ids)) == ["d", "d/f", "d/link", "d/new"]


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="the system has no extended attributes")
def test_an_opaque_overlay_folder_hides_lower_layers(folders: tuple[Path, Path], tmp_path: Path) -> None:
    try:
        os.setxattr(folders[1] / "d", "user.overlay.opaque", b"y")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    assert sorted(files_of(tmp_path / "root").root(IMAGE.diff_ids)) == ["d", "d/new"]


def test_checksums_from_a_snapshot_are_not_cached(folders: tuple[Path, Path], tmp_path: Path) -> None:
    memory = LayerMemory(tmp_path / "cache")
    files = files_of(tmp_path / "root", memory)
    ImageSums(files, IMAGE.diff_ids, RELEASE).of_sources(["/d"], destination="/to/")
    memory.save()
    assert list(tmp_path.glob("cache/*")) == []


def test_a_missing_blob_is_reported_if_there_is_no_snapshot(folders: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "root" / PLUGIN / "metadata.db").write_bytes(b"damaged")
    with pytest.raises(LayerUnavailableError, match="no manifest in the store lists the layer"):
        files_of(tmp_path / "root").listing(BELOW)


def test_a_file_replaced_by_a_link_is_not_followed(folders: tuple[Path, Path], tmp_path: Path) -> None:
    files = files_of(tmp_path / "root")
    files.root(IMAGE.diff_ids)
    (tmp_path / "secret").write_bytes(b"content")
    (folders[0] / "d" / "f").unlink()
    (folders[0] / "d" / "f").symlink_to(tmp_path / "secret")
    with pytest.raises(LayerError):
        ImageSums(files, IMAGE.diff_ids, RELEASE).of_sources(["/d/f"], destination="/to")


def test_the_containerd_socket_reports_the_snapshot_folder(folders: tuple[Path, Path], tmp_path: Path) -> None:
    socket = tmp_path / "c.sock"
    with Server(tmp_path / "root", socket) as server:
        files = LayerFiles(socket_layers(socket, "moby", [IMAGE]))
        assert sorted(files.root(IMAGE.diff_ids)) == ["d", "d/f", "d/link", "d/new", "d/old"]
        server.instead[PLUGINS] = lambda *_: message("Plugins")()
        with pytest.raises(LayerUnavailableError, match="no manifest in the store lists the layer"):
            LayerFiles(socket_layers(socket, "moby", [IMAGE])).root(IMAGE.diff_ids)
