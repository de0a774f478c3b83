"""Small random stores and probes, in which the values that the rules compare are often equal."""

from __future__ import annotations

from hypothesis import strategies as st

from cacheview.model import (
    ContainerConfig,
    HealthConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Probe,
    RootFS,
    Timestamp,
)
from cacheview.model.config import StringSet

IDS = tuple(f"sha256:{digit * 64}" for digit in "abcdef")
LACKED = "sha256:" + "9" * 64


def lists(*words: str) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.none() | st.lists(st.sampled_from(words), max_size=3).map(tuple)


sets: st.SearchStrategy[StringSet | None] = st.none() | st.dictionaries(
    st.sampled_from(["80/tcp", "81/tcp"]), st.just({}), max_size=2
)
labels = st.none() | st.dictionaries(st.sampled_from("abc"), st.sampled_from(["", "1", "2"]), max_size=2)
CHANCE = st.booleans()
flags = st.sampled_from([False, False, False, True])
times = st.none() | st.sampled_from(
    [
        Timestamp.parse(text)
        for text in (
            "2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00+00:00",
            "2024-01-01T01:00:00+01:00",
            "2024-01-01T00:00:00.000000001Z",
            "2023-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
        )
    ]
)
configs = st.builds(
    ContainerConfig,
    User=st.sampled_from(["", "", "root"]),
    AttachStdout=flags,
    Tty=flags,
    OpenStdin=flags,
    Cmd=lists("echo", "hi", "echo hi"),
    Env=lists("A=1", "A=2"),
    Labels=labels,
    ExposedPorts=sets,
    Volumes=sets,
    Entrypoint=lists("/app"),
    WorkingDir=st.sampled_from(["", "/x"]),
    Healthcheck=st.none() | st.builds(HealthConfig, Retries=st.integers(0, 1)),
)
entries = st.builds(
    HistoryEntry,
    created=times,
    created_by=st.sampled_from(["", "echo hi", "echo", "hi"]),
    author=st.sampled_from(["", "", "me"]),
    empty_layer=st.booleans(),
)
histories = st.none() | st.lists(entries, max_size=4).map(tuple)
layers = st.none() | st.lists(st.sampled_from(["sha256:1", "sha256:2"]), max_size=3).map(tuple)


@st.composite
def stores(draw: st.DrawFn) -> ImageStore:
    """Draw up to six images. Parents may be missing, cyclic or the image itself; histories often continue others."""
    images: list[Image] = []
    for image_id in IDS[: draw(st.integers(0, len(IDS)))]:
        history, diff_ids = draw(histories), draw(layers)
        if bool(images) and draw(CHANCE):
            before = draw(st.sampled_from(images))
            history = (*before.history, *(history or ())[:2])
            diff_ids = (*before.diff_ids, *(diff_ids or ())[:1])
        # Configs that repeat make matches likely.
        known = [image.config.container_config for image in images]
        config = draw(st.sampled_from([*known, None])) if bool(known) and draw(CHANCE) else draw(configs)
        images.append(
            Image(
                id=image_id,
                names=(f"docker.io/library/{image_id[7]}:latest",) if draw(st.booleans()) else (),
                parent=draw(st.none() | st.sampled_from([*IDS, LACKED])),
                config=ImageConfig(
                    created=draw(times), container_config=config, history=history, rootfs=RootFS(diff_ids=diff_ids)
                ),
            )
        )
    return ImageStore(tuple(images))


@st.composite
def stores_with_probe(draw: st.DrawFn) -> tuple[ImageStore, Probe]:
    """Draw a store, and a probe that is usually similar to an image in it."""
    store = draw(stores())
    stored = [image.config.container_config for image in store.images if image.config.container_config]
    config = draw(st.sampled_from(stored)) if bool(stored) and draw(CHANCE) else draw(configs)
    if draw(st.booleans()):
        other = draw(configs)
        field = draw(st.sampled_from(["Cmd", "Env", "Labels", "User", "WorkingDir", "ExposedPorts"]))
        config = config.model_copy(update={field: getattr(other, field)})
    references = st.sampled_from([*IDS, *(f"{digit}" for digit in "abcdef"), "sha256:aaaa", "Not:A:Name"])
    cache_from = draw(st.just(()) | st.lists(references, max_size=3).map(tuple))
    parent = draw(st.sampled_from(["", "", *IDS, LACKED]))
    return store, Probe(parent=parent, config=config, cache_from=cache_from)
