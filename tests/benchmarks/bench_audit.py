"""An audit of a whole store: with ten times as many images, it takes little more than ten times as long."""

from __future__ import annotations

import statistics
import time

import pytest

from cacheview.engine import RULE_SETS
from cacheview.engine.audit import audit
from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Timestamp

ROUNDS = 5
TIME = Timestamp(1_700_000_000, 0, None)


def alike(count: int) -> ImageStore:
    """Return images of the same time that differ only in their commands: only their configs distinguish them."""
    base = Image(id="sha256:base", config=ImageConfig(created=TIME))
    made = [
        Image(
            id=f"sha256:{number:064x}",
            parent=base.id,
            config=ImageConfig(
                created=TIME,
                container_config=ContainerConfig(Cmd=(str(number % (count * 9 // 10)),)),
                history=(HistoryEntry(created=TIME, created_by=str(number)),),
            ),
        )
        for number in range(count)
    ]
    return ImageStore((base, *made))


def seconds(store: ImageStore, name: str) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        audit(ImageStore(store.images), RULE_SETS[name])
        taken.append(time.process_time() - start)
    return statistics.median(taken)


@pytest.mark.parametrize("name", ["graphdriver-24.0.7", "containerd-24.0.7", "containerd-71ebfc7", "containerd-29"])
def test_ten_times_the_images(name: str) -> None:
    few, many = seconds(alike(1_000), name), seconds(alike(10_000), name)
    print(f"\n{name}: 1,000 images {few * 1000:.0f} ms, 10,000 images {many * 1000:.0f} ms, ratio {many / few:.1f}")
    assert many / few < 30
