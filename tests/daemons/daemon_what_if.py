"""Actions that change an engine's images, each with its change in cacheview and the commands that perform it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from daemon_builds import Builder
from daemon_client import DockerCli
from daemon_tars import Entry, tar_of

__all__ = ["BUILDS", "HAPPENINGS", "Happening", "Happens", "build_all", "context_of"]

_FILES: Final = {"base": b"base\n", "app": b"app\n", "one": b"one\n"}

_BASE: Final = "FROM scratch\nCOPY base /base\nENV BASE=1\n"
_APP: Final = "FROM what/base:1\nCOPY app /app\nENV APP=1\nLABEL app=1\n"

BUILDS: Final[Mapping[str, str]] = {
    "what/base:1": _BASE,
    "what/app:1": _APP,
    "what/app:2": _APP.replace("app=1", "app=2"),
    "what/multi:1": (
        "FROM what/base:1 AS one\nCOPY one /one\nENV ONE=1\nFROM scratch\nCOPY --from=one /one /one\nENV LAST=1\n"
    ),
}
"""Dockerfiles that share their first steps, in build order, by the name of the image."""

_STAGES: Final = ("what/base:1", "what/multi:1")


@dataclass(frozen=True)
class Happens:
    """The tools for an action: a docker CLI, an API client, and a folder to write to."""

    client: DockerCli
    builder: Builder
    folder: Path

    @property
    def archive(self) -> str:
        return str(self.folder / "saved.tar")

    def id_of(self, reference: str) -> str:
        return str(self.builder.client.inspect_image(reference)["Id"])

    def save_and_load(self, *references: str, empties: bool = True) -> None:
        self.client.run("save", "-o", self.archive, *references)
        if empties:
            self.builder.remove_all_but(())
        self.client.run("load", "-i", self.archive)

    def lineage(self, reference: str) -> list[str]:
        """Return the IDs of an image and its recorded ancestors."""
        parents = {image["Id"]: image["ParentId"] for image in self.builder.client.images(all=True)}
        ids = [self.id_of(reference)]
        while parent := parents[ids[-1]]:
            ids.append(parent)
        return ids


@dataclass(frozen=True)
class Happening:
    """An action on an engine's images.

    Attributes:
        name: a description for test IDs.
        changes: returns the same action as changes in cacheview.
        do: performs the action.
        before: a preparation that gives the action something to change.
        build: the build that is looked up afterwards.
        made: the builds that are run first.
    """

    name: str
    changes: Callable[[Happens], list[str]]
    do: Callable[[Happens], object]
    before: Callable[[Happens], object] = lambda _: None
    build: str = "what/app:1"
    made: tuple[str, ...] = ("what/base:1", "what/app:1", "what/app:2")


def context_of(dockerfile: str) -> bytes:
    """Return the context as a tar."""
    return tar_of([Entry("Dockerfile", dockerfile.encode()), *(Entry(name, data) for name, data in _FILES.items())])


def build_all(builder: Builder, names: Iterable[str]) -> None:
    """Run these builds of `BUILDS`, and name their images."""
    for name in names:
        builder.build(name, BUILDS[name], _FILES)


def _is(*changes: str) -> Callable[[Happens], list[str]]:
    return lambda _: list(changes)


def _run(*arguments: str) -> Callable[[Happens], object]:
    return lambda at: at.client.run(*arguments)


def _untag_app(at: Happens) -> None:
    """Leave an image without a name and without children."""
    at.builder.build("what/app:1", _APP.replace("app=1", "app=3"), _FILES)


def _create(image: str) -> Callable[[Happens], object]:
    return _run("create", image, "/none")


def _save_then_move(at: Happens) -> None:
    at.client.run("save", "-o", at.archive, "what/app:1")
    at.builder.build("what/app:1", _APP.replace("app=1", "app=3"), _FILES)


HAPPENINGS: Final = (
    Happening("prune", _is("prune"), _run("image", "prune", "-f")),
    Happening("prune, of an image that lost its name", _is("prune"), _run("image", "prune", "-f"), _untag_app),
    Happening("prune all", _is("prune-all"), _run("image", "prune", "-a", "-f")),
    Happening(
        "prune all beside a container",
        _is("prune-all"),
        _run("image", "prune", "-a", "-f"),
        _create("what/app:1"),
    ),
    Happening(
        "prune all beside a container by id",
        _is("prune-all"),
        _run("image", "prune", "-a", "-f"),
        lambda at: (at.client.run("tag", "what/app:1", "other/app:1"), _create(at.id_of("what/app:1"))(at)),
    ),
    Happening("system prune", _is("system-prune"), _run("system", "prune", "-f"), _create("what/app:1")),
    Happening("system prune all", _is("system-prune-all"), _run("system", "prune", "-a", "-f"), _create("what/app:1")),
    Happening("builder prune", _is("builder-prune"), lambda _: None),
    Happening("remove by name", _is("remove:what/app:1"), _run("rmi", "what/app:1")),
    Happening(
        "remove both that share steps",
        _is("remove:what/app:1", "remove:what/app:2"),
        _run("rmi", "what/app:1", "what/app:2"),
    ),
    Happening("remove without parents", _is("remove-no-prune:what/app:1"), _run("rmi", "--no-prune", "what/app:1")),
    Happening("remove a base by name", _is("remove:what/base:1"), _run("rmi", "what/base:1")),
    Happening(
        "remove by id",
        lambda at: [f"remove:{at.id_of('what/app:1')[7:19]}"],
        lambda at: at.client.run("rmi", at.id_of("what/app:1")[7:19]),
        build="what/app:2",
    ),
    Happening(
        "remove one of two names",
        _is("remove:what/app:1"),
        _run("rmi", "what/app:1"),
        _run("tag", "what/app:1", "other/app:1"),
    ),
    Happening(
        "remove by force what has two names",
        lambda at: [f"remove-force:{at.id_of('what/app:1')}"],
        lambda at: at.client.run("rmi", "--force", at.id_of("what/app:1")),
        _run("tag", "what/app:1", "other/app:1"),
    ),
    Happening(
        "remove by force what a container uses",
        _is("remove-force:what/app:1"),
        _run("rmi", "--force", "what/app:1"),
        _create("what/app:1"),
    ),
    Happening("save and load", _is("save-load:what/app:1"), lambda at: at.save_and_load("what/app:1")),
    Happening("save and load a repository", _is("save-load:what/app"), lambda at: at.save_and_load("what/app")),
    Happening(
        "save and load all tags",
        _is("save-load"),
        lambda at: at.save_and_load("what/base:1", "what/app:1", "what/app:2"),
    ),
    Happening(
        "save and load the same store",
        _is("save-load-same:what/app:1"),
        lambda at: at.save_and_load("what/app:1", empties=False),
    ),
    Happening(
        "save and load by id",
        lambda at: [f"save-load:{at.id_of('what/app:1')}"],
        lambda at: at.save_and_load(at.id_of("what/app:1")),
    ),
    Happening(
        "save and load with ancestors",
        lambda at: [f"save-load:what/base:1,what/app:1,{','.join(at.lineage('what/app:1')[1:])}"],
        lambda at: at.save_and_load("what/base:1", "what/app:1", *at.lineage("what/app:1")[1:]),
    ),
    Happening(
        "load what moves a name",
        lambda at: [f"load:{at.archive}"],
        lambda at: at.client.run("load", "-i", at.archive),
        _save_then_move,
    ),
    Happening(
        "remove, then load",
        lambda at: ["remove:what/app:1", f"load:{at.archive}"],
        lambda at: (at.client.run("rmi", "what/app:1"), at.client.run("load", "-i", at.archive)),
        lambda at: at.client.run("save", "-o", at.archive, "what/app:1"),
    ),
    Happening(
        "prune of several stages", _is("prune"), _run("image", "prune", "-f"), build="what/multi:1", made=_STAGES
    ),
    Happening(
        "remove of several stages",
        _is("remove:what/multi:1"),
        _run("rmi", "what/multi:1"),
        build="what/multi:1",
        made=_STAGES,
    ),
)
"""All actions."""
