"""Damaged and malicious archives: what is readable is read, within limits and without side effects."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_builder import Files, Layout, blob_path, config, dumps, old_archive, sha256, tar_bytes, write_tar
from store_samples import SAMPLES

from cacheview.model import DataError
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedLocation

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
IMAGES = 4


def new_files() -> Files:
    layout = Layout()
    for number in range(IMAGES):
        layout.image(number, f"shop/web:{number}")
    return layout.done()


def old_files() -> Files:
    return old_archive([(config(number), [f"web:{number}"], "") for number in range(IMAGES)])


PLAIN = {"new": tar_bytes(new_files()), "old": tar_bytes(old_files())}
SAVED = sorted(SAMPLES.glob("*/*.tar.gz"))


def open_bytes(data: bytes, path: Path, limits: Limits | None = None) -> OpenedLocation | None:
    """Open a file with these bytes. Returns None if nothing was readable and an error says so."""
    path.write_bytes(data)
    try:
        return open_store(path) if limits is None else open_store(path, limits=limits)
    except DataError as error:
        refused = error
    assert refused.what
    assert refused.where.startswith(str(path))
    return None


@pytest.mark.parametrize("kind", PLAIN)
def test_an_archive_truncated_at_any_block_reports_what_is_missing(kind: str, tmp_path: Path) -> None:
    """In an uncompressed archive, missing parts are reported and complete images are read."""
    data = PLAIN[kind]
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        end = max(info.offset_data + -(-info.size // 512) * 512 for info in tar) + 512  # including the end mark
    whole = set()
    for length in range(1, len(data), 256):
        result = open_bytes(data[:length], tmp_path / "a.tar")
        if result is not None:
            assert bool(result.problems) == (length < end)
            assert not any(str(problem).startswith("The ") for problem in result.problems)  # each follows "not read: "
            whole.add(len(result.cases[0].store.images))
    assert whole == set(range(1, IMAGES + 1))  # also without the table of contents


@pytest.mark.parametrize("path", SAVED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_cut_samples(path: Path, tmp_path: Path) -> None:
    data = path.read_bytes()
    whole = open_store(path).cases[0].store.images
    places = random.Random(1)
    for length in [1, 2, 10, 18, *(places.randrange(len(data)) for _ in range(12)), len(data) - 1]:
        result = open_bytes(data[:length], tmp_path / "cut")
        assert result is None or result.problems or result.cases[0].store.images == whole


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_bytes(data: st.DataObject, tmp_path: Path) -> None:
    """In an uncompressed archive, an image is read unchanged or not at all; names and lists may change."""
    content = bytearray(PLAIN[data.draw(st.sampled_from(sorted(PLAIN)))])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    result = open_bytes(bytes(content), tmp_path / "a.tar")
    if result is not None:
        whole = {f"step {number}" for number in range(IMAGES)}
        for image in result.cases[0].store.images:
            assert image.history[0].created_by in whole


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_bytes_of_samples(data: st.DataObject, tmp_path: Path) -> None:
    path = data.draw(st.sampled_from(SAVED))
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        content = bytearray(gzip.decompress(content))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    open_bytes(bytes(content), tmp_path / "changed")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.binary(max_size=3000))
def test_noise(noise: bytes, tmp_path: Path) -> None:
    assert open_bytes(noise, tmp_path / "noise") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_documents_with_any_value_anywhere(data: st.DataObject, tmp_path: Path) -> None:
    layout = Layout()
    layout.image(1)
    document = json.loads(layout.done()["index.json"])
    manifest = json.loads(layout.files[blob_path(layout.descriptors[0]["digest"])])
    for part in (document, document["manifests"][0], manifest, manifest["config"]):
        if data.draw(st.booleans()):
            part[data.draw(st.sampled_from(sorted(part)))] = data.draw(json_values)
    descriptor = {"digest": layout.blob(dumps(manifest))}
    if isinstance(document.get("manifests"), list):
        document["manifests"].append(descriptor)
    open_bytes(tar_bytes({**layout.files, "index.json": dumps(document)}), tmp_path / "a.tar")


# Names


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "C:/x", "\\\\host\\x", "a/b/../../../c"]
)
def test_member_names_outside_the_archive_are_ignored(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = write_tar(tmp_path / "in" / "a.tar", {name: b'{"evil": 1}', **new_files()})
    result = open_store(path)
    assert len(result.cases[0].store.images) == IMAGES
    assert "outside" in result.problems[0].what
    assert [entry.name for entry in tmp_path.iterdir()] == ["in"]


def test_a_manifest_list_outside_the_archive_root_is_ignored(tmp_path: Path) -> None:
    files = {f"../{name}": content for name, content in new_files().items()}
    assert open_bytes(tar_bytes(files), tmp_path / "a.tar") is None


def test_links_are_never_followed(tmp_path: Path) -> None:
    """A blob that is a link to a real file on this machine counts as missing."""
    layout = Layout()
    layout.image(1)
    secret = tmp_path / "secret"
    secret.write_bytes(dumps(config(2)))
    digest = layout.add(layout.manifest(config(2)), "shop/evil:1")
    del layout.files[blob_path(sha256(dumps(config(2))))]
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        for kind, target in ((tarfile.SYMTYPE, str(secret)), (tarfile.LNKTYPE, str(secret))):
            info = tarfile.TarInfo(blob_path(sha256(dumps(config(2)))))
            info.type, info.linkname = kind, target
            tar.addfile(info)
    rest = tar_bytes(layout.done())
    path.write_bytes(path.read_bytes()[:1024] + rest)
    store = open_store(path).cases[0].store
    assert digest not in store.by_id
    assert "not in the store" in store.problems[0].what


# Limits


def test_a_document_above_the_limit(tmp_path: Path) -> None:
    layout = Layout()
    good = layout.image(1)
    layout.add(layout.manifest(config(2, comment="x" * 5000)), "shop/big:1")
    result = open_bytes(tar_bytes(layout.done()), tmp_path / "a.tar", limits=Limits(document=4000))
    assert result is not None
    assert [image.id for image in result.cases[0].store.images] == [good]
    assert result.problems[0].where == "shop/big:1"
    assert "is larger than 4,000 bytes" in result.problems[0].what


def test_all_documents_above_the_limit(tmp_path: Path) -> None:
    """The lists at the end are still read, so that missing images are known."""
    result = open_bytes(tar_bytes(new_files()), tmp_path / "a.tar", limits=Limits(documents=1500))
    assert result is not None
    images = result.cases[0].store.images
    assert 0 < len(images) < IMAGES
    assert len(result.problems) == IMAGES - len(images)
    assert all("1,500 bytes of JSON" in problem.what for problem in result.problems)


def test_too_many_members(tmp_path: Path) -> None:
    result = open_bytes(tar_bytes(new_files()), tmp_path / "a.tar", limits=Limits(members=5))
    assert result is not None  # two complete images, found without the list
    assert "more than 5 members" in result.problems[0].what


def test_too_many_history_entries(tmp_path: Path) -> None:
    layout = Layout()
    good = layout.image(1)
    content = dumps(config(2))[:-1] + b',"history":[' + b"{}," * 199_999 + b"{}]}"
    manifest = {"config": {"digest": layout.blob(content)}, "layers": []}
    layout.add(layout.document(manifest, ""), "shop/long:1")
    result = open_bytes(tar_bytes(layout.done()), tmp_path / "a.tar")
    assert result is not None
    assert [image.id for image in result.cases[0].store.images] == [good]
    assert "history: has 200,000 entries" in result.problems[0].what


def test_a_hundred_thousand_history_entries_are_read(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(1, history=[{}] * 100_000)
    result = open_bytes(tar_bytes(layout.done()), tmp_path / "a.tar")
    assert result is not None
    assert len(result.cases[0].store.images[0].history) == 100_000


@pytest.mark.parametrize("name", ["index.json", "manifest.json"])
def test_deep_json(name: str, tmp_path: Path) -> None:
    files = {**new_files(), name: b'{"manifests":' + b"[" * 200_000}
    assert open_bytes(tar_bytes(files), tmp_path / "a.tar") is not None


def layer_archive(path: Path, size: int) -> Path:
    """An archive with a layer of this many zeros, which take no space on disk."""
    data = tar_bytes(new_files())
    info = tarfile.TarInfo("blobs/sha256/" + "f" * 64)
    info.size = size
    header = info.tobuf(tarfile.GNU_FORMAT)
    with path.open("wb") as file:
        file.write(header)
        file.seek(len(header) + size)
        file.write(data)
    return path


def peak_memory(path: Path) -> int:
    tracemalloc.start()
    try:
        result = open_store(path)
        assert len(result.cases[0].store.images) == IMAGES
        assert result.problems == ()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_layer_is_not_read_into_memory(tmp_path: Path) -> None:
    assert peak_memory(layer_archive(tmp_path / "a.tar", 200 * MIB)) < 4 * MIB


def test_a_layer_in_a_plain_archive_is_not_read_at_all(tmp_path: Path) -> None:
    reports: list[int] = []
    path = layer_archive(tmp_path / "a.tar", 1 << 40)  # one TiB, written in an instant

    def report(done: int, total: int | None, what: str) -> None:
        reports.append(done)

    store = open_store(path, progress=report).cases[0].store
    assert len(store.images) == IMAGES
    assert len(reports) < 10


def test_a_compressed_bomb_is_passed_through_in_small_pieces(tmp_path: Path) -> None:
    layer = layer_archive(tmp_path / "plain", 200 * MIB)
    bomb = tmp_path / "bomb"
    with layer.open("rb") as source, gzip.open(bomb, "wb", compresslevel=1) as target:
        while chunk := source.read(MIB):
            target.write(chunk)
    assert bomb.stat().st_size < MIB
    assert peak_memory(bomb) < 6 * MIB


def test_a_layer_that_looks_like_json_is_not_kept(tmp_path: Path) -> None:
    files = {"blobs/sha256/" + "e" * 64: b"{" * (3 * MIB), **new_files()}
    path = write_tar(tmp_path / "a.tar", files)
    tracemalloc.start()
    try:
        store = open_store(path, limits=Limits(document=MIB)).cases[0].store
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(store.images) == IMAGES
    assert peak < 2 * MIB


@pytest.mark.parametrize("size", [1 << 42, (1 << 43) - 1])
def test_an_absurd_size_in_a_header(size: int, tmp_path: Path) -> None:
    info = tarfile.TarInfo("blobs/sha256/" + "f" * 64)
    info.size = size
    head = tar_bytes(new_files())
    end = head.rstrip(b"\0")
    whole = head[: -(-len(end) // 512) * 512]
    result = open_bytes(whole + info.tobuf(tarfile.GNU_FORMAT), tmp_path / "a.tar")
    assert result is not None
    assert len(result.cases[0].store.images) == IMAGES
    assert "end" in result.problems[0].what
