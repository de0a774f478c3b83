"""Failures with a registry as `DataError`: what, where, and what to do."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from typing import Final

from cacheview.model import DataError
from cacheview.stores.docker_engine.client import Timeouts
from cacheview.stores.docker_engine.deadline import DeadlineExceededError, HeadTooLargeError
from cacheview.stores.docker_engine.errors import causes_of, why_broken
from cacheview.stores.reasons import reason
from cacheview.stores.registry.connections import HttpOrigin, NotLoopbackError
from cacheview.stores.registry.credentials import Credentials
from cacheview.stores.registry.targets import Target

__all__ = ["connection_error", "not_json", "status_error", "token_error"]

_MAX_MESSAGE_CHARACTERS: Final = 300
_MAX_ERRORS: Final = 3


def connection_error(error: BaseException, origin: HttpOrigin, target: Target, timeouts: Timeouts) -> DataError:
    """Return the error for an exception of a connection."""
    return DataError(_why_failed(error, origin, target, timeouts), where=target.title)


def _why_failed(error: BaseException, origin: HttpOrigin, target: Target, timeouts: Timeouts) -> str:
    causes = list(causes_of(error))

    def first(*kinds: type[BaseException]) -> BaseException | None:
        return next((cause for cause in causes if isinstance(cause, kinds)), None)

    names = {type(cause).__name__ for cause in causes}
    if names & {"ProxyError", "ProxySchemeUnknown"}:
        return f"the proxy cannot be used: {why_broken(causes)}. Check HTTPS_PROXY and NO_PROXY"
    if (cause := first(ssl.SSLCertVerificationError)) is not None:
        return (
            f"the certificate of {origin} is not trusted: {reason(cause)}. If this is the right server, put its CA "
            f"certificate in /etc/docker/certs.d/{target.domain}/ca.crt, where Docker also looks for it"
        )
    if (cause := first(ssl.SSLError)) is not None:
        return (
            f"the TLS connection to {origin} failed: {reason(cause)}. Only a registry on this machine can be used "
            "without TLS"
        )
    if (cause := first(NotLoopbackError)) is not None:
        return (
            f"the request was not sent, because the connection does not use TLS and {reason(cause)}. Only a registry "
            "on this machine can be used without TLS"
        )
    if isinstance(cause := first(DeadlineExceededError), DeadlineExceededError):
        if cause.has_begun:
            return f"{origin} did not send a complete response within {cause.seconds:g} seconds. Try again"
        return f"{origin} did not respond within {cause.seconds:g} seconds. Try again"
    if first(TimeoutError) is not None or names & {"ReadTimeoutError", "ConnectTimeoutError"}:
        return f"{origin} could not be reached within {timeouts.connect:g} seconds. Check the name and your network"
    if first(socket.gaierror) is not None:
        return f"the host name {origin.host[:200]} cannot be resolved. Check the name of the registry"
    if first(ConnectionRefusedError) is not None:
        return f"nothing is listening at {origin}. Check the name of the registry, and make sure that it is running"
    is_head = first(HeadTooLargeError, http.client.LineTooLong) is not None
    if is_head or any(type(cause) is http.client.HTTPException for cause in causes):
        return f"the response headers from {origin} are too large. Is this a registry?"
    return f"the connection to {origin} was lost: {why_broken(causes)}. Check that this is a registry, and try again"


def not_json(target: Target, media_type: str) -> DataError:
    """Return the error for a web server that is not a registry."""
    what = f"{target.host} responds with a web page ({media_type[:60]}), so it is not a registry. Check the name"
    return DataError(what, where=target.title)


def status_error(
    status: int, body: bytes, headers: Mapping[str, str], target: Target, credentials: Credentials
) -> DataError:
    """Return the error for an HTTP status other than success, quoting the registry."""
    reason = _words(body)
    words = f" ({reason})" if reason else ""
    where = target.title
    if status == 429:
        return DataError(_too_many(words, headers, target, credentials), where=where)
    if status == 401:
        return DataError(_log_in(words, target, credentials), where=where)
    if status == 403:
        who = f"the account {credentials.username[:60]!r}" if credentials.username else "your account"
        if credentials.is_anonymous:
            return DataError(_log_in(words, target, credentials), where=where)
        what = (
            f"{who} is not allowed to pull from {target.host}/{target.repository}{words}. Log in with a different "
            "account"
        )
        return DataError(f"{what}: `{_login(target)}`", where=where)
    if status == 404 and reason:
        return DataError(f"the registry has no such image{words}. Check the name and tag", where=where)
    if status == 404:
        what = (
            f"{target.host} responds with status 404 and no reason, so either it is not a registry or it does not have "
            "this image"
        )
        return DataError(f"{what}. Check the name", where=where)
    if status >= 500:
        return DataError(f"the registry reported an error: status {status}{words}. Try again later", where=where)
    return DataError(f"the registry responded with status {status}{words}. Is this a registry?", where=where)


def token_error(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    origin: HttpOrigin,
    target: Target,
    credentials: Credentials,
) -> DataError:
    """Return the error for a token server's answer without a token."""
    reason = _words(body)
    words = f" ({reason})" if reason else ""
    if status == 429:
        return DataError(_too_many(words, headers, target, credentials), where=target.title)
    if status in (400, 401, 403) and not credentials.is_anonymous:
        what = f"the token server {origin} does not accept the credentials from {credentials.origin}{words}"
        return DataError(f"{what}. Log in again: `{_login(target)}`", where=target.title)
    if status in (401, 403):
        return DataError(_log_in(words, target, credentials), where=target.title)
    what = f"the token server {origin} responded with status {status}{words}. Try again later"
    return DataError(what, where=target.title)


def _log_in(words: str, target: Target, credentials: Credentials) -> str:
    if credentials.is_anonymous:
        return (
            f"the registry does not allow this pull without a login{words}: the image may be private or missing. "
            f"Check the name, or log in: `{_login(target)}`"
        )
    return (
        f"the registry does not accept the credentials from {credentials.origin}{words}, or the account is not allowed "
        f"to pull the image. Log in again: `{_login(target)}`"
    )


def _too_many(words: str, headers: Mapping[str, str], target: Target, credentials: Credentials) -> str:
    after = headers.get("Retry-After", "")
    wait = (
        f"Try again in {after} seconds"
        if after.isascii() and after.isdecimal() and len(after) < 7
        else "Try again later"
    )
    also = f", or log in for a higher limit: `{_login(target)}`" if credentials.is_anonymous else ""
    return f"the registry received too many requests from you{words}. {wait}{also}"


def _login(target: Target) -> str:
    return "docker login" if target.is_hub else f"docker login {target.domain}"


def _words(body: bytes) -> str:
    """Return the registry's message: ``errors`` in its JSON, or ``details`` in a token server's."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict):
        return ""
    errors = document.get("errors")
    texts = [_one(error) for error in errors[:_MAX_ERRORS]] if isinstance(errors, list) else []
    texts += [document[key] for key in ("details", "message", "error") if isinstance(document.get(key), str)][:1]
    return " ".join("; ".join(filter(None, texts)).split())[:_MAX_MESSAGE_CHARACTERS]


def _one(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    return next((error[key] for key in ("message", "code") if isinstance(error.get(key), str) and error[key]), "")
