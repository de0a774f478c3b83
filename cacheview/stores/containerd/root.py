"""containerd's root folder, read without containerd or while it is running."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cacheview.model import DataError
from cacheview.regular import NotRegularError, open_to_read
from cacheview.stores.blobs import blob_name
from cacheview.stores.budget import Budget, Resource
from cacheview.stores.containerd.bolt_meta import HEAD_BYTES, newest_meta
from cacheview.stores.containerd.images import RecordList
from cacheview.stores.containerd.metadata import Metadata
from cacheview.stores.containerd.records import Namespace
from cacheview.stores.files import not_a_file, refusal, what_it_is
from cacheview.stores.permission import who_can

__all__ = ["RootFolder", "RootNamespace", "blob_path", "find_root", "is_containerd_root"]

_BOLT = "io.containerd.metadata.v1.bolt"
_DATABASE = "meta.db"
_BLOBS = "io.containerd.content.v1.content/blobs"
_ROOT_SUBFOLDERS = ("", "containerd/daemon", "daemon")
_MAX_ATTEMPTS = 20


def find_root(path: Path) -> Path:
    """Return the root folder for a path: the folder itself, its database, the database's folder, or a folder above.

    Raises:
        DataError: there is no root folder, or the user may not read it.
    """
    if path.name == _DATABASE:
        return path.parent.parent
    if _is_file(path / _DATABASE):
        return path.parent
    for below in _ROOT_SUBFOLDERS:
        root = path / below
        if _is_file(root / _BOLT / _DATABASE):
            return root
    what = (
        f"is not containerd's root folder: it has no {_BOLT}/{_DATABASE}. The root folder is usually "
        "/var/lib/containerd, or /var/lib/docker/containerd/daemon if Docker started containerd"
    )
    raise DataError(what, where=str(path))


def is_containerd_root(folder: Path) -> bool:
    """Whether `find_root` finds a root folder here, as far as this user can see."""
    try:
        find_root(folder)
    except DataError:
        return False
    return True


def blob_path(root: Path, digest: str) -> Path | None:
    """Return the path of a blob in a root folder; None if the text is not a digest."""
    name = blob_name(digest)
    return root / _BLOBS / name if name else None


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _refusal(error, path) from error


class RootFolder:
    """A containerd root folder.

    Args:
        path: path of the folder that contains ``io.containerd.metadata.v1.bolt``.
        budget: charged for what is read from the databases; None: a new budget.
    """

    def __init__(self, path: Path, budget: Budget | None = None) -> None:
        self.path = path
        self._budget = budget or Budget()
        self._limits = self._budget.limits

    def metadata(self) -> Metadata:
        """Return a snapshot of the database. Raises `DataError` if it cannot be read."""
        content = self.database(f"{_BOLT}/{_DATABASE}")
        try:
            return Metadata(content, self._budget)
        except DataError as error:
            raise error.at(str(self.path / _BOLT / _DATABASE)) from None

    def database(self, name: str) -> bytes:
        """Return a snapshot of the bolt database at a path below the root. Raises `DataError` if it cannot be read."""
        path = self.path / name
        try:
            content = self._snapshot(path)
            self._budget.grow(len(content))
            self._budget.spend(Resource.MEMORY, len(content))
            return content
        except OSError as error:
            raise _refusal(error, path) from error
        except DataError as error:
            raise error.at(str(path)) from None

    def _snapshot(self, path: Path) -> bytes:
        """Return the file as one transaction left it.

        A transaction writes to pages that were free before, then to a meta page. Everything reachable from the newest
        meta page stays unchanged until another transaction completes. No lock is used: it would block containerd.
        """
        try:
            descriptor = open_to_read(path, follow=True)
        except NotRegularError as error:
            raise DataError(f"is {what_it_is(error.mode)}, not a file") from None
        with open(descriptor, "rb", buffering=0) as file:
            for _ in range(_MAX_ATTEMPTS):
                if os.fstat(descriptor).st_size > self._limits.documents:
                    limit = self._limits.documents
                    raise DataError(f"is larger than {limit:,} bytes, the limit for containerd's metadata")
                file.seek(0)
                content = file.readall()
                if not content:
                    raise DataError("is empty: containerd has not run here, or the file was truncated")
                file.seek(0)
                before, after = newest_meta(content[:HEAD_BYTES]), newest_meta(file.read(HEAD_BYTES) or b"")
                if before.transaction == after.transaction:
                    return content
        raise DataError("is being written to constantly. Try again, or open containerd's socket instead")

    def read(self, digest: str) -> bytes | None:
        """Return the content of a blob, not verified; None if there is none.

        Raises `DataError` if it cannot be read.
        """
        path = blob_path(self.path, digest)
        if path is None:
            raise DataError(f"not a digest: {digest[:200]!r}")
        try:
            descriptor = open_to_read(path, follow=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except NotRegularError as error:
            raise DataError(f"the blob is {not_a_file(error.mode)}", where=str(path)) from None
        except OSError as error:
            raise _refusal(error, path) from error
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            limit = self._limits.document
            if status.st_size > limit:
                raise DataError(f"blob {digest} is larger than {limit:,} bytes, the limit for a document")
            try:
                return file.read(status.st_size) or b""
            except OSError as error:
                raise _refusal(error, path) from error


class RootNamespace(Namespace):
    """A namespace of a root folder, as recorded in one snapshot of its metadata."""

    def __init__(self, root: RootFolder, metadata: Metadata, name: str) -> None:
        self._root = root
        self._metadata = metadata
        self._name = name

    def records(self) -> RecordList:
        return self._metadata.records(self._name)

    def records_now(self) -> RecordList:
        """Return the records as they are now."""
        return self._root.metadata().records(self._name)

    def read(self, digest: str) -> bytes | None:
        # The files belong to all namespaces; containerd shows each namespace only its own.
        return self._root.read(digest) if self._metadata.has_blob(self._name, digest) else None

    def labels(self, digest: str) -> Mapping[str, str]:
        return self._metadata.blob_labels(self._name, digest)


def _refusal(error: OSError, path: Path) -> DataError:
    if isinstance(error, PermissionError):
        return DataError(who_can("read containerd's root folder"), where=str(path))
    return refusal(error, str(path))
