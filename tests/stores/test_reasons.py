"""Readable messages for exceptions from Python and its libraries."""

from __future__ import annotations

import bz2
import gzip
import http.client
import io
import json
import os
import re
import socket
import ssl
import zlib
from collections.abc import Callable

import pytest
import urllib3.exceptions

from cacheview.model import DataError
from cacheview.stores.docker_engine.errors import causes_of, why_broken
from cacheview.stores.reasons import reason

GZIP = gzip.compress(b"x" * 100_000)


def raised(act: Callable[[], object]) -> Exception:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def too_deep() -> object:
    return json.loads("[" * 100_000)


@pytest.mark.parametrize(
    ("act", "printed"),
    [
        (lambda: os.stat("/nowhere/at/all"), "No such file or directory"),
        (lambda: b"ab\xff".decode(), "byte 3 is not valid UTF-8"),
        (lambda: "ab\u20ac".encode("latin-1"), "character 3 cannot be encoded as LATIN-1"),
        (lambda: dict[str, str]()["name"], "the key name is missing"),
        (lambda: json.loads('{"a" 1}'), "expecting ':' delimiter at column 6"),
        (too_deep, "the values are nested too deeply for Python"),
        (lambda: gzip.decompress(GZIP[:-20]), "the data ends early"),
        (lambda: zlib.decompress(b"no zlib"), "the compressed data is invalid"),
        (lambda: zlib.decompress(b"\x78\x9c\xff\xff"), "the compressed data is invalid"),
        (lambda: bz2.decompress(b"BZh9" + b"x" * 40), "Invalid data stream"),
        (lambda: ssl.create_default_context(cafile="/dev/null"), "no certificate or crl found"),
    ],
)
def test_what_python_raises_is_reported_in_words(act: Callable[[], object], printed: str) -> None:
    text = reason(raised(act))
    assert text.startswith(printed)
    assert not re.search(r"Errno|Error|\(b?'|0x", text)


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (http.client.RemoteDisconnected("x"), "the connection was closed before a response arrived"),
        (http.client.BadStatusLine("SSH-2.0"), "the response is not HTTP: it begins with 'SSH-2.0'"),
        (http.client.IncompleteRead(b"abc", 7), "only 3 of 10 bytes arrived"),
        (http.client.IncompleteRead(b"abc"), "the data is damaged or ends early after 3 bytes"),
        (urllib3.exceptions.IncompleteRead(3, 7), "only 3 of 10 bytes arrived"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (DataError("is bad", where="there"), "there: is bad"),
    ],
)
def test_wrapped_connection_errors_are_reported_in_plain_words(error: Exception, printed: str) -> None:
    wrapped = urllib3.exceptions.ProtocolError("Connection aborted.", error)
    assert reason(error) == printed
    assert why_broken(list(causes_of(error))) == printed
    if not isinstance(error, DataError):
        assert why_broken(list(causes_of(wrapped))) == printed


def test_the_innermost_cause_of_a_wrapped_error_is_reported() -> None:
    tunnel = OSError("Tunnel connection failed: 403 Forbidden")
    pool = urllib3.HTTPConnectionPool("registry.example")
    wrapped = urllib3.exceptions.MaxRetryError(pool, "/v2/", urllib3.exceptions.ProxyError("Cannot connect", tunnel))
    assert why_broken(list(causes_of(wrapped))) == "Tunnel connection failed: 403 Forbidden"
    wrapped = urllib3.exceptions.MaxRetryError(pool, "/v2/", urllib3.exceptions.LocationParseError("a:b"))
    assert why_broken(list(causes_of(wrapped))) == "Failed to parse: a:b"


def test_an_empty_exception_is_reported_without_its_class_name() -> None:
    assert reason(ValueError()) == "no reason was given"
    assert reason(io.UnsupportedOperation("Not readable\nat all")) == "Not readable at all"
