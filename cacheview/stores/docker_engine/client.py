"""The requests that are sent to a Docker Engine: a few GETs, and nothing else."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cacheview.model import DataError
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.stores.docker_engine.deadline import Deadline
from cacheview.stores.docker_engine.errors import NoAnswerError, connection_error, status_error
from cacheview.stores.docker_engine.pools import Connections, NotAnAddressError
from cacheview.stores.docker_engine.socket_check import check_listening
from cacheview.stores.socket_path import require_short_path

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["ALLOWED_REQUESTS", "INSPECT_API", "KNOWN_API", "EngineClient", "Timeouts", "require_allowed", "version_key"]

KNOWN_API: Final = "1.55"
"""The newest API version whose answers cacheview understands (29.x)."""

INSPECT_API: Final = "1.44"
"""The newest API version whose inspect reports the container config.

Source: ``api/server/router/image`` of moby 28.5.2.
"""

_ID = r"[a-z0-9]+:[0-9a-f]{32,128}"

ALLOWED_REQUESTS: Final = (
    ("GET", re.compile(r"/_ping")),
    ("GET", re.compile(r"/version")),
    ("GET", re.compile(r"/v1\.[0-9]+/info")),
    ("GET", re.compile(r"/v1\.[0-9]+/images/json")),
    ("GET", re.compile(rf"/v1\.[0-9]+/images/{_ID}/(?:json|history)")),
    ("GET", re.compile(r"/v1\.[0-9]+/containers/json")),  # the containers, requested only when their images matter
    ("GET", re.compile(r"/v1\.[0-9]+/containers/[0-9a-f]{64}/json")),
    ("GET", re.compile(r"/v1\.[0-9]+/events")),
    (
        "GET",
        re.compile(rf"/v1\.[0-9]+/images/{_ID}/get"),
    ),  # the archive of an image, only when a user requests it: see `EngineClient.archive`
)
"""Every request that may be sent, as method and path. Each of them only reads."""

_MAX_ERROR_BYTES: Final = 65536  # of an error's body
_MAX_EVENT_BYTES: Final = 1024 * 1024  # Docker's events have a few hundred
_READ_BYTES: Final = 65536  # bytes read at once
_ARCHIVE_READ_BYTES: Final = 1024 * 1024  # of an archive read at once
_READ_PAUSE_SECONDS: Final = 0.05  # between two reads of an event stream, so that a flood of events waits

_VERSION = re.compile(r"1\.([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits, in seconds.

    Attributes:
        connect: to look up the host and to connect.
        piece: for each piece of an answer.
        total: for a complete answer, or for one event.
        archive: until the first bytes of an image.
    """

    connect: float = 2.0
    piece: float = 10.0
    total: float = 120.0
    archive: float = 900.0


