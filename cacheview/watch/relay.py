"""Passes on every byte between a client and an engine, unchanged and in both directions.

An observer (`Tap`) cannot change the bytes, only delay them by requesting a pause. If it fails, the connection
continues without it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Final, Protocol, cast

from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.watch.upstream import Upstream

__all__ = ["Connection", "Relay", "Tap"]

_MAX_BUFFERED_BYTES: Final = 1 << 20
"""The most bytes that may wait to be sent. Beyond that, nothing more is read from the other side."""

_LAST_WORDS_SECONDS: Final = 5.0


class Tap(Protocol):
    """An observer of a connection. An exception ends only the observation."""

    def from_client(self, data: bytes) -> None:
        """Receive bytes from the client, before they are passed on."""

    def from_engine(self, data: bytes) -> None:
        """Receive bytes from the engine, after they were passed on."""

    def engine_ended(self) -> None:
        """Note that the engine has finished sending."""

    def closed(self, fault: BaseException | None) -> None:
        """Note the end. ``fault``: an exception of the tap itself; None: the connection has ended."""


class Connection:
    """The requests that a tap may make to its connection, from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, client: _End) -> None:
        self._loop = loop
        self._client = client

    def pause(self, reason: str, seconds: float | None = None) -> None:
        """Stop passing on the client's bytes until `resume` with the same reason. Call it only in the relay's thread.

        ``seconds``: the longest pause; None: no limit.
        """
        self._client.pause(reason)
        if seconds is not None:
            self._loop.call_later(seconds, self._client.resume, reason)

    def resume(self, reason: str) -> None:
        """Resume, unless another reason remains."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._client.resume, reason)


class _End(asyncio.Protocol):
    """One side of a connection."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self.is_lost = False
        self.has_ended = False
        self._pauses: set[str] = set()
        self._held: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=_MAX_BUFFERED_BYTES)

    def pause(self, reason: str) -> None:
        """Stop reading, and hold back what was already read."""
        self._pauses.add(reason)
        if self.transport is not None and not self.is_lost:
            self.transport.pause_reading()

    def resume(self, reason: str) -> None:
        """Remove a reason, and resume if none remains."""
        self._pauses.discard(reason)
        if self._pauses or self.is_lost:
            return
        held, self._held = self._held, []
        for data in held:
            self._pass_on(data)
        if self.transport is not None and not self._pauses:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        self.seen(data)
        if self._pauses:
            self._held.append(data)
        else:
            self._pass_on(data)

    def seen(self, data: bytes) -> None:
        """Receive bytes from this side, before they are passed on."""

    def passed_on(self, data: bytes) -> None:
        """Receive bytes from this side, after they were passed on."""

    def ended(self) -> None:
        """Note that this side has finished sending."""

    def _pass_on(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None and not self.other.is_lost:
            self.other.transport.write(data)
        self.passed_on(data)

    def eof_received(self) -> bool:
        self.has_ended = True
        self.ended()
        other = self.other
        if other is None or other.is_lost or other.transport is None:
            return False
        if other.has_ended:
            other.transport.close()
            return False
        other.transport.write_eof()  # half-close: the other direction continues
        return True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.is_lost = True
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other is not None:
            self.other.pause("full")

    def resume_writing(self) -> None:
        if self.other is not None:
            self.other.resume("full")


class _EngineEnd(_End):
    def __init__(self, tapped: _Tapped, client: _ClientEnd) -> None:
        super().__init__()
        self._tapped = tapped
        self._client = client
        self._has_spoken = False
        self.other = client

    def data_received(self, data: bytes) -> None:
        self._has_spoken = True
        super().data_received(data)

    def eof_received(self) -> bool:
        return False if self._refuse_client() else super().eof_received()

    def _refuse_client(self) -> bool:
        """Refuse the client if its engine was never reached, and return whether it is refused."""
        if self.other is None or self._has_spoken or not self._client.refuse_if_unreached():
            return False
        self.other = None
        return True

    def passed_on(self, data: bytes) -> None:
        self._tapped.call(lambda tap: tap.from_engine(data))

    def ended(self) -> None:
        self._tapped.call(lambda tap: tap.engine_ended())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.has_ended:
            self.ended()
            self._refuse_client()  # an ssh that ended without reading the request resets the connection
        super().connection_lost(exc)


class _ClientEnd(_End):
    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self._relay = relay
        self._tapped = _Tapped(None)
        self._refusal = b""
        self._is_refused = False
        self._has_sent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._relay.opened(self)
        self.pause("connecting")
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        connection = Connection(asyncio.get_running_loop(), self)
        self._tapped = _Tapped(self._relay.new_tap(connection), connection)
        engine = _EngineEnd(self._tapped, self)
        try:
            await self._relay.upstream.connect(engine)
        except OSError as error:
            self._refuse(error)
            return
        self.other = engine
        if self.is_lost and engine.transport is not None:
            engine.transport.close()
        self.resume("connecting")

    def _refuse(self, error: OSError) -> None:
        """Answer the client as an engine would, since the engine cannot be reached, and end the connection."""
        why = "the engine does not respond" if isinstance(error, TimeoutError) else error.strerror or str(error)
        message = f"cacheview cannot connect to the Docker Engine at {self._relay.endpoint.host}: {why}"
        body = json.dumps({"message": message}).encode() + b"\n"
        self._refuse_with(
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        self.resume("connecting")

    def refuse_if_unreached(self) -> bool:
        """Refuse the client if the engine was never reached, and return whether it is refused.

        Called when the engine's side has ended without a byte.
        """
        why = self._relay.upstream.message
        if not why or self.is_lost:
            return False
        self.other = None
        self._refuse(OSError(why))
        return True

    def _refuse_with(self, refusal: bytes) -> None:
        """Refuse immediately if the client has sent anything, otherwise when it does."""
        self._refusal = refusal
        if self._has_sent:
            self._answer_refusal()

    def _answer_refusal(self) -> None:
        if self.transport is not None and not self.transport.is_closing() and not self._is_refused:
            self._is_refused = True
            self.transport.write(self._refusal)
            self.transport.write_eof()
            # Read the rest of the client's data: a client that is still writing would not read the answer.
            asyncio.get_running_loop().call_later(_LAST_WORDS_SECONDS, self.transport.close)

    def seen(self, data: bytes) -> None:
        self._has_sent = True
        if self._refusal:
            self._answer_refusal()
        else:
            self._tapped.call(lambda tap: tap.from_client(data))

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._tapped.close(None)
        self._relay.closed(self)


class _Tapped:
    """A tap, until it fails."""

    def __init__(self, tap: Tap | None, connection: Connection | None = None) -> None:
        self._tap = tap
        self._connection = connection

    def call(self, action: Callable[[Tap], None]) -> None:
        if self._tap is None:
            return
        try:
            action(self._tap)
        except Exception as fault:  # observing must never end the connection
            self.close(fault)

    def close(self, fault: Exception | None) -> None:
        tap, self._tap = self._tap, None
        if tap is not None:
            tap.closed(fault)


class Relay:
    """All connections to one engine.

    Args:
        endpoint: the engine.
        new_tap: creates the observer of a connection; may return None.
    """

    def __init__(self, endpoint: Endpoint, new_tap: Callable[[Connection], Tap | None]) -> None:
        self.endpoint = endpoint
        self.upstream = Upstream(endpoint)
        self.new_tap = new_tap
        self._open: set[_ClientEnd] = set()

    def protocol(self) -> asyncio.Protocol:
        """Return the protocol for a new client."""
        return _ClientEnd(self)

    def opened(self, end: _ClientEnd) -> None:
        """Add the connection of a new client."""
        self._open.add(end)

    def closed(self, end: _ClientEnd) -> None:
        """Remove an ended connection."""
        self._open.discard(end)

    def close(self) -> None:
        """Close every connection, as if the engine had ended."""
        for end in list(self._open):
            if end.transport is not None:
                end.transport.abort()
        self.upstream.close()
