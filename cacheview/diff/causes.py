"""The causes of differences between two builds, as values, and whether the build or its environment changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

__all__ = ["Cause", "CauseKind", "CauseOrigin", "Value"]


class CauseKind(Enum):
    """The subject of a difference between two builds."""

    BASE = "base image"
    INSTRUCTION = "instruction"
    DOCKERFILE = "Dockerfile"  # the parts of it that no step uses
    BUILD_ARGUMENT = "build argument"
    ENVIRONMENT = "environment variable"
    LABEL = "label"
    OPTION = "option"
    CLIENT = "client"
    BUILDER = "builder"  # BuildKit created one image, the classic builder the other
    FILES = "files"
    RELEASE = "release"
    STORE_KIND = "store kind"
    IMAGE_MISSING = "image missing"  # one store has the image of a step, the other does not
    LINEAGE = "lineage"  # both stores have it, but one does not record its parent
    ENDED = "build ended"
    UNKNOWN = "unknown"


class CauseOrigin(Enum):
    """The origin of a difference."""

    OWN = "own change"  # the Dockerfile, or the files of the context
    REQUEST = "request"  # other input of the build: arguments, labels, options, the client
    SURROUNDINGS = "environment"  # bases, the engine, and the content of its store
    UNKNOWN = "unknown"


Value = str | None
"""The value of one side; None: it has none."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause.

    Attributes:
        kind: the subject of the difference.
        origin: its origin.
        name: of the argument, variable, label, option or base; empty: it has no name.
        a, b: the values of both sides; None: that side has none.
        detail: further facts, as a phrase; may be empty.
        why: for files, why it is not known which ones differ; otherwise empty.
        in_a, in_b: for a missing image, which store has it; for a build that ended, which one did not.
        image: for a missing image, its id; otherwise empty.
        event, event_at: for a base, the event that changed it, in the engine's word, and its time; empty and None:
            not known.
        is_certain: whether nothing else can be the cause; otherwise it is the only known one.
    """

    kind: CauseKind
    origin: CauseOrigin
    name: str = ""
    a: Value = None
    b: Value = None
    detail: str = ""
    in_a: bool = False
    in_b: bool = False
    image: str = ""
    is_certain: bool = True
    event: str = ""
    event_at: datetime | None = None
    why: str = ""

    @property
    def key(self) -> tuple[CauseKind, str]:
        """A key that is equal for the same cause at another step."""
        return self.kind, self.name
