"""How the images pane marks what is unknown about an image."""

from __future__ import annotations

from typing import get_args

import pytest
from image_kit import make_image, marks
from PySide6.QtCore import Qt

from cacheview.model import Aspect, ContainerConfig, Doubt, Image, ImageStore, Probe
from cacheview.ui.images.marks import doubts_mark
from cacheview.ui.images.model import ImageTreeModel
from cacheview.ui.images.row_painter import RowPainter

Role = Qt.ItemDataRole


def doubt(aspect: Aspect, reason: str = "It is <i>not</i> told.") -> Doubt:
    return Doubt(aspect=aspect, reason=reason, remedy="Open the data root.")


def unsure(image: Image, *aspects: Aspect) -> Image:
    return image.model_copy(update={"doubts": tuple(doubt(aspect) for aspect in aspects)})


@pytest.fixture
def model(qapp: object) -> ImageTreeModel:
    model = ImageTreeModel()
    base = make_image("base", names=("docker.io/library/base:1",))
    unknown = unsure(make_image("one", "base", built=False), "container_config", "history.author", "built_locally")
    model.set_store(ImageStore((base, unknown, unsure(make_image("two", "base"), "built_locally"))))
    return model


def test_doubts_are_listed_in_the_tool_tip(model: ImageTreeModel) -> None:
    index = model.index_of_image("sha256:one")
    node = model.node(index)
    assert node is not None
    (mark,) = model.marks_of(node)
    assert (mark.kind, mark.is_faint) == ("not-certain", True)
    assert mark.meaning.splitlines() == [
        "Not known exactly:",
        "• its build config. It is <i>not</i> told. Open the data root.",
        "• the authors in its history. It is <i>not</i> told. Open the data root.",
    ]
    tip = str(model.data(index, Role.ToolTipRole))
    assert "Open the data root." in tip
    assert "<i>not</i>" not in tip
    assert str(model.data(index, Role.AccessibleTextRole)).endswith("partly unknown")


def test_doubts_common_to_all_images_are_not_marked(qapp: object) -> None:
    model = ImageTreeModel()
    images = [unsure(make_image(name), "history.created") for name in ("a", "b")]
    images.append(unsure(make_image("c"), "history.created", "container_config"))
    store = ImageStore(tuple(images))
    model.set_store(store)
    reported = [[mark.word for mark in model.marks_of(node)] for node in model.forest.nodes if node.image is not None]
    assert reported == [[], [], ["partly unknown"]]
    assert [doubt.aspect for doubt in store.common_doubts] == ["history.created"]


@pytest.mark.parametrize("image_id", ["sha256:base", "sha256:two"])
def test_doubts_about_fields_no_rule_reads_are_not_marked(model: ImageTreeModel, image_id: str) -> None:
    node = model.node(model.index_of_image(image_id))
    assert node is not None
    assert model.marks_of(node) == ()


def test_a_candidate_that_may_match_is_not_reported_to_fail(model: ImageTreeModel) -> None:
    store = model._store
    assert store is not None
    model.set_marks(marks(store, Probe(parent="sha256:base", config=ContainerConfig(Cmd=("RUN one",)))))
    node = model.node(model.index_of_image("sha256:one"))
    assert node is not None
    (mark,) = model.marks_of(node)  # one mark, without the faint one next to it
    assert (mark.kind, mark.word, mark.is_faint) == ("not-certain", "may match", False)
    assert "Open the data root." in mark.meaning
    other = model.node(model.index_of_image("sha256:two"))
    assert other is not None
    assert [mark.kind for mark in model.marks_of(other)] == ["failed"]


@pytest.mark.looks
def test_the_faint_mark_is_smaller_than_one_with_a_word(qapp: object) -> None:
    painter = RowPainter()
    faint = doubts_mark(unsure(make_image("x"), "config"))
    assert faint is not None
    badge = painter._badge(faint, 1.0)
    picture = badge.toImage()
    assert badge.width() == badge.height()
    assert any(picture.pixelColor(x, y).alpha() > 200 for x in range(badge.width()) for y in range(badge.height()))


def test_every_doubtful_aspect_has_a_description() -> None:
    for aspect in get_args(Aspect):
        mark = doubts_mark(unsure(make_image("x"), aspect))
        assert (mark is None) == (aspect in ("built_locally", "config_digest", "config.other"))
        if mark is not None:
            assert "_" not in mark.meaning
            assert mark.meaning.count("• ") == 1
