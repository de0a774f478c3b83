"""The requests that are sent to a registry: GETs for the manifests and configs of one repository.

No maintained Python library for registries (oras, python-dxf) limits the size and time of an answer, so the requests
are made here, using urllib3 with the same deadlines as for engines. A login works as in moby. Credentials are sent only
to the registry and to the token server that it names.
"""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from cacheview.model import DataError
from cacheview.stores.docker_engine.client import Timeouts
from cacheview.stores.docker_engine.deadline import Deadline
from cacheview.stores.docker_engine.errors import causes_of
from cacheview.stores.registry.challenge import parse_challenges
from cacheview.stores.registry.connections import BadUrlError, HttpOrigin, Wire, is_loopback, origin_of
from cacheview.stores.registry.credentials import ANONYMOUS, Credentials
from cacheview.stores.registry.errors import connection_error, not_json, status_error, token_error
from cacheview.stores.registry.targets import Target
from cacheview.stores.registry.tokens import basic, bearer, token_of, token_request

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["TIMEOUTS", "RegistryClient", "RegistryDocument"]

TIMEOUTS: Final = Timeouts(connect=10.0, piece=15.0, total=60.0)

_MAX_REDIRECTS: Final = 5
_MAX_ERROR_BYTES: Final = 64 * 1024  # of the body of an error or a token
_READ_BYTES: Final = 64 * 1024
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))


@dataclass(frozen=True, slots=True)
class RegistryDocument:
    """A manifest or blob. ``digest``: the one that the registry reports; empty if it reports none."""

    content: bytes
    media_type: str
    digest: str


