"""A read-only connection to containerd's socket."""

from __future__ import annotations

import io
import os
import threading
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError

from cacheview.model import DataError, Problem
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.containerd.messages import count, message
from cacheview.stores.containerd.records import CONFIG_REFERENCE, BlobTimeoutError, ImageRecord, StoreUnavailableError
from cacheview.stores.problems import Problems
from cacheview.stores.progress import Meter, Progress
from cacheview.stores.workers import run_cancelable

__all__ = ["ALLOWED_CALLS", "THREADS", "ClientNamespace", "ContainerdClient"]

THREADS: Final = 8
"""The number of blobs that are requested at the same time."""

_DEADLINE_SECONDS: Final = 5.0  # for one complete answer
_MAX_MESSAGE_BYTES: Final = 16 << 20
"""The size limit of one message in bytes: ``DefaultMaxSendMsgSize`` in containerd's ``defaults``."""
_RANGE_BYTES: Final = 4 << 20  # of a large blob in one answer
_SERVICES: Final = "/containerd.services"

VERSION: Final = f"{_SERVICES}.version.v1.Version/Version"
NAMESPACES: Final = f"{_SERVICES}.namespaces.v1.Namespaces/List"
IMAGES: Final = f"{_SERVICES}.images.v1.Images/List"
BLOBS: Final = f"{_SERVICES}.content.v1.Content/List"
BLOB_READ: Final = f"{_SERVICES}.content.v1.Content/Read"
PLUGINS: Final = f"{_SERVICES}.introspection.v1.Introspection/Plugins"

ALLOWED_CALLS: Final = frozenset({VERSION, NAMESPACES, IMAGES, BLOBS, BLOB_READ, PLUGINS})
"""Every method that is ever called. None of them changes anything."""

_UNAVAILABLE: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
    }
)


