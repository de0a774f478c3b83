"""A passive HTTP/1.1 parser: the requests of a connection, and the response to each.

h11 parses both directions, without any effect on the bytes that are passed on. Once a connection carries anything else
(an upgrade, a raw stream after a response without a length, or data that is not HTTP), it is no longer parsed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import h11

__all__ = ["Exchange", "HttpTap", "NotReadError", "RequestHead"]

_MAX_HEAD_BYTES: Final = 2 << 20
"""The size limit of a head in bytes. Go's default is 1 MiB, and the options of a build are in the query."""

_MAX_WAITING_BYTES: Final = 1 << 20  # of later requests that wait for the response to an earlier one
_MAX_PENDING_REQUESTS: Final = 256  # requests without a response


class NotReadError(Exception):
    """The reason that a connection can no longer be parsed."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The parts of a request's head that are kept. Other headers are not, since they may contain passwords.

    Attributes:
        method: ``POST``.
        target: the path with the query, as sent.
        user_agent: the name of the client; empty if it is not sent.
    """

    method: str
    target: str
    user_agent: str


class Exchange(Protocol):
    """An observer of a request and its response. Its methods are called in the order of the bytes."""

    def body(self, data: bytes) -> None:
        """Receive a piece of the request's body, without the framing of the transfer encoding."""

    def body_ended(self) -> None:
        """Note that the body is complete."""

    def response_started(self, status: int) -> None:
        """Receive the status of the response."""

    def response_data(self, data: bytes) -> None:
        """Receive a piece of the response's body."""

    def ended(self, *, complete: bool) -> None:
        """Note the end. ``complete``: the response ended as HTTP requires; otherwise the connection was lost."""


@dataclass(slots=True)
class _PendingRequest:
    method: bytes
    upgrade: tuple[tuple[bytes, bytes], ...]
    exchange: Exchange | None
    has_response: bool = False


