"""A line written in pieces equals the line written at once, and an incomplete line leaves nothing behind."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cacheview.model import (
    ContainerConfig,
    DataError,
    Expectation,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    SuiteCase,
)
from cacheview.model.effort import Effort
from cacheview.model.suite import SuiteProbe
from cacheview.replay.file import ExpectedBuild, ReplayCase
from cacheview.stores.budget import Budget
from cacheview.stores.limits import Limits
from cacheview.stores.line_pieces import line_pieces, read_back, write_line
from cacheview.stores.lines import document_lines
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.progress import Canceled
from cacheview.stores.save import suite_line, write_suite

IMAGES = tuple(
    Image(
        id=f"sha256:{number:064x}",
        names=(f"é:{number}",),
        config=ImageConfig(config=ContainerConfig(Env=("A=[{",)), history=(HistoryEntry(created_by="x"),)),
    )
    for number in range(5)
)
PROBES = (SuiteProbe(name="}]", config=ContainerConfig(Cmd=()), expect=Expectation(outcome="miss")), SuiteProbe())
MODELS = [
    SuiteCase(rules="r"),
    SuiteCase(rules="", images=IMAGES),
    SuiteCase(rules="r", name="n", images=IMAGES, probes=PROBES, walk=True, layer_content={"a": "empty"}),
    ReplayCase(engine="28", kind="containerd", dockerfile="", expect=ExpectedBuild(ok=True), images=None),
    ReplayCase(
        engine="28", kind="containerd", dockerfile="FROM x", expect=ExpectedBuild(ok=False), images=IMAGES, members=()
    ),
]


@pytest.mark.parametrize("model", MODELS)
def test_a_line_written_in_pieces_equals_one_written_at_once(model: SuiteCase | ReplayCase) -> None:
    assert "".join(line_pieces(model)) == model.model_dump_json(exclude_defaults=True) + "\n"
    assert read_back(model, "here") == model


@pytest.mark.parametrize("compressed", [False, True])
def test_a_written_line_of_any_size_is_read_back(compressed: bool) -> None:
    file = io.BytesIO()
    for model in MODELS:
        write_line(file, line_pieces(model), "here", is_compressed=compressed)
    content = gzip.decompress(file.getvalue()) if compressed else file.getvalue()
    for size in (1, 300, 100_000):
        stream = io.BytesIO(content)
        again = [line.document for line in document_lines(stream, "", Budget(Limits(line=size)), ReplayCase)]
        assert again == MODELS


def test_a_value_that_could_not_be_read_again_is_not_written() -> None:
    for model in MODELS[1:]:
        with pytest.raises(DataError, match=r"here: (images\[0\]|engine|name|rules).*can read at most 3"):
            write_line(io.BytesIO(), line_pieces(model, limits=Limits(document=3)), "here", is_compressed=False)


def test_a_line_too_long_to_be_read_again_is_not_written() -> None:
    model = MODELS[3].model_copy(update={"scenario": "x" * 400, "dockerfile": "y" * 400})
    assert len("".join(line_pieces(model, limits=Limits(document=5000)))) < 5000
    with pytest.raises(DataError, match="can read at most 600"):
        list(line_pieces(model, limits=Limits(document=600)))


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_a_canceled_save_keeps_the_old_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text("kept")

    def cancel() -> None:
        raise Canceled

    many = OpenedCase("many", ImageStore(tuple(IMAGES[0].model_copy(update={"id": str(i)}) for i in range(2000))), "r")
    with pytest.raises(Canceled), Effort(check_canceled=cancel).spent():
        write_suite(file, suite_line(many))
    assert file.read_text() == "kept"
    assert os.listdir(tmp_path) == [name]


def test_lines_are_produced_lazily() -> None:
    made: list[str] = []

    def elements() -> Iterator[Image]:
        for image in IMAGES:
            made.append(image.id)
            yield image

    pieces = line_pieces(MODELS[1], {"images": elements()})
    while not made:
        next(pieces)
    assert made == [IMAGES[0].id]
