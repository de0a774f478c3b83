"""A Dockerfile with 50 cached steps, replayed in a store of 10,000 images and in a store with only the steps' images.

pytest tests/benchmarks/bench_replay.py -s

Both are measured alternately in the same run, in processor time. The image of each step is one of 200 children of its
parent that differ in their commands. The context is one small file, since `bench_hashing` measures hashing.
"""

from __future__ import annotations

import statistics
import time

import pytest

from cacheview.dockerfile.context import MemoryContext
from cacheview.dockerfile.document import read_document
from cacheview.dockerfile.release import builder_release
from cacheview.engine.rulesets import RULE_SETS
from cacheview.model import Image, ImageStore, Timestamp
from cacheview.replay.build import run_build
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.finished_stages import FinishedStages
from cacheview.replay.image_files import NO_IMAGE_FILES
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay

COUNT = 10_000
ROUNDS = 15
RATIO = 5.0
LIMIT = 0.050

RELEASE = builder_release("28.5.2")
CONTEXT = MemoryContext.from_sample({"x": {"type": "file", "mode": "0644", "content_b64": "aGkK"}})
TEXT = "FROM scratch\n" + "".join(
    f"ENV V{i}={i}\nLABEL l{i}=$V{i}\nRUN echo $V{i}\nCOPY x /x{i}\nWORKDIR /w{i}\n" for i in range(10)
)


def replayed(store: ImageStore, rules: str) -> Replay:
    checksums = ContextChecksums(CONTEXT, "Dockerfile", RELEASE)
    return replay(TEXT.encode(), checksums, store, RULE_SETS[rules], RELEASE, BuildOptions())


def chain(rules: str) -> list[Image]:
    """Return the images that the Dockerfile creates, as a store contains them after the build."""
    checksums = ContextChecksums(CONTEXT, "Dockerfile", RELEASE)
    now = Timestamp(1_700_000_000, 0, None)
    options, rule_set = BuildOptions(), RULE_SETS[rules]
    build = FinishedStages(
        ImageStore(()),
        rule_set,
        RELEASE,
        options,
        checksums,
        NO_IMAGE_FILES,
        now,
        lambda _: None,
        drops_last_stage=False,
    )
    run_build(build, read_document(TEXT.encode(), RELEASE))
    ids = {made.id: f"sha256:{number:064x}" for number, made in enumerate(build.new_images)}
    return [
        image.model_copy(update={"id": ids[image.id], "parent": ids.get(image.parent or "")})
        for image in (made.image for made in build.new_images)
    ]


def siblings(images: list[Image], count: int) -> list[Image]:
    """Return images that other commands created on the same parents."""
    found = []
    for number in range(count):
        image = images[number % len(images)]
        config = image.container_config
        assert config is not None
        other = config.model_copy(update={"Cmd": (*(config.Cmd or ())[:-1], f"{(config.Cmd or ('',))[-1]} {number}")})
        found.append(image.model_copy(update={"id": f"sha256:{number + 1_000_000:064x}", "container_config": other}))
    return found


def seconds(store: ImageStore, rules: str) -> float:
    start = time.process_time()
    replayed(store, rules)
    return time.process_time() - start


@pytest.mark.parametrize("rules", ["containerd-71ebfc7", "graphdriver-28.5.2", "containerd-29"])
def test_replay_of_50_steps(rules: str) -> None:
    steps = chain(rules)
    few, many = ImageStore(tuple(steps)), ImageStore((*siblings(steps, COUNT - len(steps)), *steps))
    for store in (few, many):
        result = replayed(store, rules)
        assert (result.all_cached, result.total) == (True, 51)
    rounds = [(seconds(few, rules), seconds(many, rules)) for _ in range(ROUNDS)]
    alone, among = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(
        f"\n{rules}: 50 steps among {COUNT:,} images {among * 1e3:.1f} ms, among {len(steps)} {alone * 1e3:.1f} ms, "
        f"ratio {among / alone:.2f}"
    )
    assert among / alone < RATIO
    assert among < LIMIT
