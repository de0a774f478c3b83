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


def test_an_opaque_folder_hides_only_content_of_lower_layers() -> None:
    below = layer(entry("d", kind=D), entry("d/old"), entry("d/s", kind=D), entry("d/s/old"), entry("x"))
    above = layer(entry("d", kind=D), entry("d/s/new"), entry("d/new"), entry("d/.wh..wh..opq"))
    assert Layers(below, above).names() == ["d", "d/new", "d/s", "d/s/new", "x"]


def test_a_file_replaces_a_whole_folder_and_a_folder_merges() -> None:
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


def test_a_folder_written_to_without_an_entry_is_marked_as_implied() -> None:
    below = layer(entry("a", kind=D, mode=0o711), entry("a/b", kind=D), entry("a/b/c"), entry("d", kind=D))
    above = layer(entry("a/b/new"), entry("d/new"), entry("d", kind=D))
    for changed in (above, layer(entry("a/b/.wh.c"), entry("d", kind=D))):
        layers = Layers(below, changed)
        root = layers.files.root(layers.diff_ids)
        assert {path for path, file in root.items() if file.implied_by == layers.diff_ids[1]} == {"a", "a/b"}
        assert root["a"].entry.mode == 0o711
    again = Layers(below, above, layer(entry("a", kind=D, mode=0o700)))
    assert again.files.root(again.diff_ids)["a"].implied_by == ""


def test_a_container_layer_starts_with_dockers_own_mount_files() -> None:
    below = layer(
        entry("etc", kind=D, mode=0o700),
        entry("etc/hosts", b"of the image"),
        entry("proc", kind=LINK, linkname="etc"),
        entry("sys", kind=D, mode=0o500),
        entry("dev", b"a file"),
    )
    layers = Layers(below, layer(entry("etc", kind=D, mode=0o700), entry("etc/.wh.hostname"), entry("made")))
    plain = layers.files.root(layers.diff_ids)
    assert plain["etc/hosts"].entry.size == 12
    root = layers.files.root(layers.diff_ids, (1,))
    assert set(root) - set(plain) == {
        *(".dockerenv", "dev/pts", "dev/shm", "dev/console", "etc/resolv.conf", "etc/mtab")
    }
    assert (root["etc/hosts"].entry.size, root["etc/hosts"].entry.mode) == (0, 0o755)
    assert root["proc"].entry.kind is root["dev"].entry.kind is root["etc"].entry.kind
    assert (root["sys"].entry.mode, root["etc"].entry.mode) == (0o500, 0o700)
    assert root["etc/mtab"].entry.target == "/proc/mounts"


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
