"""Images that the cache restores from a source's history: the rest of the build finds them in the store."""

from __future__ import annotations

import pytest
from build_kit import CONTAINERD, GRAPH_DRIVER, Daemon, statuses

from cacheview.engine.ruleset import StoreKind
from cacheview.model import ContainerConfig, Image
from cacheview.replay.misses import misses
from cacheview.replay.options import BuildOptions
from cacheview.report.replays import replay_as_text

TWO_STAGES = """\
FROM scratch AS one
ENV A=1
FROM one AS two
ENV B=2
"""
DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CACHE = BuildOptions(cache_from=("app:1",))


def save_and_load(daemon: Daemon) -> None:
    """Build and leave what ``docker save`` and ``load`` keep: no parents, and only named images."""
    daemon.build(TWO_STAGES, name="app:1")
    daemon.images = [image.model_copy(update={"parent": None}) for image in daemon.images if image.names]


@pytest.mark.parametrize("version", ["20.10.24", "24.0.7", "25.0.5", "28.5.2", "29.0.0"])
def test_a_stage_on_an_image_restored_by_the_cache_is_looked_up(version: str) -> None:
    daemon = Daemon(version)
    save_and_load(daemon)
    reported = daemon.replay(TWO_STAGES, options=CACHE)
    assert reported.refused is None
    assert statuses(reported) == ["hit", "hit"]
    one, two = reported.steps[1], reported.steps[3]
    assert (one.image, one.made_by) == ("", 2)
    assert (reported.steps[2].image, reported.steps[2].made_by) == ("", 2)
    assert (two.image, two.made_by) == (daemon.images[0].id, 0)


@pytest.mark.parametrize("version", ["20.10.24", "28.5.2"])
def test_a_step_made_twice_in_a_build_is_one_image(version: str) -> None:
    daemon = Daemon(version)
    save_and_load(daemon)
    reported = daemon.replay(f"{TWO_STAGES}FROM one\nENV C=3\nFROM scratch\nENV A=1\n", options=CACHE)
    assert statuses(reported) == ["hit", "hit", "miss", "hit"]
    assert reported.steps[-1].made_by == 2


def test_a_containerd_store_fails_to_make_the_same_image_twice() -> None:
    daemon = Daemon("28.5.2", CONTAINERD)
    files = {"a": b"1"}
    dockerfile = "FROM scratch AS one\nCOPY a /a\nFROM one\nCOPY a /b\n"
    daemon.build(dockerfile, files, name="app:1")
    daemon.images = [image.model_copy(update={"parent": None, "built_locally": False}) for image in daemon.images]
    daemon.images = [image for image in daemon.images if image.names]
    reported = daemon.replay(f"{dockerfile}FROM scratch\nCOPY a /a\n", files, options=CACHE)
    assert reported.refused is not None
    assert "moby-dangling@<the image of step 2> failed because it already exists" in reported.refused.message


@pytest.mark.parametrize("kind", [CONTAINERD, GRAPH_DRIVER], ids=lambda kind: kind.value)
def test_no_placeholder_is_shown_as_an_image_id(kind: StoreKind) -> None:
    daemon = Daemon("26.1.5", kind)
    files = {"a": b"1", "b": b"2"}
    dockerfile = "FROM scratch AS one\nCOPY a /a\nFROM one\nCOPY b /b\n"
    daemon.build(dockerfile, files, name="app:1")
    daemon.images = [image.model_copy(update={"parent": None}) for image in daemon.images if image.names]
    reported = daemon.replay(dockerfile.replace("COPY b", "COPY a b"), files | {"c": b""}, options=CACHE)
    reported = daemon.replay(f"{dockerfile}ENV C=1\nFROM one\nENV D=1\n", files, options=CACHE)
    assert "miss" in statuses(reported)
    missed = list(misses(reported, daemon.store, daemon.rules))
    text = replay_as_text(reported, daemon.store, missed)
    assert "the image of step 2" in text
    assert "no child of step 2" in text or "no child of the image of step 2" in text
    known = {image.id for image in daemon.images}
    assert {step.image for step in reported.steps} <= known | {""}


def test_a_parent_recorded_by_a_hit_is_found_by_the_next_stage() -> None:
    """A graph driver records the parent of the source that is hit, which later stages then use."""
    daemon = Daemon("20.10.24")
    dockerfile = "FROM scratch\nENV A=1\n"
    daemon.build(dockerfile, name="app:1")
    (only,) = daemon.images
    base = daemon.add(Image(id="sha256:" + "b" * 64, names=("docker.io/library/b:1",), config=only.config))
    assert base.parent is None
    reported = daemon.replay(f"{dockerfile}FROM app:1\nENV B=1\n", options=CACHE)
    assert statuses(reported) == ["hit", "miss"]


def test_an_earlier_restored_image_is_a_possible_result_if_version_unknown() -> None:
    """A graph driver writes its version into the image, and a store without an engine does not report that version."""
    daemon = Daemon("20.10.24")
    save_and_load(daemon)
    first = daemon.replay(TWO_STAGES, options=CACHE).steps[2]
    assert first.possible == ()
    source = daemon.images[0]
    entry = source.history[0]
    config = source.config.model_copy(
        update={
            "docker_version": "20.10.24+dfsg1",
            "created": entry.created,
            "history": (entry,),
            "container_config": None,
            "config": ContainerConfig(Env=(DEFAULT_PATH, "A=1"), Cmd=("/bin/sh", "-c", "#(nop) ", "ENV A=1")),
        }
    )
    restored = daemon.add(Image(id="sha256:" + "e" * 64, config=config))
    reported = daemon.replay(TWO_STAGES, options=CACHE)
    assert statuses(reported) == ["hit", "hit"]
    assert (reported.steps[1].made_by, reported.steps[1].possible) == (2, (restored.id,))
    words = "the image of step 2, or eeeeeeeeeeee if an earlier build created that image for this step"
    assert f" ---> {words}\n" in replay_as_text(reported, daemon.store)


def test_a_step_that_hangs_the_daemon_ends_the_replay_without_a_quote() -> None:
    """Docker 25 with containerd, as seen on 25.0.5: a first step on scratch that is newer than the source's."""
    daemon = Daemon("25.0.5", CONTAINERD)
    dockerfile = "FROM scratch\nENV A=1\nENV B=2\n"
    daemon.build(dockerfile, name="app:1")
    daemon.build(dockerfile, options=BuildOptions(no_cache=True))
    reported = daemon.replay(dockerfile, options=CACHE)
    assert reported.refused is not None
    assert (reported.refused.line, reported.refused.by, reported.refused.message) == (
        2,
        "nobody",
        reported.refused.what,
    )
    text = replay_as_text(reported, daemon.store)
    assert "never answered at line 2: The daemon never responds to this probe. Neither the source nor" in text
    assert "daemon says" not in text
    daemon.version = "26.1.5"
    later = daemon.replay(dockerfile, options=CACHE)
    assert later.refused is not None
    assert later.refused.by == "daemon"
