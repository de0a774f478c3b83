"""The store that a line of a replay file holds: the images of an engine just before a build."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict

from cacheview.model.base import Model
from cacheview.model.errors import DataError
from cacheview.model.image import Image, Platform
from cacheview.model.release import COMMIT_71EBFC7, StoreKind
from cacheview.model.suite import SuiteCase

__all__ = ["NoStoreError", "RecordedStore", "is_replay_line", "recorded_kind"]

_KINDS: Final = {StoreKind.GRAPH_DRIVER: "graphdriver", StoreKind.CONTAINERD: "containerd"}
_DEVELOPMENT: Final = "25.0.0-dev"


class NoStoreError(DataError):
    """A record that was made without the store before its build."""

    def at(self, where: str) -> NoStoreError:
        """As `DataError.at`."""
        return NoStoreError(self.what, where=where)


def is_replay_line(line: bytes) -> bool:
    """Whether a line of a file is one of a replay file: a build has a Dockerfile, a case of a suite has probes."""
    return b'"dockerfile"' in line and b'"probes"' not in line


def recorded_kind(kind: StoreKind) -> str:
    """How records name a kind of store: see `RecordedStore`."""
    return _KINDS[kind]


class RecordedStore(Model):
    """A store and its engine.

    Attributes:
        daemon: which one it was, for people.
        engine: its version; ``kind``: of its store, ``graphdriver`` or ``containerd``.
        scenario: what the build was about, for people.
        images: the store just before the build; None: it was left out.
        engine_os: the system of the engine; empty: not known.
        engine_platform: of its machine; None: not known.
        tag: the first name of the image that was built.
        started: when (RFC 3339); empty: not known.
    """

    model_config = ConfigDict(extra="ignore")

    daemon: str = ""
    engine: str
    kind: str
    scenario: str = ""
    images: tuple[Image, ...] | None = ()
    engine_os: str = ""
    engine_platform: Platform | None = None
    tag: str = ""
    started: str = ""

    @property
    def commit(self) -> str:
        """The commit of a development build, where the name of the daemon has it."""
        is_known = COMMIT_71EBFC7 in self.engine or COMMIT_71EBFC7 in self.daemon
        if is_known or (self.engine.startswith(_DEVELOPMENT) and self.kind == recorded_kind(StoreKind.CONTAINERD)):
            return COMMIT_71EBFC7
        return ""

    @property
    def store_kind(self) -> StoreKind:
        """The kind of the store. Raises `DataError` if ``kind`` names none."""
        for kind, name in _KINDS.items():
            if name == self.kind:
                return kind
        raise DataError(f"no such kind of store: {self.kind[:40]!r}; choose from {', '.join(_KINDS.values())}")

    @property
    def as_case(self) -> SuiteCase:
        """The store alone, as a case of a suite. Raises `NoStoreError` if it was left out."""
        if self.images is None:
            raise NoStoreError("this record does not contain the store, so there is nothing to open")
        kind = self.store_kind
        rules = f"{kind}-{self.commit}" if self.commit else f"Docker {self.engine}, {kind}"
        name = ", ".join(filter(None, (self.scenario or self.tag, self.started)))
        return SuiteCase(rules=rules, name=name, platform=self.engine_platform, images=self.images)
