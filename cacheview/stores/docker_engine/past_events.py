"""Past events of an engine's images, as far as the engine still has them.

moby keeps the last 256 events of all kinds, in memory (``daemon/events/events.go``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import ConfigDict, Field, ValidationError

from cacheview.model.base import Model
from cacheview.stores.docker_engine.client import EngineClient, Timeouts
from cacheview.stores.docker_engine.contexts import find_endpoint
from cacheview.stores.docker_engine.engine import ask_engine

__all__ = ["ImageEvent", "past_events"]

_MAX_BYTES: Final = 4 << 20
_MAX_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class ImageEvent:
    """One event of an image.

    Attributes:
        at: the time of the event.
        action: the engine's word for it, such as ``delete``, ``untag``, ``pull`` or ``tag``.
        subject: the id of the image; for a pull, its name.
        name: the name of the image; empty if it has none.
    """

    at: datetime
    action: str
    subject: str
    name: str = ""


class _Actor(Model):
    model_config = ConfigDict(extra="ignore")

    ID: str = ""
    Attributes: dict[str, str] = Field(default_factory=dict)


class _Event(Model):
    model_config = ConfigDict(extra="ignore")

    Type: str = ""
    Action: str = ""
    Actor: _Actor = Field(default_factory=_Actor)
    time: int = Field(0, ge=0, le=1 << 40)


def past_events(
    target: str,
    since: datetime,
    until: datetime,
    timeouts: Timeouts | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[ImageEvent, ...]:
    """Return the image events of an engine in a time span, oldest first.

    Args:
        target: the part of a location after ``engine:``.
        stopped: returns whether the caller is no longer waiting. It is called ten times a second; raising ends the
            request.

    Raises:
        DataError: there is no such engine, or it does not answer.
    """
    with EngineClient(find_endpoint(target), timeouts, stopped) as client:
        parameters = {
            "since": f"{int(since.timestamp())}",
            "until": f"{int(until.timestamp()) + 1}",
            "filters": json.dumps({"type": ["image"]}),
        }
        body = client.get(f"/v{ask_engine(client).list_api}/events", parameters, limit=_MAX_BYTES)
    return tuple(_read(body))


def _read(body: bytes) -> Iterator[ImageEvent]:
    """Yield the image events of an answer, skipping other lines.

    Events that the engine has dropped are missing anyway.
    """
    for line in body.splitlines():
        try:
            event = _Event.model_validate_json(line)
        except ValidationError:
            continue
        if event.Type == "image" and event.Action:
            at = datetime.fromtimestamp(event.time, UTC)
            name = event.Actor.Attributes.get("name", "")[:_MAX_CHARACTERS]
            yield ImageEvent(at, event.Action[:_MAX_CHARACTERS], event.Actor.ID[:_MAX_CHARACTERS], name)
