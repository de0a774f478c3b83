"""What opening a location gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from cacheview.model import ImageStore, Problem, SuiteProbe

__all__ = ["Opened", "OpenedCase", "OpenedKind"]


class OpenedKind(StrEnum):
    """What a location turned out to be. The demo is a suite too, and that of the program."""

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
    """One store with the probes that came along, if any.

    Attributes:
        name: for people; the cases of one suite differ by it or by their order.
        is_named: the suite gives the name; otherwise it says where the case stands in the file.
        rules: name of the rule set that it is for; empty if nothing says.
        walk: the probes go one after the other to one cache over one store.
        layer_content: by diff id, what a restore finds of a layer that is not as it should be.
    """

    name: str
    store: ImageStore
    rules: str
    probes: tuple[SuiteProbe, ...] = ()
    walk: bool = False
    layer_content: Mapping[str, Literal["missing", "empty"]] = field(default_factory=dict)
    is_named: bool = True


@dataclass(frozen=True)
class Opened:
    """A location that was read: a suite has many cases, everything else one without probes.

    Attributes:
        title: what it is (``docker save archive``).
        location: as it was given.
        kind: see `OpenedKind`.
        cases: never empty. Of a large suite, those that are not in memory are read when needed: see `SuiteCases`.
        problems: what could not be read, of the location as a whole and of its stores.
        address: where the engine is (``unix:///var/run/docker.sock``); empty for what is not an engine.
        name: what the engine calls its machine, as ``docker info`` shows it; empty: it does not report it.
        context: the Docker context that the engine was found by; empty: none, or the default one.
        path: of a containerd or a data root, the socket or folder that was opened.
        builds: how many of the cases, or of the lines with a problem, are builds of a replay file.
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
