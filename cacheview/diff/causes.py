"""Why two builds differ: causes as values, and whether the build itself or its environment changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

__all__ = ["Cause", "CauseKind", "CauseOrigin", "Value"]


class CauseKind(Enum):
    """What two builds differ in."""

    BASE = "base image"
    INSTRUCTION = "instruction"
    DOCKERFILE = "Dockerfile"  # the parts of it that no step uses
    BUILD_ARGUMENT = "build argument"
    ENVIRONMENT = "environment variable"
    LABEL = "label"
    OPTION = "option"
    CLIENT = "client"
    BUILDER = "builder"  # BuildKit made one image, the classic builder the other
    FILES = "files"
    RELEASE = "release"
    STORE_KIND = "store kind"
    IMAGE_MISSING = "image missing"  # one store has the image of a step, the other does not
    LINEAGE = "lineage"  # both stores have it, and one does not know what it was built on
    ENDED = "build ended"
    UNKNOWN = "unknown"


class CauseOrigin(Enum):
    """Where a difference comes from."""

    OWN = "own change"  # the Dockerfile, or the files of the context
    REQUEST = "request"  # what the build was given beside them: arguments, labels, options, the client
    SURROUNDINGS = "environment"  # bases, the engine, and what its store has
    UNKNOWN = "unknown"


Value = str | None
"""Of one side; None: it has none."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause.

    Attributes:
        kind: of which kind.
        origin: where it comes from.
        name: of the argument, variable, label, option or base; empty: none has a name.
        a, b: the values of both sides; None: that side has none.
        detail: what is known beside, as a phrase; may be empty.
        why: of files, why it is not known which ones differ; otherwise empty.
        in_a, in_b: of an image that is missing: which store has it. Of a build that ended: which one did not.
        image: of an image that is missing: its id; otherwise empty.
        event, event_at: of a base, what brought it, as the engine calls it, and when; empty and None: not known.
        is_certain: nothing else can be the cause; otherwise it is the only one that is known.
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
        """What makes it the same cause at another step."""
        return self.kind, self.name
