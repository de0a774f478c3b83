"""The result of opening a location."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cacheview.model import ImageStore, Problem, SuiteProbe

__all__ = ["OpenedCase", "OpenedKind", "OpenedLocation"]


class OpenedKind(StrEnum):
    """The kind of a location. The demo is a suite too, the program's own."""

    DOCKER_ARCHIVE = "docker-archive"
    DOCKER_FOLDER = "docker-folder"
    OCI_ARCHIVE = "oci-archive"
    OCI_LAYOUT = "oci-layout"
    SUITE = "suite"
    DEMO = "demo"
    ENGINE = "engine"
    CONTAINERD = "containerd"
    DATA_ROOT = "data-root"
    REGISTRY = "registry"


@dataclass(frozen=True)
class OpenedCase:
    """One store, with the probes that came with it, if any.

    Attributes:
        name: its name for people; the cases of one suite differ in it or in their order.
        is_named: whether the suite gives the name; otherwise the name is the case's position in the file.
        rules: name of the rule set that it is for; empty if not given.
        walk: whether the probes are consecutive lookups in one cache of one store.
    """

    name: str
    store: ImageStore
    rules: str
    probes: tuple[SuiteProbe, ...] = ()
    walk: bool = False
    is_named: bool = True


@dataclass(frozen=True)
class OpenedLocation:
    """A location that was read. A suite has many cases; any other location has one without probes.

    Attributes:
        title: its description (``docker save archive``).
        location: its location, as it was given.
        kind: see `OpenedKind`.
        cases: its cases, never empty. In a large suite, those not in memory are read when needed: see `SuiteCases`.
        problems: the problems of the location as a whole and of its stores.
        address: the address of the engine (``unix:///var/run/docker.sock``); empty if it is not an engine.
        name: the name of the engine's machine, as in ``docker info``; empty if it is not reported.
        context: the Docker context of the engine; empty: none, or the default one.
        path: the socket or folder that was opened, for a containerd or a data root.
        builds: the number of cases, or lines with a problem, that are builds of a replay file.
    """

    title: str
    location: str
    kind: OpenedKind
    cases: Sequence[OpenedCase]
    problems: tuple[Problem, ...] = ()
    address: str = ""
    name: str = ""
    context: str = ""
    path: str = ""
    builds: int = 0
