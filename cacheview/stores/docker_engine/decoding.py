"""Decodes answers of the API as images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cacheview.model import (
    ContainerConfig,
    DataError,
    Doubt,
    HistoryEntry,
    Image,
    ImageConfig,
    RootFS,
    Timestamp,
)
from cacheview.model.effort import paced
from cacheview.stores.budget import Budget, Resource
from cacheview.stores.docker_engine.documents import HistoryDocument, HistoryItem, ImageDocument, ListedImage
from cacheview.stores.docker_engine.doubts import Doubts
from cacheview.stores.names import merged, usable_name
from cacheview.stores.problems import Problems

__all__ = ["Decoder", "is_image_id", "store_order", "without_resolved_doubts"]

_ID = re.compile(r"[a-z0-9]+:[0-9a-f]{32,128}")
_NO_NAMES = frozenset({"<none>:<none>", "<none>@<none>"})
_MANIFESTS = frozenset(
    {"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"}
)
_EMPTY_CONFIG = ContainerConfig()
_ENTRY_BYTES = 1000  # of memory of a history entry and its key
_NO_TIME_SECONDS = (0, -62135596800)  # the time of an entry without one: 0 since 24.0, before that the zero time of Go
_LATEST_SECONDS = 253402300799  # the end of the year 9999: no config can have a later time


def is_image_id(text: str) -> bool:
    """Whether a text is a digest, as every id is. Nothing else may become part of a request."""
    return _ID.fullmatch(text) is not None


def store_order(image: Image, in_containerd: bool) -> tuple[bool, str, str]:
    """Return the key that sorts images in the order of the store.

    Images are sorted by id; in a containerd store by their first name, the unnamed last.
    """
    if not in_containerd:
        return (False, "", image.id)
    return (not image.names, image.names[0] if image.names else "", image.id)


@dataclass
class Decoder:
    """Creates images from the answers of one engine.

    Several threads may share it: the entries it shares are immutable.
    """

    doubts: Doubts
    budget: Budget
    problems: Problems = field(default_factory=Problems)
    _entries: dict[tuple[int, str, str, bool], HistoryEntry] = field(default_factory=dict)

    def image_from_list(self, entry: ListedImage, doubts: tuple[Doubt, ...]) -> Image:
        """Return an image with the details in the list of images."""
        in_containerd = self.doubts.in_containerd
        config = ContainerConfig(Labels=entry.Labels) if entry.Labels else None
        return Image(
            id=entry.Id,
            names=self._names(entry),
            parent=entry.ParentId or None,
            config=ImageConfig(created=_time(entry.Created), config=config),
            config_digest="" if in_containerd else entry.Id,
            manifest_digest=entry.Id if in_containerd and _is_manifest(entry) else "",
            size=entry.Size if entry.Size is not None and entry.Size >= 0 else None,
            doubts=doubts,
        )

    def read(self, image: Image, inspected: bytes, history: bytes | DataError) -> Image:
        """Return an image with the details of the list, inspect and history.

        Raises:
            DataError: inspect does not report enough. A history that cannot be read only adds a doubt.
            LimitError: the budget is exceeded.
        """
        document = self.budget.decode(ImageDocument, inspected, where="inspect")
        if document.Id != image.id:
            raise DataError(f"the engine returned a different image: {document.Id[:100]!r}", where="inspect")
        doubts = list(self.doubts.always)
        diff_ids = (document.RootFS.Layers if document.RootFS else None) or ()
        self.budget.spend(Resource.LAYERS, len(diff_ids))
        entries: tuple[HistoryEntry, ...] = ()
        try:
            if isinstance(history, DataError):
                raise history
            # Images share most entries, so an entry is charged only when it is created.
            items = self.budget.decode(HistoryDocument, history, where="history", kept=False).root
            refused = self.budget.limits.refused_history(len(items))
            if refused:
                raise DataError(f"the history {refused}")
            self.budget.spend(Resource.HISTORY, len(items))
            entries, exact = self._history(items, len(diff_ids))
            if not exact:
                doubts.append(self.doubts.empty_layer)
        except DataError as error:
            doubts = [doubt for doubt in doubts if not doubt.aspect.startswith("history")]
            doubts.append(self.doubts.history(error.what))
        container_config = self._container_config(document, doubts)
        parent = document.Parent or image.parent
        doubts += self.doubts.of_root(parent is None)
        config = ImageConfig(
            created=_created(document.Created),
            author=document.Author or "",
            architecture=document.Architecture or "",
            variant=document.Variant or "",
            os=document.Os or "",
            os_version=document.OsVersion or "",
            config=document.Config,
            container_config=container_config,
            rootfs=RootFS(type=document.RootFS.Type or "", diff_ids=document.RootFS.Layers)
            if document.RootFS
            else None,
            history=entries,
            comment=self._comment(document, entries),
            container=document.Container or "",
            # In a containerd store this is the version of the engine, not of the image.
            docker_version="" if self.doubts.in_containerd else document.DockerVersion or "",
        )
        self.budget.shared.config(config)
        return image.model_copy(update={"config": config, "parent": parent, "doubts": tuple(doubts)})

    def _container_config(self, document: ImageDocument, doubts: list[Doubt]) -> ContainerConfig | None:
        config = document.container_config
        if config is not None and config != _EMPTY_CONFIG:
            return config
        if not self.doubts.in_containerd:
            if config is None:
                doubts.append(self.doubts.no_container_config)
        elif not (self.doubts.engine.is_71ebfc7 and config is not None):
            doubts.append(self.doubts.container_config)
        return None

    def _comment(self, document: ImageDocument, entries: Sequence[HistoryEntry]) -> str:
        # The engine fills it in from the last entry: `daemon/images/image_inspect.go`, and the same in containerd
        # stores.
        comment = document.Comment or ""
        return "" if entries and entries[-1].comment == comment else comment

    def _history(self, items: Sequence[HistoryItem], layers: int) -> tuple[tuple[HistoryEntry, ...], bool]:
        """Return the entries, oldest first, and whether it is certain which of them have a layer."""
        entries = tuple(self._entry(item) for item in reversed(items))
        filled = sum(not entry.empty_layer for entry in entries)
        if filled != layers and layers == len(entries):
            return tuple(_with_layer(entry) for entry in entries), True
        return entries, filled == layers

    def _entry(self, item: HistoryItem) -> HistoryEntry:
        key = (item.Created, item.CreatedBy or "", item.Comment or "", item.Size > 0)
        entry = self._entries.get(key)
        if entry is None:
            created, created_by, comment, filled = key
            self.budget.spend(Resource.MEMORY, _ENTRY_BYTES + 4 * (len(created_by) + len(comment)))
            entry = HistoryEntry(created=_time(created), created_by=created_by, comment=comment, empty_layer=not filled)
            self._entries[key] = entry
        return entry

    def _names(self, entry: ListedImage) -> tuple[str, ...]:
        texts = [*(entry.RepoTags or ())]
        if self.doubts.in_containerd:
            # A tag has a digest too, which is not a name. Only the digest of a repository without a tag is one.
            repositories = {tag.rpartition(":")[0] for tag in texts}
            texts += (text for text in entry.RepoDigests or () if text.partition("@")[0] not in repositories)
        else:
            texts += entry.RepoDigests or ()
        texts = [text for text in texts if text not in _NO_NAMES]
        return merged(usable_name(text, entry.Id, self.problems) for text in texts) if texts else ()


def without_resolved_doubts(images: Sequence[Image], doubts: Doubts) -> tuple[Image, ...]:
    """Remove `Doubts.empty_layer` from images where the parents settle it.

    A child repeats the history of its parent, and contains its layers. If the parent's are certain, only the entries
    that the child adds are in question. For a single entry, the number of layers settles it.
    """
    doubtful = {image.id: image for image in paced(images) if _has_layer_doubt(image, doubts)}
    if not doubtful:
        return tuple(images)
    by_id = {image.id: image for image in images}
    done: set[str] = set()
    for image_id in paced(doubtful):
        chain: dict[str, Image] = {}  # from the child up; parents may form a cycle
        at = doubtful.get(image_id)
        while at is not None and at.id not in done and at.id not in chain:
            chain[at.id] = at
            at = doubtful.get(at.parent or "")
        for one in reversed(chain.values()):
            done.add(one.id)
            if (parent := by_id.get(one.parent or "")) is not None:
                by_id[one.id] = _resolved(one, parent, doubts)
    return tuple(by_id.values())


def _has_layer_doubt(image: Image, doubts: Doubts) -> bool:
    return any(doubt is doubts.empty_layer for doubt in image.doubts)


def _resolved(image: Image, parent: Image, doubts: Doubts) -> Image:
    if parent.doubt("history.empty_layer") is not None or parent.doubt("diff_ids") is not None:
        return image
    before, layers = len(parent.history), len(parent.diff_ids)
    same = [entry.key[:4] for entry in image.history[:before]] == [entry.key[:4] for entry in parent.history]
    if not same or image.diff_ids[:layers] != parent.diff_ids:
        return image
    added, filled = image.history[before:], len(image.diff_ids) - layers
    if filled == len(added):
        added = tuple(_with_layer(entry) for entry in added)
    elif filled != sum(not entry.empty_layer for entry in added):
        return image
    config = image.config.model_copy(update={"history": (*parent.history, *added)})
    rest = tuple(doubt for doubt in image.doubts if doubt is not doubts.empty_layer)
    return image.model_copy(update={"config": config, "doubts": rest})


def _with_layer(entry: HistoryEntry) -> HistoryEntry:
    return entry.model_copy(update={"empty_layer": False}) if entry.empty_layer else entry


def _is_manifest(entry: ListedImage) -> bool:
    """Whether the id is known to be that of a manifest, not of an index."""
    return entry.Descriptor is not None and entry.Descriptor.mediaType in _MANIFESTS


def _time(seconds: int) -> Timestamp | None:
    is_known = seconds not in _NO_TIME_SECONDS and _NO_TIME_SECONDS[1] < seconds <= _LATEST_SECONDS
    return Timestamp(seconds, 0, None) if is_known else None


def _created(text: str | None) -> Timestamp | None:
    if not text or text.startswith("0001-01-01T00:00:00"):
        return None
    try:
        return Timestamp.parse(text)
    except ValueError as error:
        raise DataError(str(error), where="inspect", path="Created") from error
