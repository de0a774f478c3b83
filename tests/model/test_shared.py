"""Equal parts of models are stored only once, without changing the models."""

from __future__ import annotations

import json
from copy import deepcopy

from hypothesis import example, given
from hypothesis import strategies as st

from cacheview.model import ContainerConfig, HistoryEntry, ImageConfig, RootFS, Timestamp, decode
from cacheview.model.shared import Shared

TEXTS = st.sampled_from(["", "a", "b", "PATH=/bin"])
LISTS = st.none() | st.lists(TEXTS, max_size=3).map(tuple)
CONFIGS = st.builds(
    ContainerConfig,
    Env=LISTS,
    Cmd=LISTS,
    Labels=st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2),
    Volumes=st.none() | st.dictionaries(TEXTS, st.just({}), max_size=2),
)
TIMES = st.none() | st.builds(Timestamp, st.integers(0, 1), st.integers(0, 1), st.sampled_from([None, 0, 3600]))
ENTRIES = st.builds(
    HistoryEntry, created=TIMES, created_by=TEXTS, author=TEXTS, comment=TEXTS, empty_layer=st.booleans()
)
IMAGES = st.builds(
    ImageConfig,
    config=st.none() | CONFIGS,
    container_config=st.none() | CONFIGS,
    history=st.none() | st.lists(ENTRIES, max_size=3).map(tuple),
    rootfs=st.none() | st.builds(RootFS, diff_ids=LISTS),
)


ORDERED = [ContainerConfig(Volumes={key: {} for key in keys}) for keys in ("ab", "ba")]
"""The same volumes in other orders."""


@given(st.lists(IMAGES, max_size=6))
@example([ImageConfig(config=ORDERED[0], container_config=ORDERED[1])])
def test_sharing_equal_objects_changes_no_value(configs: list[ImageConfig]) -> None:
    before = deepcopy(configs)
    shared = Shared()
    for config in configs:
        shared.config(config)
    assert configs == before
    texts = [config.model_dump_json() for config in configs]
    assert texts == [config.model_dump_json() for config in before]


def read(number: int) -> ImageConfig:
    """The config of one of an image's children, decoded separately."""
    long = "x" * 100
    made = {"Env": [f"PATH={long}", f"N={number}"], "Labels": {"n": str(number)}, "Entrypoint": [long]}
    history = [{"created": "2024-01-01T00:00:00Z", "created_by": text} for text in ("base", f"own {number}")]
    layers = {"type": "layers", "diff_ids": [f"sha256:{1:064x}", f"sha256:{number:064x}"]}
    document = {"config": made, "container_config": made, "history": history, "rootfs": layers}
    return decode(ImageConfig, json.dumps(document))


def parts(config: ImageConfig) -> tuple[ContainerConfig, ContainerConfig, tuple[HistoryEntry, ...], tuple[str, ...]]:
    assert config.config is not None
    assert config.container_config is not None
    assert config.rootfs is not None
    return config.config, config.container_config, config.history or (), config.rootfs.diff_ids or ()


def test_children_of_an_image_share_its_history_and_layers() -> None:
    shared = Shared()
    configs = [read(1), read(2)]
    for config in configs:
        shared.config(config)
    (one, _, history, layers), (other, _, other_history, other_layers) = map(parts, configs)
    assert history[0] is other_history[0]
    assert history[1] != other_history[1]
    assert layers[0] is other_layers[0]
    assert (one.Env or ())[0] is (other.Env or ())[0]
    assert one.Entrypoint is other.Entrypoint


def test_both_configs_of_an_image_share_their_parts() -> None:
    config = read(1)
    Shared().config(config)
    plain, made, *_ = parts(config)
    assert plain.Env is made.Env
    assert plain.Labels is made.Labels
