"""Pairs of builds by real engines: the cause of a difference is named first, and equal builds are reported as equal."""

from __future__ import annotations

import io
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli, docker_programs
from daemon_need import unavailable
from daemon_program import program_that_does_nothing
from daemon_registry import PASSWORD, USER, RegistryDaemon
from daemon_start import EngineDaemon
from daemon_stores import opened
from daemon_watching import Watching
from docker.errors import NotFound

from cacheview.cases import daemon_of
from cacheview.diff.causes import CauseKind, CauseOrigin
from cacheview.diff.compare import BuildDiff, compare_builds
from cacheview.diff.image_side import side_of_image
from cacheview.diff.record_side import side_of_record
from cacheview.diff.remembered_events import with_events, with_events_of
from cacheview.diff.words import answer_sentence
from cacheview.layers.changes import Aspect
from cacheview.layers.files import LayerFiles
from cacheview.layers.opening import open_layers
from cacheview.model import StoreKind
from cacheview.replay.file import ReplayCase
from cacheview.stores.docker_engine.past_events import past_events

ON_EVERY_ENGINE = True

pytestmark = pytest.mark.usefixtures("cached", "tidied")

DOCKERFILE: Final = """\
ARG BASE=diff/base
FROM diff/other AS tools
LABEL of=tools
FROM $BASE AS main
ARG VERSION=1
ENV MODE=fast
ENV RELEASE=r$VERSION
LABEL team=a
COPY src /src
COPY top /top
COPY --from=diff/other /noop /copied
RUN one
RUN two
FROM main AS last
CMD x
"""


FILES: Final = {"src/a": "a\n", "src/b": "b\n", "top": "t\n", "unused": "u\n"}


