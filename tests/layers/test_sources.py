"""Reading layers from archives, layouts, data roots and containerd's folder."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from layer_kit import entry, layer

from cacheview.dockerfile.release import builder_release
from cacheview.layers.below import open_below
from cacheview.layers.data_root import data_root_layers
from cacheview.layers.entry import LayerError
from cacheview.layers.files import LayerFiles
from cacheview.layers.image_sums import ImageSums
from cacheview.layers.opening import open_layers
from cacheview.layers.source import LayerSource, LayerUnavailableError
from cacheview.layers.tarstream import TarLayers
from cacheview.model import ImageStore
from cacheview.stores.compression import decompressed
from cacheview.stores.open import open_store
from cacheview.stores.progress import Canceled

D = tarfile.DIRTYPE
BELOW = layer(entry("d", kind=D), entry("d/f", b"content" * 5000), entry("d/g", b"gone"))
ABOVE = layer(entry("d/.wh.g"), entry("d/h", b"new"))
NAMES = ["d", "d/f", "d/h"]


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


CONFIG = json.dumps(
    {
        "architecture": "amd64",
        "os": "linux",
        "history": [{"created_by": "a"}, {"created_by": "b"}],
        "rootfs": {"type": "layers", "diff_ids": [digest(BELOW), digest(ABOVE)]},
    }
).encode()


def blob(data: bytes) -> str:
    return "blobs/" + digest(data).replace(":", "/")


def old_archive(_pack: Callable[[bytes], bytes]) -> dict[str, bytes]:
    """An archive as written by Docker before 25. A repeated layer is a link."""
    name = digest(CONFIG)[7:] + ".json"
    layers = ["1/layer.tar", "2/layer.tar"]
    manifest = [{"Config": name, "RepoTags": ["app:1"], "Layers": layers}]
    return {name: CONFIG, layers[0]: BELOW, layers[1]: ABOVE, "manifest.json": json.dumps(manifest).encode()}


def oci(pack: Callable[[bytes], bytes]) -> dict[str, bytes]:
    packed = [pack(BELOW), pack(ABOVE)]
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "config": {"digest": digest(CONFIG), "mediaType": "application/vnd.oci.image.config.v1+json"},
            "layers": [{"digest": digest(one), "size": len(one)} for one in packed],
        }
    ).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [{"digest": digest(manifest), "size": len(manifest)}]})
    return {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        **{blob(one): one for one in (*packed, CONFIG, manifest)},
        "index.json": index.encode(),
    }


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info, _ = entry(name, data)
            archive.addfile(info, io.BytesIO(data))
    return path


def read(store: ImageStore) -> tuple[list[str], str]:
    (image,) = [image for image in store.images if len(image.diff_ids) == 2]
    files = LayerFiles(open_layers(store))
    sums = ImageSums(files, image.diff_ids, builder_release("28.5.2"))
    return sorted(files.root(image.diff_ids)), sums.of_sources(["/d"], destination="/to/").text


EXPECTED = (
    "dir:"
    + hashlib.sha256(
        ",".join(
            sorted(
                hashlib.sha256(
                    f"name{name}mode{mode}uid0gid0size{len(data)}typeflag{kind}linknameunamegnamedevmajor0devminor0".encode()
                    + data
                ).hexdigest()
                for name, mode, kind, data in (
                    ("d/", 0o755, "5", b""),
                    ("d/f", 0o644, "0", b"content" * 5000),
                    ("d/h", 0o644, "0", b"new"),
                )
            )
        ).encode()
    ).hexdigest()
)


@pytest.mark.parametrize("files", [old_archive, oci])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress], ids=["", "gzip", "zstd"])
def test_archives_and_layouts_plain_and_packed(
    tmp_path: Path,
    files: Callable[[Callable[[bytes], bytes]], dict[str, bytes]],
    mode: str,
    pack: Callable[[bytes], bytes],
) -> None:
    store = open_store(write_tar(tmp_path / "a.tar", files(pack), mode)).cases[0].store
    assert read(store) == (NAMES, EXPECTED)


def test_a_layout_in_a_folder(tmp_path: Path) -> None:
    for name, data in oci(gzip.compress).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert read(open_store(tmp_path).cases[0].store) == (NAMES, EXPECTED)


def data_root(root: Path, driver: str, place: str) -> Path:
    """A data root with one image and its layers, as Docker stores them."""
    database = root / "image" / driver
    content = database / "imagedb" / "content" / "sha256"
    content.mkdir(parents=True)
    (database / "imagedb" / "metadata" / "sha256").mkdir(parents=True)
    (content / digest(CONFIG)[7:]).write_bytes(CONFIG)
    (database / "repositories.json").write_text('{"Repositories":{}}')
    chain = ""
    for number, stream in enumerate((BELOW, ABOVE)):
        chain = digest(f"{chain} {digest(stream)}".encode()) if chain else digest(stream)
        folder = database / "layerdb" / "sha256" / chain[7:]
        folder.mkdir(parents=True)
        (folder / "diff").write_text(digest(stream))
        (folder / "cache-id").write_text(f"cache{number}")
        (folder / "size").write_text("1")
        (folder / "tar-split.json.gz").write_bytes(
            gzip.compress(b"".join(split(stream, root / place.format(f"cache{number}"))))
        )
    return root


def split(stream: bytes, folder: Path) -> list[bytes]:
    """Unpack a stream into a folder and return what tar-split records of it."""
    lines: list[dict[str, object]] = []
    start = 0
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(stream)) as archive:
        for member in archive:
            if not member.size:
                continue
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(stream[member.offset_data : member.offset_data + member.size])
            payload = base64.b64encode(stream[start : member.offset_data]).decode()
            lines.append({"type": 2, "payload": payload, "position": len(lines)})
            lines.append(
                {"type": 1, "name": member.name, "size": member.size, "payload": "AAAAAAAAAAA=", "position": len(lines)}
            )
            start = member.offset_data + member.size
    lines.append({"type": 2, "payload": base64.b64encode(stream[start:]).decode(), "position": len(lines)})
    return [json.dumps(line).encode() + b"\n" for line in lines]


def headers_of_one_layer(tmp_path: Path, lines: bytes) -> LayerSource:
    """A data root with one layer, whose header record has these lines."""
    layer = tmp_path / "image" / "overlay2" / "layerdb" / "sha256" / ("c" * 64)
    layer.mkdir(parents=True)
    (layer / "diff").write_text(ANY)
    (layer / "cache-id").write_text("d" * 64)
    (layer / "tar-split.json.gz").write_bytes(gzip.compress(lines, 1))
    (tmp_path / "overlay2" / ("d" * 64) / "diff").mkdir(parents=True)
    return data_root_layers(tmp_path / "image" / "overlay2")


ANY = "sha256:" + "a" * 64


def test_a_header_record_with_too_many_lines_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cacheview.layers.data_root._MAX_LINES", 920)
    source = headers_of_one_layer(tmp_path, b'{"type":9}\n' * 921)
    with pytest.raises(LayerError, match="has more than 920 lines in its header record"):
        list(source.entries(ANY, lambda *_: None))


def test_reading_a_record_of_headers_can_be_canceled(tmp_path: Path) -> None:
    source = headers_of_one_layer(tmp_path, b'{"type":2,"payload":""}\n' * 900_000)
    reports: list[int] = []

    def cancel(done: int, _: str) -> None:
        reports.append(done)
        raise Canceled

    with pytest.raises(Canceled):
        list(source.entries(ANY, cancel))
    assert len(reports) == 1


def test_a_layer_path_with_a_null_character_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayerError, match="contains a null character"):
        open_below(tmp_path, b"a/b\0c")


@pytest.mark.parametrize(
    ("driver", "place"),
    [("overlay2", "overlay2/{}/diff"), ("vfs", "vfs/dir/{}"), ("fuse-overlayfs", "fuse-overlayfs/{}/diff")],
)
def test_the_data_root_of_a_graph_driver(tmp_path: Path, driver: str, place: str) -> None:
    root = data_root(tmp_path, driver, place)
    assert read(open_store(f"data-root:{root}").cases[0].store) == (NAMES, EXPECTED)


def test_a_driver_whose_files_are_elsewhere_is_reported(tmp_path: Path) -> None:
    root = data_root(tmp_path, "zfs", "zfs/{}")
    with pytest.raises(LayerUnavailableError, match="storage driver zfs") as caught:
        read(open_store(f"data-root:{root}").cases[0].store)
    assert "docker save" in caught.value.remedy


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="the system has no symbolic links")
def test_a_link_in_a_data_root_is_not_followed(tmp_path: Path) -> None:
    root = data_root(tmp_path / "root", "overlay2", "overlay2/{}/diff")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "f").write_bytes(b"content" * 5000)
    folder = root / "overlay2" / "cache0" / "diff" / "d"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.symlink_to(tmp_path / "secret")
    with pytest.raises(LayerError):
        read(open_store(f"data-root:{root}").cases[0].store)


def test_a_file_that_became_shorter_is_damage(tmp_path: Path) -> None:
    root = data_root(tmp_path, "overlay2", "overlay2/{}/diff")
    (root / "overlay2" / "cache0" / "diff" / "d" / "f").write_bytes(b"short")
    with pytest.raises(LayerError, match="shorter"):
        read(open_store(f"data-root:{root}").cases[0].store)


def test_a_layer_that_is_not_in_the_archive_is_reported_with_a_remedy(tmp_path: Path) -> None:
    files = {name: data for name, data in oci(bytes).items() if data != ABOVE}
    store = open_store(write_tar(tmp_path / "a.tar", files)).cases[0].store
    with pytest.raises(LayerUnavailableError) as caught:
        read(store)
    assert "not in the archive" in caught.value.reason
    assert caught.value.remedy


@pytest.mark.parametrize("location", ["demo:"])
def test_reading_layers_of_a_store_without_layers_is_an_error(location: str) -> None:
    with pytest.raises(LayerUnavailableError, match="has no layers"):
        open_layers(open_store(location).cases[0].store)


def test_a_truncated_layer_is_an_error(tmp_path: Path) -> None:
    cut = BELOW[: len(BELOW) // 2]
    files = {name: cut if data == BELOW else data for name, data in old_archive(bytes).items()}
    store = open_store(write_tar(tmp_path / "a.tar", files)).cases[0].store
    with pytest.raises(LayerError, match="ends early"):
        read(store)


@pytest.mark.parametrize("compress", [bz2.compress, gzip.compress, lzma.compress])
@pytest.mark.parametrize("kind", ["one member", "empty streams"])
def test_unpacking_a_layer_can_be_stopped_within_one_member(
    kind: str, compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    """Skipping content takes time, and so does decompressing empty streams."""
    header = tarfile.TarInfo("a")
    header.size = 1 << 40
    content = compress(header.tobuf() if kind == "one member" else b"")
    content += compress(bytes(1 << 20) if kind == "one member" else b"") * 500
    path = tmp_path / "layer"
    path.write_bytes(content)
    reports = 0

    def stop(done: int, what: str) -> None:
        nonlocal reports
        reports += 1
        raise Canceled

    layers = TarLayers(lambda _, budget: decompressed(io.BufferedReader(path.open("rb", buffering=0)), budget)[0])
    with pytest.raises(Canceled):
        list(layers.entries("sha256:0", stop))
    assert reports == 1
