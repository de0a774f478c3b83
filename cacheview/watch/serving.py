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

_END_SECONDS: Final = 1.0  # at most that who closes it waits for its thread


class RelayServer:
    """Passes on what comes in at a socket, from when it is made until it is closed. Closing twice does no harm.

    Args:
        endpoint: the engine, of those that `check_endpoint` lets pass.
        listening: where clients connect. It is closed with this.
        new_tap: see `Relay`. Called in the thread of the relay, as are the taps.
        failed: called with a fault of the relay itself, in its thread. Connections that it does not concern go on.
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
        """End all connections and take the socket away."""
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
        """Wait until everything that was ended has noticed."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)

    def _on_fault(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._failed(context.get("exception") or RuntimeError(context["message"]))
