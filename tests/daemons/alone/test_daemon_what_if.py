"""The predicted store and cache hits after an action match what the engine then has and does."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli
from daemon_predictions import NOT_BUILT, differences
from daemon_start import EngineDaemon
from daemon_stores import opened
from daemon_what_if import BUILDS, HAPPENINGS, Happening, Happens, build_all, context_of

from cacheview.cases import daemon_of
from cacheview.dockerfile.context import DOCKER_CLI
from cacheview.layers.files import LayerFiles
from cacheview.layers.opening import open_layers
from cacheview.model import Image, ImageStore, Release
from cacheview.replay.build_input import open_build_input
from cacheview.replay.image_files import StoreImageFiles, unpacked_in
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay
from cacheview.stores.containers import containers_of
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedCase
from cacheview.whatif.apply import ChangedStore, apply, unchanged
from cacheview.whatif.specs import parse_change

ON_EVERY_ENGINE = True

pytestmark = pytest.mark.usefixtures("emptied")


def would_be(case: OpenedCase, changes: list[str]) -> ChangedStore:
    state = unchanged(case.store, daemon_of(case), containers_of(case.store))
    for text in changes:
        puller = Release(state.daemon.rules.store, state.daemon.version)
        state = apply(state, parse_change(text, partial(open_store, puller=puller)))
    return state


def predicted(state: ChangedStore, dockerfile: str) -> Replay:
    daemon = state.daemon
    given = open_build_input("-", "", daemon.builder, stdin=io.BytesIO(context_of(dockerfile)))
    return replay(
        given.dockerfile,
        given.checksums(daemon.builder, DOCKER_CLI),
        state.store,
        daemon.rules,
        daemon.builder,
        BuildOptions(),
        name=given.name,
        image_files=StoreImageFiles(
            lambda: LayerFiles(open_layers(state.before)), daemon.builder, unpacked_in(state.store, daemon.rules)
        ),
    )


def seen(image: Image) -> tuple[object, ...]:
    """Return what the cache reads of an image, and what decides whether the next action removes it."""
    names = tuple(sorted(image.names))
    kept = (image.parent, image.from_scratch, image.built_locally, image.is_dangling, image.container_config)
    doubtful = {doubt.aspect for doubt in image.doubts}
    return (image.id, names, *kept, image.created, image.history, image.diff_ids, doubtful)


def unlike(reported: ImageStore, truth: ImageStore) -> list[str]:
    assert not any(image.doubt("existence") for image in reported.images)
    ours, theirs = {image.id: image for image in reported.images}, {image.id: image for image in truth.images}
    wrong = [f"{image_id[7:19]} would be gone, and is there" for image_id in theirs if image_id not in ours]
    wrong += [f"{image_id[7:19]} would be there, and is gone" for image_id in ours if image_id not in theirs]
    wrong += [
        f"{image_id[7:19]}: {seen(image)}, and it is {seen(theirs[image_id])}"
        for image_id, image in ours.items()
        if image_id in theirs and seen(image) != seen(theirs[image_id])
    ]
    return wrong


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda each: each.name)
def test_predicted_changes_match_the_real_changes(
    happening: Happening, engine: EngineDaemon, builder: Builder, client: DockerCli, tmp_path: Path
) -> None:
    at = Happens(client, builder, tmp_path)
    build_all(builder, happening.made)
    happening.before(at)
    reported = would_be(opened(engine.location("engine")), happening.changes(at))
    foreseen = predicted(reported, BUILDS[happening.build])
    happening.do(at)
    (case,) = open_store(engine.location("engine")).cases
    assert unlike(reported.store, case.store) == []
    truth = client.build("-", ["--tag", "what/again:1"], context_of(BUILDS[happening.build]))
    assert list(differences(foreseen, truth, builder, unknown=[NOT_BUILT])) == []
