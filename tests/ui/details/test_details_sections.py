"""The sections of an image's details, as plain values."""

from __future__ import annotations

import pytest
from details_kit import NASTY, make_image, store_of
from pytestqt.modeltest import ModelTester

from cacheview.engine import CONTAINERD_71EBFC7
from cacheview.model import HistoryEntry, Image, ImageStore, decode
from cacheview.report.forms import joined
from cacheview.report.images import image_as_json
from cacheview.ui.details.model import DetailsModel
from cacheview.ui.details.sections import DetailsRow, Section, as_lines, sections_of
from cacheview.visible import is_unprintable


def details(image: Image, store: ImageStore) -> dict[str, Section]:
    return {section.title: section for section in sections_of(image, store, CONTAINERD_71EBFC7)}


def values(section: Section) -> dict[str, str]:
    return {row.name: row.value for row in section.rows}


@pytest.fixture(scope="module")
def store() -> ImageStore:
    return store_of(make_image(1, names=("docker.io/library/base:1",)), make_image(2, 1), make_image(3, 2, steps=3))


def test_facts_of_an_image(store: ImageStore) -> None:
    shown = details(store.images[0], store)
    facts = values(shown["Image"])
    assert facts["ID"] == store.images[0].id
    assert facts["Platform"] == "linux/arm64"
    assert facts["Size"] == "123 MB (123,456,789 bytes)"
    assert facts["Created"].startswith("2023-11-14T22:13:21")
    assert values(shown["Names"]) == {"1": "docker.io/library/base:1"}
    assert [row.value for row in shown["Origin"].rows][-2:] == ["an engine", "engine:"]


def test_parent_and_children_lead_to_their_images(store: ImageStore) -> None:
    base, middle, last = store.images
    shown = details(middle, store)
    assert [(row.value, row.image) for row in shown["Parent"].rows] == [("base:1  RUN 1.1", base.id)]
    assert [(row.value, row.image) for row in shown["Children"].rows] == [(f"{last.short_id}  RUN 3.2", last.id)]
    assert [row.value for row in details(base, store)["Parent"].rows] == ["none recorded"]


def test_a_parent_that_the_store_lacks_is_reported_missing() -> None:
    image = make_image(2, 1)
    (row,) = details(image, store_of(image))["Parent"].rows
    assert (row.name, row.value, row.image) == ("Not in the store", image.parent, "")


def test_every_config_entry_is_a_row(store: ImageStore) -> None:
    shown = details(store.images[0], store)
    assert values(shown["Config"]) == {
        "User": "nobody",
        "ExposedPorts[0]": "80/tcp",
        "Env[0]": "A=1",
        "Env[1]": f"B={NASTY}",
        'Labels["k"]': "v",
    }
    assert values(shown["Container config"]) == {"Cmd[0]": "/bin/sh", "Cmd[1]": "-c", "Cmd[2]": "RUN 1"}


def test_history_and_layers_in_their_order(store: ImageStore) -> None:
    shown = details(store.images[2], store)
    assert values(shown["Layers"]) == {"1": f"sha256:{0:064x}", "2": f"sha256:{2:064x}"}
    assert [row.value.split("\n") for row in shown["History"].rows] == [
        ["RUN 3.0", "comment c"],
        ["RUN 3.1", "no layer · comment c"],
        ["RUN 3.2", "comment c"],
    ]


def test_doubts_are_listed_in_the_details_with_their_remedy(store: ImageStore) -> None:
    shown = details(store.images[2], store)
    assert values(shown["Not known exactly"]) == {"When it was created": "A reason. A remedy."}
    assert "Not known exactly" not in details(store.images[0], store)


def test_an_unrecorded_built_here_mark_is_not_shown_as_certain(store: ImageStore) -> None:
    marked = store.images[1].model_copy(update={"built_locally": True})
    assert values(details(store.images[1], store)["Origin"])["Built here"].startswith("most likely: ")
    assert values(details(store.images[0], store)["Origin"])["Built here"].startswith("not known: ")
    assert values(details(marked, store)["Origin"])["Built here"] == "yes, as recorded in the store"


def test_rows_of_a_long_history_are_created_on_demand(monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    made: list[DetailsRow] = []
    image = make_image(1, steps=10_000)

    def make(place: int, _: HistoryEntry) -> DetailsRow:
        made.append(DetailsRow(str(place), ""))
        return made[-1]

    monkeypatch.setattr("cacheview.ui.details.sections._entry", make)
    model = DetailsModel()
    model.set_sections(sections_of(image, store_of(image), CONTAINERD_71EBFC7))
    assert model.rowCount() > 15_000
    assert not made
    model.index(model.rowCount() - 1, 1).data()
    assert len(made) == 1


def test_the_model_is_a_proper_table(store: ImageStore, qtmodeltester: ModelTester) -> None:
    model = DetailsModel()
    model.set_sections(sections_of(store.images[2], store, CONTAINERD_71EBFC7))
    qtmodeltester.check(model)
    drawn = [str(model.index(row, 1).data()) for row in range(model.rowCount())]
    assert not [text for text in drawn if any(map(is_unprintable, text))]


def test_copied_details_have_no_unprintable_characters() -> None:
    image = make_image(1, names=(f"docker.io/library/{NASTY}:1",))
    image = image.model_copy(
        update={"config": image.config.model_copy(update={"history": (HistoryEntry(created_by=NASTY),)})}
    )
    store = store_of(image)
    for text in (joined(as_lines(sections_of(image, store, CONTAINERD_71EBFC7))), image_as_json(image)):
        assert "<b>n</b>" in text
        assert not [character for character in text if is_unprintable(character) and character != "\n"]
    assert decode(Image, image_as_json(image)) == image
