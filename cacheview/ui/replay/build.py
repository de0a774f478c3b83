"""The user's choice of a Dockerfile to replay, its context and its options. No Qt."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import AliasChoices, Field

from cacheview.dockerfile.gotext import printable
from cacheview.model import DataError
from cacheview.model.base import Model
from cacheview.regular import is_missing
from cacheview.replay.dockerfiles import DEFAULT_NAME, find_dockerfile

if TYPE_CHECKING:
    from cacheview.replay.options import BuildOptions
    from cacheview.ui.settings import Settings

__all__ = [
    "MAX_BUILDS",
    "Build",
    "build_at",
    "forget_values",
    "is_dockerfile",
    "is_tar",
    "options_in_words",
    "options_of",
    "remembered",
    "save_build",
    "saved_builds",
]

MAX_BUILDS: Final = 10
_SNIFFED_BYTES: Final = 4096
_MAX_ENTRY_CHARACTERS: Final = 100_000  # in the entry of one Dockerfile
CLI_20_10: Final = "docker-cli-20.10"
_FIRST_INSTRUCTIONS: Final = frozenset(("from", "arg"))


class Build(Model):
    """One build, with the options of ``docker build``.

    Attributes:
        dockerfile: path of the file; for a tar, the path of the tar.
        context: path of the folder or tar.
        inside: name of the Dockerfile in a tar; empty: ``Dockerfile``.
        build_args, labels: as entered, ``NAME=value`` or ``NAME``.
        client: the client that sends the context, as for `client_named`; empty: the one that matches the engine.
        past_misses: whether to continue after a miss as if the step had hit the nearest candidate.
        withheld: names of the build arguments that had a value in an earlier session. The values are not saved.
    """

    dockerfile: str
    context: str
    inside: str = ""
    build_args: tuple[str, ...] = Field(default=(), strict=False)
    labels: tuple[str, ...] = Field(default=(), strict=False)
    cache_from: tuple[str, ...] = Field(default=(), strict=False)
    target: str = ""
    platform: str = ""
    no_cache: bool = False
    pull: bool = False
    client: str = ""
    past_misses: bool = Field(default=False, validation_alias=AliasChoices("past_misses", "beyond"))
    withheld: tuple[str, ...] = Field(default=(), strict=False)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the build arguments whose value was not saved, and which have no value now."""
        with_value = {_pair(text)[0] for text in self.build_args}
        return tuple(name for name in self.withheld if name not in with_value)

    @property
    def values(self) -> tuple[str, ...]:
        """The values of its build arguments."""
        return tuple(value for text in self.build_args if (value := _pair(text)[2]))

    @property
    def without_values(self) -> Build:
        """The build as it is saved: without the values of build arguments, which may be secrets."""
        pairs = [(text, *_pair(text)) for text in self.build_args]
        bare = tuple(text for text, _, _, value in pairs if not value)
        withheld = (*(name for _, name, _, value in pairs if value), *self.missing)
        return self.model_copy(update={"build_args": bare, "withheld": tuple(dict.fromkeys(withheld))})

    @property
    def named(self) -> str:
        """The value of ``-f`` for ``docker build``; empty for the default Dockerfile, whether in a folder or a tar."""
        if os.path.isfile(self.context):
            return self.inside
        return "" if find_dockerfile(self.context).path == Path(os.path.abspath(self.dockerfile)) else self.dockerfile

    @property
    def file(self) -> str:
        """The path of the Dockerfile if it is a file that an editor can open; empty: it is in a tar."""
        return self.dockerfile if self.dockerfile != self.context else ""

    @property
    def title(self) -> str:
        """The path of the Dockerfile in its context, after the name of the context."""
        name = os.path.basename(os.path.normpath(self.context)) or self.context
        if self.dockerfile == self.context:
            return f"{name}/{self.inside}" if self.inside else name
        try:
            file = os.path.relpath(self.dockerfile, self.context)
        except ValueError:  # on another drive, on Windows
            file = os.pardir
        return f"{name}/{file}" if not file.startswith(os.pardir) else f"{self.dockerfile} for {name}"


def build_at(path: str | os.PathLike[str], file: str = "") -> Build:
    """Return the build of a Dockerfile or a context (a folder or a tar). ``file``: a Dockerfile other than the default.

    The context of a Dockerfile is its folder. Raises `DataError` if there is no Dockerfile.
    """
    place = os.path.abspath(path)
    if not os.path.isdir(place):
        if not is_tar(place):
            return Build(dockerfile=place, context=os.path.dirname(place))
        return Build(dockerfile=place, context=place, inside=file)
    result = find_dockerfile(place, file)
    if is_missing(result.path):
        raise DataError("does not exist. Choose the Dockerfile instead of its folder", where=str(result.path))
    return Build(dockerfile=str(result.path), context=place)


