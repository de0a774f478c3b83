"""What is asked of a Docker Engine: a few GETs, and nothing else."""

from __future__ import annotations

import json
import math
import re
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cacheview.model import DataError
from cacheview.stores.engine.contexts import Endpoint, Tls
from cacheview.stores.engine.errors import NoAnswerError, connection_error, status_error
from cacheview.stores.engine.knocking import knock

if TYPE_CHECKING:
    from docker import APIClient
    from docker.tls import TLSConfig
    from requests import Response

__all__ = ["ALLOWED", "INSPECT_API", "KNOWN_API", "EngineClient", "Timeouts", "demand_allowed", "version_key"]

KNOWN_API: Final = "1.55"
"""The newest API version whose answers are known here (29.x)."""

INSPECT_API: Final = "1.44"
"""The newest API version whose inspect tells the container config: ``api/server/router/image`` of moby 28.5.2."""

_ID = r"[a-z0-9]+:[0-9a-f]{32,128}"

ALLOWED: Final = (
    ("GET", re.compile(r"/_ping")),
    ("GET", re.compile(r"/version")),
    ("GET", re.compile(r"/v1\.[0-9]+/info")),
    ("GET", re.compile(r"/v1\.[0-9]+/images/json")),
    ("GET", re.compile(rf"/v1\.[0-9]+/images/{_ID}/(?:json|history)")),
    ("GET", re.compile(r"/v1\.[0-9]+/events")),
)
"""Every request that may be made, as method and path: each only reads."""

_MAX_ERROR: Final = 65536  # bytes of an error's body

