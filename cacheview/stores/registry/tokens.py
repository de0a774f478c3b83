"""Tokens of a registry, which its token server issues to those who may read a repository.

As in docker's ``registry/client/auth/session.go`` (vendored in moby): a GET, with user name and password if there are
any, or a POST with the identity token from ``docker login``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field

from cacheview.model import DataError, decode
from cacheview.stores.registry.connections import BadUrlError, HttpOrigin, origin_of
from cacheview.stores.registry.credentials import Credentials

__all__ = ["TokenRequest", "basic", "bearer", "token_of", "token_request"]

_CLIENT: Final = "docker"  # ``AuthClientID`` in moby's registry/auth.go: a server may accept only this client
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")


class _TokenResponse(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)

    token: str = Field("", repr=False)
    access_token: str = Field("", repr=False)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to a token server. ``body``: the body of a POST; None for a GET."""

    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


def token_request(
    parameters: Mapping[str, str], repository: str, credentials: Credentials, registry: HttpOrigin
) -> TokenRequest:
    """Return the request for a token that permits reading a repository.

    Args:
        parameters: the parameters of the registry's challenge.
        registry: the registry that sent the challenge.

    Raises:
        DataError: the challenge names no token server, or credentials would be sent to it without TLS.
    """
    realm = parameters.get("realm", "")
    try:
        origin = origin_of(realm)
    except BadUrlError as error:
        raise DataError(f"the registry specifies a token server address that {error}") from error
    if origin.scheme != "https" and registry.scheme == "https":
        raise DataError(
            f"the token server that the registry specifies does not use TLS: {origin}. Nothing was sent to it"
        )
    service, scope = parameters.get("service", ""), f"repository:{repository}:pull"
    place = urlsplit(realm)
    if credentials.identity_token:
        form = {
            "scope": scope,
            "service": service,
            "client_id": _CLIENT,
            "grant_type": "refresh_token",
            "refresh_token": credentials.identity_token,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return TokenRequest(urlunsplit(place._replace(fragment="")), headers, urlencode(form).encode())
    query = parse_qsl(place.query, keep_blank_values=True, max_num_fields=100)
    query += [("service", service)] if service else []
    query += [("scope", scope)]
    headers = {}
    if credentials.has_password:
        query.append(("account", credentials.username))
        headers["Authorization"] = basic(credentials)
    return TokenRequest(urlunsplit(place._replace(query=urlencode(query), fragment="")), headers)


def token_of(body: bytes) -> str:
    """Return the token in a response. Raises `DataError`, which does not quote it."""
    try:
        answer = decode(_TokenResponse, body)
    except DataError as error:
        raise DataError("the response is not valid JSON, or its token is not a string") from error
    return bearer(answer.access_token or answer.token)


def bearer(token: str) -> str:
    """Return the value of a header with a token. Raises `DataError` if a header cannot contain it."""
    if not _TOKEN.fullmatch(token):
        raise DataError(
            ("the token contains characters that are not allowed in a header") if token else "there is no token"
        )
    return f"Bearer {token}"


def basic(credentials: Credentials) -> str:
    """Return the value of a header with user name and password."""
    return "Basic " + base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