class ContainerdClient:
    """A connection to containerd, used as a context manager. Several threads may share it."""

    def __init__(self, path: Path, budget: Budget, deadline: float = _DEADLINE_SECONDS) -> None:
        self._path = path
        self._budget = budget
        self._deadline = deadline
        self._timeouts = 0  # consecutive answers that were late
        options = [
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.enable_http_proxy", 0),
            ("grpc.default_authority", "localhost"),  # Go's server refuses a path as the authority
        ]
        # The target is a URL. If the path were not quoted, gRPC would use only part of it, or a different path.
        self._channel = grpc.insecure_channel(f"unix:{urllib.parse.quote(os.fsencode(path))}", options=options)
        self._calls: dict[str, Any] = {}  # creating a call takes as long as calling it

    def __enter__(self) -> ContainerdClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._channel.close()

    def begin(self, progress: Progress | None) -> tuple[str, list[str]]:
        """Return containerd's version and namespaces.

        Raises `StoreUnavailableError` if nothing answers, or if what answers is not containerd.
        """

        def ask() -> tuple[str, list[str]]:
            version = self.ask(VERSION, message("Nothing")(), message("Version"), "")
            namespaces = self.ask(NAMESPACES, message("Nothing")(), message("Namespaces"), "")
            return version.version[:64], [one.name for one in namespaces.namespaces if one.name]

        return run_cancelable(ask, _started_meter(progress, "Connecting to containerd"))

    def plugin_folder(self, kind: str, name: str) -> Path | None:
        """Return the folder of a containerd plugin; None if containerd does not report it.

        Raises `StoreUnavailableError`, `DataError`.
        """
        request = message("PluginsRequest")(filters=[f"type=={kind},id=={name}"])
        for plugin in self.ask(PLUGINS, request, message("Plugins"), "").plugins:
            if (plugin.type, plugin.id) == (kind, name) and plugin.exports.get("root"):
                return Path(plugin.exports["root"])
        return None

    def has_images(self, namespace: str, progress: Progress | None) -> bool:
        """Whether a namespace has an image record. Raises `StoreUnavailableError`."""

        def ask() -> bool:
            return bool(self.ask(IMAGES, message("Nothing")(), message("Images"), namespace).images)

        return run_cancelable(ask, _started_meter(progress, "Looking for images"))

    def namespace(self, name: str, progress: Progress | None) -> ClientNamespace:
        """Return the images and blobs of a namespace."""
        return ClientNamespace(self, name, progress, self._budget)

    def blob(self, digest: str, namespace: str) -> Iterator[bytes]:
        """Yield the content of a blob of any size, in pieces.

        Raises `StoreUnavailableError`, or `DataError` if there is no such blob.

        Each piece is a separate request, so the caller may take any amount of time between them.
        """
        offset = 0
        while True:
            piece = self.read(digest, namespace, _RANGE_BYTES, offset)
            if len(piece) > _RANGE_BYTES:
                raise DataError(f"containerd sent more data for {digest} than was requested", where=str(self._path))
            yield piece
            offset += len(piece)
            if len(piece) < _RANGE_BYTES:
                return

    def read(self, digest: str, namespace: str, size: int, offset: int = 0) -> bytes:
        """Return the first ``size`` bytes of a blob, or slightly more if a piece ends later.

        Raises what `blob` raises, and `LimitError` if the budget is exceeded.
        """
        data = io.BytesIO()
        request = message("BlobRequest")(digest=digest, offset=offset, size=size)
        spent = 0
        try:
            for chunk in self.stream(BLOB_READ, request, message("Chunk"), namespace):
                spent += len(chunk.data)
                self._budget.spend(Resource.DOCUMENTS, len(chunk.data))
                data.write(chunk.data)
                if data.tell() > size:
                    break
        finally:
            self._budget.release(Resource.DOCUMENTS, spent)
        return data.getvalue()

    def ask(self, method: str, request: Any, answer: type[Any], namespace: str) -> Any:
        """Call a method of `ALLOWED_CALLS` that has one answer. Raises `StoreUnavailableError`, `DataError`."""
        call = self._call(method, self._channel.unary_unary)
        try:
            value = call(request, timeout=self._deadline, metadata=_metadata(namespace))
        except grpc.RpcError as error:
            raise self._call_error(error) from error
        return self._decoded(answer, value)

    def stream(self, method: str, request: Any, answer: type[Any], namespace: str) -> Iterator[Any]:
        """Call a method of `ALLOWED_CALLS` that has several answers. Raises `StoreUnavailableError`, `DataError`."""
        call = self._call(method, self._channel.unary_stream)
        answers = call(request, timeout=self._deadline, metadata=_metadata(namespace))
        try:
            for value in answers:
                yield self._decoded(answer, value)
            self._timeouts = 0
        except grpc.RpcError as error:
            raise self._stream_error(error) from error
        finally:
            answers.cancel()  # needed if the caller stopped early

    def _call(self, method: str, make: Any) -> Any:
        call = self._calls.get(method)
        if call is None:
            call = self._calls[method] = make(_allowed(method), request_serializer=_bytes_of)
        return call

    def _decoded(self, answer: type[Any], data: bytes) -> Any:
        """Decode an answer here, since gRPC prints what it cannot decode."""
        limit = self._budget.limits.images
        if len(data) > limit and count(data, limit) > limit:
            raise DataError(f"containerd lists more than {limit:,} entries in one response", where=str(self._path))
        try:
            return answer.FromString(data)
        except DecodeError as error:
            what = "the response is not from containerd. Is another program listening there? Check the path"
            raise DataError(what, where=str(self._path)) from error

    def _stream_error(self, error: Any) -> DataError:
        """Return the error for a failed stream.

        One late answer affects only one blob. Several in a row mean that containerd no longer responds.
        """
        failure = self._call_error(error)
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            self._timeouts += 1
            if self._timeouts < THREADS:
                return BlobTimeoutError(failure.what, where=failure.where)
        return failure

    def _call_error(self, error: Any) -> DataError:
        """Return the error for a failed call. A blob that does not exist is a `_MissingError`."""
        code = error.code()
        message = " ".join((error.details() or "").split())[:200]
        if code is grpc.StatusCode.NOT_FOUND:
            return _MissingError(message)
        where = str(self._path)
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            what = f"containerd did not respond within {self._deadline:g} seconds. It may be busy. Try again"
            return StoreUnavailableError(what, where=where)
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            what = f"the response is larger than {_MAX_MESSAGE_BYTES:,} bytes, or containerd is too busy ({message})"
            return DataError(what, where=where)
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return StoreUnavailableError(
                f"the program listening there is not containerd ({message}). Check the path", where=where
            )
        if code in _UNAVAILABLE:
            return StoreUnavailableError(
                f"containerd does not respond ({message}). Is it running? Check the path", where=where
            )
        return DataError(f"containerd refused the request: {message or code.name}", where=where)