def version_key(text: str) -> int:
    """Return the minor number of an API version: ``1.44`` → 44. Raises ValueError for anything else."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ValueError(f"not an API version: {text[:40]!r}")
    return int(match[1])


def require_allowed(method: str, path: str) -> None:
    """Raise ValueError unless a request is one of `ALLOWED_REQUESTS`, so that no outside data can cause another."""
    if not any(method == allowed and pattern.fullmatch(path) for allowed, pattern in ALLOWED_REQUESTS):
        raise ValueError(f"not an allowed request: {method} {path!r}")


class EngineClient:
    """A connection to one engine, for several threads. Every failure is raised as a `DataError`.

    Args:
        stopped: returns whether the caller is no longer waiting. It is called ten times a second; raising ends
            requests.
    """

    def __init__(
        self, endpoint: Endpoint, timeouts: Timeouts | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self.endpoint = endpoint
        self.timeouts = timeouts or Timeouts()
        self.where = endpoint.host[:200]
        self._closed = threading.Event()
        self._stopped = stopped
        self._connections = self._connect()

    def get(self, path: str, parameters: Mapping[str, str] | None = None, *, limit: int) -> bytes:
        """Return the body of an answer, at most ``limit`` bytes of it.

        Raises:
            ConnectionLostError: the answer did not arrive in full.
            RefusedRequestError: the engine answered with an error.
            NoAnswerError: the answer is larger than ``limit``, or not from the Docker API.
        """
        response = self._ask(path, parameters, self._deadline(self._is_over))
        try:
            body = self._body(response, limit if response.status == 200 else _MAX_ERROR_BYTES)
        finally:
            response.close()
        if response.status != 200:
            raise status_error(response.status, body, self.endpoint, path)
        if len(body) > limit:
            raise NoAnswerError(f"the response to {path[:100]} is larger than {limit:,} bytes", where=self.where)
        return body

    def events(self, version: str, kind: str, stopped: threading.Event) -> Iterator[None]:
        """Yield once when the engine is listening, then after each batch of events, until ``stopped`` is set.

        The stream may last forever, but each event has to arrive in full within the time allowed for an answer.

        Raises `DataError` if the connection is lost.
        """
        deadline = self._deadline(lambda: stopped.is_set() or self._is_over())
        try:
            response = self._ask(f"/v{version}/events", {"filters": json.dumps({"type": [kind]})}, deadline)
        except DataError:
            if stopped.is_set():
                return
            raise
        try:
            if response.status != 200:
                raise status_error(response.status, self._body(response, _MAX_ERROR_BYTES), self.endpoint, "/events")
            deadline.suspend()
            yield
            yield from self._pieces(response, deadline, stopped)
        finally:
            response.close()

    def archive(self, version: str, image_id: str, stopped: Callable[[], bool]) -> Iterator[bytes]:
        """Yield an image as ``docker save`` writes it, in pieces. Each piece has the time limit of an answer.

        The engine may take longer before the first piece: with a graph driver it first writes all layers to its disk.

        Args:
            version: the API version.
            stopped: returns whether the caller is no longer waiting. It is called ten times a second; raising ends the
                request.

        Raises:
            ConnectionLostError: the answer ended early.
            RefusedRequestError: the engine answered with an error.
        """
        timeouts = self.timeouts
        deadline = Deadline(None, timeouts.archive, lambda: stopped() or self._is_over())
        path = f"/v{version}/images/{image_id}/get"
        response = self._ask(path, None, deadline)
        try:
            if response.status != 200:
                raise status_error(response.status, self._body(response, _MAX_ERROR_BYTES), self.endpoint, path)
            while True:
                deadline.restart(timeouts.total)
                try:
                    piece = response.read(_ARCHIVE_READ_BYTES)
                except Exception as error:
                    raise self._error(error) from error
                if not piece:
                    return
                yield piece
        finally:
            response.close()

    def close(self) -> None:
        """Close all connections. A thread that is waiting for an answer ends within a tenth of a second."""
        self._closed.set()
        self._connections.close()

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> Connections:
        try:
            if self.endpoint.socket_path is not None:
                # Connect and disconnect first, so that a refusal is reported with the system's reason.
                require_short_path(self.endpoint.socket_path)
                check_listening(self.endpoint.socket_path, self.timeouts.connect)
            return Connections(self.endpoint)
        except DataError:
            raise
        except NotAnAddressError as error:
            reason = str(error)[:300]
            what = f"is not a Docker Engine address: {reason}. Use unix://…, tcp://… or ssh://…"
            raise DataError(what, where=self.where) from error
        except Exception as error:
            raise connection_error(error, self.endpoint, self.timeouts.connect) from error

    def _is_over(self) -> bool:
        return self._closed.is_set() or self._stopped()

    def _deadline(self, stopped: Callable[[], bool]) -> Deadline:
        return Deadline(self.timeouts.piece, self.timeouts.total, stopped)

    def _ask(self, path: str, parameters: Mapping[str, str] | None, deadline: Deadline) -> BaseHTTPResponse:
        require_allowed("GET", path)
        try:
            return self._connections.get(path, parameters, deadline, self.timeouts.connect)
        except Exception as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> DataError:
        return connection_error(error, self.endpoint, self.timeouts.piece, message=self._connections.message)

    def _body(self, response: BaseHTTPResponse, limit: int) -> bytes:
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding.lower() != "identity":
            what = (
                f"the response is compressed ({encoding[:40]}), which was not requested. Is there a proxy in front "
                "of the engine?"
            )
            raise NoAnswerError(what, where=self.where)
        body = io.BytesIO()
        try:
            while (size := body.tell()) <= limit and (piece := response.read(min(_READ_BYTES, limit + 1 - size))):
                body.write(piece)
        except Exception as error:
            raise self._error(error) from error
        return body.getvalue()

    def _pieces(self, response: BaseHTTPResponse, deadline: Deadline, stopped: threading.Event) -> Iterator[None]:
        """Yield for each piece in which an event ends. The content is discarded."""
        unfinished = 0  # bytes of an unfinished event
        while not stopped.is_set():
            try:
                piece = response.read1(_READ_BYTES)
            except Exception as error:
                if stopped.is_set():
                    return
                raise self._error(error) from error
            if not piece:
                raise connection_error(ConnectionResetError("the event stream has ended"), self.endpoint, 0)
            _, end, rest = piece.rpartition(b"\n")
            unfinished = len(rest) if end else unfinished + len(piece)
            if unfinished > _MAX_EVENT_BYTES:
                what = f"sent an event larger than {_MAX_EVENT_BYTES:,} bytes. Is Docker Engine listening there?"
                raise NoAnswerError(what, where=self.where)
            if unfinished == 0:
                deadline.suspend()
            elif end or unfinished == len(piece):
                deadline.restart()
            if end:
                yield
                stopped.wait(_READ_PAUSE_SECONDS)
