"""The facts that the Docker Engine API does not report about an image. Images share one object for each doubt."""

from __future__ import annotations

from functools import cache

from cacheview.model import Aspect, Doubt, StoreKind
from cacheview.stores.docker_engine.engine import Engine

__all__ = ["Doubts"]

# The keys that inspect omits from Config since API 1.50, and that the engine itself ignores before that.
_LEGACY_FIELDS = "Hostname, Image, AttachStdin, Tty and other fields that OCI configs do not have"
_TIMES_TO_THE_SECOND = "contains times in UTC, accurate only to the second"


class Doubts:
    """The doubts about the images of one engine if only its API is used.

    ``remedy`` is a sentence on how to find out what only the store itself records. The differences between engines were
    measured, and read from ``daemon/images/image_inspect.go``, ``daemon/containerd/image_inspect.go`` and
    ``image_history.go`` in moby 20.10 to 29.
    """

    def __init__(self, engine: Engine, remedy: str) -> None:
        self.engine = engine
        self.remedy = remedy
        self.in_containerd = engine.store is not StoreKind.GRAPH_DRIVER  # also true if the kind is not known
        self._doubts: dict[tuple[Aspect, str, str], Doubt] = {}
        self._unread: dict[tuple[str, bool], tuple[Doubt, ...]] = {}
        self.always = self._always()
        self.container_config = self.about(
            "container_config", "the API does not report the container config of an image in this store"
        )
        self.no_container_config = self.about(
            "container_config", f"this engine does not report container configs in API version {engine.inspect_api}"
        )
        self.from_scratch = self.about(
            "from_scratch", "the API does not report the label that marks the first step of a `FROM scratch` build"
        )
        self.empty_layer = self.about(
            "history.empty_layer",
            "the API reports only layer sizes, and the image has more layers than history entries of nonzero size, "
            "so it is not known which of the other entries have a layer",
        )
        self.history = cache(lambda reason: self.about("history", f"the image's history could not be read: {reason}"))

    def about(self, aspect: Aspect, reason: str, remedy: str = "") -> Doubt:
        """Return the shared doubt with this content."""
        key = (aspect, reason, remedy)
        if key not in self._doubts:
            self._doubts[key] = Doubt(aspect=aspect, reason=reason, remedy=remedy or self.remedy)
        return self._doubts[key]

    def unread(self, reason: str, remedy: str, *, is_root: bool) -> tuple[Doubt, ...]:
        """Return the doubts of an image that is known only from the list. ``is_root``: it has no parent."""
        if (reason, is_root) not in self._unread:
            aspects: tuple[Aspect, ...] = ("config", "container_config", "diff_ids", "history")
            doubts = [self.about(aspect, reason, remedy) for aspect in aspects]
            doubts.append(self.about("created", f"the list of images {_TIMES_TO_THE_SECOND}; {reason}", remedy))
            unread = {doubt.aspect for doubt in doubts}
            doubts += (doubt for doubt in self.always if doubt.aspect.partition(".")[0] not in unread)
            self._unread[reason, is_root] = (*doubts, *self.of_root(is_root))
        return self._unread[reason, is_root]

    def of_root(self, is_root: bool) -> tuple[Doubt, ...]:
        """Return the doubts of an image without a parent.

        A containerd store may label it as a first step; 71ebfc7 never does.
        """
        return (self.from_scratch,) if is_root and self.in_containerd and not self.engine.is_71ebfc7 else ()

    def _always(self) -> tuple[Doubt, ...]:
        """Return the doubts of every image."""
        engine, release = self.engine, self.engine.number
        doubts = []
        if self.in_containerd or release is None or release >= (28, 2):
            doubts.append(self.about("config.config", f"the API does not report {_LEGACY_FIELDS}"))
        doubts.append(
            self.about(
                "config.other",
                "the API does not report os.features; newer API versions also omit the container ID, and report the "
                "comment from the history instead of the image's own comment",
            )
        )
        doubts.append(
            self.about(
                "history.created",
                f"the API's history {_TIMES_TO_THE_SECOND}; a missing time looks like 1970-01-01T00:00:00Z",
            )
        )
        doubts.append(self.about("history.author", "the API's history does not contain authors"))
        if self.in_containerd:
            doubts.append(
                self.about("config_digest", "the API does not report the config digest of an image in this store")
            )
        if engine.store is None:
            doubts.append(self.about("names", "the kind of store is unknown, so digests are not used as names"))
        if not engine.is_71ebfc7 and (self.in_containerd or release is None or release >= (23, 0)):
            # 71ebfc7 and 20.10 neither write nor read it; it was added in 23.0.11, 24.0.9 and 25.0.2.
            doubts.append(self.about("built_locally", "the API does not report whether an image was built here"))
        if self.in_containerd and not engine.is_71ebfc7 and (release is None or release >= (28, 0)):
            doubts.append(
                self.about(
                    "dangling",
                    "the API does not report whether a named image also has an unnamed record, which builds with "
                    "--cache-from can leave behind",
                )
            )
        return tuple(doubts)
