"""TLS over an asyncio connection whose two directions can be closed separately.

asyncio's own TLS closes both sides together. Docker's clients close only theirs: ``docker run -i`` with input from a
file sends the alert ``close_notify`` (``CloseWrite`` in Go's ``crypto/tls``), and continues to read.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any, Final, cast

__all__ = ["connect_secured"]

_READ_BYTES: Final = 1 << 18


async def connect_secured(protocol: asyncio.Protocol, host: str, port: int, context: ssl.SSLContext) -> None:
    """Connect with TLS. ``protocol`` gets a transport that supports `write_eof`. Raises `OSError`."""
    loop = asyncio.get_running_loop()
    link = _Link(protocol, host, context, loop)
    transport, _ = await loop.create_connection(lambda: link, host, port)
    try:
        await link.ready
    except BaseException:
        transport.abort()
        raise


class _Link(asyncio.Protocol):
    """Encrypts and decrypts between the connection and the protocol."""

    def __init__(
        self, inner: asyncio.Protocol, host: str, context: ssl.SSLContext, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._inner = inner
        self._received = ssl.MemoryBIO()
        self._to_send = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_hostname=host)
        self._raw: asyncio.Transport | None = None
        self._is_ready = False
        self._peer_has_ended = False
        self._keeps_open = True
        self.ready: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._raw = cast("asyncio.Transport", transport)
        self._handshake()

    def data_received(self, data: bytes) -> None:
        self._received.write(data)
        if not self._is_ready:
            self._handshake()
        if self._is_ready:
            self._read()

    def eof_received(self) -> bool:
        self._received.write_eof()
        if not self._is_ready:
            self._fail(ConnectionResetError("the connection ended during the TLS handshake"))
            return False
        self._peer_ended()
        return self._keeps_open

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_ready:
            self._inner.connection_lost(exc)
        else:
            self._fail(exc or ConnectionResetError("the connection ended during the TLS handshake"))

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def write(self, data: bytes) -> None:
        """Encrypt and send."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._tls.write(view) :]
        except ssl.SSLError:
            self._drop()
        self.flush()

    def end(self) -> None:
        """Send ``close_notify``, which ends only this direction."""
        with suppress(ssl.SSLError):  # the error that the other side has not closed its direction: nothing waits for it
            self._tls.unwrap()
        self.flush()

    def flush(self) -> None:
        data = self._to_send.read()
        if data and self._raw is not None and not self._raw.is_closing():
            self._raw.write(data)

    def _handshake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self.flush()
            return
        except ssl.SSLError as error:
            self.flush()  # the alert with the reason
            self._fail(error)
            return
        self.flush()
        self._is_ready = True
        assert self._raw is not None
        self._inner.connection_made(_SecuredTransport(self, self._raw))
        if not self.ready.done():
            self.ready.set_result(None)

    def _fail(self, error: Exception) -> None:
        if not self.ready.done():
            self.ready.set_exception(error)
            self.ready.exception()  # the connecting caller may have given up
        if self._raw is not None:
            self._raw.close()

    def _read(self) -> None:
        try:
            while piece := self._tls.read(_READ_BYTES):
                self._inner.data_received(piece)
            self._peer_ended()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self._peer_ended()
        except ssl.SSLError:
            self._drop()
        self.flush()

    def _drop(self) -> None:
        """Drop the connection, which was cut off or received invalid data."""
        if self._raw is not None:
            self._raw.abort()

    def _peer_ended(self) -> None:
        if not self._peer_has_ended:
            self._peer_has_ended = True
            self._keeps_open = bool(self._inner.eof_received())
            if not self._keeps_open and self._raw is not None:
                self._raw.close()


class _SecuredTransport(asyncio.Transport):
    """The transport that the protocol writes to."""

    def __init__(self, link: _Link, raw: asyncio.Transport) -> None:
        super().__init__()
        self._link = link
        self._raw = raw
        self._has_ended = False

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if not self._has_ended and not self._raw.is_closing():
            self._link.write(bytes(data))

    def write_eof(self) -> None:
        if not self._has_ended and not self._raw.is_closing():
            self._has_ended = True
            self._link.end()

    def close(self) -> None:
        self.write_eof()
        self._raw.close()

    def abort(self) -> None:
        self._raw.abort()

    def is_closing(self) -> bool:
        return self._raw.is_closing()

    def pause_reading(self) -> None:
        self._raw.pause_reading()

    def resume_reading(self) -> None:
        self._raw.resume_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._raw.set_write_buffer_limits(high, low)
