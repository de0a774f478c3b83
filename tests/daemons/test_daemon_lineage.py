"""The tree of a running engine matches what its builder built."""

from __future__ import annotations

import pytest
from daemon_builds import Builder
from daemon_shop import Build
from daemon_start import KINDS, EngineDaemon
from daemon_stores import store_at

from cacheview.engine.candidate import container_config_of
from cacheview.model import ImageStore
from cacheview.model.image import familiar


@pytest.fixture(scope="module", params=KINDS)
def store(request: pytest.FixtureRequest, engine: EngineDaemon, shop: list[Build]) -> ImageStore:
    return store_at(engine.location(request.param))


def test_every_step_has_the_step_before_it_as_its_parent(store: ImageStore, shop: list[Build]) -> None:
    steps = [step for build in shop for step in build.steps if step.asks_cache]
    assert len({step.image for step in steps}) >= 25
    assert [(step.instruction, store.by_id[step.image].parent or "") for step in steps] == [
        (step.instruction, step.parent) for step in steps
    ]


def test_every_step_image_has_the_instruction_of_its_step(store: ImageStore, shop: list[Build]) -> None:
    words = [step.instruction.split()[0] for build in shop for step in build.steps if step.asks_cache]
    reported = [store.by_id[s.image].instruction.split()[0] for build in shop for s in build.steps if s.asks_cache]
    assert reported == words


def test_the_store_has_the_images_and_names_listed_by_the_engine(
    store: ImageStore, shop: list[Build], builder: Builder
) -> None:
    listed = builder.names()
    assert {image.id: {familiar(name) for name in image.names if "@" not in name} for image in store.images} == listed
    web = store.resolve("shop/web:1.0")
    assert {familiar(name) for name in web.names} >= {"shop/web:1.0", "registry.example.com:5000/team/web:stable"}


def test_a_moved_tag_leaves_an_unnamed_leaf(store: ImageStore, shop: list[Build]) -> None:
    before, after = (build.steps[-1].image for build in shop if build.name == "shop/moved:1")
    assert store.by_id[before].names == ()
    assert before not in store.children
    assert store.resolve("shop/moved:1").id == after
    assert store.by_id[before].parent == store.by_id[after].parent


def test_the_first_steps_on_scratch_are_known_as_such(store: ImageStore, shop: list[Build]) -> None:
    first = {step.image for build in shop for step in build.steps if step.asks_cache and not step.parent}
    assert {image.id for image in store.images if image.is_first_step} >= first


def test_a_local_engine_has_the_same_images_as_its_data_root(engine: EngineDaemon, shop: list[Build]) -> None:
    assert store_at(engine.location("engine")).images == store_at(engine.location("data-root")).images


def test_a_remote_engine_differs_from_its_data_root_only_in_doubts(engine: EngineDaemon, shop: list[Build]) -> None:
    remote, local = (store_at(engine.location(kind)) for kind in ("remote", "data-root"))
    assert [image.id for image in remote.images] == [image.id for image in local.images]
    for image in local.images:
        other = remote.by_id[image.id]
        assert (other.parent, set(other.names), other.diff_ids) == (image.parent, set(image.names), image.diff_ids)
        assert container_config_of(other) == container_config_of(image)
        assert other.created == image.created
        assert [entry.created_by for entry in other.history] == [entry.created_by for entry in image.history]
        assert other.doubt("history.created") is not None
        assert image.doubts == ()
