"""Failed connections to an engine as `DataError`: what, where, and what to do."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import ssl
import sys
from collections.abc import Iterator, Sequence
from typing import Literal

from cacheview.model import DataError
from cacheview.stores.docker_engine.contexts import DEFAULT, Endpoint, endpoints
from cacheview.stores.docker_engine.deadline import DeadlineExceededError, HeadTooLargeError
from cacheview.stores.docker_engine.ssh import SshError
from cacheview.stores.permission import group_of, who_can
from cacheview.stores.reasons import reason, reason_of_answer

__all__ = [
    "ConnectionLostError",
    "NoAnswerError",
    "RefusedRequestError",
    "causes_of",
    "connection_error",
    "status_error",
    "why_broken",
]

_MAX_MESSAGE_CHARACTERS = 300

FailureKind = Literal["down", "timeout", "broken"]


class ConnectionLostError(DataError):
    """No complete answer arrived: no one listens, it took too long, or the connection was lost. ``kind`` says which."""

    def __init__(self, what: str, *, where: str, kind: FailureKind) -> None:
        super().__init__(what, where=where)
        self.kind = kind


class NoAnswerError(DataError):
    """The response is not an answer of the Docker API."""


class RefusedRequestError(DataError):
    """The engine answered with an error. ``status`` is its HTTP status."""

    def __init__(self, what: str, *, where: str, status: int) -> None:
        super().__init__(what, where=where)
        self.status = status


def connection_error(error: BaseException, endpoint: Endpoint, seconds: float, message: str = "") -> DataError:
    """Return the error for an exception of the connection. ``message``: ssh's error output."""
    where = endpoint.host[:200]
    causes = list(causes_of(error))
    for cause in causes:
        if isinstance(cause, DeadlineExceededError):
            return ConnectionLostError(_timeout_message(cause), where=where, kind="timeout")
        if isinstance(cause, SshError):
            return ConnectionLostError(str(cause), where=where, kind="down")
        # http.client raises the last one for too many headers.
        if isinstance(cause, HeadTooLargeError | http.client.LineTooLong) or type(cause) is http.client.HTTPException:
            why = f"the response headers are too large ({reason(cause)})"
            what = f"{why}. Is Docker Engine listening there? Check the address"
            return NoAnswerError(what, where=where)
    names = {type(cause).__name__ for cause in causes}
    tls_errors: list[BaseException] = [cause for cause in causes if isinstance(cause, ssl.SSLError)]
    tls_errors += [cause for cause in causes if type(cause).__name__ in ("SSLError", "TLSParameterError")]
    if tls_errors:
        failed = reason(tls_errors[0])
        what = f"TLS failed: {failed}. Check the context's certificates, or DOCKER_TLS_VERIFY and DOCKER_CERT_PATH"
        return ConnectionLostError(what, where=where, kind="down")
    if any(isinstance(cause, TimeoutError) for cause in causes) or names & {"ReadTimeoutError", "ConnectTimeoutError"}:
        return ConnectionLostError(
            _timeout_message(DeadlineExceededError(seconds, has_begun=False)), where=where, kind="timeout"
        )
    for cause in causes:
        if isinstance(cause, PermissionError):
            return ConnectionLostError(_permission(endpoint), where=where, kind="down")
        if isinstance(cause, FileNotFoundError):
            return ConnectionLostError(_not_running("there is no such socket", endpoint), where=where, kind="down")
        if isinstance(cause, ConnectionRefusedError):
            return ConnectionLostError(_not_running("nothing is listening there", endpoint), where=where, kind="down")
        if isinstance(cause, socket.gaierror):
            what = f"the host name cannot be resolved: {cause.strerror}. Check the name, or choose another context"
            return ConnectionLostError(what, where=where, kind="down")
        if isinstance(cause, OSError) and cause.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN):
            return ConnectionLostError(f"the host is unreachable: {cause.strerror}", where=where, kind="down")
    if endpoint.host.startswith("ssh://"):
        words = message[:_MAX_MESSAGE_CHARACTERS].rstrip(".") or why_broken(causes)
        what = (
            f"SSH failed: {words}. Check that `ssh {endpoint.host[6:200]} docker version` works without asking "
            "for a password"
        )
        return ConnectionLostError(what, where=where, kind="broken")
    what = (
        f"the response was cut off: {why_broken(causes)}. The engine may have stopped, or another program may be "
        "listening there. Check the address, and try again"
    )
    return ConnectionLostError(what, where=where, kind="broken")


