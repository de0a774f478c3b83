"""The build that a command line describes: from its own options, or from a service of a Compose file."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, replace
from typing import Final

from cacheview.dockerfile.context import CLIENTS, Client, client_for_engine, client_named
from cacheview.dockerfile.context.clients import CliConfigUse
from cacheview.replay.compose.service import read_service
from cacheview.replay.options import BuildOptions, references
from cacheview.usage import UsageError

__all__ = ["ALL_CLIENTS", "RequestedBuild", "add_build", "requested_build"]

ALL_CLIENTS: Final = "all"
_OPTIONS_FROM_SERVICE: Final = {
    "file": "-f",
    "target": "--target",
    "label": "--label",
    "cache_from": "--cache-from",
    "platform": "--platform",
}
"""The options that come from the build section of a service, by attribute."""


@dataclass(frozen=True)
class RequestedBuild:
    """The build that a command line describes.

    Attributes:
        context, file: see `open_build_input`.
        client: the client that sends it.
        options: the given options, before the client adds or drops any.
        platform_is_given: whether a platform is given, even an empty one.
        notes: the client's warnings, in sentences.
        all_clients: whether to compare all clients, with ``client`` as the baseline.
    """

    context: str
    file: str
    client: Client
    options: BuildOptions
    platform_is_given: bool = False
    notes: tuple[str, ...] = ()
    all_clients: bool = False


def add_build(parser: argparse.ArgumentParser) -> None:
    """Add the options of a build: those of ``docker build``, and ``--compose``."""
    parser.add_argument(
        "--compose",
        metavar="FILE",
        help="replay the build of a service; FILE is a Compose file, or the output of `docker compose config --format "
        "json`. With this option, CONTEXT is the name of the service",
    )
    parser.add_argument(
        "-f",
        "--file",
        metavar="FILE",
        help="the Dockerfile, or its path in a tar file (default: CONTEXT/Dockerfile); use - to read it from standard "
        "input",
    )
    parser.add_argument(
        "--build-arg", metavar="NAME[=VALUE]", action="append", default=[], help="as in docker build; may be repeated"
    )
    parser.add_argument(
        "--label", metavar="NAME[=VALUE]", action="append", default=[], help="as in docker build; may be repeated"
    )
    parser.add_argument(
        "--cache-from", metavar="IMAGE", action="append", default=[], help="as in docker build; may be repeated"
    )
    parser.add_argument("--target", metavar="STAGE", default="", help="the stage to build")
    parser.add_argument(
        "--platform", metavar="PLATFORM", help="the platform to build for (default: DOCKER_DEFAULT_PLATFORM)"
    )
    parser.add_argument("--no-cache", action="store_true", help="as in docker build: do not use the cache")
    parser.add_argument("--pull", action="store_true", help="as in docker build: pull every base image")


def requested_build(options: argparse.Namespace, engine: str) -> RequestedBuild:
    """Return the build that the options describe.

    Args:
        options: the parsed command line.
        engine: the version of the store's engine; empty if there is none.

    Raises:
        UsageError: options contradict each other.
        DataError: the Compose file cannot be read.
    """
    is_all = options.client == ALL_CLIENTS
    named = client_named(options.client) if options.client and not is_all else None
    if options.compose is None:
        client, made = named or client_for_engine(engine), _build_options(options)
        platform_is_given = options.platform is not None
        return RequestedBuild(options.context, options.file or "", client, made, platform_is_given, all_clients=is_all)
    for attribute, name in _OPTIONS_FROM_SERVICE.items():
        if getattr(options, attribute):
            raise UsageError(f"{name} comes from the service's build section; omit {name} or --compose")
    client = named or CLIENTS["compose-v2"]
    as_v1 = client.config is CliConfigUse.DOCKER_PY
    build = read_service(options.compose, options.context, os.environ, as_v1=as_v1)
    given = _build_options(options)
    made = replace(
        build.options,
        build_args={**build.options.build_args, **given.build_args},
        no_cache=build.options.no_cache or given.no_cache,
        pull=build.options.pull or given.pull,
    )
    return RequestedBuild(
        build.context, build.dockerfile, client, made, platform_is_given=True, notes=build.notes, all_clients=is_all
    )


def _build_options(options: argparse.Namespace) -> BuildOptions:
    labels = {name: value or "" for name, value in map(_pair, options.label)}
    return BuildOptions(
        build_args={name: _argument(name, value) for name, value in map(_pair, options.build_arg)},
        labels=labels,
        target=options.target,
        platform=options.platform or "",
        cache_from=references(options.cache_from),
        no_cache=options.no_cache,
        pull=options.pull,
    )


def _pair(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not name:
        raise UsageError(f"{text!r} has no name; use NAME=VALUE")
    return name, value if equals else None


def _argument(name: str, value: str | None) -> str | None:
    """Return the value of an argument; if none is given, its value in the environment, as in the docker CLI."""
    return os.environ.get(name) if value is None else value
