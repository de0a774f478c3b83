"""Makes stores less exact, like those that do not report everything that the daemon has."""

from __future__ import annotations

from hypothesis import strategies as st
from strategies import IDS, LACKED, configs, entries, histories, layers, times

from cacheview.engine.candidate import command_of_unknown, container_config_of
from cacheview.model import (
    Aspect,
    ContainerConfig,
    Doubt,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Probe,
    RootFS,
    Timestamp,
)

ASPECTS: tuple[Aspect, ...] = (
    "container_config",
    "created",
    "parent",
    "names",
    "diff_ids",
    "config",
    "history",
    "history.created",
    "history.created_by",
    "history.author",
    "history.comment",
    "history.empty_layer",
    "built_locally",
    "from_scratch",
    "dangling",
)
EPOCH = Timestamp(0, 0, None)
ZERO = Timestamp.parse("0001-01-01T00:00:00Z")


def doubt(aspect: Aspect) -> Doubt:
    return Doubt(aspect=aspect, reason=f"The {aspect} is not told.", remedy="Open the other store.")


DOUBTS = {aspect: doubt(aspect) for aspect in ASPECTS}


def to_the_second(time: Timestamp | None, none: Timestamp = ZERO) -> Timestamp:
    """Return the time as in an engine's history: in whole seconds, with Go's zero time or 1970 for a missing one."""
    return Timestamp(time.seconds, 0, None) if time is not None else none


def blur_entry(entry: HistoryEntry, aspect: Aspect, none: Timestamp = ZERO) -> HistoryEntry:
    values: dict[Aspect, dict[str, object]] = {
        "history.created": {"created": to_the_second(entry.created, none)},
        "history.created_by": {"created_by": ""},
        "history.author": {"author": ""},
        "history.comment": {"comment": ""},
        "history.empty_layer": {"empty_layer": False},
    }
    return entry.model_copy(update=values[aspect])


def with_doubt(image: Image, aspect: Aspect, config: dict[str, object] | None = None, **values: object) -> Image:
    update = dict(values)
    if config is not None:
        update["config"] = image.config.model_copy(update=config)
    return image.model_copy(update={**update, "doubts": (*image.doubts, DOUBTS[aspect])})


def without_config(image: Image) -> Image:
    """Remove the container config if an engine could have written both it and the history."""
    stored = container_config_of(image)
    bare = with_doubt(image, "container_config", {"container_config": None}, container_config=None)
    is_honest = stored is None or not stored.Cmd or command_of_unknown(bare) in (None, " ".join(stored.Cmd))
    return bare if is_honest else image


def blur(draw: st.DrawFn, image: Image, aspect: Aspect) -> Image:
    """Replace or remove one aspect of the image, and add a doubt about it."""
    if aspect == "container_config":
        return without_config(image)
    if aspect == "created":
        return with_doubt(image, aspect, {"created": draw(times)})
    if aspect == "parent":
        return with_doubt(image, aspect, parent=draw(st.none() | st.sampled_from([*IDS, LACKED])))
    if aspect in ("built_locally", "from_scratch"):
        return with_doubt(image, aspect, None, **{aspect: draw(st.booleans())})
    if aspect == "dangling":  # an image without a name certainly has such a record
        return with_doubt(image, aspect, dangling=draw(st.booleans())) if image.names else image
    if aspect == "names":
        return with_doubt(image, aspect, names=())
    if aspect == "diff_ids":
        return with_doubt(image, aspect, {"rootfs": RootFS(diff_ids=draw(layers))})
    if aspect == "history":
        return with_doubt(image, aspect, {"history": draw(histories)})
    if aspect == "config":
        return with_doubt(
            image,
            aspect,
            {"history": None, "rootfs": None, "created": None, "container_config": None},
        )
    none = draw(st.sampled_from([ZERO, EPOCH]))
    return with_doubt(image, aspect, {"history": tuple(blur_entry(entry, aspect, none) for entry in image.history)})


@st.composite
def blurred(draw: st.DrawFn, store: ImageStore) -> ImageStore:
    """Blur the same aspects of all images, as one kind of store would, or different aspects of some images."""
    wanted = st.lists(st.sampled_from(ASPECTS), unique=True, min_size=1, max_size=3)
    alike = draw(wanted) if draw(st.booleans()) else None
    images = []
    for image in store.images:
        aspects = alike if alike is not None else draw(wanted) if draw(st.booleans()) else []
        for aspect in aspects:
            image = blur(draw, image, aspect)
        images.append(image)
    return ImageStore(tuple(images))


@st.composite
def lively(draw: st.DrawFn) -> tuple[ImageStore, Probe]:
    """Draw a store of one lineage with siblings, and a probe that is mostly a hit: locally, by a source, or both."""
    shared = draw(configs), draw(configs)
    images: list[Image] = []
    for image_id in IDS[: draw(st.integers(2, len(IDS)))]:
        parent = draw(st.none() | st.sampled_from(images)) if images else None
        step = draw(entries).model_copy(update={"empty_layer": draw(st.booleans())})
        history = (*(parent.history if parent else ()), step)
        diff_ids = (*(parent.diff_ids if parent else ()), *(() if step.empty_layer else (f"sha256:{len(images) % 2}",)))
        images.append(
            Image(
                id=image_id,
                names=(f"docker.io/library/{image_id[7]}:latest",),
                parent=parent.id if parent and draw(st.integers(0, 4)) else None,
                from_scratch=parent is None and bool(draw(st.integers(0, 4))),
                built_locally=bool(draw(st.integers(0, 4))),
                config=ImageConfig(
                    created=draw(times),
                    container_config=draw(st.sampled_from(shared)),
                    history=history,
                    rootfs=RootFS(diff_ids=diff_ids),
                ),
            )
        )
    target = draw(st.sampled_from(images))
    parent_id = target.parent or ""
    config = target.config.container_config or ContainerConfig()
    cache_from: tuple[str, ...] = ()
    if draw(st.booleans()):
        cache_from = tuple(draw(st.lists(st.sampled_from([i.id[7] for i in images]), min_size=1, max_size=2)))
        if draw(st.booleans()):  # the next step of a source
            beginnings = [image for image in images if len(image.history) < len(target.history)]
            parent = draw(st.none() | st.sampled_from(beginnings)) if beginnings else None
            parent_id = parent.id if parent else ""
            following = target.history[len(parent.history) if parent else 0].created_by
            config = config.model_copy(update={"Cmd": (following,)})
            cache_from = (target.id, *cache_from[:1])
    return ImageStore(tuple(images)), Probe(parent=parent_id, config=config, cache_from=cache_from)
