"""The options of a build as a client sends them: those that it adds, and those that it leaves out."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cacheview.dockerfile.context import Client
from cacheview.dockerfile.gotext import printable
from cacheview.replay.options import BuildOptions

__all__ = ["OPTION_NAMES", "as_sent", "dropped"]

OPTION_NAMES: Final = {"labels": "--label", "cache_from": "--cache-from", "platform": "--platform"}
"""The command-line name of each option that a client may drop, by its name in `BuildOptions`."""


def as_sent(client: Client, options: BuildOptions) -> BuildOptions:
    """Return the options that reach the daemon. The value of a session label is generated here, as the client does.

    All options except the stage and the platform are sent as JSON, in which bytes that are not UTF-8 are lost.
    """
    labels = {} if "labels" in client.drops else dict(options.labels)
    labels.update(client.labels)
    random_labels = frozenset((client.session_label,)) if client.session_label else frozenset[str]()
    labels.update({name: uuid.uuid4().hex for name in random_labels})
    return replace(
        options,
        build_args={
            printable(name): value if value is None else printable(value) for name, value in options.build_args.items()
        },
        labels={printable(name): printable(value) for name, value in labels.items()},
        random_labels=random_labels,
        cache_from=() if "cache_from" in client.drops else tuple(map(printable, options.cache_from)),
        platform="" if "platform" in client.drops else options.platform,
    )


def dropped(client: Client, options: BuildOptions) -> Iterator[str]:
    """Yield the given options that the client does not send, such as ``--cache-from``."""
    for field, name in OPTION_NAMES.items():
        if field in client.drops and getattr(options, field):
            yield name
