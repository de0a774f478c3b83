"""A table of the kinds of store: their names, their descriptions, and the functions that open them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from cacheview.regular import is_missing
from cacheview.stores.usual import DOCKER_ROOT

if TYPE_CHECKING:
    from cacheview.stores.opened_location import OpenedLocation
    from cacheview.stores.reading import Reading

__all__ = [
    "CONTAINERD",
    "DATA_ROOT",
    "DEMO",
    "ENGINE",
    "FILE",
    "LOCATION_KINDS",
    "REGISTRY",
    "Location",
    "LocationKind",
    "parse_location",
]


# A NamedTuple: the window needs it before its first paint, and creating data classes takes 2% of the startup time.
class LocationKind(NamedTuple):
    """A kind of store.

    Attributes:
        prefix: the start of its locations; empty for a file or folder.
        title: the title of the usual store of this kind; empty: each store has its own name.
        kind: the word before the name of any other store (``engine build-server``).
        forms: the forms of its locations, and the meaning of each.
        open: opens a target, the part of a location after the prefix.
        is_live: whether it belongs to a daemon and may change at any moment.
        reports_changes: whether it reports when its images change.
        is_path: whether the target is a path on this machine.
        usual_path: the path if the target is empty; empty: none, or one of several.
        is_single: whether there is only one, so that there is no target.
        is_pulled: whether its content depends on the pulling engine's kind of store and platform.
    """

    prefix: str
    title: str
    kind: str
    forms: tuple[tuple[str, str], ...]
    open: Callable[[str, Reading], OpenedLocation]
    is_live: bool = False
    reports_changes: bool = False
    is_path: bool = False
    usual_path: str = ""
    is_single: bool = False
    is_pulled: bool = False


# The functions import their readers when called: those libraries take longer to load than a small store to read.


def _open_engine(target: str, reading: Reading) -> OpenedLocation:
    from cacheview.stores.docker_engine import open_engine

    return open_engine(target, reading)


def _open_containerd(target: str, reading: Reading) -> OpenedLocation:
    from cacheview.stores.containerd import open_containerd

    return open_containerd(target, reading)


def _open_data_root(target: str, reading: Reading) -> OpenedLocation:
    from cacheview.stores.data_root import open_data_root

    return open_data_root(target, reading)


def _open_registry(target: str, reading: Reading) -> OpenedLocation:
    from cacheview.stores.registry import open_registry

    return open_registry(target, reading)


def _open_demo(target: str, reading: Reading) -> OpenedLocation:  # noqa: ARG001
    from cacheview.stores.paths import open_demo

    return open_demo(DEMO.prefix, reading)


def _open_path(target: str, reading: Reading) -> OpenedLocation:
    from cacheview.model import DataError
    from cacheview.stores.paths import open_path

    if hint := _hint(target) if is_missing(target) else "":
        raise DataError(f"there is no such file or folder. {hint}", where=target)
    return open_path(target, reading)


def _hint(path: str) -> str:
    """Say how to name the store that a path resembles; empty: it resembles none."""
    if path == "-":
        return "A store cannot be read from standard input. Save it to a file first"
    prefix = f"{path.partition(':')[0].lower()}:"
    forms = (kind.forms[0] for kind in LOCATION_KINDS if kind.prefix == prefix)
    return next((f"`{form}` opens {meaning}" for form, meaning in forms), "")


ENGINE: Final = LocationKind(
    "engine:",
    "Docker Engine",
    "engine",
    (
        ("engine:", "the Docker Engine that DOCKER_HOST or the current context specifies"),
        ("engine:NAME", "the engine of a context (`docker context ls`)"),
        ("engine:URL", "the engine at unix://…, tcp://…, ssh://… or npipe://…"),
    ),
    _open_engine,
    is_live=True,
    reports_changes=True,
)
CONTAINERD: Final = LocationKind(
    "containerd:",
    "containerd",
    "containerd",
    (
        ("containerd:", "containerd at its usual socket"),
        ("containerd:PATH", "containerd's socket or root folder, optionally followed by #NAMESPACE"),
    ),
    _open_containerd,
    is_live=True,
    is_path=True,
)
DATA_ROOT: Final = LocationKind(
    "data-root:",
    "Docker data root",
    "data root",
    (
        ("data-root:", "Docker's usual data root"),
        ("data-root:PATH", "a data root, or its image/<driver> folder"),
    ),
    _open_data_root,
    is_live=True,
    is_path=True,
    usual_path=DOCKER_ROOT,
)
REGISTRY: Final = LocationKind(
    "registry:",
    "registry",
    "registry",
    (
        (
            "registry:NAME",
            "images in a registry, as `docker pull` would pull them: HOST/NAME:TAG or NAME@DIGEST, separated by commas",
        ),
    ),
    _open_registry,
    is_live=True,
    is_pulled=True,
)
DEMO: Final = LocationKind("demo:", "demo", "demo", (("demo:", "the bundled demo"),), _open_demo, is_single=True)
FILE: Final = LocationKind(
    "",
    "",
    "",
    (
        (
            "PATH",
            "a `docker save` archive (plain or compressed), an OCI image layout (folder or tar file) or a suite file; "
            "if a file's name begins with a prefix such as engine:, put ./ before the name: ./engine:x",
        ),
    ),
    _open_path,
    is_path=True,
)

LOCATION_KINDS: Final = (ENGINE, CONTAINERD, DATA_ROOT, REGISTRY, DEMO, FILE)
"""All kinds of store. The last has no prefix, so every text is a location: without a known prefix, it is a path."""


class Location(NamedTuple):
    """The parts of a location.

    Attributes:
        source: the kind of store.
        target: the part after the prefix; empty: the usual store of the kind.
    """

    source: LocationKind
    target: str = ""


def parse_location(text: str) -> Location:
    """Split a location into its parts."""
    source = next(
        each for each in LOCATION_KINDS if (text == each.prefix if each.is_single else text.startswith(each.prefix))
    )
    return Location(source, text[len(source.prefix) :])
