"""``docker save`` archives of graph-driver stores, in the old and the new layout."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from store_builder import Files, Layout, blob_path, config, dumps, old_archive, sha256, write_tar

from cacheview.model import ImageStore
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store


def opened(path: Path, files: Files, **options: Any) -> ImageStore:
    return open_store(write_tar(path / "a.tar", files), **options).cases[0].store


def image_id(document: dict[str, Any]) -> str:
    return sha256(dumps(document))


def test_ids_names_and_parents(tmp_path: Path) -> None:
    first, second = image_id(config(1)), image_id(config(2))
    elsewhere = "sha256:" + "e" * 64
    files = old_archive(
        [(config(2), ["shop/web:1", "r.example.com:5000/web:stable"], first), (config(1), None, elsewhere)]
    )
    store = opened(tmp_path, files)
    assert store.problems == ()
    assert [image.id for image in store.images] == sorted([first, second])
    assert store.by_id[second].names == ("docker.io/shop/web:1", "r.example.com:5000/web:stable")
    assert store.by_id[second].parent == first
    assert store.by_id[second].config_digest == second
    assert store.by_id[second].manifest_digest == ""
    assert store.by_id[first].names == ()
    assert store.by_id[first].parent == elsewhere  # kept although it is not in the archive
    assert any("not in this archive: 1 of 2" in note for note in store.notes)


def test_parents_in_a_circle_are_kept(tmp_path: Path) -> None:
    first, second = image_id(config(1)), image_id(config(2))
    store = opened(tmp_path, old_archive([(config(1), None, second), (config(2), None, first)]))
    assert {image.id: image.parent for image in store.images} == {first: second, second: first}


def test_entries_of_one_config_are_one_image(tmp_path: Path) -> None:
    parents = ["sha256:" + "a" * 64, "sha256:" + "b" * 64]
    files = old_archive([(config(), ["web:2"], parents[0]), (config(), ["web:1"], parents[1])])
    store = opened(tmp_path, files)
    (image,) = store.images
    assert image.names == ("docker.io/library/web:1", "docker.io/library/web:2")
    assert image.parent == parents[0]
    assert "several parents" in store.problems[0].what


def test_a_config_under_two_paths_is_a_duplicate_id(tmp_path: Path) -> None:
    files = old_archive([(config(), ["web:1"], "")])
    entries = json.loads(files["manifest.json"])
    files["other.json"] = dumps(config())
    files["manifest.json"] = dumps([*entries, {"Config": "other.json", "RepoTags": ["web:2"]}])
    store = opened(tmp_path, files)
    assert [image.names for image in store.images] == [("docker.io/library/web:1",)]
    assert store.problems[0].where == image_id(config())
    assert "more than once" in store.problems[0].what


def test_the_image_size_is_the_total_of_its_archived_layers(tmp_path: Path) -> None:
    files = old_archive([(config(1), None, ""), (config(2), None, "")], layer=b"x" * 700)
    assert [image.size for image in opened(tmp_path, files).images] == [700, 700]
    del files[f"{0:064x}/layer.tar"]
    assert opened(tmp_path, files).by_id[image_id(config(1))].size is None


def test_a_layer_that_is_a_link_has_its_target_s_size(tmp_path: Path) -> None:
    files = old_archive([(config(1), None, ""), (config(2), None, "")])
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            if name == f"{1:064x}/layer.tar":
                info.type, info.linkname = tarfile.SYMTYPE, f"../{0:064x}/layer.tar"
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    store = open_store(path).cases[0].store
    assert {image.size for image in store.images} == {len(b"layer content")}


def test_the_new_layout_is_recognized_by_its_layer_sources(tmp_path: Path) -> None:
    """Docker 25 and later write blobs and an index, but the ID is still that of the config."""
    layout = Layout()
    manifest = layout.image(name="docker.io/shop/web:1")
    entry = {"Config": blob_path(image_id(config())), "RepoTags": ["shop/web:1"], "Layers": []}
    files = {**layout.done(), "manifest.json": dumps([entry])}
    assert [image.id for image in opened(tmp_path, files).images] == [manifest]
    for signal in (
        {"manifest.json": dumps([{**entry, "LayerSources": {"sha256:1": {}}}])},
        {"manifest.json": dumps([{**entry, "Parent": "sha256:" + "a" * 64}])},
        {"repositories": b"{}"},
    ):
        (image,) = opened(tmp_path, {**files, **signal}).images
        assert (image.id, image.manifest_digest) == (image_id(config()), manifest)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"Config": "a" * 64 + ".json"}, "not in the archive"),
        ({"Config": "../../etc/passwd"}, "not in the archive"),
        ({"Config": "/etc/passwd"}, "not in the archive"),
        ({"Config": ""}, "not in the archive"),
        ({"Config": "b" * 64 + ".json"}, "bad digest"),
        ({"Config": "blobs/sha256/" + "c" * 64}, "bad digest"),
        ({"Config": "wrong.json"}, "config: os"),
    ],
)
def test_one_broken_image_leaves_the_others(entry: dict[str, Any], words: str, tmp_path: Path) -> None:
    files = old_archive([(config(), ["web:1"], "")])
    files["b" * 64 + ".json"] = files["blobs/sha256/" + "c" * 64] = dumps(config(3))
    files["wrong.json"] = dumps({"os": 7})
    entries = json.loads(files["manifest.json"])
    files["manifest.json"] = dumps([{**entry, "RepoTags": ["bad:1"]}, *entries])
    store = opened(tmp_path, files)
    assert [image.id for image in store.images] == [image_id(config())]
    (problem,) = store.problems
    assert problem.where == "bad:1"
    assert words in problem.what


def test_a_name_that_docker_refuses_is_a_problem(tmp_path: Path) -> None:
    store = opened(tmp_path, old_archive([(config(), ["UPPER:1", "web:1"], "")]))
    assert store.images[0].names == ("docker.io/library/web:1",)
    assert "lowercase" in store.problems[0].what


def test_a_damaged_manifest_list_does_not_hide_the_index(tmp_path: Path) -> None:
    layout = Layout()
    manifest = layout.image()
    store = opened(tmp_path, {**layout.done(), "manifest.json": b"[{]"})
    assert [image.id for image in store.images] == [manifest]
    assert store.problems[0].where == "manifest.json"


def test_the_number_of_images_is_limited(tmp_path: Path) -> None:
    files = old_archive([(config(number), None, "") for number in range(5)])
    store = opened(tmp_path, files, limits=Limits(images=3))
    assert len(store.images) == 3
    assert "more than 3 images" in store.problems[0].what