class HttpTap:
    """Parses one connection. Its methods raise `NotReadError` if it cannot be parsed.

    Args:
        observe: called for each request when its head has arrived; returns None to ignore the request.
    """

    def __init__(self, observe: Callable[[RequestHead], Exchange | None]) -> None:
        self._observe = observe
        self._requests = _parser(h11.SERVER)
        self._responses: h11.Connection | None = None
        self._pending: deque[_PendingRequest] = deque()
        self._sending: _PendingRequest | None = None  # the request whose body is being sent
        self._waiting = bytearray()
        self._is_opaque = False

    def from_client(self, data: bytes) -> None:
        """Receive a piece of the client's data."""
        if self._is_opaque:
            return
        if self._waits:
            self._keep(data)
            return
        try:
            self._read_requests(data)
        except h11.ProtocolError as error:
            raise NotReadError(f"the client's data is not HTTP: {error}") from None

    def from_engine(self, data: bytes) -> None:
        """Receive a piece of the engine's data."""
        if self._is_opaque:
            return
        try:
            self._read_responses(data)
            self._read_waiting()
        except h11.ProtocolError as error:
            raise NotReadError(f"the engine's data is not HTTP: {error}") from None

    def engine_ended(self) -> None:
        """Note that the engine has finished sending, which completes a response without a length."""
        if not self._is_opaque and self._pending:
            self.from_engine(b"")

    def closed(self, fault: BaseException | None) -> None:  # noqa: ARG002
        """Note the end of the connection: incomplete exchanges stay incomplete."""
        pending, self._pending = self._pending, deque()
        self._is_opaque = True
        for each in pending:
            if each.exchange is not None:
                each.exchange.ended(complete=False)

    @property
    def _waits(self) -> bool:
        """Whether the last request was sent and has no response, so that further bytes might not be a request."""
        return self._sending is None and bool(self._pending) and not self._pending[-1].has_response

    def _read_requests(self, data: bytes) -> None:
        self._requests.receive_data(data)
        while (event := self._requests.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Request):
                self._sending = self._begin(event)
            elif isinstance(event, h11.Data):
                if self._sending is not None and self._sending.exchange is not None:
                    self._sending.exchange.body(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                request, self._sending = self._sending, None
                if request is not None and request.exchange is not None:
                    request.exchange.body_ended()
                later, _ = self._requests.trailing_data
                self._requests = _parser(h11.SERVER)
                if self._waits:
                    self._keep(later)
                    return
                if not later:
                    return
                self._requests.receive_data(later)
            else:  # the client has closed its side, or h11 is waiting for data that is only parsed here
                return

    def _keep(self, data: bytes) -> None:
        if len(self._waiting) + len(data) > _MAX_WAITING_BYTES:
            raise NotReadError(
                f"the client sent more than {_MAX_WAITING_BYTES:,} bytes of requests without reading the responses"
            )
        self._waiting += data

    def _read_waiting(self) -> None:
        """Parse requests that arrived before the response to an earlier one."""
        while self._waiting and not self._waits and not self._is_opaque:
            later, self._waiting = bytes(self._waiting), bytearray()
            self._read_requests(later)

    def _begin(self, request: h11.Request) -> _PendingRequest:
        if len(self._pending) >= _MAX_PENDING_REQUESTS:
            raise NotReadError(
                f"the client sent more than {_MAX_PENDING_REQUESTS} requests without reading the responses"
            )
        agent = next((value for name, value in request.headers if name == b"user-agent"), b"")
        head = RequestHead(
            request.method.decode("ascii"), request.target.decode("ascii", "replace"), agent.decode("latin-1")[:200]
        )
        upgrade = tuple((name, value) for name, value in request.headers if name in (b"upgrade", b"connection"))
        pending = _PendingRequest(request.method, upgrade, self._observe(head))
        self._pending.append(pending)
        return pending

    def _read_responses(self, data: bytes) -> None:
        if self._responses is None:
            if not data:
                return
            self._responses = self._response_parser()
        self._responses.receive_data(data)
        while (event := self._responses.next_event()) is not h11.NEED_DATA:
            request = self._pending[0]
            exchange = request.exchange
            if isinstance(event, h11.InformationalResponse):
                self._is_opaque = event.status_code == 101
                if self._is_opaque:
                    self._forget()
                    return
            elif isinstance(event, h11.Response):
                request.has_response = True
                if exchange is not None:
                    exchange.response_started(event.status_code)
                elif _has_no_length(event, request.method):
                    # The response may be a raw stream in both directions, as for attach in old versions.
                    self._is_opaque = True
                    self._forget()
                    return
            elif isinstance(event, h11.Data):
                if exchange is not None:
                    exchange.response_data(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                self._pending.popleft()
                request.exchange = None  # an engine may refuse a build before it has the whole context
                later, _ = self._responses.trailing_data
                self._responses = None
                if exchange is not None:
                    exchange.ended(complete=True)
                if not later:
                    return
                self._read_waiting()
                self._responses = self._response_parser()
                self._responses.receive_data(later)
            else:
                return

    def _response_parser(self) -> h11.Connection:
        """Return the parser of the response to the oldest request, whose method decides whether there is a body."""
        if not self._pending:
            raise NotReadError("the engine sent a response although no request was pending")
        request = self._pending[0]
        parser = _parser(h11.CLIENT)
        parser.send(h11.Request(method=request.method, target=b"/", headers=[(b"host", b"engine"), *request.upgrade]))
        parser.send(h11.EndOfMessage())
        return parser

    def _forget(self) -> None:
        self._waiting.clear()
        self.closed(None)


def _parser(role: type[h11.CLIENT] | type[h11.SERVER]) -> h11.Connection:
    return h11.Connection(role, max_incomplete_event_size=_MAX_HEAD_BYTES)


def _has_no_length(response: h11.Response, method: bytes) -> bool:
    if method == b"HEAD" or response.status_code in (204, 304):
        return False
    return not any(name in (b"content-length", b"transfer-encoding") for name, _ in response.headers)
