"""Runs the relay in its own thread, so that the window or command line can continue."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Final

from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.watch.listener import BACKLOG, ListeningSocket
from cacheview.watch.relay import Connection, Relay, Tap

__all__ = ["RelayServer"]

_END_SECONDS: Final = 1.0  # the longest that `close` waits for the thread


class RelayServer:
    """Runs the relay of a socket, from the creation of this object until `close`. A second `close` is harmless.

    Args:
        endpoint: the engine, which `check_endpoint` must accept.
        listening: the socket for clients, which is closed together with this object.
        new_tap: see `Relay`. It is called in the relay's thread, and so are the taps.
        failed: called in the relay's thread with an exception of the relay itself. Other connections continue.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        listening: ListeningSocket,
        new_tap: Callable[[Connection], Tap | None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.listening = listening
        self._failed = failed
        self._relay = Relay(endpoint, new_tap)
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._on_fault)
        self._thread = threading.Thread(target=self._run, name="watch-relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close all connections and remove the socket."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_END_SECONDS)
        self.listening.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_unix_server(self._relay.protocol, sock=self.listening.socket, backlog=BACKLOG)
        )
        try:
            self._loop.run_forever()
        finally:
            server.close()
            self._relay.close()
            self._loop.run_until_complete(self._settled())
            self._loop.close()

    async def _settled(self) -> None:
        """Wait until all connections have noticed that they are closed."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    def _on_fault(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._failed(context.get("exception") or RuntimeError(context["message"]))
