"""``--what-if``: what a build or a probe would get from the changed store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from build_kit import CONTAINERD, GRAPH_DRIVER, Daemon

from cacheview.bundled import page_text
from cacheview.cli import main
from cacheview.model import StoreKind, SuiteCase

OLD = "20.10.24"  # does not record which images were built there
DOCKERFILE = "FROM scratch\nENV A=1\nENV B=1\nENV C=1\n"


@pytest.fixture
def context(tmp_path: Path) -> str:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return str(folder)


def built(folder: Path, version: str, kind: StoreKind = GRAPH_DRIVER) -> str:
    """A store in which the context was built."""
    daemon = Daemon(version, kind)
    daemon.build(DOCKERFILE, name="app:1")
    images = tuple(image.model_copy(update={"built_locally": version != OLD}) for image in daemon.images)
    case = SuiteCase(rules=f"Docker {version}, {kind}", images=images)
    path = folder / "store.jsonl"
    path.write_text(case.model_dump_json(by_alias=True, exclude_none=True) + "\n")
    return str(path)


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_what_a_prune_costs_in_containerd(context: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = built(tmp_path, "26.1.5", CONTAINERD)
    assert main(["replay", context, "--store", store, "--what-if", "prune", "--no-containers"]) == 1
    lines = printed(capsys)
    assert lines[1:3] == ["What if: docker image prune", "  Removes 2 images:"]
    assert "The store itself is not changed." in lines
    first = next(line for line in lines if line.startswith("Step 2"))
    assert first.startswith("Step 2: cached → rebuilt: ENV A=1 (")
    assert first.endswith(" is gone: it has no tag, and prune removes untagged images)")
    assert lines[-1] == "3 steps that are cached now would be rebuilt."


def test_a_graph_driver_prune_keeps_the_parents_of_named_images(
    context: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = built(tmp_path, "26.1.5")
    assert main(["replay", context, "--store", store, "--what-if", "prune", "--no-containers"]) == 0
    assert printed(capsys)[-1] == "No steps would change."


def test_an_upgrade_to_rules_with_a_built_here_mark_rebuilds_all_steps(
    context: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = built(tmp_path, OLD)
    assert main(["replay", context, "--store", store, "--what-if", "upgrade:26.1.5"]) == 1
    lines = printed(capsys)
    assert lines[0].startswith("Rules: Docker 26.1.5, graph driver (graphdriver-25.0.5)")
    assert lines[-1] == "3 steps that are cached now would be rebuilt."


def test_steps_are_unknown_where_containers_are(
    context: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = built(tmp_path, "26.1.5", CONTAINERD)
    assert main(["replay", context, "--store", store, "--what-if", "prune"]) == 3
    lines = printed(capsys)
    assert lines[2].startswith("  May remove 2 images: ")
    assert "cacheview cannot tell which containers use the images" in lines[3].lower()
    assert lines[-1] == "3 steps would be unknown."


def test_as_json(context: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = built(tmp_path, "26.1.5", CONTAINERD)
    command = ["replay", context, "--store", store, "--no-containers", "--json"]
    assert main([*command, "--what-if", "prune", "--what-if", "save-load:app:1"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["format"] == "cacheview-what-if/1"
    assert [change["change"] for change in document["changes"]] == [
        "docker image prune",
        "docker save app:1, then docker load into an empty store",
    ]
    assert [each["reason"] for each in document["changes"][0]["removed"]] == ["dangling", "dangling"]
    assert [(step["number"], step["effect"]) for step in document["steps"]] == [
        (1, "same"),
        (2, "lost"),
        (3, "lost"),
        (4, "lost"),
    ]
    assert document["before"]["all_cached"] is True
    assert document["after"]["all_cached"] is False
    keys = {*document, *document["changes"][0], *document["steps"][0]}
    assert [key for key in sorted(keys) if f"`{key}`" not in page_text("replay.md")] == []


def test_as_markdown(context: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = built(tmp_path, "26.1.5", CONTAINERD)
    command = ["replay", context, "--store", store, "--no-containers", "--markdown"]
    assert main([*command, "--what-if", "prune"]) == 1
    lines = printed(capsys)
    assert lines[0] == "**What if: docker image prune**  "
    assert lines[1] == (
        "2 images would be gone. 3 steps that are cached now would be rebuilt. The store itself is not changed."
    )
    assert lines[3:5] == ["| step | instruction | now | then | why |", "|---|---|---|---|---|"]
    assert lines[5].startswith("| 2 | ENV A=1 | cached | rebuilt | ")
    assert len(lines[5].split(" | ")) == 5
    assert main(command) == 2


def test_explain_asks_the_changed_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["explain", "demo:", "--probe", "2", "--no-containers", "--what-if", "prune"]
    before = main(["explain", "demo:", "--probe", "2"])
    capsys.readouterr()
    assert (before, main(command)) == (0, 1)
    assert printed(capsys)[0] == "What if: docker image prune"
    main([*command, "--json"])
    assert json.loads(capsys.readouterr().out)["what_if"][0]["change"] == "docker image prune"


@pytest.mark.parametrize(
    ("options", "output"),
    [
        (["--what-if", "nothing"], "unknown change: 'nothing'; use one of prune, prune-all"),
        (["--what-if", "prune:x"], "prune does not take a value"),
        (["--what-if", "remove"], "remove:IMAGE: the value after the colon is missing"),
        (["--what-if", "remove:nothing"], "no such image: nothing"),
        (["--what-if", "pull:/nowhere.tar"], "/nowhere.tar"),
        (["--what-if", "upgrade:x"], "no rule set 'x'"),
        (["--no-containers"], "--no-containers works only with --what-if"),
        (["--what-if", "prune", "--record", "x"], "--record cannot be combined"),
        (["--what-if", "prune", "--client", "all"], "--client all cannot be combined"),
    ],
)
def test_an_impossible_what_if_change_is_an_error(
    options: list[str], output: str, context: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = built(tmp_path, "26.1.5")
    assert main(["replay", context, "--store", store, *options]) == 2
    assert output in capsys.readouterr().err