def is_dockerfile(path: str) -> bool:
    """Whether a path is a Dockerfile, or a folder that contains one and is not an image store."""
    if os.path.isdir(path):
        has = any(os.path.isfile(os.path.join(path, name)) for name in (DEFAULT_NAME, DEFAULT_NAME.lower()))
        return has and not os.path.exists(os.path.join(path, "oci-layout"))
    name = os.path.basename(path).lower()
    if name == "dockerfile" or name.startswith("dockerfile.") or name.endswith(".dockerfile"):
        return os.path.isfile(path)
    return _begins_like_one(path)


def is_tar(path: str) -> bool:
    """Whether a path is a tar, plain or compressed."""
    from cacheview.replay.tar_context import looks_like_tar

    return looks_like_tar(_beginning(path))


def _begins_like_one(path: str) -> bool:
    """Whether the first line that is neither empty nor a comment starts a stage, or declares an argument."""
    data = _beginning(path)
    lines = [line.split(maxsplit=1) for line in data.decode("utf-8", "ignore").lstrip("\ufeff").splitlines()]
    first = next((words for words in lines if words and not words[0].startswith("#")), [""])
    return b"\0" not in data and len(first) == 2 and first[0].lower() in _FIRST_INSTRUCTIONS


def _beginning(path: str) -> bytes:
    """Return the first bytes of a file; none if it is not a regular file, or cannot be read."""
    try:
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read(_SNIFFED_BYTES)
    except OSError:
        pass
    return b""


def options_of(build: Build, environment: Mapping[str, str]) -> BuildOptions:
    """Return the options as they reach the cache.

    ``environment``: has the values of build arguments that were entered without one. Raises `DataError` for an argument
    or label without a name.
    """
    from cacheview.replay.options import BuildOptions

    args = {name: value if entry else environment.get(name) for name, entry, value in map(_named, build.build_args)}
    labels = {name: value for name, _, value in map(_named, build.labels)}
    return BuildOptions(
        build_args=args,
        labels=labels,
        target=build.target,
        platform=build.platform,
        cache_from=build.cache_from,
        no_cache=build.no_cache,
        pull=build.pull,
    )


def _named(text: str) -> tuple[str, str, str]:
    if text.startswith("="):
        raise DataError(f"{text[:80]!r} has no name; enter NAME=value in the options")
    return _pair(text)


def _pair(text: str) -> tuple[str, str, str]:
    """Return the name, the equals sign and the value; the last two are empty if there is only a name."""
    name, entry, value = text.partition("=")
    return name, entry, value


def options_in_words(build: Build) -> tuple[str, ...]:
    """Return the chosen options, as for ``docker build``, but only the names of build arguments and labels."""
    from cacheview.dockerfile.context.clients import client_named

    try:
        client = client_named(build.client).title if build.client else ""
    except DataError:  # saved by another version
        client = build.client
    named = (
        ("-f", build.inside),
        ("--build-arg", ", ".join(_pair(text)[0] for text in build.build_args)),
        ("--target", build.target),
        ("--cache-from", ", ".join(build.cache_from)),
        ("--label", ", ".join(_pair(text)[0] for text in build.labels)),
        ("--platform", build.platform),
    )
    words = [f"{option} {value}" for option, value in named if value]
    words += [option for option, is_set in (("--no-cache", build.no_cache), ("--pull", build.pull)) if is_set]
    return (*words, *((f"client: {client}",) if client else ()))


# Saved builds


def saved_builds(settings: Settings) -> list[Build]:
    """Return the most recently replayed builds whose Dockerfile still exists, newest first."""
    builds = (_read(text) for text in settings.builds)
    return [build for build in builds if build is not None and os.path.isfile(build.dockerfile)]


def save_build(settings: Settings, build: Build) -> None:
    """Put a build first among the saved ones, without values of arguments. Each Dockerfile is saved only once.

    A path that is not UTF-8 is not saved: JSON cannot contain it.
    """
    if printable(build.dockerfile + build.context) != build.dockerfile + build.context:
        return
    others = [other for text in settings.builds if (other := _read(text)) is not None]
    builds = [build, *(other for other in others if other.dockerfile != build.dockerfile)]
    settings.builds = [_written(each) for each in builds[:MAX_BUILDS]]


def forget_values(settings: Settings) -> None:
    """Remove the values of build arguments that earlier versions saved."""
    settings.builds = [_written(build) for text in settings.builds if (build := _read(text)) is not None]


def _written(build: Build) -> str:
    text = build.without_values.model_dump_json(exclude_defaults=True)
    if len(text) > _MAX_ENTRY_CHARACTERS:
        text = Build(dockerfile=build.dockerfile, context=build.context).model_dump_json(exclude_defaults=True)
    return text


def remembered(settings: Settings, build: Build) -> Build:
    """Return the saved build of the same Dockerfile, or else the build itself."""
    return next((other for other in saved_builds(settings) if other.dockerfile == build.dockerfile), build)


def _read(text: str) -> Build | None:
    try:
        values = json.loads(text)
        if isinstance(values, dict) and values.pop("old_client", False):  # earlier versions saved the client like this
            values.setdefault("client", CLI_20_10)
        return Build.model_validate_json(json.dumps(values))
    except (ValueError, RecursionError):  # edited by hand, or saved by another version
        return None
