"""Reads one image of containerd: its verified manifest and configs, and its origin as the labels show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cacheview.model import ContainerConfig, DataError, Doubt, Image, Problem, short_id
from cacheview.stores.blobs import BlobStore
from cacheview.stores.budget import LimitError
from cacheview.stores.containerd.groups import ImageRecords, parent_of
from cacheview.stores.containerd.records import CONFIG_REFERENCE, BlobTimeoutError, ContentStore, StoreUnavailableError
from cacheview.stores.manifests import Descriptor
from cacheview.stores.oci import IndexReader, ParsedDocuments
from cacheview.stores.problems import Problems
from cacheview.stores.reading import Reading

__all__ = ["ImageReader", "ImageResult"]

# Labels of image records: moby 28.5.2 daemon/containerd/image_builder.go.
_FROM_SCRATCH = "org.mobyproject.image.fromscratch"
_CONTAINER_CONFIG = "org.mobyproject.image.containerconfig"

_NAME = "io.containerd.image.name"

_NO_PARENT = Doubt(
    aspect="parent",
    reason="the image's records in containerd name several parents, or a parent that is not a digest",
    remedy="Remove the image and build it again. Docker Engine cannot determine the parent either",
)
_BUILT_TWICE = Doubt(
    aspect="built_locally",
    reason="the image's records in containerd name several container configs",
    remedy="Remove the image and build it again. Docker Engine also cannot determine whether the image was built here",
)
_NO_CONTAINER_CONFIG = Doubt(
    aspect="container_config",
    reason="the blob with the image's container config is missing, or cannot be read",
    remedy="Remove the image and build it again. Without the blob, Docker Engine treats the config as empty",
)
_NO_LABELS = Doubt(
    aspect="container_config",
    reason="containerd did not report which blob contains the image's container config",
    remedy="Reload the store. If that does not help, open containerd's root folder instead of its socket, or the other "
    "way around",
)


@dataclass(frozen=True, slots=True)
class ImageResult:
    """The result of reading one image.

    Attributes:
        image: the image; None if there is none.
        problems: the problems of this image.
        fatal: the error because of which no other image can be read either.
        timeout: the problem of an image that could not be read in time.
    """

    image: Image | None = None
    problems: Problems = field(default_factory=Problems)
    fatal: StoreUnavailableError | None = None
    timeout: Problem | None = None


class _LabelsError(DataError):
    """The labels of a blob, and so its references, are unknown."""


class _BlobFiles:
    """The blobs of a content store as files, for `BlobStore`, which verifies them."""

    def __init__(self, content: ContentStore) -> None:
        self._content = content
        self.problems = Problems()
        self.fatal: StoreUnavailableError | None = None
        self.timeout: BlobTimeoutError | None = None

    def read(self, name: str) -> bytes | None:
        algorithm, _, encoded = name.removeprefix("blobs/").partition("/")
        try:
            return self._content.read(f"{algorithm}:{encoded}")
        except StoreUnavailableError as error:
            self.fatal = error  # the caller treats it as an error of one blob
            raise
        except BlobTimeoutError as error:
            self.timeout = error
            raise

    def size(self, name: str) -> int | None:
        del name
        return None

    def documents(self) -> Iterator[str]:
        return iter(())


class ImageReader:
    """Reads one image after another, for several threads at once."""

    def __init__(self, content: ContentStore, reading: Reading) -> None:
        self._content = content
        self._reading = reading
        self._documents = ParsedDocuments()

    def read(self, group: ImageRecords) -> ImageResult:
        """Read the image that some records name."""
        members = _BlobFiles(self._content)
        budget = self._reading.budget
        blobs = BlobStore(members, budget)
        reader = IndexReader(blobs, self._reading.platform, budget, documents=self._documents)
        images = reader.images(tuple(_descriptors(group)))
        if members.fatal is not None:
            return ImageResult(fatal=members.fatal)
        if reader.limit is not None:
            return ImageResult(fatal=_limit_exceeded(reader.limit))
        if not images and members.timeout is not None:
            return ImageResult(timeout=Problem(group.title, members.timeout.what))
        if not images:
            return ImageResult(problems=reader.problems or Problems([Problem(group.title, "is not an image")]))
        (image,) = images
        try:
            return self._with_origin(image, group, blobs, reader.problems)
        except StoreUnavailableError as error:
            return ImageResult(fatal=error)
        except LimitError as error:
            return ImageResult(fatal=_limit_exceeded(error))

    def _with_origin(self, image: Image, group: ImageRecords, blobs: BlobStore, problems: Problems) -> ImageResult:
        doubts = []
        parent = ""
        try:
            parent = parent_of(group.records)
        except DataError as error:
            problems.append(Problem(group.title, error.what))
            doubts.append(_NO_PARENT)
            parent = error.path
        container_config = None
        try:
            container_config = self._container_config(image, blobs)
        except StoreUnavailableError:
            raise
        except DataError as error:
            problems.append(Problem(group.title, f"the container config cannot be read: {error}"))
            doubts.append(_NO_LABELS if isinstance(error, _LabelsError) else _NO_CONTAINER_CONFIG)
        configs = {label for record in group.records if (label := record.labels.get(_CONTAINER_CONFIG))}
        if len(configs) > 1:
            problems.append(
                Problem(group.title, f"the image's records have {len(configs)} different container config labels")
            )
            doubts.append(_BUILT_TWICE)
        origin = {
            "parent": parent or None,
            # `Children` and `IsBuiltLocally` in moby's cache.go: one record with the label is enough.
            "from_scratch": any(record.labels.get(_FROM_SCRATCH) == "1" for record in group.records),
            "built_locally": bool(configs),
            "dangling": _dangling(group),
            "container_config": container_config,
            "doubts": tuple(doubts),
        }
        return ImageResult(image.model_copy(update=origin), problems)

    def _labels(self, digest: str) -> Mapping[str, str]:
        try:
            return self._content.labels(digest)
        except StoreUnavailableError:
            raise
        except DataError as error:
            raise _LabelsError(error.what, where=error.where) from error

    def _container_config(self, image: Image, blobs: BlobStore) -> ContainerConfig | None:
        """Return the first container config that a config refers to, in manifest order: ``Get`` in moby's cache.go.

        Raises:
            DataError: a config refers to one that cannot be read, and no other manifest has one that can.
        """
        failed: DataError | None = None
        for config_digest in _config_digests(image):
            reference = self._labels(config_digest).get(CONFIG_REFERENCE)
            if reference is None:
                continue
            try:
                content = blobs.read(reference)
                config = self._reading.budget.decode(ContainerConfig, content, where=f"blob {short_id(reference)}")
                self._reading.budget.shared.container_config(config)
                return config
            except StoreUnavailableError:
                raise
            except DataError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return None


def _dangling(group: ImageRecords) -> bool | None:
    """The value of `Image.dangling`: whether Docker's own record of an unnamed image is here (``soft_delete.go``)."""
    is_dangling = any(record.name == f"moby-dangling@{group.digest}" for record in group.records)
    return None if is_dangling != bool(group.names) else is_dangling


def _limit_exceeded(limit: LimitError) -> StoreUnavailableError:
    return StoreUnavailableError(f"the store {limit}")


def _descriptors(group: ImageRecords) -> Iterator[Descriptor]:
    """Yield the descriptors that an index would have for the image: one for each name."""
    first = group.records[0]
    for name in group.names or ("",):
        annotations = {_NAME: name} if name else None
        yield Descriptor(digest=first.digest, mediaType=first.media_type, size=first.size, annotations=annotations)


def _config_digests(image: Image) -> Iterable[str]:
    if image.variants:
        return dict.fromkeys(variant.config_digest for variant in image.variants if variant.config_digest)
    return (image.config_digest,)