class _MissingError(DataError):
    """The requested object does not exist."""


class ClientNamespace:
    """The images and blobs of one namespace, requested when they are needed."""

    def __init__(self, client: ContainerdClient, name: str, progress: Progress | None, budget: Budget) -> None:
        self._client = client
        self._name = name
        self._progress = progress
        self._budget = budget
        self._limits = budget.limits
        self._lock = threading.Lock()
        self._labels: dict[str, Mapping[str, str]] | DataError | None = None

    def records(self) -> tuple[Sequence[ImageRecord], Problems]:
        """Return all image records, sorted by name as containerd does. Raises what `ContainerdClient.begin` raises."""

        def ask() -> Any:
            return self._client.ask(IMAGES, message("Nothing")(), message("Images"), self._name).images

        listed = run_cancelable(ask, _started_meter(self._progress, "Listing images"))
        results = [
            ImageRecord(one.name, one.target.digest, one.target.media_type, max(0, one.target.size), dict(one.labels))
            for one in listed[: self._limits.images]
        ]
        left = len(listed) - len(results)
        problems = Problems()
        if left:
            what = f"there are more than {self._limits.images:,} image records; {left:,} were not read"
            problems.stop(Problem("", what))
        return sorted(results, key=lambda record: record.name), problems

    def read(self, digest: str) -> bytes | None:
        """Return a blob, not verified; None if it does not exist.

        Raises `StoreUnavailableError`, or `DataError` if it is too large.
        """
        limit = self._limits.document
        try:
            data = self._client.read(digest, self._name, limit)
        except _MissingError:
            return None
        if len(data) > limit:
            raise DataError(f"{digest} is larger than {limit:,} bytes, the limit for a document")
        return data

    def labels(self, digest: str) -> Mapping[str, str]:
        """Return the blob's label that refers to its container config; empty if there is no blob.

        Raises what `read` raises.
        """
        with self._lock:
            if self._labels is None:
                try:
                    self._labels = self._all_labels()
                except DataError as error:
                    self._labels = error.without_traceback()  # not requested again for each image
                except LimitError as error:
                    self._labels = DataError(f"the list of labels {error}")
            labels = self._labels
        if isinstance(labels, DataError):
            raise labels.without_traceback()
        return labels.get(digest, {})

    def _all_labels(self) -> dict[str, Mapping[str, str]]:
        """Return the `CONFIG_REFERENCE` labels of all blobs, in one call instead of one for each image.

        No listed image lacks its label: the images are listed first, and Docker labels a config before it creates the
        image.
        """
        request = message("BlobsRequest")(filters=[f'labels."{CONFIG_REFERENCE}"'])
        labels: dict[str, Mapping[str, str]] = {}
        for answer in self._client.stream(BLOBS, request, message("Blobs"), self._name):
            for blob in answer.blobs:
                if CONFIG_REFERENCE in blob.labels:
                    reference = blob.labels[CONFIG_REFERENCE]
                    self._budget.spend(Resource.MEMBERS)
                    self._budget.spend(Resource.NAMES, len(blob.digest) + len(reference))
                    labels[blob.digest] = {CONFIG_REFERENCE: reference}
        return labels


def _started_meter(progress: Progress | None, what: str) -> Meter:
    meter = Meter(progress, None, what)
    meter.check_canceled()
    return meter


def _allowed(method: str) -> str:
    if method not in ALLOWED_CALLS:
        raise ValueError(f"{method} is not an allowed method")
    return method


def _bytes_of(request: Any) -> bytes:
    return bytes(request.SerializeToString())


def _metadata(namespace: str) -> tuple[tuple[str, str], ...]:
    return (("containerd-namespace", namespace),) if namespace else ()
