"""How a store is named: one way, in the window and on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["DEMO", "Location", "LocationKind", "parse_location"]

DEMO = "demo:"
"""The location of the bundled demo suite."""

LocationKind = Literal["file", "demo", "engine", "containerd", "data-root"]

_PREFIXES: tuple[tuple[str, LocationKind], ...] = (
    ("engine:", "engine"),
    ("containerd:", "containerd"),
    ("data-root:", "data-root"),
)


@dataclass(frozen=True, slots=True)
class Location:
    """A location, taken apart.

    Attributes:
        kind: which kind of store is meant.
        target: what follows the prefix; of a file, its path. Empty: the usual one of the kind.

    ======================  ==========================================================================
    ``engine:``             the Docker Engine of the current context (or of ``DOCKER_HOST``)
    ``engine:NAME``         the engine of a context
    ``engine:URL``          the engine at ``unix://…``, ``tcp://…``, ``ssh://…`` or ``npipe://…``
    ``containerd:``         containerd at its usual socket
    ``containerd:PATH``     containerd at a socket, or its root folder; ``#NAMESPACE`` may follow
    ``data-root:``          Docker's usual data root
    ``data-root:PATH``      a data root of a graph-driver store
    ``demo:``               the bundled demo
    anything else           an archive, an OCI layout or a suite; ``./engine:x`` for a file of such a name
    ======================  ==========================================================================
    """

    kind: LocationKind
    target: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it may be another store at any moment: a daemon's."""
        return self.kind in ("engine", "containerd", "data-root")


def parse_location(text: str) -> Location:
    """Take a location apart. Everything is one: what has no known prefix is a path."""
    if text == DEMO:
        return Location("demo")
    for prefix, kind in _PREFIXES:
        if text.startswith(prefix):
            return Location(kind, text[len(prefix) :])
    return Location("file", text)
