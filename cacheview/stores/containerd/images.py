"""Image records and blobs of containerd, made into images as a Docker Engine sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cacheview.model import ContainerConfig, DataError, Doubt, Image, Problem, decode, familiar, short_id
from cacheview.stores.blobs import Blobs
from cacheview.stores.containerd.records import CONFIG_REFERENCE, ContentStore, ImageRecord, LostError
from cacheview.stores.limits import Limits
from cacheview.stores.manifests import Descriptor
from cacheview.stores.names import full_name
from cacheview.stores.oci import IndexReader
from cacheview.stores.progress import Meter
from cacheview.stores.reading import Reading

__all__ = ["Grown", "Listed", "read_images"]

Listed = tuple[Sequence[ImageRecord], Sequence[DataError]]
"""Image records, and what of their list cannot be read."""

Grown = Callable[[list[Image], list[Problem]], None]

# Of image records: moby 28.5.2 daemon/containerd/image_builder.go.
_PARENT = "org.mobyproject.image.parent"
_FROM_SCRATCH = "org.mobyproject.image.fromscratch"
_CONTAINER_CONFIG = "org.mobyproject.image.containerconfig"

_NAME = "io.containerd.image.name"
_DIGEST = re.compile("sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_FIRST_GROWN = 50  # images; each further time twice as many
_MAX_PROBLEMS = 1000

_NO_PARENT = Doubt(
    aspect="parent",
    reason="its records in containerd name several parents, or one that is no digest",
    remedy="Remove the image and build it again: a Docker Engine does not know its parent either",
)
_NO_CONTAINER_CONFIG = Doubt(
    aspect="container_config",
    reason="the blob with its container config is missing, or cannot be read",
    remedy="Remove the image and build it again: without the blob a Docker Engine takes the config for an empty one",
)


def read_images(
    listed: Listed,
    content: ContentStore,
    reading: Reading,
    *,
    again: Callable[[], Listed],
    threads: int = 0,
    grown: Grown | None = None,
) -> tuple[list[Image], list[Problem]]:
    """The images that records name, as moby 28.5.2 reads them, and what could not be read.

    Records of one digest are one image. Images come in the order of their first names, unnamed ones last.

    Args:
        again: lists the records anew: an image that lacks something and has no record any more was removed meanwhile.
        threads: that read; 0: the caller's alone.
        grown: given what is there when there is twice as much as the time before.

    Raises:
        LostError: whoever holds the content stopped to answer before there was any image.
        Cancelled: by the progress.
    """
    records, damaged = listed
    groups, problems = _grouped(records, reading.limits)
    problems = [*(Problem(error.where, error.what) for error in damaged), *problems]
    reader = _Reader(content, reading)
    meter = Meter(reading.progress, len(groups), "Reading images")
    meter.alive()
    read: dict[int, _Read] = {}
    lost: LostError | None = None
    due = _FIRST_GROWN
    for number, one in _all(reader.read, groups, threads, meter):
        if one.lost is not None:
            lost = one.lost
            break
        read[number] = one
        meter.reached(len(read))
        if grown is not None and due <= len(read) < len(groups):
            due *= 2
            grown(_images(read), problems)
    if lost is not None:
        if not read:
            raise lost
        problems.append(Problem("", f"{len(groups) - len(read):,} of {len(groups):,} images were not read: {lost}"))
    else:
        _leave_out_removed(read, groups, again)
        meter.finished()
    for number in sorted(read):
        problems += read[number].problems
    if (more := len(problems) - _MAX_PROBLEMS) > 0:
        problems[_MAX_PROBLEMS:] = [Problem("", f"{more:,} more problems are not listed")]
    return _images(read), problems


@dataclass(frozen=True, slots=True)
class _Group:
    """The records of one image, and the names that they give it."""

    digest: str
    records: tuple[ImageRecord, ...]
    names: tuple[str, ...]

    @property
    def called(self) -> str:
        return ", ".join(map(familiar, self.names)) or self.digest[:200]


@dataclass(frozen=True, slots=True)
class _Read:
    image: Image | None = None
    problems: tuple[Problem, ...] = ()
    lost: LostError | None = None


def _images(read: Mapping[int, _Read]) -> list[Image]:
    return [image for number in sorted(read) if (image := read[number].image) is not None]


def _all(
    work: Callable[[_Group], _Read], groups: Sequence[_Group], threads: int, meter: Meter
) -> Iterator[tuple[int, _Read]]:
    if not threads:
        yield from ((number, work(group)) for number, group in enumerate(groups))
        return
    from cacheview.stores.engine.workers import Crew

    with Crew(lambda number: work(groups[number]), range(len(groups)), threads) as crew:
        yield from crew.results(meter)


def _leave_out_removed(read: dict[int, _Read], groups: Sequence[_Group], again: Callable[[], Listed]) -> None:
    """An image is removed record first, then blob by blob."""
    lacking = [number for number, one in read.items() if one.problems]
    if not lacking:
        return
    try:
        records, damaged = again()
    except DataError:
        return
    digests = {record.digest for record in records}
    for number in lacking:
        if not damaged and groups[number].digest not in digests:
            del read[number]


# Records


def _grouped(records: Iterable[ImageRecord], limits: Limits) -> tuple[list[_Group], list[Problem]]:
    """The images that records name, in the order of a containerd store, and what cannot be used."""
    by_digest: dict[str, list[ImageRecord]] = {}
    problems = []
    for record in records:
        if record.digest not in by_digest and len(by_digest) >= limits.images:
            problems.append(Problem("", f"more than {limits.images:,} images; the rest is not read"))
            break
        by_digest.setdefault(record.digest, []).append(record)
    groups = []
    for digest, same in by_digest.items():
        same.sort(key=lambda record: record.name)
        names = []
        for record in same:
            try:
                if name := _name(record):
                    names.append(name)
            except DataError as error:
                problems.append(Problem(f"image record {record.name[:200]!r}", f"the name is not used: {error}"))
        groups.append(_Group(digest, tuple(same), tuple(names)))
    groups.sort(key=lambda group: (not group.names, group.names or (group.digest,)))
    return groups, problems


def _name(record: ImageRecord) -> str:
    """The name that a record gives an image; empty where its own name only says that there is none.

    ``moby-dangling@DIGEST`` is Docker's (``soft_delete.go``), other words before the ``@`` are other clients';
    a digest alone is how Kubernetes finds images.

    Raises:
        DataError: Docker does not read such a name, or never looks for it.
    """
    prefix, _, digest = record.name.rpartition("@")
    if _DIGEST.fullmatch(record.name) or (digest == record.digest and "/" not in prefix):
        return ""
    name = full_name(record.name)
    if name != record.name:
        raise DataError(f"Docker would look for {name[:300]}")
    return name


# Images


class _Members:
    """The blobs of a content store as files, for `Blobs`, which verifies them."""

    def __init__(self, content: ContentStore) -> None:
        self._content = content
        self.problems: list[Problem] = []
        self.lost: LostError | None = None

    def read(self, name: str) -> bytes | None:
        algorithm, _, encoded = name.removeprefix("blobs/").partition("/")
        try:
            return self._content.read(f"{algorithm}:{encoded}")
        except LostError as error:
            self.lost = error  # who asks takes it for one blob's
            raise

    def size(self, name: str) -> int | None:
        del name
        return None

    def documents(self) -> Iterator[str]:
        return iter(())


class _Reader:
    """Reads one image after the other; several threads may at once."""

    def __init__(self, content: ContentStore, reading: Reading) -> None:
        self._content = content
        self._reading = reading

    def read(self, group: _Group) -> _Read:
        members = _Members(self._content)
        blobs = Blobs(members)
        quiet = Meter(None, None, "")  # progress is told by whoever waits for the images
        reader = IndexReader(blobs, self._reading.platform, self._reading.limits, quiet)
        images = reader.images(tuple(_descriptors(group)))
        if members.lost is not None:
            return _Read(lost=members.lost)
        if not images:
            problems = reader.problems or [Problem(group.called, "is no image")]
            return _Read(problems=tuple(problems))
        (image,) = images
        try:
            return self._with_origin(image, group, blobs, reader.problems)
        except LostError as error:
            return _Read(lost=error)

    def _with_origin(self, image: Image, group: _Group, blobs: Blobs, problems: list[Problem]) -> _Read:
        doubts = []
        parent = ""
        try:
            parent = _parent(group.records)
        except DataError as error:
            problems.append(Problem(group.called, error.what))
            doubts.append(_NO_PARENT)
            parent = error.path
        container_config = None
        try:
            container_config = self._container_config(image, blobs)
        except LostError:
            raise
        except DataError as error:
            problems.append(Problem(group.called, f"its container config cannot be read: {error}"))
            doubts.append(_NO_CONTAINER_CONFIG)
        known = {
            "parent": parent or None,
            # `Children` and `IsBuiltLocally` of cache.go: one record with the label is enough.
            "from_scratch": any(record.labels.get(_FROM_SCRATCH) == "1" for record in group.records),
            "built_locally": any(record.labels.get(_CONTAINER_CONFIG) for record in group.records),
            "container_config": container_config,
            "doubts": tuple(doubts),
        }
        return _Read(image.model_copy(update=known), tuple(problems))

    def _container_config(self, image: Image, blobs: Blobs) -> ContainerConfig | None:
        """The first that the config of a manifest refers to, in the order of manifests: ``Get`` of cache.go.

        Raises:
            DataError: one is referred to and cannot be read, and none of another manifest.
        """
        failed: DataError | None = None
        for config_digest in _config_digests(image):
            reference = self._content.labels(config_digest).get(CONFIG_REFERENCE)
            if reference is None:
                continue
            try:
                content = blobs.read(reference)
                return decode(ContainerConfig, content, where=f"blob {short_id(reference)}")
            except LostError:
                raise
            except DataError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return None


def _descriptors(group: _Group) -> Iterator[Descriptor]:
    """What an index would say of the image: once for each name."""
    first = group.records[0]
    for name in group.names or ("",):
        annotations = {_NAME: name} if name else None
        yield Descriptor(digest=first.digest, mediaType=first.media_type, size=first.size, annotations=annotations)


def _config_digests(image: Image) -> Iterable[str]:
    if image.variants:
        return dict.fromkeys(variant.config_digest for variant in image.variants if variant.config_digest)
    return (image.config_digest,)


def _parent(records: Sequence[ImageRecord]) -> str:
    """The parent that records name, empty where none does: ``getImageLabelByDigest`` of image.go.

    Raises:
        DataError: they differ, or it is no digest; the first of several is its path.
    """
    parents = list(dict.fromkeys(label for record in records if (label := record.labels.get(_PARENT))))
    if not parents:
        return ""
    if not all(map(_DIGEST.fullmatch, parents)):
        wrong = next(parent for parent in parents if not _DIGEST.fullmatch(parent))
        raise DataError(f"its parent label is no digest: {wrong[:100]!r}, so its parent is not known")
    if len(parents) > 1:
        told = f"its names have {len(parents)} different parent labels, so its parent is not known; the first is shown"
        raise DataError(told, path=parents[0])
    return parents[0]
