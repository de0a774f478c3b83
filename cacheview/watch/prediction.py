"""cacheview's prediction of a build, from the store before it and the context that the client sent."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

from cacheview.cases import Daemon, daemon_of
from cacheview.dockerfile.context import DOCKER_CLI, EntryKind, UnknownError
from cacheview.dockerfile.context.gopath import clean
from cacheview.dockerfile.context.packed import DOCKERFILE, IGNORE_FILE
from cacheview.dockerfile.context.tarsum import Member
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.layers.files import LayerFiles
from cacheview.layers.layer_memory import LayerMemory
from cacheview.layers.opening import open_layers
from cacheview.model import DataError, ImageStore
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.image_files import StoreImageFiles, unpacked_in
from cacheview.replay.misses import Miss, misses
from cacheview.replay.recorded import NO_IMAGE_FACTS, ImageFacts, RecordingImageFiles
from cacheview.replay.records import SentContext
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, Step
from cacheview.replay.tar_context import TarContext, read_members
from cacheview.stores.opened_location import OpenedCase
from cacheview.watch.request import BuildRequest

__all__ = ["Prediction", "predict", "read_context"]

_CONTEXT_TITLE: Final = "the context"
_MAX_SMALL_FILES_BYTES: Final = 4 << 20
"""Bytes of small files that are kept while a context arrives."""


@dataclass(frozen=True)
class Prediction:
    """The replay of a build.

    Attributes:
        replay: the steps.
        misses: the reasons for steps that miss.
        store: the images before the build.
        daemon: the daemon whose rules were used.
        context: the context for a record; None: it has no Dockerfile.
        image_facts: the facts from the layers of images, for a record.
    """

    replay: Replay
    misses: tuple[Miss, ...]
    store: ImageStore
    daemon: Daemon
    context: SentContext | None = None
    image_facts: ImageFacts = NO_IMAGE_FACTS

    @property
    def size(self) -> int:
        """The number of files of its context that are kept."""
        return len(self.context.members) if self.context is not None else 0

    def bare(self) -> Prediction:
        """Return only the steps: no record can be created from them, and they do not show why a step misses."""
        steps = tuple(_bare(step) for step in self.replay.steps)
        return Prediction(replace(self.replay, steps=steps), (), ImageStore(()), self.daemon)


def _bare(step: Step) -> Step:
    triggers = tuple(_bare(trigger) for trigger in step.triggers)
    nothing: dict[str, Any] = {"probe": None, "cache": None, "sources": None, "copy": None, "probe_of_line": None}
    return replace(step, triggers=triggers, **nothing)


def read_context(stream: BinaryIO, request: BuildRequest) -> list[Member]:
    """Read the headers and sums of a context as it arrives, and the content of the Dockerfile and ``.dockerignore``.

    The Dockerfile may be a link to any other file, even one that arrived before it. So the smallest files are kept
    until the end of the context, and then only the target of that link.

    Raises `DataError` if the context is damaged, truncated or too large.
    """
    name = clean(f"/{request.dockerfile}")[1:]
    kept_paths: Collection[str] = {name, IGNORE_FILE, *((DOCKERFILE.lower(),) if name == DOCKERFILE else ())}
    members = read_members(stream, _CONTEXT_TITLE, keep=kept_paths, keep_small=_MAX_SMALL_FILES_BYTES)  # type: ignore[arg-type]
    last = next((each for each in reversed(members) if clean(f"/{each.header.name}")[1:] == name), None)
    source = ""
    if last is None or last.header.type != EntryKind.FILE.value:
        with suppress(BuildRefusedError):  # the replay refuses it again
            source = TarContext(members, _CONTEXT_TITLE).dockerfile_source(_dockerfile_name(request))
    return [
        member
        if member.data is None or member.source == source or clean(f"/{member.header.name}")[1:] in kept_paths
        else member._replace(data=None)
        for member in members
    ]


def _dockerfile_name(request: BuildRequest) -> str:
    return request.dockerfile if request.dockerfile != DOCKERFILE else ""


def predict(members: list[Member], request: BuildRequest, case: OpenedCase, memory: LayerMemory) -> Prediction:
    """Replay a build against the store before it. ``memory``: the layers that were read before.

    Raises `DataError`, with the reason, if it cannot be replayed.
    """
    daemon = daemon_of(case)
    store, rules, release = case.store, daemon.rules, daemon.builder
    context = TarContext(members, _CONTEXT_TITLE, release=release)
    try:
        dockerfile = context.dockerfile(_dockerfile_name(request))
    except BuildRefusedError as refusal:
        return Prediction(Replay((), 0, None, refusal), (), store, daemon)
    except UnknownError:
        what = (
            "the Dockerfile is a link to a large file, or the build context has too many files; only the smallest "
            f"files, up to {_MAX_SMALL_FILES_BYTES >> 20} MiB in total, are kept"
        )
        raise DataError(what, where=request.dockerfile) from None
    checksums = ContextChecksums(context, request.dockerfile, release, DOCKER_CLI, dockerfile=dockerfile)
    store_files = StoreImageFiles(lambda: LayerFiles(open_layers(store), memory), release, unpacked_in(store, rules))
    image_files = RecordingImageFiles(store_files)
    value = replay(
        dockerfile,
        checksums,
        store,
        rules,
        release,
        request.options,
        name=request.dockerfile,
        image_files=image_files,
    )
    why = tuple(misses(value, store, rules, None, checksums, store_files))
    ignored = next((m.data for m in reversed(members) if clean(f"/{m.header.name}")[1:] == IGNORE_FILE), None)
    sent_context = SentContext(tuple(members), request.dockerfile, dockerfile, ignored)
    return Prediction(value, why, store, daemon, sent_context, image_files.image_facts)
