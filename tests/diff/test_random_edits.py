"""A build is compared with itself after a random edit: the edit is named first, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from build_kit import CONTAINERD, GRAPH_DRIVER, Daemon
from diff_kit import Build, base, compared, recorded
from hypothesis import given, settings
from hypothesis import strategies as st

from cacheview.diff.causes import Cause, CauseKind, CauseOrigin
from cacheview.diff.words import answer_sentence
from cacheview.model import StoreKind

NAMES = st.sampled_from(["A", "B", "C"])
WORDS = st.text("abcde", min_size=1, max_size=6)
PATHS = st.sampled_from(["src/a", "src/b", "top", "other"])


@st.composite
def steps(draw: st.DrawFn) -> str:
    name, word = draw(NAMES), draw(WORDS)
    return draw(
        st.sampled_from(
            [
                f"RUN {word}",
                f"ENV {name}={word}",
                f"ENV {name}_=${name}",
                f"LABEL {name}={word}",
                f"ARG {name}={word}",
                f"COPY src /{word}",
                f"COPY top /{word}/",
                f"WORKDIR /{word}",
                f"CMD {word}",
                f"USER {word}",
                f"FROM base\nRUN {word}",
                f"FROM base AS {word}\nRUN {word}",
            ]
        )
    )


@st.composite
def builds(draw: st.DrawFn) -> Build:
    lines = draw(st.lists(steps(), min_size=1, max_size=8))
    named = [line.split("AS ")[1].split("\n")[0] for line in lines if " AS " in line]
    lines = lines if len(named) == len(set(named)) else [line for line in lines if " AS " not in line] or ["RUN x"]
    files = {path: draw(WORDS).encode() for path in ("src/a", "src/b", "top", "other")}
    arguments = draw(st.dictionaries(NAMES, WORDS, max_size=2))
    labels = draw(st.dictionaries(WORDS, WORDS, max_size=1))
    build = Build("FROM base\n" + "\n".join(lines) + "\n", files)
    return build.with_options(build_args=arguments, labels=labels)


@dataclass(frozen=True)
class Edit:
    """An edit, and the causes that name it."""

    name: str
    build: Build
    names: Callable[[Cause], bool]
    daemon: str = ""


OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "--cache-from": {"cache_from": ("base",)},
    "--target": {"target": "0"},
}


def is_option(option: str, cause: Cause) -> bool:
    return (cause.kind, cause.name) == (CauseKind.OPTION, option)


def instruction_kinds(line: str) -> set[CauseKind]:
    name = line.partition(" ")[0]
    kinds = {"ENV": CauseKind.ENVIRONMENT, "LABEL": CauseKind.LABEL, "ARG": CauseKind.BUILD_ARGUMENT}
    return {kinds.get(name, CauseKind.BASE if name == "FROM" else CauseKind.INSTRUCTION), CauseKind.INSTRUCTION}


@st.composite
def edits(draw: st.DrawFn) -> tuple[Build, Edit]:
    build = draw(builds())
    lines = build.dockerfile.splitlines()
    place = draw(st.integers(1, len(lines)))
    fresh = f"RUN new {draw(WORDS)}"
    inserted = replace(build, dockerfile="\n".join([*lines[:place], fresh, *lines[place:]]) + "\n")
    argument = draw(NAMES)
    path = draw(PATHS)
    removable = [number for number, line in enumerate(lines) if not line.startswith("FROM")]
    removed = draw(st.sampled_from(removable)) if removable else 0
    options = build.options
    changes = [
        Edit("an instruction more", inserted, lambda cause: cause.kind is CauseKind.INSTRUCTION and cause.b == fresh),
        Edit(
            "an argument",
            build.with_options(build_args={**options.build_args, argument: "new value"}),
            lambda cause: (cause.kind, cause.name, cause.b) == (CauseKind.BUILD_ARGUMENT, argument, "new value"),
        ),
        Edit(
            "a label",
            build.with_options(labels={**options.labels, "zz": "new"}),
            lambda cause: (cause.kind, cause.name, cause.b) == (CauseKind.LABEL, "zz", "new"),
        ),
        Edit(
            "content",
            replace(build, files={**build.files, path: b"new content"}),
            lambda cause: cause.kind is CauseKind.FILES and path in cause.detail,
        ),
        Edit(
            "mode",
            replace(build, modes={path: 0o750}),
            lambda cause: cause.kind is CauseKind.FILES and path in cause.detail and "750" in cause.detail,
        ),
        Edit(
            "a name",
            replace(build, files={f"{path}.new": build.files[path], **build.files}),
            lambda cause: cause.kind is CauseKind.FILES and f"{path}.new" in cause.detail,
        ),
        Edit(
            "a comment",
            replace(build, dockerfile=f"# new\n{build.dockerfile}"),
            lambda cause: cause.kind is CauseKind.DOCKERFILE,
        ),
        Edit(
            "no cache",
            build.with_options(no_cache=True),
            lambda cause: (cause.kind, cause.name) == (CauseKind.OPTION, "--no-cache"),
        ),
        *(
            Edit(f"option {option}", build.with_options(**value), partial(is_option, option))
            for option, value in OPTIONS.items()
        ),
        Edit("the client", replace(build, client="docker-py"), lambda cause: cause.kind is CauseKind.CLIENT),
        Edit(
            "the base",
            build,
            lambda cause: (cause.kind, cause.name, cause.origin) == (CauseKind.BASE, "base", CauseOrigin.SURROUNDINGS),
            "base",
        ),
        Edit("the engine", build, lambda cause: cause.kind is CauseKind.RELEASE, "engine"),
        Edit("the kind of its store", build, lambda cause: cause.kind is CauseKind.STORE_KIND, "kind"),
        Edit("nothing there", build, lambda cause: cause.kind is CauseKind.IMAGE_MISSING and cause.in_a, "gone"),
    ]
    if removable:
        without = "\n".join(line for number, line in enumerate(lines) if number != removed) + "\n"
        if removed > 0:
            kinds = instruction_kinds(lines[removed])
            edit = Edit("an instruction less", replace(build, dockerfile=without), lambda cause: cause.kind in kinds)
            changes.append(edit)
    return build, draw(st.sampled_from(changes))


def changed(daemon: Daemon, edit: str) -> Daemon:
    """Return the daemon after an edit of something outside the build."""
    other = Daemon(daemon.version, daemon.kind, images=list(daemon.images))
    if edit == "base":
        base(other, digit="b", created_by="import again")
    elif edit == "engine":
        other.version = "20.10.24" if daemon.kind is GRAPH_DRIVER else "29.0.0"
    elif edit == "kind":
        other = Daemon(daemon.version, CONTAINERD if daemon.kind is GRAPH_DRIVER else GRAPH_DRIVER)
        base(other)
    elif edit == "gone":
        other.images = [image for image in daemon.images if image.parent is None]
    return other


@settings(max_examples=15)
@given(edits(), st.sampled_from([GRAPH_DRIVER, CONTAINERD]))
def test_a_random_edit_is_named_as_the_cause(pair: tuple[Build, Edit], kind: StoreKind) -> None:
    build, edit = pair
    daemon = Daemon(kind=kind)
    base(daemon)
    recorded(daemon, build)
    before = recorded(daemon, build, 1)
    same = compared(before, before)
    assert (same.is_same, same.cause) == (True, None)
    diff = compared(before, recorded(changed(daemon, edit.daemon), edit.build, 2))
    assert diff.cause is not None, (edit.name, answer_sentence(diff))
    assert edit.names(diff.cause), (edit.name, answer_sentence(diff), build.dockerfile)