_VERSION = re.compile(r"1\.([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds. ``answer`` is for each piece of an answer, ``whole`` for all of one."""

    connect: float = 2.0
    answer: float = 10.0
    whole: float = 120.0


def version_key(text: str) -> int:
    """The minor of an API version: ``1.44`` → 44. Raises ValueError for anything else."""
    match = _VERSION.fullmatch(text)
    if match is None:
        raise ValueError(f"no API version: {text[:40]!r}")
    return int(match[1])


def demand_allowed(method: str, path: str) -> None:
    """Raise ValueError for a request that is not one of `ALLOWED`: no data from outside may make one."""
    if not any(method == allowed and pattern.fullmatch(path) for allowed, pattern in ALLOWED):
        raise ValueError(f"not to be asked: {method} {path!r}")


class EngineClient:
    """A connection to one engine, for several threads at once. Raises `DataError` for all that goes wrong."""

    def __init__(self, endpoint: Endpoint, timeouts: Timeouts | None = None) -> None:
        self.endpoint = endpoint
        self.timeouts = timeouts or Timeouts()
        self.where = endpoint.host[:200]
        self._api: APIClient = self._connect()
        if self._api.base_url.startswith("http+docker://"):
            self._share_connections()
        self._api.trust_env = endpoint.host.startswith("tcp://")  # proxies; looking for them costs each request

    def get(self, path: str, parameters: Mapping[str, str] | None = None, *, limit: int) -> bytes:
        """The body of an answer, at most ``limit`` bytes of it.

        Raises:
            ConnectionLostError: there was no whole answer.
            RefusedError: it is an error.
            NoAnswerError: it is larger than ``limit``.
        """
        response = self._ask(path, parameters, (self.timeouts.connect, self.timeouts.answer))
        with response:
            body = self._body(response, limit if response.status_code == 200 else _MAX_ERROR)
        if response.status_code != 200:
            raise status_error(response.status_code, body, self.endpoint, path)
        if len(body) > limit:
            raise NoAnswerError(f"the answer to {path[:100]} is larger than {limit:,} bytes", where=self.where)
        return body

    def events(self, version: str, kind: str, stopped: threading.Event) -> Iterator[None]:
        """Yields once the engine listens, then for each piece of its stream of events; ends when ``stopped``.

        Raises `DataError` when the connection breaks off.
        """
        filters = {"filters": json.dumps({"type": [kind]})}
        response = self._ask(f"/v{version}/events", filters, (self.timeouts.connect, None))
        with response:
            if response.status_code != 200:
                raise status_error(response.status_code, self._body(response, _MAX_ERROR), self.endpoint, "/events")
            yield
            try:
                with _closed_when(stopped, response):
                    for piece in response.iter_content(chunk_size=None):
                        if stopped.is_set():
                            return
                        if b"\n" in piece:
                            yield
            except Exception as error:
                if stopped.is_set():
                    return
                raise connection_error(error, self.endpoint, self.timeouts.answer) from error
        if not stopped.is_set():
            raise connection_error(ConnectionResetError("the stream of events has ended"), self.endpoint, 0)

    def close(self) -> None:
        self._api.close()

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> APIClient:
        from docker.errors import DockerException, TLSParameterError

        try:
            self._knock()
            return self._client()
        except Exception as error:  # paramiko's have no base in common with others
            if "SSHException" in {kind.__name__ for kind in type(error).__mro__} and shutil.which("ssh"):
                # A key, a host or an agent that only the ssh command knows. It takes a process for each request.
                return self._client(use_ssh_client=True)
            no_address = isinstance(error, (DockerException, ValueError)) and not isinstance(error, TLSParameterError)
            if no_address or "too long" in str(error):
                what = f"is no address of a Docker Engine: {str(error)[:300]}. It may be unix://…, tcp://… or ssh://…"
                raise DataError(what, where=self.where) from error
            raise connection_error(error, self.endpoint, self.timeouts.connect) from error

    def _client(self, *, use_ssh_client: bool = False) -> APIClient:
        import docker

        return docker.APIClient(
            base_url=self.endpoint.host,
            # Any version that the library takes: paths are made here, with the version that each needs.
            version=INSPECT_API,
            timeout=math.ceil(self.timeouts.answer),
            tls=_tls(self.endpoint.tls),
            use_ssh_client=use_ssh_client,
        )

    def _share_connections(self) -> None:
        """Ask all over the same few connections: the library would make one for each different URL."""
        adapter: Any = self._api.get_adapter(self._api.base_url)
        connection, base = adapter.get_connection, self._api.base_url
        adapter.get_connection = lambda _, proxies=None: connection(base, proxies)

    def _knock(self) -> None:
        """Connect to a Unix socket and leave: the reason of a refusal is then that of the system."""
        path = self.endpoint.socket_path
        if path is not None:
            knock(path, self.timeouts.connect)

    def _ask(self, path: str, parameters: Mapping[str, str] | None, timeout: tuple[float, float | None]) -> Response:
        demand_allowed("GET", path)
        try:
            return self._api.get(
                self._api.base_url + path,
                params=parameters,
                timeout=timeout,
                stream=True,
                allow_redirects=False,
            )
        except Exception as error:
            raise connection_error(error, self.endpoint, timeout[1] or timeout[0]) from error

    def _body(self, response: Response, limit: int) -> bytes:
        end = time.monotonic() + self.timeouts.whole
        pieces: list[bytes] = []
        size = 0
        try:
            while size <= limit:
                piece = response.raw.read(min(1 << 20, limit + 1 - size), decode_content=True)
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
                if time.monotonic() > end:
                    raise TimeoutError
        except Exception as error:
            raise connection_error(error, self.endpoint, self.timeouts.answer) from error
        return b"".join(pieces)


@contextmanager
def _closed_when(stopped: threading.Event, response: Response) -> Iterator[None]:
    """Ends the reading of an answer when told to: a read without a time limit waits for ever otherwise."""
    from docker.types import CancellableStream

    done = threading.Event()

    def wait() -> None:
        while not done.is_set():
            if stopped.wait(0.1):
                with suppress(Exception):  # it may have ended in the same moment
                    CancellableStream(iter(()), response).close()
                return

    waiting = threading.Thread(target=wait, daemon=True, name="engine-events-stop")
    waiting.start()
    try:
        yield
    finally:
        done.set()
        waiting.join(1)


def _tls(tls: Tls | None) -> TLSConfig | bool:
    from docker.tls import TLSConfig

    if tls is None:
        return False
    pair = (tls.cert, tls.key) if tls.cert and tls.key else None
    return TLSConfig(client_cert=pair, ca_cert=tls.ca or None, verify=tls.verify)
