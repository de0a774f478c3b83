"""The store in a line of a replay file: the images of an engine just before a build."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict, Field

from cacheview.model.errors import DataError
from cacheview.model.image import Image, Platform
from cacheview.model.release import COMMIT_71EBFC7, StoreKind
from cacheview.model.store import LayerState
from cacheview.model.suite import StoreDocument, SuiteCase, SuiteEngine

__all__ = ["NoStoreError", "RecordedStore", "is_replay_line", "recorded_kind"]

_KINDS: Final = {StoreKind.GRAPH_DRIVER: "graphdriver", StoreKind.CONTAINERD: "containerd"}
_DEVELOPMENT: Final = "25.0.0-dev"


class NoStoreError(DataError):
    """A record that does not contain the store before its build."""

    def at(self, where: str) -> NoStoreError:
        """Like `DataError.at`."""
        return NoStoreError(self.what, where=where)


def is_replay_line(line: bytes) -> bool:
    """Return whether a line belongs to a replay file: a build has a Dockerfile, while a case of a suite has probes."""
    return b'"dockerfile"' in line and b'"probes"' not in line


def recorded_kind(kind: StoreKind) -> str:
    """Return the name of a kind of store in records: see `RecordedStore`."""
    return _KINDS[kind]


class RecordedStore(StoreDocument):
    """A store and its engine.

    Attributes:
        daemon: a description of the daemon, for people.
        engine: version of the engine.
        kind: of its store, ``graphdriver`` or ``containerd``.
        scenario: a description of the build, for people.
        images: the images just before the build; None: left out.
        layer_content: of their layers, see `SuiteCase`.
        engine_os: the operating system of the engine; empty: not known.
        engine_platform: the platform of its machine; None: not known.
        tag: the first name of the image that was built.
        started: the time when the build started (RFC 3339); empty: not known.
    """

    model_config = ConfigDict(extra="ignore")

    daemon: str = ""
    engine: str
    kind: str
    scenario: str = ""
    images: tuple[Image, ...] | None = ()
    layer_content: dict[str, LayerState] = Field(default_factory=dict)
    engine_os: str = ""
    engine_platform: Platform | None = None
    tag: str = ""
    started: str = ""

    @property
    def commit(self) -> str:
        """The commit of a development build, if the name of the daemon contains one; otherwise empty."""
        is_known = COMMIT_71EBFC7 in self.engine or COMMIT_71EBFC7 in self.daemon
        if is_known or (self.engine.startswith(_DEVELOPMENT) and self.kind == recorded_kind(StoreKind.CONTAINERD)):
            return COMMIT_71EBFC7
        return ""

    @property
    def store_kind(self) -> StoreKind:
        """The kind of the store. Raises `DataError` if ``kind`` is unknown."""
        for kind, name in _KINDS.items():
            if name == self.kind:
                return kind
        known = " and ".join(_KINDS.values())
        raise DataError(f"unknown kind of store: {self.kind[:40]!r}. The known kinds are {known}")

    @property
    def as_case(self) -> SuiteCase:
        """The store without the build, as a case of a suite. Raises `NoStoreError` if it was left out."""
        if self.images is None:
            raise NoStoreError("this record does not contain the store, so there is nothing to open")
        kind = self.store_kind
        has_own_rules = bool(self.commit) and kind is StoreKind.CONTAINERD
        rules = f"{kind}-{self.commit}" if has_own_rules else f"Docker {self.engine}, {kind}"
        name = ", ".join(filter(None, (self.scenario or self.tag, self.started)))
        case = SuiteCase(
            rules=rules,
            name=name,
            engine=SuiteEngine(store=kind, version=self.engine, commit=self.commit, os=self.engine_os),
            platform=self.engine_platform,
            layer_content=self.layer_content,
        )
        return case.with_images(self.images, self.problems)
