"""The hazards of a whole store, each with a similar store that does not have it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cacheview.engine import RULE_SETS
from cacheview.engine.audit import audit
from cacheview.engine.hazard import STORE_HAZARDS, HazardKind
from cacheview.model import Image, ImageStore, decode
from cacheview.model.effort import Effort

A, B, C = (f"sha256:{digit * 64}" for digit in "abc")
T = "2024-01-01T00:00:00Z"
GRAPH, CONTAINERD, OLD = "graphdriver-28.5.2", "containerd-28.5.2", "graphdriver-24.0.7"


def image(image_id: str, *, cmd: str = "", created: str | None = T, **rest: Any) -> Image:
    config: dict[str, Any] = {"created": created, "os": "linux", "architecture": "amd64"}
    config["container_config"] = {"Cmd": [cmd or image_id]} | rest.pop("made_with", {})
    config["history"] = [{"created_by": step} for step in rest.pop("steps", ("base",))]
    config["rootfs"] = {"type": "layers", "diff_ids": rest.pop("layers", ["l"])}
    document = {"id": image_id, "config": config, "built_locally": True} | rest
    return decode(Image, json.dumps(document).encode(), where="test")


def found(rules: str, *images: Image) -> dict[HazardKind, list[str]]:
    return {each.kind: [i.id for i in each.images] for each in audit(ImageStore(images), RULE_SETS[rules])}


BASE = image(A, names=["base:1"], from_scratch=True)


CASES: list[tuple[str, str, list[Image], list[Image]]] = [
    (
        "PRUNE",
        CONTAINERD,
        [BASE, image(B, parent=A), image(C, parent=B, names=["app:1"])],
        [BASE, image(B, parent=A)],
    ),
    ("PARENT_MISSING", GRAPH, [image(B, parent=C)], [BASE, image(B, parent=A)]),
    ("PARENT_CYCLE", GRAPH, [image(A, parent=B), image(B, parent=A)], [BASE, image(B, parent=A)]),
    ("MARK_MISSING", GRAPH, [BASE, image(B, parent=A, built_locally=False)], [BASE, image(B, parent=A)]),
    ("LEGACY_ONLY", OLD, [BASE, image(B, parent=A, built_locally=False)], [BASE, image(B, parent=A)]),
    ("NO_TIME", GRAPH, [BASE, image(B, parent=A, created=None)], [BASE, image(B, parent=A)]),
    (
        "TIE",
        GRAPH,
        [BASE, image(B, parent=A, cmd="x"), image(C, parent=A, cmd="x")],
        [BASE, image(B, parent=A, cmd="x"), image(C, parent=A, cmd="x", created="2024-01-01T00:00:00.000000001Z")],
    ),
    (
        "LABEL_WILDCARD",
        GRAPH,
        [BASE, image(B, parent=A, made_with={"Labels": {"a": ""}})],
        [BASE, image(B, parent=A, made_with={"Labels": {"a": "1"}})],
    ),
    ("EMPTY_CONFIG", GRAPH, [BASE, image(B, parent=A, made_with={"Cmd": None})], [BASE, image(B, parent=A)]),
    ("LAYERS_MISSING", GRAPH, [image(A, steps=("a", "b"))], [image(A, steps=("a", "b"), layers=["l", "m"])]),
    (
        "LOADED",
        GRAPH,
        [BASE, image(B, steps=("base", "x"), layers=["l", "m"])],
        [BASE, image(B, steps=("base", "x"), layers=["k", "m"])],
    ),
]


@pytest.mark.parametrize(("kind", "rules", "has", "nearly"), CASES)
def test_hazards_are_found_and_near_misses_are_not(
    kind: str, rules: str, has: list[Image], nearly: list[Image]
) -> None:
    assert set(found(rules, *has)) == {HazardKind[kind]}
    assert HazardKind[kind] not in found(rules, *nearly)


def test_every_hazard_of_stores_has_a_case() -> None:
    assert {HazardKind[kind] for kind, *_ in CASES} == STORE_HAZARDS


def test_the_prune_hazard_is_for_unnamed_images_in_containerd_stores() -> None:
    images = (BASE, image(B, parent=A), image(C, parent=B, names=["app:1"]))
    assert found(CONTAINERD, *images) == {HazardKind.PRUNE: [B]}
    assert found(GRAPH, *images) == {}


def test_a_tie_by_layers_requires_the_common_base_image() -> None:
    both = [image(n, steps=("base", "x"), layers=["l", n]) for n in (B, C)]
    both = [one.model_copy(update={"config": one.config.model_copy(update={"rootfs": both[0].config.rootfs})})
            for one in both]  # fmt: skip
    assert found("containerd-24.0.7", BASE, *both)[HazardKind.TIE] == [B, C]
    assert found("containerd-24.0.7", *both) == {}


def test_an_audit_reports_progress() -> None:
    for rules, looks in ((GRAPH, 6), ("containerd-24.0.7", 2)):
        reported: list[tuple[int, int]] = []
        audit(ImageStore((BASE,)), RULE_SETS[rules], lambda *far, reported=reported: reported.append(far))
        assert reported == [(done, looks) for done in range(looks)]


def test_it_can_be_stopped() -> None:
    looked = 0

    def stop() -> None:
        nonlocal looked
        looked += 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Effort(check_canceled=stop).spent():
        audit(ImageStore((BASE,)), RULE_SETS[GRAPH])
    assert looked == 1
