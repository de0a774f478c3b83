"""Comparing images: what they were built from, as far as their history and layers show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from build_kit import Daemon
from diff_kit import Build, base, recorded, side

from cacheview.cases import Daemon as Whose
from cacheview.cases import DaemonBasis
from cacheview.diff.causes import CauseKind
from cacheview.diff.compare import BuildDiff, compare_builds
from cacheview.diff.image_side import side_of_image
from cacheview.diff.side import BuildSide
from cacheview.diff.words import answer_sentence
from cacheview.model import Image

BUILD = Build(
    "FROM base AS one\nARG VERSION=1\nCOPY a /a\nFROM base AS unused\nRUN unused\nFROM one\nRUN make\nLABEL team=a\n",
    {"a": b"a"},
)


@pytest.fixture
def daemon() -> Daemon:
    made = Daemon()
    base(made)
    return made


def built(daemon: Daemon, build: Build) -> Image:
    """Return the last image of a build."""
    case = recorded(daemon, build)
    return daemon.store.by_id[(case.expect.steps or ())[-1].image]


def side_of(daemon: Daemon, image: Image) -> BuildSide:
    whose = Whose(daemon.rules, daemon.release, DaemonBasis.CASE, daemon.version)
    return side_of_image(daemon.store, image, whose, image.title)


def compared(daemon: Daemon, a: Image, b: Image) -> BuildDiff:
    return compare_builds(side_of(daemon, a), side_of(daemon, b))


def first(diff: BuildDiff) -> tuple[CauseKind, str, str]:
    assert diff.cause is not None, answer_sentence(diff)
    assert diff.first is not None
    return diff.cause.kind, diff.cause.name, diff.rows[diff.first].text


def test_an_image_and_the_record_of_its_build_are_the_same(daemon: Daemon) -> None:
    image = built(daemon, BUILD)
    record = side(recorded(daemon, BUILD, 1))
    for pair in ((side_of(daemon, image), record), (record, side_of(daemon, image))):
        diff = compare_builds(*pair)
        assert (diff.is_same, diff.cause) == (True, None)
        assert len(diff.rows) == len(image.history)


@pytest.mark.parametrize(
    ("other", "cause"),
    [
        (replace(BUILD, dockerfile=BUILD.dockerfile.replace("make", "all")), (CauseKind.INSTRUCTION, "", "RUN all")),
        (BUILD.with_options(build_args={"VERSION": "a b=c"}), (CauseKind.BUILD_ARGUMENT, "VERSION", "RUN make")),
        (replace(BUILD, files={"a": b"b"}), (CauseKind.FILES, "", "COPY")),
        (replace(BUILD, dockerfile=f"{BUILD.dockerfile}CMD x\n"), (CauseKind.INSTRUCTION, "", "CMD")),
    ],
    ids=["an instruction", "an argument", "files", "one more"],
)
def test_the_first_difference_of_two_images_is_named(
    daemon: Daemon, other: Build, cause: tuple[CauseKind, str, str]
) -> None:
    build = replace(BUILD, dockerfile=BUILD.dockerfile.replace("FROM one\n", "FROM one\nARG VERSION=1\n"))
    other = replace(other, dockerfile=other.dockerfile.replace("FROM one\n", "FROM one\nARG VERSION=1\n"))
    a, b = built(daemon, build), built(daemon, other)
    for diff in (compared(daemon, a, b), compare_builds(side(recorded(daemon, build, 1)), side_of(daemon, b))):
        kind, name, text = first(diff)
        assert (kind, name) == cause[:2]
        assert text.startswith(cause[2])


def test_another_history_of_the_base(daemon: Daemon) -> None:
    a = built(daemon, BUILD)
    base(daemon, digit="b", created_by="import again")
    diff = compared(daemon, a, built(daemon, BUILD))
    assert first(diff)[0] is CauseKind.BASE
    assert "the base image has a different history: `import` in A and `import again` in B" in answer_sentence(diff)


def test_an_image_built_by_buildkit_differs_by_its_builder(daemon: Daemon) -> None:
    image = built(daemon, Build("FROM base\nRUN make\n"))
    history = tuple(
        entry.model_copy(update={"created_by": f"{entry.created_by} # buildkit", "comment": "buildkit.dockerfile.v0"})
        for entry in image.history
    )
    config = image.config.model_copy(update={"history": history})
    other = image.model_copy(update={"id": f"sha256:{'b' * 64}", "parent": None, "config": config})
    daemon.add(other)
    assert first(compared(daemon, image, other))[0] is CauseKind.BUILDER


def test_an_image_without_parents_is_its_history(daemon: Daemon) -> None:
    image = built(daemon, BUILD)
    pulled = image.model_copy(update={"id": f"sha256:{'c' * 64}", "parent": None, "container_config": None})
    daemon.add(pulled)
    assert compared(daemon, image, pulled).is_same is True
