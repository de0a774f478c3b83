"""Builds by the classic builder of a real engine, and what it reported for each step."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

import pytest
from docker import APIClient
from docker.errors import NotFound

__all__ = ["BuildError", "Builder", "Step"]

_STEP = re.compile(r"Step \d+/\d+ : (.*)")
_STATE = re.compile(r" ---> ([0-9a-f]{12})")


class BuildError(Exception):
    """A build failed; the message is the builder's."""


@dataclass(frozen=True)
class Step:
    """One step as the builder reported it.

    Attributes:
        instruction: as in the Dockerfile.
        image: the full ID of the state after it; empty after ``FROM scratch``.
        parent: the full ID of the state before it; empty for FROM and for the first step on scratch.
        cached: whether the builder said "Using cache".
    """

    instruction: str
    image: str
    parent: str
    cached: bool

    @property
    def asks_cache(self) -> bool:
        """Whether the builder asks the cache before it."""
        return not self.instruction.startswith("FROM ")


class Builder:
    """Builds at an engine's address, without the user's settings."""

    def __init__(self, url: str) -> None:
        with _no_settings():
            self.client = APIClient(base_url=url, version="auto", timeout=60)

    def __enter__(self) -> Builder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def build(self, name: str, dockerfile: str, files: Mapping[str, bytes] | None = None, **options: Any) -> list[Step]:
        """Build and name an image, and return its steps in order, including FROM. Raises `BuildError`."""
        context = _context({"Dockerfile": dockerfile.encode(), **(files or {})})
        stream = self.client.build(
            fileobj=context, custom_context=True, tag=name, rm=True, forcerm=True, decode=True, **options
        )
        text = ""
        for message in stream:
            if "error" in message:
                raise BuildError(message["error"])
            text += message.get("stream", "")
        return list(self._steps(text))

    def _steps(self, text: str) -> Iterator[Step]:
        state = ""
        for reported in text.split("Step ")[1:]:
            instruction = _STEP.match(f"Step {reported}")
            assert instruction is not None, reported
            states = _STATE.findall(reported)
            image = self.client.inspect_image(states[-1])["Id"] if states else ""
            is_from = instruction[1].startswith("FROM ")
            yield Step(instruction[1], image, "" if is_from else state, " ---> Using cache" in reported)
            state = image

    def ids(self) -> frozenset[str]:
        """Return the IDs of all images in the engine."""
        return frozenset(image["Id"] for image in self.client.images(all=True))

    def remove_all_but(self, kept: Collection[str]) -> None:
        """Remove all other images, children before their parents."""
        parents = {image["Id"]: image["ParentId"] for image in self.client.images(all=True) if image["Id"] not in kept}
        rest = dict(parents)
        while rest:
            below = set(rest.values())
            for image in [image for image in rest if image not in below]:
                del rest[image]
                with suppress(NotFound):  # it was removed together with its last child
                    self.client.remove_image(image, force=True)
        left = self.ids() - frozenset(kept)
        assert not left, f"{len(left)} of {len(parents)} images cannot be removed"

    def names(self) -> dict[str, set[str]]:
        """Return the tags of every image as the engine lists them; an unnamed image has none."""
        return {
            image["Id"]: {tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"}
            for image in self.client.images(all=True)
        }


@contextmanager
def _no_settings() -> Iterator[None]:
    with TemporaryDirectory() as empty, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_CONFIG", str(Path(empty)))
        yield


def _context(files: Mapping[str, bytes]) -> io.BytesIO:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), 0o755, 1_700_000_000
            archive.addfile(member, io.BytesIO(content))
    packed.seek(0)
    return packed
