"""What continues a parent's history, looked up by command and once for images alike, equals each comparison."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

import pytest
from blurring import DOUBTS
from strategies import IDS

from cacheview.engine import RULE_SETS, RuleSet
from cacheview.engine.continuations import Continuations
from cacheview.engine.history import created_by, history_checks
from cacheview.engine.layers import layer_checks
from cacheview.engine.stage_check import Certainty, StageCheck, conjunction
from cacheview.model import Aspect, ContainerConfig, HistoryEntry, Image, ImageConfig, RootFS, Timestamp

RULES = [RULE_SETS[name] for name in ("graphdriver-24.0.7", "containerd-24.0.9", "containerd-29")]
COMMANDS = [ContainerConfig(Cmd=words) for words in (None, ("make",), ("base",))]


def checks_of(image: Image, parent: Image | None, config: ContainerConfig, rules: RuleSet) -> Iterable[StageCheck]:
    if rules.by_layers:
        assert parent is not None
        return layer_checks(image, parent, config, rules)
    return history_checks(image, parent, config, rules)


def kinds() -> tuple[Image, ...]:
    """Return images with few differences, each with at most one doubt, in an order that mixes them."""
    first, later, other = (
        HistoryEntry(created=Timestamp(1_700_000_000 + second, 0, None), created_by=command)
        for second, command in ((0, "base"), (1, "base"), (0, "other"))
    )
    step = HistoryEntry(created_by="make")
    histories = [(), (first,), (first, step), (later, step), (other, step)]
    aspects: tuple[Aspect | None, ...] = ("history.created_by", "history", "history.created", "diff_ids", None)
    return tuple(
        Image(
            id=f"sha256:{number:064x}",
            config=ImageConfig(history=history, rootfs=RootFS(diff_ids=layers)),
            doubts=(DOUBTS[aspect],) if aspect is not None else (),
        )
        for number, (history, layers, aspect) in enumerate(product(histories, (("a",), ("a", "b")), aspects))
    )


@pytest.mark.slow
@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.name)
def test_the_possible_continuations_are_those_that_single_comparisons_find(rules: RuleSet) -> None:
    images = kinds()
    for parent in (*images[::3], *(() if rules.by_layers else (None,))):
        continuations = Continuations(images, parent, rules)
        known = dict(continuations.commands())
        for config in COMMANDS:
            expected = [(image, *conjunction(checks_of(image, parent, config, rules))) for image in images]
            assert list(continuations.possible(config)) == [each for each in expected if each[1] is not Certainty.NO]
            certain = next((image for image, certainty, _ in expected if certainty is Certainty.YES), None)
            assert known.get(created_by(config)) == certain


def test_an_image_that_may_pass_a_check_is_nearer_than_one_that_certainly_fails_it() -> None:
    rules = RULE_SETS["containerd-29"]
    times = [Timestamp(1_700_000_000 + second, 0, None) for second in range(2)]

    def image(image_id: str, first: Timestamp, *more: HistoryEntry) -> Image:
        history = (HistoryEntry(created=first, created_by="base"), *more)
        return Image(id=image_id, config=ImageConfig(history=history, rootfs=RootFS(diff_ids=("a",))))

    step = HistoryEntry(created_by="make")
    parent, fails = image(IDS[0], times[0]), image(IDS[1], times[1], step)
    may_pass = fails.model_copy(update={"id": IDS[2], "doubts": (DOUBTS["history"],)})
    nearest = Continuations((fails, may_pass), parent, rules).nearest(ContainerConfig(Cmd=("make",)))
    assert nearest is not None
    assert (nearest.image, nearest.passed) == (may_pass, 5)