def _timeout_message(error: DeadlineExceededError) -> str:
    if error.has_begun:
        return (
            f"the response was not complete after {error.seconds:g} seconds, so cacheview stopped waiting for it. "
            "The engine may be busy, or the connection may be slow. Try again"
        )
    return (
        f"did not respond within {error.seconds:g} seconds. It may be busy, or its host may be unreachable. Try again"
    )


def status_error(status: int, body: bytes, endpoint: Endpoint, path: str) -> RefusedRequestError:
    """Return the error for an HTTP status other than success, quoting the engine."""
    own_words = _message(body)
    message = f": {own_words}" if own_words else ""
    what = f"the engine responded to {path[:100]} with status {status}{message}"
    if status == 400 and "HTTP request to an HTTPS server" in own_words:
        what += ". Set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or use a context with certificates"
    elif status in (401, 403):
        what += ". A proxy or an authorization plugin in front of the engine does not allow this"
    return RefusedRequestError(what, where=endpoint.host[:200], status=status)


def _message(body: bytes) -> str:
    import json

    try:
        document = json.loads(body)
        text = document["message"] if isinstance(document, dict) else ""
    except (ValueError, KeyError, RecursionError):
        text = body.decode("utf-8", "replace")
    return " ".join(str(text).split())[:_MAX_MESSAGE_CHARACTERS]


def why_broken(causes: Sequence[BaseException]) -> str:
    """Return why an answer was cut off, from an exception and its causes: the most specific cause is used."""
    for cause in causes:
        if (answer := reason_of_answer(cause)) is not None:
            return answer
    of_system = [cause for cause in causes if isinstance(cause, OSError)]
    of_system.sort(key=lambda cause: cause.strerror is None)
    return reason(next((cause for cause in (*of_system, *reversed(causes)) if str(cause)), causes[0]))


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that led to it, which libraries keep as causes, contexts, reasons and arguments."""
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        one = queue.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        queue += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]


def _not_running(why: str, endpoint: Endpoint) -> str:
    if endpoint.name and endpoint.name != DEFAULT:
        hint = f"Start the engine, or choose a context other than {endpoint.name}"
    elif endpoint.origin:
        hint = f"Start the engine, or change {endpoint.origin}"
    else:
        hint = (
            "Start Docker Desktop"
            if sys.platform in ("win32", "darwin")
            else "Start Docker (`sudo systemctl start docker`)"
        )
    others = [other.location for other in endpoints() if other.host != endpoint.host and _exists(other)]
    also = f". Other engines that you can open: {', '.join(others[:3])}" if others else ""
    return f"cannot connect to the Docker Engine: {why}. {hint}{also}"


def _exists(endpoint: Endpoint) -> bool:
    path = endpoint.socket_path
    return path is not None and os.path.exists(path)


def _permission(endpoint: Endpoint) -> str:
    path = endpoint.socket_path
    group = _group(path) if path is not None else ""
    who = f"you do not have permission to connect to the Docker Engine's socket: {who_can('use it', group)}"
    if group:
        return f"{who} or run `newgrp {group}`; a rootless engine does not need a group"
    return f"{who}, or use a rootless engine"


def _group(path: os.PathLike[str]) -> str:
    """Return the group that may connect to a socket; empty if there is none, or it is not known."""
    try:
        return group_of(os.stat(path))
    except OSError:
        return ""
