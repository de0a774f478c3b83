"""A live store written in Python. Its contents can change while the window shows it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from cacheview.model import (
    ContainerConfig,
    DataError,
    Doubt,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Problem,
    Timestamp,
)
from cacheview.stores import open as open_module
from cacheview.stores.locations import Location, parse_location
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.stores.reading import Reading
from cacheview.ui.stores import start

RULES = "containerd-71ebfc7"


def make_image(number: int, parent: int | None = None, *names: str) -> Image:
    """An image with an id of 64 digits, made by a command with its number, on another image or from scratch."""
    step = ContainerConfig(Cmd=("/bin/sh", "-c", f"step {number}"), Env=("PATH=/bin",))
    entry = HistoryEntry(created_by=f"/bin/sh -c step {number}", created=Timestamp(1_700_000_000 + number, 0, 0))
    return Image(
        id=f"sha256:{number:064x}",
        names=names,
        parent=f"sha256:{parent:064x}" if parent is not None else None,
        from_scratch=parent is None,
        config=ImageConfig(created=entry.created, history=(entry,), container_config=step),
    )


UNREAD = (Doubt(aspect="config", reason="It has not been read yet.", remedy="Wait."),)


def listed(image: Image) -> Image:
    """The image as far as the list alone describes it."""
    return Image(id=image.id, names=image.names, parent=image.parent, config=ImageConfig(), doubts=UNREAD)


class FakeEngine:
    """Stands in for the reader of an engine: ``images`` are the engine's images, ``error`` is raised by each access."""

    def __init__(self, images: Sequence[Image] = ()) -> None:
        self.images = list(images)
        self.problems: tuple[Problem, ...] = ()
        self.error: Exception | None = None
        self.fail_after: Exception | None = None
        self.requested: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.steps: Callable[[Reading], None] = lambda _: None

    def ask_version(self, seconds: float) -> None:
        if self.error is not None:
            raise self.error

    def open(self, target: str, reading: Reading) -> OpenedLocation:
        self.requested.append(target)
        if self.error is not None:
            raise self.error
        self.steps(reading)
        while not self.go_on.wait(0.002):
            if reading.progress is not None:
                reading.progress(1, len(self.images), "Reading images")
        if self.fail_after is not None:
            raise self.fail_after
        store = ImageStore(tuple(self.images), "Docker Engine", f"engine:{target}", RULES, problems=self.problems)
        return OpenedLocation(
            "Docker Engine", store.location, OpenedKind.ENGINE, (OpenedCase("engine", store, RULES),), self.problems
        )

    def install(self, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
        monkeypatch.setattr(open_module, "parse_location", self._parse)
        monkeypatch.setattr(start, "ask_engine", self.ask_version)
        return self

    def _parse(self, text: str) -> Location:
        place = parse_location(text)
        return place._replace(source=place.source._replace(open=self.open)) if place.source.is_live else place


NOT_RUNNING = DataError("nothing is listening there: start Docker", where="unix:///var/run/docker.sock")
