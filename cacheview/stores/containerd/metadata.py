"""containerd's metadata database: namespaces, image records and labels of blobs.

``core/metadata/buckets.go`` of containerd 2.0 describes its buckets: ``v1/NAMESPACE/images/NAME`` and
``v1/NAMESPACE/content/blob/DIGEST``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cacheview.model import DataError, Problem
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.containerd.bolt import Bolt, Bucket
from cacheview.stores.containerd.records import ImageRecord
from cacheview.stores.problems import Problems

__all__ = ["Metadata", "uvarint"]

_VERSION = b"v1"
_RECORD_BYTES, _TEXT_BYTES = 400, 60  # of memory for a record, and for each text in addition to its characters


class Metadata:
    """A snapshot of the database.

    Raises `DataError` if the content is invalid, and what `Budget` raises if it is too large.

    ``budget`` is charged for what is read; None: a new budget.
    """

    def __init__(self, content: bytes, budget: Budget | None = None) -> None:
        self._budget = budget or Budget(packed=len(content))
        version = Bolt(content, self._budget).root.bucket(_VERSION)
        self._namespaces = dict(_buckets(version.items())) if version is not None else {}
        # Each is looked up once: many images may share a blob.
        self._blob_buckets: dict[str, Bucket | None] = {}
        self._blobs: dict[tuple[str, str], Bucket | None] = {}
        self._blob_labels: dict[tuple[str, str], Mapping[str, str]] = {}

    @property
    def namespaces(self) -> list[str]:
        """The names of the namespaces, in the order of the database."""
        return [_text(name) for name in self._namespaces]

    def records(self, namespace: str) -> tuple[Sequence[ImageRecord], Problems]:
        """Return the image records of a namespace, by name, and the problems with the list."""
        damaged = Problems()
        records: list[ImageRecord] = []
        try:
            images = self._bucket(namespace, b"images")
        except DataError as error:
            return [], Problems([Problem(error.where, error.what)])
        limit = self._budget.limits.images
        try:
            for name, bucket in _buckets(images.items(damaged) if images is not None else iter(())):
                if len(records) >= limit:
                    damaged.stop(Problem("", f"there are more than {limit:,} image records; the rest were not read"))
                    break
                try:
                    record = _record(_text(name), bucket)
                    self._budget.spend(Resource.MEMORY, _size(record))
                    records.append(record)
                except DataError as error:
                    where = ": ".join(filter(None, (f"image record {_text(name)[:200]!r}", error.where)))
                    damaged.append(Problem(where, error.what))
        except LimitError as error:
            damaged.stop(Problem("", f"the database {error}"))
        return records, damaged

    def has_blob(self, namespace: str, digest: str) -> bool:
        """Whether a namespace has a blob. Another namespace may have it even if this one does not."""
        return self._blob(namespace, digest) is not None

    def blob_labels(self, namespace: str, digest: str) -> Mapping[str, str]:
        """Return the labels of a blob; empty if there is no such blob."""
        key = namespace, digest
        if key not in self._blob_labels:
            blob = self._blob(namespace, digest)
            self._blob_labels[key] = {} if blob is None else _labels(blob)
        return self._blob_labels[key]

    def _blob(self, namespace: str, digest: str) -> Bucket | None:
        key = namespace, digest
        if key not in self._blobs:
            blobs = self._blobs_of(namespace)
            self._blobs[key] = blobs.bucket(digest.encode()) if blobs is not None else None
        return self._blobs[key]

    def _blobs_of(self, namespace: str) -> Bucket | None:
        if namespace not in self._blob_buckets:
            content = self._bucket(namespace, b"content")
            self._blob_buckets[namespace] = content.bucket(b"blob") if content is not None else None
        return self._blob_buckets[namespace]

    def _bucket(self, namespace: str, name: bytes) -> Bucket | None:
        result = self._namespaces.get(namespace.encode())
        return result.bucket(name) if result is not None else None


def _size(record: ImageRecord) -> int:
    """Estimate the memory of a record in bytes."""
    texts = (record.name, record.digest, record.media_type, *record.labels, *record.labels.values())
    return _RECORD_BYTES + sum(_TEXT_BYTES + 4 * len(text) for text in texts)


def _record(name: str, bucket: Bucket) -> ImageRecord:
    target = bucket.bucket(b"target")
    if target is None:
        raise DataError("has no target")
    digest, media_type, size = (target.value(key) or b"" for key in (b"digest", b"mediatype", b"size"))
    return ImageRecord(name, _text(digest), _text(media_type), _varint(size), _labels(bucket))


def _labels(bucket: Bucket) -> dict[str, str]:
    labels = bucket.bucket(b"labels")
    if labels is None:
        return {}
    return {_text(key): _text(value) for key, value in labels.items() if isinstance(value, bytes)}


def _buckets(items: Iterator[tuple[bytes, bytes | Bucket]]) -> Iterator[tuple[bytes, Bucket]]:
    return ((key, value) for key, value in items if isinstance(value, Bucket))


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _varint(content: bytes) -> int:
    """Decode a number written by Go's ``binary.PutVarint``; 0 if it is malformed or negative."""
    value = uvarint(content)
    return 0 if value & 1 else value >> 1


def uvarint(content: bytes) -> int:
    """Decode a number written by Go's ``binary.PutUvarint``; 0 if it is malformed."""
    value = 0
    for place, byte in enumerate(content[:10]):
        value |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return value
    return 0
