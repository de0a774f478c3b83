"""Images of an OCI index: names, platforms, digests, and entries that are not images."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from store_builder import INDEX_TYPE, MANIFEST_TYPE, Layout, blob_path, config, dumps, sha256, write_folder, write_tar

from cacheview.model import Image, ImageStore, Platform
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store

AMD64 = {"os": "linux", "architecture": "amd64"}
ARM64 = {"os": "linux", "architecture": "arm64"}


def opened(path: Path, layout: Layout, **options: Any) -> ImageStore:
    return open_store(write_tar(path / "a.tar", layout.done()), **options).cases[0].store


def only(store: ImageStore) -> Image:
    (image,) = store.images
    return image


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        ("docker.io/library/web:1", ("docker.io/library/web:1",)),
        ("shop/web", ("docker.io/shop/web:latest",)),
        ("web:1", ("docker.io/library/web:1",)),
        ("registry.example.com:5000/web:1", ("registry.example.com:5000/web:1",)),
        ("web@sha256:" + "a" * 64, ("docker.io/library/web@sha256:" + "a" * 64,)),
        ("2.3", ()),
        ("latest", ()),
    ],
)
def test_an_annotation_with_only_a_tag_is_not_a_name(annotation: str, name: tuple[str, ...], tmp_path: Path) -> None:
    """Only an annotation with a repository is a name."""
    layout = Layout()
    layout.add(layout.manifest(config()), "", **{"org.opencontainers.image.ref.name": annotation})
    store = opened(tmp_path, layout)
    assert only(store).names == name
    assert any(annotation in note for note in store.notes) == (not name)


def test_the_containerd_name_annotation_takes_precedence(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.manifest(config()), "docker.io/shop/web:1", **{"org.opencontainers.image.ref.name": "a/b:2"})
    assert only(opened(tmp_path, layout)).names == ("docker.io/shop/web:1",)


def test_a_name_that_docker_refuses_is_a_problem(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image(name="Shop/Web:1")
    store = opened(tmp_path, layout)
    assert only(store).names == ()
    (problem,) = store.problems
    assert problem.where == image
    assert "lowercase" in problem.what


def test_several_names_are_one_image(tmp_path: Path) -> None:
    layout = Layout()
    descriptor = layout.manifest(config())
    for name in ("shop/web:2", "shop/web:1", "shop/web:2"):
        layout.add(descriptor, name)
    image = only(opened(tmp_path, layout))
    assert image.names == ("docker.io/shop/web:1", "docker.io/shop/web:2")


def test_order_is_by_name_then_by_digest(tmp_path: Path) -> None:
    layout = Layout()
    unnamed = sorted(layout.image(number) for number in (1, 2, 3))
    second = layout.image(4, "shop/web:1")
    first = layout.image(5, "alpine")
    store = opened(tmp_path, layout)
    assert [image.id for image in store.images] == [first, second, *unnamed]


def test_digests_and_size(tmp_path: Path) -> None:
    layout = Layout()
    layers = [{"digest": f"sha256:{number:064x}", "size": 10**number} for number in (1, 2)]
    descriptor = layout.manifest(config(), layers=layers)
    layout.add(descriptor)
    image = only(opened(tmp_path, layout))
    assert image.id == image.manifest_digest == descriptor["digest"]
    assert image.config_digest == sha256(dumps(config()))
    assert image.size == 110


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_longer_digests(algorithm: str, tmp_path: Path) -> None:
    layout = Layout()
    descriptor = layout.manifest(config())
    content = layout.files.pop(blob_path(str(descriptor["digest"])))
    digest = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    layout.files[blob_path(digest)] = content
    layout.add({**descriptor, "digest": digest})
    assert only(opened(tmp_path, layout)).id == digest
    layout.files[blob_path(digest)] = content + b" "
    other = layout.image(1)
    store = opened(tmp_path, layout)
    assert only(store).id == other
    assert "bad digest" in store.problems[0].what


# Multi-platform indexes


def platforms(layout: Layout, *wanted: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {**layout.manifest(config(number, **platform)), "platform": platform} for number, platform in enumerate(wanted)
    ]


def test_each_platform_is_a_variant(tmp_path: Path) -> None:
    layout = Layout()
    amd64, arm64 = platforms(layout, AMD64, ARM64)
    index = layout.index([arm64, amd64])
    layout.add(index, "shop/web:1")
    image = only(opened(tmp_path, layout))
    assert image.id == index["digest"]
    assert image.manifest_digest == amd64["digest"]
    assert [variant.manifest_digest for variant in image.variants] == [arm64["digest"], amd64["digest"]]
    assert [str(variant.platform) for variant in image.variants] == ["linux/arm64", "linux/amd64"]
    assert [variant.config is not None for variant in image.variants] == [True, True]


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (Platform(os="linux", architecture="arm64"), 1),
        (Platform(os="linux", architecture="arm64", variant="v8"), 1),
        (Platform(os="linux", architecture="arm", variant="v6"), 2),
        (Platform(os="linux", architecture="arm"), 3),
        (Platform(os="windows", architecture="amd64"), 0),
        (None, 0),
    ],
)
def test_the_shown_platform(wanted: Platform | None, shown: int, tmp_path: Path) -> None:
    layout = Layout()
    arms = [{"os": "linux", "architecture": "arm", "variant": variant} for variant in ("v6", "v7")]
    found = platforms(layout, AMD64, {**ARM64, "variant": "v8"}, *arms)
    layout.add(layout.index(found))
    assert only(opened(tmp_path, layout, platform=wanted)).manifest_digest == found[shown]["digest"]


def test_a_missing_platform_is_a_variant_without_content(tmp_path: Path) -> None:
    layout = Layout()
    amd64, arm64 = platforms(layout, AMD64, ARM64)
    del layout.files[blob_path(amd64["digest"])]
    layout.add(layout.index([amd64, arm64]))
    store = opened(tmp_path, layout)
    image = only(store)
    assert store.problems == ()
    assert image.manifest_digest == arm64["digest"]
    assert image.variants[0].config is None
    del layout.files[blob_path(arm64["digest"])]
    layout.image(9)
    store = opened(tmp_path, layout)
    assert "any platform in this index (2 platforms)" in store.problems[0].what
    assert len(store.images) == 1


def test_attestations_are_no_images(tmp_path: Path) -> None:
    layout = Layout()
    (amd64,) = platforms(layout, AMD64)
    unknown = {**layout.manifest(config(8)), "platform": {"os": "unknown", "architecture": "unknown"}}
    marked = {**layout.manifest(config(9)), "annotations": {"vnd.docker.reference.type": "attestation-manifest"}}
    layout.add(layout.index([unknown, amd64, marked]), "shop/web:1")
    layout.descriptors += [unknown, marked]
    store = opened(tmp_path, layout)
    assert store.problems == ()
    assert [variant.manifest_digest for variant in only(store).variants] == [amd64["digest"]]


def test_docker_media_types(tmp_path: Path) -> None:
    layout = Layout()
    content = dumps(config())
    docker = "application/vnd.docker."
    manifest = layout.document(
        {
            "schemaVersion": 2,
            "mediaType": docker + "distribution.manifest.v2+json",
            "config": {"mediaType": docker + "container.image.v1+json", "digest": layout.blob(content)},
            "layers": [],
        },
        docker + "distribution.manifest.v2+json",
    )
    items = [{**manifest, "platform": {**AMD64, "features": ["sse4"]}}]
    listing = docker + "distribution.manifest.list.v2+json"
    layout.add(layout.document({"schemaVersion": 2, "mediaType": listing, "manifests": items}, listing))
    store = opened(tmp_path, layout)
    assert store.problems == ()
    assert only(store).manifest_digest == manifest["digest"]


def test_indexes_within_indexes(tmp_path: Path) -> None:
    layout = Layout()
    amd64, arm64 = platforms(layout, AMD64, ARM64)
    layout.add(layout.index([layout.index([amd64]), arm64, layout.index([amd64])]))
    image = only(opened(tmp_path, layout))
    assert [variant.manifest_digest for variant in image.variants] == [amd64["digest"], arm64["digest"]]


def test_indexes_nested_too_deep(tmp_path: Path) -> None:
    layout = Layout()
    descriptor = layout.manifest(config())
    for _ in range(Limits().nesting + 2):
        descriptor = layout.index([descriptor])
    layout.add(descriptor)
    layout.image(1)
    store = opened(tmp_path, layout)
    assert "deep" in store.problems[0].what
    assert len(store.images) == 1


def test_indexes_that_multiply_are_read_once(tmp_path: Path) -> None:
    """Each index refers to the one below it a thousand times."""
    layout = Layout()
    descriptor = layout.manifest(config())
    for level in range(4):
        descriptor = layout.index([{**descriptor, "annotations": {"n": f"{level}.{n}"}} for n in range(1000)])
    layout.add(descriptor)
    assert len(only(opened(tmp_path, layout)).variants) == 1


# What cannot be read


class BrokenLayout(Layout):
    def add_raw(self, content: bytes) -> dict[str, Any]:
        return {"digest": self.blob(content), "mediaType": MANIFEST_TYPE}


def broken(layout: BrokenLayout) -> dict[str, tuple[dict[str, Any], str]]:
    """Descriptors that cannot be read, each with a part of the problem's message."""
    bad_config = layout.manifest(config(20))
    layout.files[blob_path(sha256(dumps(config(20))))] += b" "
    bad_manifest = layout.manifest(config(21))
    layout.files[blob_path(bad_manifest["digest"])] += b"\n"
    no_config = layout.manifest(config(22))
    del layout.files[blob_path(sha256(dumps(config(22))))]
    no_manifest = layout.manifest(config(23))
    del layout.files[blob_path(no_manifest["digest"])]
    return {
        "bad config": (bad_config, "bad digest"),
        "bad manifest": (bad_manifest, "bad digest"),
        "no config": (no_config, "not in the store"),
        "no manifest": (no_manifest, "not in the store"),
        "wrong type": (layout.manifest({**config(24), "history": [{"created": 3}]}), "config: history[0].created"),
        "no time": (layout.manifest({**config(25), "created": "yesterday"}), "created"),
        "no object": (layout.document([1, 2], MANIFEST_TYPE), "manifest: Input should be an object"),
        "no manifest at all": (layout.document({"fsLayers": []}, MANIFEST_TYPE), "neither an image manifest nor"),
        "index of nothing": (
            layout.document({"manifests": []}, INDEX_TYPE),
            "any platform in this index (0 platforms)",
        ),
        "digest of nothing": ({"digest": "sha256:../../../etc/passwd"}, "not a digest"),
        "short digest": ({"digest": "sha256:abc"}, "not a digest"),
        "unknown algorithm": ({"digest": "md5:" + "a" * 32}, "not a digest"),
        "no digest": ({"digest": ""}, "not a digest"),
        "artifact": (
            layout.manifest({}, config={"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "x"}),
            "an artifact of type application/vnd.cncf.helm",
        ),
        "deep": (layout.add_raw(b'{"config":' + b"[" * 100_000), "nested more than 200 levels deep"),
        "long history": (
            layout.manifest({**config(26), "history": [{}] * 200}),
            "history: has 200 entries, but at most 100",
        ),
    }


@pytest.mark.parametrize("what", list(broken(BrokenLayout())))
@pytest.mark.parametrize("folder", [False, True], ids=["archive", "folder"])
def test_one_broken_image_leaves_the_others(what: str, folder: bool, tmp_path: Path) -> None:
    layout = BrokenLayout()
    good = layout.image(1, "shop/good:1")
    descriptor, words = broken(layout)[what]
    layout.add(descriptor, "shop/bad:1")
    path = write_folder(tmp_path, layout.done()) if folder else write_tar(tmp_path / "a.tar", layout.done())
    store = open_store(path, limits=Limits(history=100)).cases[0].store
    assert [image.id for image in store.images] == [good]
    (problem,) = store.problems
    assert problem.where == "shop/bad:1"
    assert words in problem.what


def test_an_unnamed_broken_image_is_named_by_its_digest(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(1)
    missing = layout.add({"digest": "sha256:" + "e" * 64})
    (problem,) = opened(tmp_path, layout).problems
    assert problem.where == missing


def test_a_broken_config_is_read_once(tmp_path: Path) -> None:
    """Each manifest that refers to it is still reported."""
    layout = Layout()
    layout.image(1)
    for number in range(3):
        layout.add(layout.manifest({**config(2), "os": 7}, annotations={"n": str(number)}))
    assert ["os" in problem.what for problem in opened(tmp_path, layout).problems] == [True] * 3


def test_the_number_of_images_is_limited(tmp_path: Path) -> None:
    layout = Layout()
    for number in range(5):
        layout.image(number)
    store = opened(tmp_path, layout, limits=Limits(images=3))
    assert len(store.images) == 3
    assert "more than 3 images" in store.problems[0].what


def test_json_is_read_as_leniently_as_in_go(tmp_path: Path) -> None:
    """Unknown keys, null and different case are accepted, as by Docker."""
    layout = Layout()
    layout.add(layout.manifest({**config(), "moby.buildkit.buildinfo.v1": "x", "Author": "a", "variant": None}))
    image = only(opened(tmp_path, layout))
    assert image.config.author == "a"


def test_many_problems_are_counted_and_only_the_first_are_listed(tmp_path: Path) -> None:
    layout = Layout()
    good = layout.image(1)
    for number in range(1500):
        layout.add({"digest": f"sha256:{number:064x}"})
    whole = opened(tmp_path, layout)
    assert [image.id for image in whole.images] == [good]
    assert len(whole.problems) == 1001
    assert whole.problems[-1].what == "500 more problems are not listed"


def test_a_reached_limit_is_reported_among_many_problems(tmp_path: Path) -> None:
    layout = Layout()
    layout.image(1)
    for number in range(1500):
        layout.add({"digest": f"sha256:{number:064x}"})
    path = write_tar(tmp_path / "a.tar", layout.done())
    problems = open_store(path, limits=Limits(images=1200)).problems
    assert len(problems) == 1002
    assert "more than 1,200 images. The rest was not read" in problems[-2].what
    assert "more problems are not listed" in problems[-1].what
