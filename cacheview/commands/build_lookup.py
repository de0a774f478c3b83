"""A build and the cache in which it is looked up, as the options of a command specify them."""

from __future__ import annotations

import argparse
import atexit
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from cacheview.cases import Daemon
from cacheview.commands.build_options import RequestedBuild, requested_build
from cacheview.dockerfile.context import Client
from cacheview.dockerfile.context.hashing import Hasher
from cacheview.layers.engine import EngineLayers
from cacheview.layers.files import LayerFiles
from cacheview.layers.layer_memory import LayerMemory, layer_cache
from cacheview.layers.opening import open_layers
from cacheview.layers.source import LayerSource
from cacheview.layers.unavailable import is_downloadable
from cacheview.model import ImageStore
from cacheview.output import complain
from cacheview.replay.build_input import BuildInput, open_build_input
from cacheview.replay.image_files import StoreImageFiles, unpacked_in
from cacheview.replay.recorded import ImageFacts, RecordingImageFiles
from cacheview.replay.sent_build import ReplayTarget, SentBuild, sent_by
from cacheview.stores.opened_location import OpenedCase
from cacheview.usage import daemon_for

__all__ = ["BuildLookup", "looked_up_build", "opened_layers"]


@dataclass(frozen=True)
class BuildLookup:
    """A build and the cache in which it is looked up.

    Attributes:
        build: the build to look up.
        build_input: its context and Dockerfile.
        daemon: the daemon whose answers are computed.
        cache: the cache in which it is looked up.
        files: reads files of images from the layers of the store.
        memory: what is known about these layers.
        location: the location of the store.
    """

    build: RequestedBuild
    build_input: BuildInput
    daemon: Daemon
    cache: ReplayTarget
    files: StoreImageFiles
    memory: LayerMemory
    location: str
    _hasher: Hasher = field(default_factory=Hasher)

    @property
    def image_facts(self) -> ImageFacts:
        """The facts that were found in the layers of the store."""
        image_files = self.cache.image_files
        assert isinstance(image_files, RecordingImageFiles)
        return image_files.image_facts

    def sent_by(self, client: Client) -> SentBuild:
        """Return the build as a client sends it."""
        return sent_by(
            client,
            self.build_input,
            self.build.options,
            self.cache.release,
            location=self.location,
            environment=os.environ,
            platform_is_given=self.build.platform_is_given,
            hasher=self._hasher,
        )

    def in_store(self, store: ImageStore, daemon: Daemon) -> BuildLookup:
        """Return the same build, looked up in another store. Its layers are read from the present store."""
        files = StoreImageFiles(self.files.layers, daemon.builder, unpacked_in(store, daemon.rules))
        cache = ReplayTarget(store, daemon.rules, daemon.builder, RecordingImageFiles(files))
        return replace(self, daemon=daemon, cache=cache, files=files)


def looked_up_build(options: argparse.Namespace, case: OpenedCase) -> BuildLookup:
    """Return the build that the options describe.

    Args:
        options: the parsed command line, with ``store`` and ``rules``; see `add_build`.
        case: the case of the store.

    Raises:
        UsageError: options contradict each other.
        DataError: the context cannot be read.
    """
    daemon = daemon_for(case, options.rules)
    rules, release = daemon.rules, daemon.builder
    stdin = sys.stdin.buffer if sys.stdin is not None else None
    engine = case.store.release
    build = requested_build(options, engine.version if engine is not None else "")
    build_input = open_build_input(build.context, build.file, release, stdin=stdin)
    memory = LayerMemory(layer_cache())
    source = _layers(case.store, downloads=options.download_layers)
    files = StoreImageFiles(lambda: LayerFiles(source(), memory), release, unpacked_in(case.store, rules))
    looked_up_in = ReplayTarget(case.store, rules, release, RecordingImageFiles(files))
    return BuildLookup(build, build_input, daemon, looked_up_in, files, memory, options.store)


def opened_layers(store: ImageStore, *, downloads: bool) -> Callable[[], LayerFiles]:
    """Return a function that opens the layers of a store on its first call, and returns them on each.

    ``downloads``: whether to download those of an engine that cannot be read any other way.
    """
    source = _layers(store, downloads=downloads)
    return cache(lambda: LayerFiles(source(), LayerMemory(layer_cache())))


def _layers(store: ImageStore, *, downloads: bool) -> Callable[[], LayerSource]:
    """Return a function that opens the layers of a store. An engine's are downloaded only on request."""
    if not (downloads and is_downloadable(store)):
        return lambda: open_layers(store)
    layers = EngineLayers(store, layer_cache(), complain)
    atexit.register(layers.close)
    return lambda: layers
