"""Blobs found by digest. Content that does not match its digest is rejected."""

from __future__ import annotations

import hashlib
import re
from typing import TypeVar

from cacheview.model import DataError, ImageConfig
from cacheview.model.base import AnyModel
from cacheview.stores.budget import Budget, Resource
from cacheview.stores.members import Members

__all__ = ["BlobStore", "MissingBlobError", "blob_name", "digest_of", "read_config", "require_digest"]

M = TypeVar("M", bound=AnyModel)

# OCI's image spec registers no other algorithm (sha384 is distribution's own).
_DIGEST = re.compile("(sha256):([a-f0-9]{64})|(sha384):([a-f0-9]{96})|(sha512):([a-f0-9]{128})")


_HASHES = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


class MissingBlobError(DataError):
    """The store refers to a blob that it does not contain."""


def require_digest(text: str) -> None:
    """Raise `DataError` if a text is not a digest with a known algorithm."""
    if not _DIGEST.fullmatch(text):
        raise DataError(f"not a digest: {text[:200]!r}")


def blob_name(digest: str) -> str:
    """Return the path of a blob below the folder of all blobs (``sha256/…``); empty if a path could lead elsewhere."""
    algorithm, _, encoded = digest.partition(":")
    return f"{algorithm}/{encoded}" if algorithm.isalnum() and encoded.isalnum() else ""


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    """Return the digest of some bytes, including the algorithm."""
    return f"{algorithm}:{_HASHES[algorithm](content).hexdigest()}"


class BlobStore:
    """The ``blobs/`` folder of a store: JSON documents found by digest and verified."""

    def __init__(self, members: Members, budget: Budget) -> None:
        self._members = members
        self._budget = budget

    def read(self, digest: str) -> bytes:
        """Return the content of a blob.

        Raises:
            MissingBlobError: the blob does not exist.
            DataError: the digest is malformed, or the content does not match it.
        """
        require_digest(digest)
        content = self._members.read(f"blobs/{blob_name(digest)}")
        if content is None:
            raise MissingBlobError(f"{digest} is not in the store")
        result = digest_of(content, digest.partition(":")[0])
        if result != digest:
            raise DataError(f"bad digest: the content stored as {digest} has the digest {result}")
        return content

    def decode(self, model: type[M], digest: str, *, kept: bool = False) -> M:
        """Decode a blob as a model.

        Raises what `read` and `Budget.decode` raise; ``kept`` is passed to `Budget.decode`.
        """
        return self._budget.decode(model, self.read(digest), where=model.__name__.lower(), kept=kept)


def read_config(content: bytes, budget: Budget) -> ImageConfig:
    """Decode an image config.

    Raises what `Budget.decode` raises, and `DataError` if its history is longer than that of any real image.
    """
    config = budget.decode(ImageConfig, content, where="config")
    history = config.history or ()
    refused = budget.limits.refused_history(len(history))
    if refused:
        raise DataError(refused, where="config", path="history")
    budget.shared.config(config)
    budget.spend(Resource.HISTORY, len(history))
    budget.spend(Resource.LAYERS, len(config.rootfs.diff_ids or ()) if config.rootfs is not None else 0)
    return config
