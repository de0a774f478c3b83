"""The sources of a reference, and what they depend on that is not known."""

from __future__ import annotations

from blurring import DOUBTS
from strategies import IDS

from cacheview.engine import RULE_SETS, ImageCache, VerdictOutcome
from cacheview.engine.lineage import Lineage, lineages
from cacheview.model import Aspect, ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Probe, RootFS

CONTAINERD, GRAPH_DRIVER = RULE_SETS["containerd-25.0.2"], RULE_SETS["graphdriver-29"]
STEP, METADATA = HistoryEntry(created_by="make"), HistoryEntry(created_by="label", empty_layer=True)


def image(number: int, *doubts: Aspect, parent: int | None = None, steps: int = 2, layers: int = 2) -> Image:
    return Image(
        id=IDS[number],
        names=(f"docker.io/library/image{number}:latest",),
        parent=IDS[parent] if parent is not None else None,
        config=ImageConfig(
            history=(*[METADATA] * (steps - layers), *[STEP] * min(steps, layers)),
            rootfs=RootFS(diff_ids=("l", "m", "n")[:layers]),
        ),
        doubts=tuple(DOUBTS[aspect] for aspect in doubts),
    )


def lineage_of(*images: Image) -> Lineage:
    """Return the lineage of the first image."""
    return lineages(ImageStore(images), (images[0].id,), CONTAINERD)[0]


def open_ended(lineage: Lineage) -> list[Aspect]:
    return [doubt.aspect for doubt in lineage.open_ended]


def test_a_doubt_about_a_parent_matters_up_to_the_last_image_that_the_history_allows() -> None:
    on_parent = image(0, "parent", parent=1)
    assert open_ended(lineage_of(on_parent, image(1))) == ["parent"]
    assert open_ended(lineage_of(image(0, parent=1), image(1, "parent", parent=2), image(2))) == []
    longer = image(0, parent=1, steps=3, layers=3)
    assert open_ended(lineage_of(longer, image(1, "parent"))) == ["parent"]


def test_an_unknown_history_leaves_open_whether_there_are_sources_and_how_many() -> None:
    lineage = lineage_of(image(0, "history", parent=1), image(1))
    assert DOUBTS["history"] in lineage.doubts
    assert open_ended(lineage) == ["history"]


def test_unknown_sizes_matter_if_an_entry_may_lack_its_layer() -> None:
    def doubts(*aspects: Aspect, steps: int, layers: int) -> list[Aspect]:
        return [doubt.aspect for doubt in lineage_of(image(0, *aspects, steps=steps, layers=layers)).doubts]

    assert doubts("diff_ids", steps=2, layers=2) == ["diff_ids"]
    assert doubts("diff_ids", steps=2, layers=0) == []  # no entry needs a layer
    assert doubts("history.empty_layer", steps=2, layers=2) == []
    assert doubts("history.empty_layer", steps=2, layers=0) == ["history.empty_layer"]
    assert doubts("diff_ids", "history.empty_layer", steps=2, layers=2) == ["diff_ids", "history.empty_layer"]


def test_a_reference_by_name_may_mean_any_image_if_names_are_not_known() -> None:
    """The graph driver brings in only the image itself."""
    other = image(1, "names").model_copy(update={"names": ()})
    probe = Probe(config=ContainerConfig(Cmd=("make",)), cache_from=("image0",))
    verdict = ImageCache(ImageStore((image(0, steps=1, layers=1), other)), GRAPH_DRIVER).verdict(probe)
    assert verdict.outcome is VerdictOutcome.UNKNOWN
    assert verdict.unknown is not None
    assert verdict.unknown.may_hit_others
    by_id = probe.model_copy(update={"cache_from": (IDS[0],)})
    assert ImageCache(ImageStore((image(0, steps=1, layers=1), other)), GRAPH_DRIVER).verdict(by_id).image is not None