@dataclass
class Place:
    """An engine, and the clients that build on it.

    Attributes:
        context: a folder that is filled again for each test.
        options: the CLI options of the next build.
        through: the client of the next build, ``cli`` or ``docker-py``.
    """

    engine: EngineDaemon
    builder: Builder
    watching: Watching
    client: DockerCli
    py: Builder
    context: Path
    options: tuple[str, ...] = ()
    through: str = "cli"

    def fill(self, dockerfile: str = DOCKERFILE) -> None:
        """Reset the context and the options."""
        self.options, self.through = (), "cli"
        shutil.rmtree(self.context, ignore_errors=True)
        for name, content in {
            "Dockerfile": dockerfile,
            "src/a": "a\n",
            "src/b": "b\n",
            "top": "t\n",
            "unused": "u\n",
        }.items():
            self.write(name, content)
        (self.context / "src").chmod(0o755)
        for path in self.context.rglob("*"):
            shutil.chown(path, 1234, 1234)

    def build(self, tag: str = "diff/app") -> ReplayCase:
        """Build, and return the record of the build."""
        if self.through == "cli":
            self.client.build(self.context, [*self.options, "--tag", tag])
        else:
            for _ in self.py.client.build(path=str(self.context), tag=tag, rm=True, decode=True):
                pass
        seen = self.watching.last()
        assert seen.unpredicted == ""
        assert seen.differences == ()
        return self.watching.watcher.record(seen.number)

    def edit(self, before: str, after: str) -> None:
        """Change the Dockerfile."""
        path = self.context / "Dockerfile"
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))

    def write(self, name: str, content: str, mode: int = 0o644) -> None:
        path = self.context / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(mode)

    def checked_out(self, umask: int) -> None:
        """Change the modes as if somebody else had checked out the context."""
        for path in self.context.rglob("*"):
            path.chmod((0o777 if path.is_dir() else 0o666) & ~umask)

    def with_options(self, *options: str) -> None:
        self.options = options

    def imported(self, name: str, content: bytes) -> None:
        """Import an image with another file."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            files = {"bin/sh": program_that_does_nothing(), "noop": program_that_does_nothing(), "content": content}
            for path, data in files.items():
                member = tarfile.TarInfo(path)
                member.size, member.mode = len(data), 0o755
                archive.addfile(member, io.BytesIO(data))
        self.builder.client.import_image_from_data(packed.getvalue(), repository=name, tag="latest")


@pytest.fixture(scope="module")
def through(watching: Watching, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DockerCli, Builder]]:
    program = next(docker_programs(), None)
    if program is None:
        unavailable("not installed: docker (Debian: docker.io, or docker-cli)")
    with Builder(watching.watcher.url) as py:
        yield DockerCli(program, watching.watcher.url, tmp_path_factory.mktemp("settings")), py


@pytest.fixture(scope="module")
def place(
    engine: EngineDaemon,
    builder: Builder,
    watching: Watching,
    through: tuple[DockerCli, Builder],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    kept = builder.ids()
    made = Place(engine, builder, watching, *through, tmp_path_factory.mktemp("diff") / "context")
    made.imported("diff/base", b"base")
    made.imported("diff/other", b"other")
    yield made
    builder.remove_all_but(kept)


@pytest.fixture(scope="module")
def cached(place: Place) -> ReplayCase:
    """A build in which every step is cached."""
    place.fill()
    place.build()
    return place.build()


@pytest.fixture(scope="module")
def kept(builder: Builder, cached: ReplayCase) -> frozenset[str]:
    """The images in the store when a test begins."""
    return builder.ids()


@pytest.fixture
def tidied(builder: Builder, kept: frozenset[str]) -> Iterator[None]:
    """Remove only what a test built. (A containerd store would remove unnamed parents together with their children.)"""
    yield
    parents = {image["Id"]: image["ParentId"] for image in builder.client.images(all=True) if image["Id"] not in kept}
    while parents:
        below = set(parents.values())
        for image in [image for image in parents if image not in below]:
            del parents[image]
            with suppress(NotFound):  # it was removed together with its last child
                builder.client.remove_image(image, force=True, noprune=True)


@dataclass(frozen=True)
class Pair:
    """A change between two builds, and the expected cause.

    Attributes:
        edit: makes the change.
        kind, named: the kind and name of the cause.
        at: the beginning of the first instruction that differs; empty if none differs.
        says: part of the sentence.
    """

    edit: Callable[[Place], object]
    kind: CauseKind | None
    named: str = ""
    at: str = ""
    says: str = ""
    origin: CauseOrigin = CauseOrigin.OWN


def link_in_place(place: Place) -> None:
    (place.context / "src/b").unlink()
    (place.context / "src/b").symlink_to("a")


REQUEST, AROUND = CauseOrigin.REQUEST, CauseOrigin.SURROUNDINGS

PAIRS: Final = {
    "nothing": Pair(lambda place: place.with_options(), None),
    "times": Pair(lambda place: place.write("top", "t\n"), None),
    "a comment": Pair(
        lambda place: place.edit("RUN one", "# a comment\nRUN one"),
        CauseKind.DOCKERFILE,
        says="in ways that do not affect any step",
    ),
    "spaces": Pair(
        lambda place: place.edit("ENV MODE", "ENV   MODE"),
        CauseKind.INSTRUCTION,
        says="in ways that do not affect any step",
    ),
    "an instruction": Pair(
        lambda place: place.edit("RUN one", "RUN changed"),
        CauseKind.INSTRUCTION,
        at="RUN changed",
        says="`RUN one` in A",
    ),
    "the command of the image": Pair(lambda place: place.edit("CMD x", "CMD y"), CauseKind.INSTRUCTION, at="CMD y"),
    "one more": Pair(
        lambda place: place.edit("RUN two", "RUN new\nRUN two"), CauseKind.INSTRUCTION, at="RUN new", says="only B has"
    ),
    "one less": Pair(lambda place: place.edit("RUN one\n", ""), CauseKind.INSTRUCTION, at="RUN one", says="only A has"),
    "one moved": Pair(
        lambda place: place.edit("RUN one\nRUN two", "RUN two\nRUN one"),
        CauseKind.INSTRUCTION,
        at="RUN one",
        says="moved",
    ),
    "a shell": Pair(
        lambda place: place.edit("RUN one", 'SHELL ["/bin/sh", "-e"]\nRUN one'), CauseKind.INSTRUCTION, at="SHELL"
    ),
    "a variable": Pair(
        lambda place: place.edit("MODE=fast", "MODE=slow"),
        *(CauseKind.ENVIRONMENT, "MODE", "ENV MODE=slow", 'is "fast" in A and "slow" in B'),
    ),
    "a label": Pair(lambda place: place.edit("team=a", "team=b"), CauseKind.LABEL, "team", "LABEL team=b"),
    "a default": Pair(
        lambda place: place.edit("VERSION=1", "VERSION=2"), CauseKind.BUILD_ARGUMENT, "VERSION", "ARG VERSION=2"
    ),
    "an argument": Pair(
        lambda place: place.with_options("--build-arg", "VERSION=3"),
        *(CauseKind.BUILD_ARGUMENT, "VERSION", "ENV RELEASE=r$VERSION", '"1" in A and "3" in B', REQUEST),
    ),
    "an argument of FROM": Pair(
        lambda place: place.with_options("--build-arg", "BASE=diff/other"),
        *(CauseKind.BUILD_ARGUMENT, "BASE", "FROM $BASE", "diff/other", REQUEST),
    ),
    "a label of the command line": Pair(
        lambda place: place.with_options("--label", "x=y"), CauseKind.LABEL, "x", "LABEL x=y", origin=REQUEST
    ),
    "no cache": Pair(
        lambda place: place.with_options("--no-cache"),
        *(CauseKind.OPTION, "--no-cache", "LABEL of=tools", "only B was built with --no-cache", REQUEST),
    ),
    "cache from": Pair(
        lambda place: place.with_options("--cache-from", "diff/other"),
        CauseKind.OPTION,
        "--cache-from",
        "",
        "",
        REQUEST,
    ),
    "a target": Pair(
        lambda place: place.with_options("--target", "main"), CauseKind.OPTION, "--target", "FROM main", origin=REQUEST
    ),
    "a platform": Pair(
        lambda place: place.with_options("--platform", "linux/s390x"),
        *(CauseKind.OPTION, "--platform", "", "linux/s390x", REQUEST),
    ),
    "a pull": Pair(lambda place: place.with_options("--pull"), CauseKind.OPTION, "--pull", "FROM", origin=REQUEST),
    "another base": Pair(
        lambda place: place.edit("BASE=diff/base", "BASE=diff/other"),
        *(CauseKind.BUILD_ARGUMENT, "BASE", "ARG BASE=diff/other"),
    ),
    "a base by its name": Pair(
        lambda place: place.edit("FROM $BASE", "FROM diff/other"),
        *(CauseKind.BASE, "diff/other", "FROM diff/other AS main", "is diff/base in A and diff/other in B"),
    ),
    "content": Pair(
        lambda place: place.write("src/a", "A\n"), CauseKind.FILES, "", "COPY src /src", "src/a: content changed"
    ),
    "a longer file": Pair(lambda place: place.write("top", "longer\n"), CauseKind.FILES, "", "COPY top /top", "top: "),
    "mode": Pair(
        lambda place: (place.context / "top").chmod(0o755), CauseKind.FILES, "", "COPY top /top", "mode 755, was 644"
    ),
    "another umask": Pair(
        lambda place: place.checked_out(0o027),
        CauseKind.FILES,
        "",
        "COPY src /src",
        "3 files: others read, others execute bits cleared, umask 027, was 022",
    ),
    "a file more": Pair(
        lambda place: place.write("src/c", "c\n"), CauseKind.FILES, "", "COPY src /src", "src/c was added"
    ),
    "a file less": Pair(
        lambda place: (place.context / "src/b").unlink(), CauseKind.FILES, "", "COPY src /src", "src/b was removed"
    ),
    "a file with another name": Pair(
        lambda place: (place.context / "src/b").rename(place.context / "src/d"),
        CauseKind.FILES,
        "",
        "COPY src /src",
        "src/d",
    ),
    "a file that is ignored": Pair(
        lambda place: place.write(".dockerignore", "src/b\n"), CauseKind.FILES, "", "COPY src /src", "src/b was removed"
    ),
    "a link in place of a file": Pair(
        link_in_place,
        *(CauseKind.FILES, "", "COPY src /src", "src/b"),
    ),
    "the image that files are copied from": Pair(
        lambda place: place.edit("--from=diff/other /noop", "--from=diff/other /content"),
        *(CauseKind.INSTRUCTION, "", "COPY --from", "/content"),
    ),
    "a client that sends owners": Pair(
        lambda place: setattr(place, "through", "docker-py"), CauseKind.CLIENT, "", "COPY src /src", "docker", REQUEST
    ),
    "a file that nothing copies": Pair(lambda place: place.write("unused", "other\n"), CauseKind.FILES, says="unused"),
    "an argument that nothing uses": Pair(
        lambda place: place.with_options("--build-arg", "HTTP_PROXY=http://proxy"),
        *(CauseKind.BUILD_ARGUMENT, "HTTP_PROXY", "", "any step", REQUEST),
    ),
    "a failure": Pair(
        lambda place: place.edit("RUN two", "COPY nothing /"), CauseKind.INSTRUCTION, at="COPY nothing /"
    ),
}


_WITHOUT_EFFECT: Final = ("spaces", "a comment", "a file that nothing copies", "an argument that nothing uses")


def diff_of(a: ReplayCase, b: ReplayCase) -> BuildDiff:
    return compare_builds(side_of_record(a, "a"), side_of_record(b, "b"))


@pytest.mark.parametrize("name", PAIRS)
def test_the_first_difference_of_two_builds_is_named(name: str, place: Place, cached: ReplayCase) -> None:
    pair = PAIRS[name]
    place.fill()
    pair.edit(place)
    diff = diff_of(cached, place.build("diff/b"))
    printed = answer_sentence(diff)
    if pair.kind is None:
        assert (diff.is_same, diff.cause) == (True, None), printed
        return
    assert diff.cause is not None, printed
    assert (diff.cause.kind, diff.cause.name) == (pair.kind, pair.named), printed
    at = diff.rows[diff.first].text if diff.first is not None else ""
    assert at.startswith(pair.at), printed
    assert (diff.first is None) is (name in _WITHOUT_EFFECT), printed
    assert pair.says in printed
    assert diff.cause.origin is pair.origin, printed


def test_different_owners_are_the_cause_if_the_client_sends_them(place: Place, cached: ReplayCase) -> None:
    del cached
    place.fill()
    place.through = "docker-py"
    mine = place.build("diff/mine")
    for path in place.context.rglob("*"):
        shutil.chown(path, 4321, 4321)
    diff = diff_of(mine, place.build("diff/theirs"))
    printed = answer_sentence(diff)
    assert diff.cause is not None
    assert (diff.cause.kind, diff.cause.origin) == (CauseKind.FILES, CauseOrigin.OWN), printed
    assert "`COPY src /src`: the files differ: 3 files: owner 4321:4321, was 1234:1234" in printed


@pytest.mark.parametrize("is_image_a", [True, False])
def test_comparing_an_engine_image_with_a_record_names_the_changed_file(
    is_image_a: bool, place: Place, cached: ReplayCase
) -> None:
    del cached
    case = opened(place.engine.location("engine"))
    daemon, image = daemon_of(case), case.store.resolve("diff/app")
    shown = side_of_image(case.store, image, daemon, "app", lambda: LayerFiles(open_layers(case.store)))
    place.fill()
    place.write("src/a", "A\n")
    record = side_of_record(place.build("diff/edited"), "edited")
    diff = compare_builds(shown, record) if is_image_a else compare_builds(record, shown)
    assert diff.cause is not None
    assert diff.cause.kind is CauseKind.FILES
    [row] = [row for row in diff.rows if row.causes[:1] == (diff.cause,)]
    assert row.files is not None
    assert row.files.doubt == ""
    assert [(change.path, change.aspects) for change in row.files.differing] == [("src/a", (Aspect.CONTENT,))]


def test_a_base_replaced_under_the_same_name_is_the_cause(place: Place, cached: ReplayCase) -> None:
    place.builder.client.tag("diff/base", "diff/kept")  # a containerd store drops an image that loses its only name
    place.fill()
    place.imported("diff/base", b"made again")
    diff = diff_of(cached, place.build("diff/b"))
    place.builder.client.tag("diff/kept", "diff/base", "latest", force=True)
    assert diff.cause is not None
    assert (diff.cause.kind, diff.cause.name, diff.origin) == (CauseKind.BASE, "diff/base", CauseOrigin.SURROUNDINGS)
    assert "`FROM $BASE AS main`: the base image diff/base is different: " in answer_sentence(diff)
    assert diff.a.started is not None
    reported = answer_sentence(with_events(diff, past_events(place.engine.url, diff.a.started, datetime.now(UTC))))
    assert re.search("; it was (imported|tagged) at ", reported), reported


def test_a_base_that_was_pulled_again(place: Place, registry: RegistryDaemon) -> None:
    """The step hits until ``docker pull`` gets a newer image that somebody else pushed."""
    name = f"{registry.host}/{place.engine.kind.name}/diff-base:1"
    place.fill(f"FROM {name}\nLABEL a=pulled\n")
    place.client.log_in(registry.host, USER, PASSWORD)
    place.imported("diff/newer", b"newer")
    place.client.run("tag", "diff/newer:latest", name)
    place.client.push(name)
    place.imported("diff/older", b"older")
    place.client.run("tag", "diff/older:latest", name)
    place.build("diff/pulled")
    a = place.build("diff/pulled")
    place.client.pull(name)
    diff = diff_of(a, place.build("diff/pulled"))
    assert [step.cached for step in (a.expect.steps or ())[1:]] == [True]
    assert diff.cause is not None
    assert (diff.cause.kind, diff.cause.name, diff.origin) == (CauseKind.BASE, name, CauseOrigin.SURROUNDINGS)
    assert [row.is_cache_lost for row in diff.rows] == [False, True]
    reported = answer_sentence(with_events_of(place.engine.url, diff))
    assert re.search(r"; it was pulled again at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.$", reported), reported


SHORT: Final = "FROM diff/base\nLABEL a={0}\nLABEL b={0}\n"


def removed_with_its_name(place: Place, tag: str) -> None:
    place.client.remove(tag)


def pruned(place: Place, tag: str) -> None:
    place.builder.client.remove_image(tag, noprune=True)
    place.builder.client.prune_images({"dangling": True})


@pytest.mark.parametrize("remove", [removed_with_its_name, pruned])
def test_a_removed_image_is_the_cause_with_its_removal_time(
    remove: Callable[[Place, str], None], place: Place, cached: ReplayCase
) -> None:
    """``cached`` puts another build into the store, so both records show that it is the same store."""
    tag = f"diff/{remove.__name__}"
    place.fill(SHORT.format(remove.__name__))
    made = place.build(tag)
    again = place.build(tag)
    remove(place, tag)
    after = place.build(tag)
    for before, how in ((made, "created at "), (again, "used, ")):
        diff = diff_of(before, after)
        printed = answer_sentence(diff)
        assert diff.cause is not None
        assert (diff.cause.kind, diff.cause.in_a, diff.cause.origin) == (CauseKind.IMAGE_MISSING, True, AROUND), printed
        assert printed.startswith(f"The builds first differ at step 2, `LABEL a={remove.__name__}`: image "), printed
        assert f", which build A {how}" in printed
        assert "no longer in the store" in printed
    began = side_of_record(again, "again").started
    assert began is not None
    events = past_events(place.engine.url, began, datetime.now(UTC))
    reported = with_events(diff_of(again, after), events)
    image = reported.missing_images[0].image
    if any(event.action == "delete" and event.subject == image for event in events):
        assert " was removed from the store at " in answer_sentence(reported)
    else:  # a containerd store only reports the removal of the name
        assert place.engine.kind.store is StoreKind.CONTAINERD
    assert diff_of(made, again).cause == diff_of(made, again).rows[1].causes[0]
    assert answer_sentence(diff_of(made, again)).endswith(", and build B used it.")


def test_an_image_that_was_saved_and_loaded_has_no_parent(place: Place) -> None:
    place.fill("FROM diff/base\nLABEL saved=x\n")
    place.build("diff/saved")
    a = place.build("diff/saved")
    archive = b"".join(place.builder.client.get_image("diff/saved"))
    place.client.remove("diff/saved")
    place.builder.client.load_image(archive)
    b = place.build("diff/saved")
    diff = diff_of(a, b)
    printed = answer_sentence(diff)
    if all(step.cached for step in (b.expect.steps or ())[1:]):
        assert diff.is_same is True, printed
    else:
        assert diff.cause is not None
        assert diff.cause.kind is CauseKind.LINEAGE, printed
        assert "has no recorded parent in B" in printed


_KEPT: dict[tuple[str, StoreKind], tuple[ReplayCase, ReplayCase]] = {}
"""For each engine tested so far: a build in an empty store, and the same build once it is cached."""


def test_builds_on_different_engines_are_compared(place: Place) -> None:
    """The same build on engines of two releases, and in both kinds of store."""
    place.fill("FROM scratch\nCOPY --chown=1:2 top /top\nLABEL a=b\n")
    place.builder.client.prune_images({"dangling": True})
    made = place.build("diff/engines")
    own = made, place.build("diff/engines")
    kind = place.engine.kind
    for (name, store), (_, cached_there) in _KEPT.items():
        diff = diff_of(cached_there, made)
        printed = answer_sentence(diff)
        assert diff.cause is not None, (name, printed)
        if store is not kind.store:
            assert diff.cause.kind in (CauseKind.STORE_KIND, CauseKind.RELEASE), (name, printed)
        else:
            assert diff.cause.kind in (CauseKind.RELEASE, CauseKind.IMAGE_MISSING), (name, printed)
        assert diff.cause.origin is CauseOrigin.SURROUNDINGS
    _KEPT[kind.name, kind.store] = own
