"""Reasons for failures in plain words, since the errors of Python and its libraries are written for programmers."""

from __future__ import annotations

import http.client
import json
import ssl
import zlib
from typing import Final

from cacheview.model import DataError
from cacheview.model.decode import json_error

__all__ = ["reason", "reason_of_answer"]

_MAX_REASON_CHARACTERS: Final = 300
_MAX_QUOTED_CHARACTERS: Final = 40


def reason(error: BaseException) -> str:
    """Describe an exception as a part of a sentence, without the names and quotes of Python."""
    if isinstance(error, DataError):
        return str(error)
    if (answer := reason_of_answer(error)) is not None:
        return answer
    if isinstance(error, json.JSONDecodeError):
        return json_error(error)
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1:,} is not valid {error.encoding.upper()}"
    if isinstance(error, UnicodeEncodeError):
        return f"character {error.start + 1:,} cannot be encoded as {error.encoding.upper()}"
    if isinstance(error, EOFError):
        return "the data ends early"
    if isinstance(error, RecursionError):
        return "the values are nested too deeply for Python"
    if isinstance(error, KeyError):
        return f"the key {str(error.args[0])[:_MAX_QUOTED_CHARACTERS]} is missing" if error.args else "a key is missing"
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, zlib.error):
        return "the compressed data is invalid"
    return " ".join(str(error).split())[:_MAX_REASON_CHARACTERS] or "no reason was given"


def reason_of_answer(error: BaseException) -> str | None:
    """Describe what ended an HTTP answer early or made it invalid; None for any other exception."""
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed before a response arrived"
    if isinstance(error, http.client.BadStatusLine):
        return f"the response is not HTTP: it begins with {str(error).strip()[:_MAX_QUOTED_CHARACTERS]!r}"
    if isinstance(error, http.client.IncompleteRead):
        partial: bytes | int = error.partial  # a number in urllib3's exception
        received = partial if isinstance(partial, int) else len(partial)
        if error.expected is None:
            return f"the data is damaged or ends early after {received:,} bytes"
        return f"only {received:,} of {received + error.expected:,} bytes arrived"
    return None
