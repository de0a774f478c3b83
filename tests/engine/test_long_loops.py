"""Every long loop over images checks whether it was canceled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cacheview.engine import RULE_SETS, ImageCache, explain, prepare
from cacheview.engine.audit import audit
from cacheview.model import ContainerConfig, Image, ImageConfig, ImageStore, Probe, Timestamp
from cacheview.model.effort import Effort
from cacheview.report.explanations import as_text
from cacheview.stores.change import changes

COUNT = 4096
OFTEN = COUNT // 512
"""How often a loop over all images must check whether it was canceled."""


def image(number: int, parent: int | None) -> Image:
    step = ContainerConfig(Cmd=("/bin/sh", "-c", f"{number}"))
    created = Timestamp(1_700_000_000 + number, 0, 0)
    return Image(
        id=f"sha256:{number:064x}",
        parent=f"sha256:{parent:064x}" if parent is not None else None,
        from_scratch=parent is None,
        built_locally=True,
        config=ImageConfig(created=created, config=step, os="linux", architecture="amd64"),
        container_config=step,
    )


CHILDREN = ImageStore((image(0, None), *(image(number, 0) for number in range(1, COUNT))))
LINE = ImageStore(tuple(image(number, number - 1 if number else None) for number in range(COUNT)))
FEW = ImageStore(CHILDREN.images[:256])
PROBE = Probe(parent=CHILDREN.images[0].id, config=ContainerConfig(Cmd=("none",)))


class _Stopped(BaseException):
    pass


def stopped_after(calls: int, work: Callable[[], object]) -> None:
    """Assert that the work checks more often than this, and ends when it is canceled."""
    left = calls

    def check_canceled() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _Stopped

    with pytest.raises(_Stopped), Effort(check_canceled=check_canceled).spent():
        work()


@pytest.mark.parametrize("rules", ["containerd-29", "graphdriver-29"])
def test_making_the_indexes_of_many_candidates_can_be_stopped(rules: str) -> None:
    for store in (CHILDREN, LINE):
        stopped_after(OFTEN, lambda store=store: explain(ImageCache(store, RULE_SETS[rules]), PROBE))  # type: ignore[misc]
    cache = ImageCache(CHILDREN, RULE_SETS[rules])
    cache.verdict(PROBE)
    stopped_after(OFTEN, lambda: cache.verdict(PROBE))  # the second lookup creates tables
    stopped_after(OFTEN, lambda: explain(cache, PROBE))
    stopped_after(12 * OFTEN, lambda: prepare(ImageStore(CHILDREN.images)))


def test_showing_all_candidates_can_be_stopped() -> None:
    explanation = explain(ImageCache(FEW, RULE_SETS["containerd-29"]), PROBE)
    stopped_after(len(FEW.images) // 2, lambda: as_text(explanation, everything=True))


@pytest.mark.parametrize("rules", ["containerd-29", "graphdriver-29", "containerd-24.0.7"])
@pytest.mark.parametrize("store", [CHILDREN, LINE])
def test_an_audit_can_be_stopped(store: ImageStore, rules: str) -> None:
    stopped_after(OFTEN, lambda: audit(store, RULE_SETS[rules]))


def test_comparing_stores_can_be_stopped() -> None:
    stopped_after(OFTEN - 1, lambda: changes(CHILDREN, LINE))


def test_looking_at_many_sources_can_be_stopped() -> None:
    probe = PROBE.model_copy(update={"cache_from": tuple(each.id for each in CHILDREN.images)})
    stopped_after(OFTEN, lambda: ImageCache(CHILDREN, RULE_SETS["graphdriver-29"]).verdict(probe))
