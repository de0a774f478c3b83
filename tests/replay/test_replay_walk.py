"""The walk of a build through the cache: what is looked up, what is not, and which images are hit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from build_kit import CONTAINERD, GRAPH_DRIVER, Daemon, image_of, statuses
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.context import FolderContext
from cacheview.model import Image, ImageConfig, Timestamp
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, StepStatus
from cacheview.report.replays import replay_as_text

KINDS = [CONTAINERD, GRAPH_DRIVER]
FIVE = """\
FROM scratch
COPY a /a
ENV A=1
LABEL l=1
CMD ["a"]
"""
FILES = {"a": b"1\n"}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.value)
def daemon(request: pytest.FixtureRequest) -> Daemon:
    return Daemon(kind=request.param)


def test_what_was_built_is_hit_step_by_step(daemon: Daemon) -> None:
    ids = daemon.build(FIVE, FILES)
    reported = daemon.replay(FIVE, FILES)
    assert [step.image for step in reported.looked_up] == ids
    assert reported.all_cached is True
    assert reported.first_miss is None
    assert reported.history == tuple(entry.created_by for entry in daemon.store.by_id[ids[-1]].history)
    assert [step.created_by for step in reported.looked_up] == list(reported.history)


def test_an_empty_store_misses_the_first_step_and_ends_the_lookup(daemon: Daemon) -> None:
    reported = daemon.replay(FIVE, FILES)
    assert statuses(reported) == ["miss", "not asked", "not asked", "not asked"]
    assert reported.all_cached is False
    first, *others = reported.looked_up
    assert reported.first_miss is first
    assert first.probe is not None
    assert first.probe.parent == ""
    assert all(step.probe is None and "after the miss at step 2" in step.reason for step in others)
    assert all(step.cached is False and step.image == "" for step in others)
    # yet the result of the build is known
    assert reported.history is not None
    assert reported.history[1] == "/bin/sh -c #(nop)  ENV A=1"


def test_the_parent_of_a_step_is_what_the_last_one_hit(daemon: Daemon) -> None:
    ids = daemon.build(FIVE, FILES)
    reported = daemon.replay(FIVE.replace("l=1", "l=2"), FILES)
    assert statuses(reported) == ["hit", "hit", "miss", "not asked"]
    assert reported.first_miss is not None
    assert reported.first_miss.number == 4
    assert reported.first_miss.probe is not None
    assert reported.first_miss.probe.parent == ids[1]
    assert reported.first_miss.probe.config.Image == ids[1]
    assert reported.first_miss.probe.config.Env == (
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "A=1",
    )


def test_after_a_miss_the_next_stage_asks_again(daemon: Daemon) -> None:
    daemon.build(FIVE, FILES)
    reported = daemon.replay(FIVE.replace("A=1", "A=2") + FIVE, FILES)
    assert statuses(reported) == ["hit", "miss", "not asked", "not asked", "hit", "hit", "hit", "hit"]


def test_no_cache_skips_all_lookups(daemon: Daemon) -> None:
    daemon.build(FIVE, FILES)
    base = daemon.add(image_of("base:1"))
    reported = daemon.replay(FIVE + "FROM base:1\nENV A=1\n", FILES, BuildOptions(no_cache=True))
    assert statuses(reported) == ["not asked"] * 5
    assert {step.reason for step in reported.looked_up} == {"--no-cache: the cache is not used"}
    assert {step.probe for step in reported.looked_up} == {None}
    assert reported.all_cached is False
    assert reported.first_miss is None
    assert reported.steps[5].image == base.id


def test_the_newest_wins_though_the_rest_was_built_on_the_older(daemon: Daemon) -> None:
    daemon.build(FIVE, FILES)
    top = "\n".join(FIVE.splitlines()[:3])
    newer = daemon.build(top, FILES, BuildOptions(no_cache=True))
    reported = daemon.replay(FIVE, FILES)
    assert statuses(reported) == ["hit", "hit", "miss", "not asked"]
    assert [step.image for step in reported.looked_up][:2] == newer


def test_later_stages_hit_steps_made_by_the_same_build(daemon: Daemon) -> None:
    reported = daemon.replay(FIVE + FIVE.replace("l=1", "l=2"), FILES)
    assert statuses(reported) == ["miss", "not asked", "not asked", "not asked", "hit", "hit", "miss", "not asked"]
    assert [step.made_by for step in reported.looked_up] == [2, 3, 4, 5, 2, 3, 9, 10]
    assert {step.image for step in reported.looked_up} == {""}


def test_a_repeated_stage_hits_the_results_of_the_first(daemon: Daemon) -> None:
    ids = daemon.build(FIVE, FILES)
    two = daemon.replay(FIVE + FIVE, FILES, BuildOptions(no_cache=True))
    assert set(statuses(two)) == {"not asked"}
    changed = FIVE.replace("A=1", "A=2")
    reported = daemon.replay(changed + changed + FIVE, FILES)
    assert [step.made_by or step.image for step in reported.looked_up][:4] == [ids[0], 3, 4, 5]
    assert [step.made_by or step.image for step in reported.looked_up][4:8] == [ids[0], 3, 4, 5]
    assert [step.image for step in reported.looked_up][8:] == ids


def test_steps_are_numbered_and_placed() -> None:
    dockerfile = "# comment\nARG V=1\nFROM scratch AS a\nENV A=1 \\\n  B=2\nFROM a\nLABEL x=y\n"
    reported = Daemon().replay(dockerfile, options=BuildOptions(labels={"z": "1"}))
    assert reported.total == 6
    assert [(step.number, step.line, step.stage) for step in reported.steps] == [
        (1, 2, -1),
        (2, 3, 0),
        (3, 4, 0),
        (4, 6, 1),
        (5, 7, 1),
        (6, 0, 1),
    ]
    assert reported.steps[2].text == "ENV A=1   B=2"


def test_a_refused_step_ends_the_build_and_is_printed() -> None:
    daemon = Daemon()
    daemon.build("FROM scratch\nENV A=1\n")
    reported = daemon.replay("FROM scratch\nENV A=1\nVOLUME $NOTHING\nENV B=1\n")
    assert [step.status for step in reported.steps] == [StepStatus.NO_PROBE, StepStatus.HIT, StepStatus.NO_PROBE]
    assert reported.total == 4
    assert reported.history is None
    assert reported.all_cached is False
    assert reported.refused is not None
    assert (reported.refused.line, reported.refused.message) == (3, "VOLUME specified can not be an empty string")


def test_a_build_of_only_from_scratch_is_refused() -> None:
    reported = Daemon().replay("FROM scratch\n")
    assert reported.refused is not None
    assert reported.refused.message == "No image was generated. Is your Dockerfile empty?"
    assert len(reported.steps) == 1


@pytest.mark.parametrize(
    ("version", "probes"), [("20.10.24", False), ("25.0.0", False), ("25.0.3", True), ("28.5.2", True)]
)
def test_newer_releases_pass_the_platform_to_the_cache(version: str, probes: bool) -> None:
    reported = Daemon(version).replay(FIVE, FILES, BuildOptions(platform="linux/arm64"))
    assert reported.first_miss is not None
    assert reported.first_miss.probe is not None
    platform = reported.first_miss.probe.platform
    assert (str(platform) if platform else None) == ("linux/arm64" if probes else None)


@pytest.mark.parametrize(
    ("version", "given", "printed"),
    [
        ("20.10.24", "li*nux", '"li*nux": wildcards not yet supported: invalid argument'),
        (
            "20.10.24",
            "a.b",
            '"a.b" is an invalid component of "a.b": platform specifier component must match "^[A-Za-z0-9_-]+$": '
            "invalid argument",
        ),
    ],
)
def test_an_invalid_platform_is_refused_before_any_step(version: str, given: str, printed: str) -> None:
    reported = Daemon(version).replay(FIVE, FILES, BuildOptions(platform=given))
    assert reported.steps == ()
    assert reported.refused is not None
    assert reported.refused.message == printed


@pytest.mark.parametrize("version", ["20.10.24", "23.0.0", "25.0.17", "28.5.2", "29.7.2"])
@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM base:1\nENTRYPOINT []\n",
        "FROM base:1\nUSER $NONE\n",
        "FROM base:1\nENV A=1 B=2\nWORKDIR w\n",
        "FROM base:1\nCMD x\n",
        "FROM base:1\nHEALTHCHECK CMD y\n",
    ],
)
def test_a_step_hits_its_own_result_unless_filled_from_the_base(version: str, dockerfile: str) -> None:
    daemon = Daemon(version)
    check = {"Test": ("CMD-SHELL", "x"), "Interval": 5_000_000_000}
    base: dict[str, Any] = {"Entrypoint": ("/e",), "User": "web", "WorkingDir": "/w", "Healthcheck": check}
    daemon.add(image_of("base:1", **base))
    daemon.build(dockerfile)
    again = daemon.replay(dockerfile)
    # An empty entrypoint and a user are replaced by the base's when stored; a health check is compared late.
    never = {"ENTRYPOINT": True, "USER": True, "HEALTHCHECK": daemon.rules.name.endswith(("25.0.5", "28.5.2", "29"))}
    word = dockerfile.split()[2]
    assert (statuses(again)[0] == "miss") == never.get(word, False)


@pytest.mark.parametrize(("version", "status"), [("26.0.2", "hit"), ("26.1.0", "miss"), ("29.7.2", "miss")])
def test_a_base_with_an_untidy_working_directory_misses_since_26_1(version: str, status: str) -> None:
    """The container that the image is made from has a clean one, which the next step does not look up."""
    daemon = Daemon(version)
    daemon.add(image_of("base:1", WorkingDir="//app/"))
    daemon.build("FROM base:1\nENV A=1\n")
    assert statuses(daemon.replay("FROM base:1\nENV A=1\n")) == [status]
    daemon.build("FROM base:1\nRUN x\n")
    assert statuses(daemon.replay("FROM base:1\nRUN x\n")) == ["hit"]


def test_a_relative_working_directory_of_the_base_ends_the_build_at_a_miss() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1", WorkingDir="app"))
    refused = daemon.replay("FROM base:1\nENV A=1\n").refused
    assert refused is not None
    assert refused.message == "the working directory 'app' is invalid, it needs to be an absolute path"
    assert daemon.replay("FROM base:1\nWORKDIR /w\n").refused is None


@examples(0.75)
@given(
    st.lists(st.sampled_from(["ENV A=1", "ENV A=2", "LABEL a=1", "CMD x", "WORKDIR /w", "COPY a /a"]), max_size=6),
    st.lists(st.sampled_from(["ENV A=1", "ENV A=2", "LABEL a=1", "CMD x", "WORKDIR /w", "COPY a /a"]), max_size=6),
    st.sampled_from(KINDS),
)
def test_two_builds_share_the_steps_that_they_begin_with(first: list[str], second: list[str], kind: object) -> None:
    daemon = Daemon(kind=kind)  # type: ignore[arg-type]
    start = ["FROM scratch", "ENV START=1"]
    daemon.build("\n".join(start + first), FILES)
    reported = daemon.replay("\n".join(start + second), FILES)
    shared = next(
        (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    expected = ["hit"] * (1 + shared) + ["miss"] * (len(second) > shared)
    assert statuses(reported) == expected + ["not asked"] * (1 + len(second) - len(expected))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
def test_a_heredoc_that_is_not_compared_is_reported_at_the_hit(kind: Any) -> None:
    daemon = Daemon("26.1.5", kind)
    daemon.add(image_of("base:1"))
    dockerfile = "FROM base:1\nRUN cat <<EOF > /x\none\nEOF\nRUN plain\n"
    daemon.build(dockerfile)
    reported = daemon.replay(dockerfile.replace("one", "two"))
    assert statuses(reported) == ["hit", "hit"]
    (hazard,) = reported.steps[1].hazards
    assert hazard.kind == "heredoc not compared"
    assert "<<EOF" in hazard.sentence
    assert reported.steps[2].hazards == ()
    assert "Hazard (heredoc not compared): " in replay_as_text(reported, daemon.store)
    missed = daemon.replay(dockerfile.replace("cat", "tac"))
    assert missed.steps[1].hazards == ()


def test_a_hard_link_whose_content_is_not_compared_is_reported_at_the_hit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    daemon = Daemon("20.10.24")
    base = daemon.add(image_of("base:1"))

    def replayed(text: str) -> Replay:
        checksums = ContextChecksums(FolderContext(tmp_path), "", daemon.release)
        dockerfile = f"FROM base:1\n{text}\n".encode()
        return replay(dockerfile, checksums, daemon.store, daemon.rules, daemon.release, BuildOptions())

    for number, text in enumerate(("ADD b /b", "COPY a b /d/", "COPY a /a"), 1):
        probe = replayed(text).steps[1].probe
        assert probe is not None
        made = ImageConfig(created=Timestamp(number, 0, None), container_config=probe.config)
        daemon.add(Image(id=f"sha256:{number:064x}", parent=base.id, config=made))
    (tmp_path / "a").write_bytes(b"2")
    reported = replayed("ADD b /b").steps[1]
    assert reported.status is StepStatus.HIT
    (hazard,) = reported.hazards
    assert "b is a hard link to a, and the client sends only the link" in hazard.sentence
    assert replayed("COPY a b /d/").steps[1].status is StepStatus.MISS  # the first name has the content
    (tmp_path / "a").write_bytes(b"1")
    both = replayed("COPY a b /d/").steps[1]
    assert (both.status, both.hazards) == (StepStatus.HIT, ())
    assert replayed("COPY a /a").steps[1].hazards == ()


def test_a_later_stage_hits_a_step_made_by_an_early_stage(daemon: Daemon) -> None:
    """Each stage creates a different image on scratch, and the last one repeats an earlier one."""
    stages = [f"FROM scratch\nLABEL number={number}\nENV A=1\n" for number in (*range(40), 3)]
    reported = daemon.replay("".join(stages))
    assert statuses(reported)[:-2] == ["miss", "not asked"] * 40
    assert statuses(reported)[-2:] == ["hit", "hit"]
    assert [step.made_by for step in reported.steps[-2:]] == [11, 12]