class RegistryClient:
    """A client for one repository of one registry. Every failure is raised as a `DataError`.

    Args:
        trust: how TLS is checked.
        credentials: called only when the registry requires a login.
        stopped: returns whether the caller is no longer waiting; called ten times a second.
    """

    def __init__(
        self,
        target: Target,
        trust: ssl.SSLContext,
        credentials: Callable[[], Credentials],
        *,
        stopped: Callable[[], bool] = lambda: False,
        timeouts: Timeouts = TIMEOUTS,
    ) -> None:
        self._target = target
        self._ask_credentials = credentials
        self._credentials = ANONYMOUS
        self._stopped = stopped
        self._timeouts = timeouts
        self._authorization = ""
        self._origin = self._https()
        self._is_local = self._loopback()
        self._has_tried_tls = not self._is_local  # whether it is known that the registry speaks TLS
        self._home = Wire(trust, proxied=not self._is_local)

    def manifest(self, reference: str, accept: str, limit: int) -> RegistryDocument:
        """Return the manifest with a tag or digest, at most ``limit`` bytes of it."""
        return self._document(f"manifests/{reference}", {"Accept": accept}, limit)

    def blob(self, digest: str, limit: int) -> RegistryDocument:
        """Return a blob, at most ``limit`` bytes of it."""
        return self._document(f"blobs/{digest}", {}, limit)

    def _document(self, path: str, headers: Mapping[str, str], limit: int) -> RegistryDocument:
        path = f"/v2/{self._target.repository}/{path}"
        response, origin = self._follow(path, headers)
        if response.status == 401 and origin == self._origin and not self._authorization:
            body = self._body(response, _MAX_ERROR_BYTES)
            self._authorization = self._log_in(response.headers.getlist("WWW-Authenticate"))
            if not self._authorization:
                raise self._refusal(response, body, origin)
            response, origin = self._follow(path, headers)
        if response.status != 200:
            raise self._refusal(response, self._body(response, _MAX_ERROR_BYTES), origin)
        body = self._body(response, limit)
        if len(body) > limit:
            raise DataError(f"the response for {path[:300]} is larger than {limit:,} bytes", where=self._target.title)
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type == "text/html":
            raise not_json(self._target, media_type)
        return RegistryDocument(body, media_type, response.headers.get("Docker-Content-Digest", "").strip())

    def _refusal(self, response: BaseHTTPResponse, body: bytes, origin: HttpOrigin) -> DataError:
        if origin != self._origin:
            what = (
                f"{origin}, where the registry stores the content, responded with status {response.status}. Try again"
            )
            return DataError(what, where=self._target.title)
        return status_error(response.status, body, response.headers, self._target, self._credentials)

    def _follow(self, path: str, headers: Mapping[str, str]) -> tuple[BaseHTTPResponse, HttpOrigin]:
        """Return the answer to a path of the registry, and its server.

        Only the registry itself receives credentials.
        """
        response = self._ask(path, headers)
        url, origin = f"{self._origin}{path}", self._origin
        redirects = 0
        while response.status in _REDIRECTS and (location := response.headers.get("Location", "")):
            response.close()
            redirects += 1
            if redirects > _MAX_REDIRECTS:
                what = f"the registry redirected more than {_MAX_REDIRECTS} times"
                raise DataError(what, where=self._target.title)
            url = urljoin(url, location)
            try:
                before, origin = origin, origin_of(url)
            except BadUrlError as error:
                raise DataError(
                    f"the registry redirects to an address that {error}", where=self._target.title
                ) from error
            if origin.scheme == "http" and before.scheme == "https":
                what = f"the registry redirects to {origin}, which does not use TLS. The redirect was not followed"
                raise DataError(what, where=self._target.title)
            response = self._send("GET", url, origin, headers)
        return response, origin

    def _ask(self, path: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """Send a request to the registry; if it is on this machine, it may lack TLS.

        moby's ``lookupV2Endpoints`` (``registry/service_v2.go``) also tries TLS first in that case.
        """
        if not self._has_tried_tls:
            self._has_tried_tls = True
            try:
                return self._send("GET", f"{self._origin}{path}", self._origin, headers)
            except DataError as error:
                if not _speaks_no_tls(error):
                    raise
            self._origin = self._without_tls()
        return self._send("GET", f"{self._origin}{path}", self._origin, headers)

    def _send(
        self, method: str, url: str, origin: HttpOrigin, headers: Mapping[str, str], body: bytes | None = None
    ) -> BaseHTTPResponse:
        is_home = origin == self._origin
        if is_home and self._authorization:
            headers = {**headers, "Authorization": self._authorization}
        deadline = Deadline(self._timeouts.piece, self._timeouts.total, self._stopped)
        try:
            wire = self._home if is_home else self._away
            return wire.send(method, url, headers, deadline, self._timeouts.connect, body)
        except Exception as error:
            raise connection_error(error, origin, self._target, self._timeouts) from error

    @cached_property
    def _away(self) -> Wire:
        """The connections to other servers, without the client certificate and the registry's own authority."""
        return Wire(ssl.create_default_context(), proxied=True)

    def _log_in(self, values: list[str]) -> str:
        """Return the authorization that the registry's challenge requires; empty if it cannot be determined.

        Without credentials, it is an anonymous token.
        """
        challenges = parse_challenges(values)
        self._credentials = credentials = self._ask_credentials()
        if credentials.registry_token:
            try:
                return bearer(credentials.registry_token)
            except DataError as error:
                raise DataError(f"is not used: {error}", where=credentials.origin) from error
        schemes = {challenge.scheme: challenge for challenge in reversed(challenges)}
        if "bearer" in schemes:
            return self._token(schemes["bearer"].parameters)
        return basic(credentials) if "basic" in schemes and credentials.has_password else ""

    def _token(self, parameters: Mapping[str, str]) -> str:
        where = self._target.title
        try:
            request = token_request(parameters, self._target.repository, self._credentials, self._origin)
        except DataError as error:
            raise DataError(error.what, where=where) from error
        method = "GET" if request.body is None else "POST"
        origin = origin_of(request.url)
        response = self._send(method, request.url, origin, request.headers, request.body)
        body = self._body(response, _MAX_ERROR_BYTES)
        if response.status != 200 or len(body) > _MAX_ERROR_BYTES:
            raise token_error(response.status, body, response.headers, origin, self._target, self._credentials)
        try:
            return token_of(body)
        except DataError as error:
            raise DataError(
                f"the token server {origin} did not return a usable token: {error.what}", where=where
            ) from error

    def _body(self, response: BaseHTTPResponse, limit: int) -> bytes:
        """Read the body and close the connection. A larger body is cut to one byte more than ``limit``."""
        encoding = response.headers.get("Content-Encoding", "identity")
        body = io.BytesIO()
        try:
            if encoding.lower() not in ("", "identity"):
                what = (
                    f"the response is compressed ({encoding[:40]}), but compression was not requested. Is there a "
                    "proxy in between?"
                )
                raise DataError(what, where=self._target.title)
            while (size := body.tell()) <= limit and (piece := response.read(min(_READ_BYTES, limit + 1 - size))):
                body.write(piece)
        except DataError:
            raise
        except Exception as error:
            raise connection_error(error, self._origin, self._target, self._timeouts) from error
        finally:
            response.close()
        return body.getvalue()

    def _https(self) -> HttpOrigin:
        try:
            return origin_of(f"https://{self._target.host}")
        except BadUrlError as error:
            raise DataError(f"the registry {error}", where=self._target.title) from error

    def _without_tls(self) -> HttpOrigin:
        return origin_of(f"http://{self._target.host}")

    def _loopback(self) -> bool:
        try:
            return is_loopback(self._origin.host, self._origin.port, self._timeouts.connect)
        except OSError:
            return False  # a proxy may resolve the name; otherwise connecting reports that it is unknown


def _speaks_no_tls(error: DataError) -> bool:
    """Whether the server does not speak TLS or no one answered, as opposed to an untrusted certificate."""
    causes = list(causes_of(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return False
    return any(isinstance(cause, ssl.SSLError | ConnectionError) for cause in causes)
