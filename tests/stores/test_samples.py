"""Every archive of every engine has the same content as the original store."""

from __future__ import annotations

import pytest
from store_samples import ENGINES, LAYOUTS, SAVES, Truth, by_name, opened, sample, tagged

from cacheview.model import ImageConfig, Platform, StoreKind
from cacheview.stores.open import open_store

ALL_TAGS = {
    "docker.io/shop/api:2.3",
    "docker.io/shop/assets:1",
    "docker.io/shop/base:1",
    "docker.io/shop/data:2024",
    "docker.io/shop/tool:0.9",
    "docker.io/shop/web:1.0",
    "docker.io/shop/web:1.1",
}
PULLED = "127.0.0.1:5055/team/pulled:1"
PULLED_CONFIG = "sha256:ea103961428b667eb85ded2934b9eb2ce1c35e54111a07d8d67f55efa4673e4f"


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def truth(engine: str) -> Truth:
    return Truth(engine)


@pytest.mark.parametrize("name", SAVES)
def test_saved_images_match_the_original_store(engine: str, truth: Truth, name: str) -> None:
    """Compares IDs, and configs with container config, creation time, history and root filesystem."""
    store = opened(engine, name)
    assert store.images
    for image in store.images:
        true = truth.by_id[image.id]
        assert image.config == truth.config(image.id)
        assert image.config_digest == true.get("config_digest", image.id)
        assert image.container_config is None  # no engine saves it separately
        assert set(image.names) <= tagged(true["names"])
        assert image.size is not None
        assert image.size > 0


@pytest.mark.parametrize("name", SAVES)
def test_images_are_in_store_order(engine: str, truth: Truth, name: str) -> None:
    ids = [image.id for image in opened(engine, name).images]
    if truth.kind == "graphdriver" or name == "save-by-id":  # no image has a name there
        assert ids == sorted(ids)
    else:
        assert ids == [image["id"] for image in truth.images if image["id"] in ids]


def test_all_tags(engine: str) -> None:
    store = opened(engine, "save-all-tags")
    assert {name for image in store.images for name in image.names} == ALL_TAGS
    assert all(len(image.names) == 1 for image in store.images)


def test_two_tags_of_one_repository(engine: str, truth: Truth) -> None:
    store = opened(engine, "save-web-two-tags")
    assert {image.names: image.id for image in store.images} == {
        (name,): truth.named(name)["id"] for name in ("docker.io/shop/web:1.0", "docker.io/shop/web:1.1")
    }


def test_saved_by_id_has_no_names(engine: str, truth: Truth) -> None:
    store = opened(engine, "save-by-id")
    assert [image.names for image in store.images] == [(), ()]
    expected = {truth.named(f"docker.io/shop/{name}")["id"] for name in ("api:2.3", "web:1.0")}
    assert {image.id for image in store.images} == expected


def test_pulled_index(engine: str, truth: Truth) -> None:
    (image,) = opened(engine, "save-pulled").images
    true = truth.named(PULLED)
    assert image.id == true["id"]
    assert image.names == (PULLED,)
    assert image.config_digest == PULLED_CONFIG
    if not true.get("index"):
        assert image.variants == ()
        return
    # amd64 was pulled, arm64 is only listed in the index, and the attestation is not an image.
    assert image.manifest_digest == true["manifest"]
    assert [str(variant.platform) for variant in image.variants] == ["linux/amd64", "linux/arm64"]
    amd64, arm64 = image.variants
    assert amd64.config == image.config
    assert amd64.config_digest == PULLED_CONFIG
    assert arm64.config is None


def test_a_missing_platform_falls_back_to_the_available_one(engine: str) -> None:
    wanted = Platform(os="linux", architecture="arm64")
    (case,) = open_store(sample(engine, "save-pulled"), platform=wanted).cases
    assert case.store.images[0].config.architecture == "amd64"


def test_a_saved_chain_has_the_expected_images_and_parents(engine: str, truth: Truth) -> None:
    store = opened(engine, "save-chain")
    ids = {image.id for image in store.images}
    assert ids == {*truth.chain, truth.named("docker.io/shop/web:1.1")["id"]}
    parents = {image.id: image.parent for image in store.images}
    if truth.kind == "containerd":
        assert set(parents.values()) == {None}
        assert any("No image has a parent" in note for note in store.notes)
        return
    # Recorded parents are correct; the store has a parent for each image whose parent could be saved.
    recorded = {image_id: parent for image_id, parent in parents.items() if parent}
    assert recorded == {image_id: truth.by_id[image_id]["parent"] for image_id in recorded}
    assert len(recorded) == 28
    missing = sum(parent not in ids for parent in recorded.values())
    assert any(str(missing) in note for note in store.notes) == bool(missing)


def test_an_archive_without_parents_says_so(engine: str) -> None:
    store = opened(engine, "save-all-tags")
    assert {image.parent for image in store.images} == {None}
    assert any("No image has a parent" in note for note in store.notes)


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(engine: str, truth: Truth, name: str) -> None:
    """``shop/api:2.3`` as converted by skopeo: a config without Docker's own keys, and recompressed layers."""
    result = open_store(sample(engine, name))
    assert (result.kind, result.problems) == ("oci-archive", ())
    (image,) = result.cases[0].store.images
    true = truth.config(truth.named("docker.io/shop/api:2.3")["id"])
    assert image.id == image.manifest_digest
    assert image.id not in truth.by_id
    assert image.names == ()  # skopeo wrote only the tag 2.3, which has no repository
    assert any("2.3" in note for note in result.cases[0].store.notes)
    assert image.created == true.created
    assert image.history == true.history
    assert image.diff_ids == (true.rootfs.diff_ids if true.rootfs else None)
    assert image.config.platform == true.platform
    assert image.config.container_config is None
    assert image.config.config is not None
    assert true.config is not None
    assert image.config.config.Cmd == true.config.Cmd
    assert image.config.config.Env == true.config.Env


@pytest.mark.parametrize("name", [*SAVES, *LAYOUTS])
def test_rules_and_kind(engine: str, name: str) -> None:
    result = open_store(sample(engine, name))
    assert result.kind == ("docker-archive" if name in SAVES else "oci-archive")
    assert result.cases[0].rules == ""
    release = result.cases[0].store.release
    assert release is not None
    assert ("graph-driver" in result.title) == (release.kind is StoreKind.GRAPH_DRIVER)
    assert (release.kind is StoreKind.GRAPH_DRIVER) == (name in SAVES and not engine.endswith("c8d"))


def test_the_container_config_inside_the_image_config_is_kept() -> None:
    image = by_name(opened("71ebfc7c63-c8d", "save-all-tags"), "docker.io/shop/web:1.0")
    assert isinstance(image.config, ImageConfig)
    assert image.config.container_config is not None
    assert image.config.container_config.Cmd


def test_a_containerd_archive_without_container_configs_says_so() -> None:
    assert any("container config" in note for note in opened("28.5.2-c8d", "save-all-tags").notes)
    assert not any("container config" in note for note in opened("28.5.2-gd", "save-all-tags").notes)
