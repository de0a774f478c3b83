"""A base that the builder would pull: its contents are unknown."""

from __future__ import annotations

from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.dockerfile.release import builder_release
from cacheview.engine.rulesets.named import named
from cacheview.engine.rulesets.releases import choose
from cacheview.model import HistoryEntry, Image, ImageConfig, ImageStore, StoreKind
from cacheview.replay.check import build_result
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.file import ExpectedBuild, ExpectedStep, ReplayCase
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, StepStatus


def played(dockerfile: str) -> Replay:
    choice = choose("28.5.2", StoreKind.CONTAINERD, "")
    assert choice is not None
    release = builder_release("28.5.2")
    files = ContextChecksums(MemoryContext.from_sample({}), "Dockerfile", release)
    return replay(dockerfile.encode(), files, ImageStore(()), choice.rules, release, BuildOptions(), name="Dockerfile")


def test_a_history_upon_a_pulled_base_is_not_predicted() -> None:
    reported = played("FROM example.com/base:1\nLABEL a=1\n")
    assert reported.refused is None
    assert reported.history is None
    assert [step.status for step in reported.steps] == [StepStatus.NO_PROBE, StepStatus.UNKNOWN]


def test_a_history_upon_a_stage_with_a_pulled_base_is_not_predicted() -> None:
    assert played("FROM example.com/base:1 AS one\nLABEL a=1\nFROM one\nLABEL b=1\n").history is None


def test_an_independent_stage_is_predicted() -> None:
    reported = played("FROM example.com/base:1 AS one\nLABEL a=1\nFROM scratch\nLABEL b=1\n")
    assert reported.history == ("/bin/sh -c #(nop)  LABEL b=1",)


def test_triggers_of_an_unknown_base_are_not_differences() -> None:
    case = ReplayCase(
        engine="28.5.2",
        kind="containerd",
        dockerfile="FROM example.com/base:1\nLABEL a=1\n",
        expect=ExpectedBuild(
            ok=True,
            steps=(
                ExpectedStep(
                    instruction="FROM example.com/base:1", image="sha256:" + "a" * 64, triggers=(False, False)
                ),
                ExpectedStep(instruction="LABEL a=1", image="sha256:" + "b" * 64),
            ),
        ),
    )
    assert build_result(case).differences == ()


def test_layers_of_a_pulled_cache_from_image_count_as_unpacked() -> None:
    """The containerd stores up to Docker 25.0 require this of the images in --cache-from."""
    rules = named("Docker 25.0.5, overlayfs").rules
    release = builder_release("25.0.5")
    files = ContextChecksums(MemoryContext.from_sample({}), "Dockerfile", release)
    history = tuple(HistoryEntry(created_by=f"/bin/sh -c #(nop)  LABEL {name}=1", empty_layer=True) for name in "ab")
    config = ImageConfig(os="linux", architecture="amd64", history=history)
    loaded = Image(id="sha256:" + "a" * 64, names=("docker.io/library/app:1",), config=config)
    statuses = []
    for image in (loaded, loaded.model_copy(update={"unpacked": True})):
        reported = replay(
            b"FROM scratch\nLABEL a=1\n",
            files,
            ImageStore((image,)),
            rules,
            release,
            BuildOptions(cache_from=("app:1",)),
            name="Dockerfile",
        )
        statuses.append(reported.steps[-1].status)
    assert statuses == [StepStatus.UNKNOWN, StepStatus.HIT]
