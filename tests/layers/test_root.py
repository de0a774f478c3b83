"""The root of an image, its layers applied in order."""

from __future__ import annotations

import tarfile
import time

import pytest
from layer_kit import Layers, entry, layer

from cacheview.layers.entry import LayerError
from cacheview.layers.listing import root_of

D, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def test_a_whiteout_removes_a_file_and_a_folder_with_all_in_it() -> None:
    below = layer(entry("d", kind=D), entry("d/e", kind=D), entry("d/e/f"), entry("a"), entry("b"))
    assert Layers(below, layer(entry(".wh.d"), entry(".wh.a"))).names() == ["b"]


def test_an_opaque_folder_hides_what_lies_below_it_in_lower_layers_alone() -> None:
    below = layer(entry("d", kind=D), entry("d/old"), entry("d/s", kind=D), entry("d/s/old"), entry("x"))
    above = layer(entry("d", kind=D), entry("d/s/new"), entry("d/new"), entry("d/.wh..wh..opq"))
    assert Layers(below, above).names() == ["d", "d/new", "d/s", "d/s/new", "x"]


def test_a_file_in_place_of_a_folder_takes_all_in_it_away_and_a_folder_keeps_it() -> None:
    below = layer(entry("d", kind=D), entry("d/f"), entry("e", kind=D), entry("e/f"))
    above = layer(entry("d"), entry("e", kind=D, mode=0o700))
    files = Layers(below, above).files
    root = files.root(Layers(below, above).diff_ids)
    assert sorted(root) == ["d", "e", "e/f"]
    assert root["e"].entry.mode == 0o700


def test_a_hard_link_has_the_content_and_the_attributes_of_its_file() -> None:
    layers = Layers(layer(entry("a", b"content", mode=0o600, uid=7), entry("b", kind=HARD, linkname="a")))
    link = layers.files.root(layers.diff_ids)["b"]
    assert (link.entry.path, link.entry.number, link.entry.size, link.entry.mode, link.entry.uid) == (
        "b",
        0,
        7,
        0o600,
        7,
    )


def test_a_hard_link_keeps_its_content_when_the_first_name_is_replaced() -> None:
    layers = Layers(
        layer(entry("a", b"old"), entry("b", kind=HARD, linkname="a")),
        layer(entry("a", b"newer")),
    )
    root = layers.files.root(layers.diff_ids)
    assert (root["a"].diff_id, root["a"].entry.size) == (layers.diff_ids[1], 5)
    assert (root["b"].diff_id, root["b"].entry.size) == (layers.diff_ids[0], 3)


def test_a_folder_without_an_entry_is_implied() -> None:
    layers = Layers(layer(entry("a/b/c")))
    root = layers.files.root(layers.diff_ids)
    assert [path for path, file in root.items() if file.is_implied] == ["a", "a/b"]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/../x"])
def test_a_name_that_points_outside_is_refused(name: str) -> None:
    layers = Layers(layer(entry(name)))
    with pytest.raises(LayerError, match="outside the image"):
        layers.files.root(layers.diff_ids)


def test_a_hard_link_to_nothing_is_refused() -> None:
    layers = Layers(layer(entry("b", kind=HARD, linkname="a")))
    with pytest.raises(LayerError, match="hard link"):
        layers.files.root(layers.diff_ids)


def test_a_leading_slash_and_dots_are_dropped() -> None:
    assert Layers(layer(entry("/a"), entry("./b"), entry("./", kind=D))).names() == ["a", "b"]


def test_deep_folders_and_many_opaque_marks_take_linear_time() -> None:
    deep = "/".join(["d"] * 2000)
    members = [entry(f"{deep}/{number}") for number in range(200)]
    marks = [entry(f"{deep}/.wh..wh..opq") for _ in range(200)]
    layers = Layers(layer(*members), layer(*marks, *members))
    listings = [layers.files.listing(diff_id) for diff_id in layers.diff_ids]
    begun = time.process_time()
    assert len(root_of(listings)) == 2200
    assert time.process_time() - begun < 20
