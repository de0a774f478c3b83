"""The smallest edit is one that a person can make: not a file checksum or the ID of an earlier step."""

from __future__ import annotations

import pytest

from cacheview.engine import CONTAINERD_71EBFC7, Explanation, ImageCache, VerdictOutcome, explain
from cacheview.engine.writable import checksum_in, is_same_but_for_files
from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Probe, Timestamp
from cacheview.report.explanation_objects import as_object
from cacheview.report.explanations import as_text

PARENT, CHILD, NAMED, SOURCE = (f"sha256:{digit * 64}" for digit in "abcd")
T = Timestamp.parse("2024-01-01T00:00:00Z")
OURS, THEIRS = "1" * 64, "2" * 64
SHELL = ("/bin/sh", "-c")


def image(image_id: str, cmd: tuple[str, ...] = (), *, parent: str | None = None, name: str = "") -> Image:
    return Image(
        id=image_id,
        names=(name,) if name else (),
        parent=parent,
        config=ImageConfig(created=T, container_config=ContainerConfig(Cmd=cmd)),
    )


def explanation_of(
    cmd: tuple[str, ...], *images: Image, parent: str = PARENT, cache_from: tuple[str, ...] = ()
) -> Explanation:
    store = ImageStore((image(PARENT), *images))
    probe = Probe(parent=parent, config=ContainerConfig(Cmd=cmd), cache_from=cache_from)
    explanation = explain(ImageCache(store, CONTAINERD_71EBFC7), probe)
    assert explanation.verdict.outcome is VerdictOutcome.MISS
    return explanation


def phrase(explanation: Explanation) -> str:
    edit = as_object(explanation)["edit"]
    return edit["phrase"] if edit is not None else ""


def nop(text: str) -> tuple[str, ...]:
    return (*SHELL, "#(nop) ", text)


@pytest.mark.parametrize(
    "step", ["COPY file:{} in /a ", "ADD dir:{} in /a ", "COPY --chown=1:1 multi:{} in /a ", "ADD {} in /a "]
)
@pytest.mark.parametrize("joined", [False, True])
def test_no_edit_is_suggested_if_only_files_differ(step: str, joined: bool) -> None:
    def command(text: str) -> tuple[str, ...]:
        return (*SHELL, f"#(nop) {text}") if joined else nop(text)

    explanation = explanation_of(command(step.format(OURS)), image(CHILD, command(step.format(THEIRS)), parent=PARENT))
    assert phrase(explanation) == ""
    assert "Smallest edit" not in as_text(explanation)
    assert "the same step with different files" in explanation.reason
    assert "Cmd[" not in explanation.reason


def test_a_source_with_other_files_is_not_an_edit() -> None:
    history = (HistoryEntry(created_by=f"/bin/sh -c #(nop) COPY file:{THEIRS} in /a ", empty_layer=True),)
    source = Image(id=SOURCE, config=ImageConfig(created=T, history=history))
    explanation = explanation_of((*SHELL, f"#(nop) COPY file:{OURS} in /a "), source, parent="", cache_from=(SOURCE,))
    assert phrase(explanation) == ""
    assert "the same step with different files" in explanation.reason


def test_another_destination_of_the_same_files_is_a_writable_edit() -> None:
    explanation = explanation_of(
        nop(f"COPY file:{OURS} in /a "), image(CHILD, nop(f"COPY file:{OURS} in /b "), parent=PARENT)
    )
    assert phrase(explanation) == f'set Cmd[3] to "COPY file:{OURS} in /b "'


def test_a_writable_edit_of_a_distant_image_is_preferred() -> None:
    near = image(CHILD, nop(f"COPY file:{THEIRS} in /a "), parent=PARENT)
    far = image(NAMED, (*SHELL, "#(nop) ENV A=1"), parent=PARENT)
    assert "ENV A=1" in phrase(explanation_of(nop(f"COPY file:{OURS} in /a "), near, far))


def test_a_checksum_inside_a_run_command_can_be_edited() -> None:
    ours, theirs = (f"echo {digits}  a | sha256sum -c" for digits in (OURS, THEIRS))
    explanation = explanation_of((*SHELL, ours), image(CHILD, (*SHELL, theirs), parent=PARENT))
    assert phrase(explanation) == f'set Cmd[2] to "{theirs}"'


def test_a_suggested_parent_can_be_named_by_from() -> None:
    run = (*SHELL, "make")
    on_step = (image(CHILD), image(SOURCE, run, parent=CHILD))
    assert phrase(explanation_of(run, *on_step)) == ""
    on_name = (image(NAMED, name="docker.io/library/app:1"), image(SOURCE, run, parent=NAMED))
    assert phrase(explanation_of(run, *on_name)) == "set the parent to app:1"


def test_no_run_edit_is_suggested_on_scratch() -> None:
    assert phrase(explanation_of((*SHELL, "make"), image(SOURCE, (*SHELL, "make")))) == ""


def test_a_build_argument_is_called_by_its_name() -> None:
    def run(version: str) -> tuple[str, ...]:
        return ("|1", f"VERSION={version}", *SHELL, "make")

    explanation = explanation_of(run("2.0"), image(CHILD, run("1.4.2"), parent=PARENT))
    assert "differs in build argument VERSION" in explanation.reason
    assert "Cmd[1]" not in explanation.reason


@pytest.mark.parametrize(
    ("command", "checksum"),
    [
        (f"/bin/sh -c #(nop)  COPY dir:{OURS} in /x ", f"dir:{OURS}"),
        (f"COPY --chown=1:1file:{OURS} in /x", f"file:{OURS}"),  # the format of old builders
        (f"ADD {OURS} in /x", OURS),
        (f"/bin/sh -c curl x/{OURS}", ""),
        (f"/bin/sh -c #(nop)  ENV SUM=file:{OURS}", ""),
        ("", ""),
    ],
)
def test_the_checksum_of_a_step(command: str, checksum: str) -> None:
    assert checksum_in(command) == checksum


def test_only_file_steps_are_the_same_except_for_files() -> None:
    assert not is_same_but_for_files("ENV A=1", "ENV A=2")
    assert not is_same_but_for_files(f"COPY file:{OURS} in /a", f"ADD file:{THEIRS} in /a")
    assert not is_same_but_for_files(None, f"COPY file:{OURS} in /a")


def test_the_text_names_the_parent_and_images_as_people_write_them() -> None:
    named = image(NAMED, (*SHELL, "make"), name="docker.io/library/app:1")
    child = image(CHILD, (*SHELL, "make test"), parent=NAMED, name="docker.io/shop/web:1")
    lines = as_text(explanation_of((*SHELL, "make all"), named, child, parent=NAMED)).splitlines()
    assert "  Parent: app:1" in lines
    assert any("shop/web:1" in line for line in lines)
    assert not any("docker.io" in line for line in lines)
