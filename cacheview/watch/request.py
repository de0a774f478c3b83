"""The parts of a ``POST /build`` request that are kept: options and client name, but no registry credentials.

Source: moby ``newImageBuildOptions`` in ``api/server/router/build/build_routes.go`` (v20.10.24 to v28.5.2), the same in
29.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

from pydantic import TypeAdapter, ValidationError

from cacheview.dockerfile.gotext import printable
from cacheview.model import DataError, is_too_deep
from cacheview.model.decode import MAX_DEPTH
from cacheview.replay.options import BuildOptions
from cacheview.stores.reasons import reason
from cacheview.watch.http import RequestHead

__all__ = ["BuildRequest", "build_request"]

_PATH: Final = re.compile(r"(?:/v(?P<api>1\.[0-9]{1,4}))?/build")
_FALSE_VALUES: Final = frozenset({"", "0", "no", "false", "none"})
_PLATFORM_SINCE_API: Final = 32  # minor number of the API version
_MAX_CHARACTERS: Final = 4096
_MAX_TAGS: Final = 100

_ARGUMENTS: Final = TypeAdapter(dict[str, str | None] | None)
_LABELS: Final = TypeAdapter(dict[str, str | None] | None)
_REFERENCES: Final = TypeAdapter(list[str] | None)


@dataclass(frozen=True)
class BuildRequest:
    """A build, as it was requested.

    Attributes:
        client: the client's name for itself (``Docker-Client/28.2.2 (linux)``); empty if it is not sent.
        tags: names for the image, in order.
        dockerfile: path of the Dockerfile in the context.
        options: the options that affect the cache.
        remote: the URL from which the daemon fetches the context; empty: the client sends it.
        is_quiet: whether the daemon does not print the steps.
        is_buildkit: whether BuildKit builds it.
        problem: the reason that the options cannot be read; empty: they can. The daemon refuses such a build.
    """

    client: str = ""
    tags: tuple[str, ...] = ()
    dockerfile: str = "Dockerfile"
    options: BuildOptions = field(default_factory=BuildOptions)
    remote: str = ""
    is_quiet: bool = False
    is_buildkit: bool = False
    problem: str = ""


def build_request(head: RequestHead) -> BuildRequest | None:
    """Return the build that a request starts; None: it does not start one."""
    path, _, query = head.target.partition("?")
    match = _PATH.fullmatch(path)
    if head.method != "POST" or match is None:
        return None
    # Go splits only at &, and uses the first of several values.
    values = parse_qs(query, keep_blank_values=True, separator="&", errors="surrogateescape", max_num_fields=100_000)

    def value(name: str) -> str:
        return values.get(name, [""])[0]

    def is_set(name: str) -> bool:
        return value(name).strip().lower() not in _FALSE_VALUES

    problem = ""
    options = BuildOptions()
    try:
        options = BuildOptions(
            build_args=_decoded(_ARGUMENTS, value("buildargs"), "build arguments") or {},
            labels={name: text or "" for name, text in (_decoded(_LABELS, value("labels"), "labels") or {}).items()},
            target=value("target"),
            platform=value("platform") if _knows_platforms(match["api"]) else "",
            cache_from=tuple(_decoded(_REFERENCES, value("cachefrom"), "cache-from references") or ()),
            no_cache=is_set("nocache"),
            pull=is_set("pull"),
        )
    except DataError as error:
        problem = str(error)
    if value("version") not in ("", "1", "2"):
        problem = f"invalid version {value('version')[:40]!r}"
    return BuildRequest(
        client=head.user_agent,
        tags=tuple(tag[:_MAX_CHARACTERS] for tag in values.get("t", [])[:_MAX_TAGS] if tag),
        dockerfile=value("dockerfile")[:_MAX_CHARACTERS] or "Dockerfile",
        options=options,
        remote=value("remote")[:_MAX_CHARACTERS],
        is_quiet=is_set("q"),
        is_buildkit=value("version") == "2",
        problem=problem,
    )


def _knows_platforms(api: str | None) -> bool:
    return api is None or int(api.partition(".")[2]) >= _PLATFORM_SINCE_API


def _decoded(adapter: TypeAdapter[Any], text: str, what: str) -> Any:
    """Decode JSON as Go does: an incomplete byte sequence or lone surrogate becomes the replacement character."""
    if not text:
        return None
    refused = f"the {what} are not in the form that the API accepts"
    if is_too_deep(text):
        raise DataError(f"{refused}: nested more than {MAX_DEPTH} levels deep")
    try:
        # Encoded again, so that each lone surrogate is a character of the text.
        return adapter.validate_json(printable(json.dumps(json.loads(text), ensure_ascii=False)), strict=True)
    except ValidationError as error:
        why = str(error.errors()[0]["msg"])
    except ValueError as error:
        why = f"invalid JSON: {reason(error)}"
    raise DataError(f"{refused}: {why}") from None
