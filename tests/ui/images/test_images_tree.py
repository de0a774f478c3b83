"""Every image appears once in the tree, by its lineage, whatever parents the store records."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from image_kit import make_image

from cacheview.model import ImageStore
from cacheview.ui.images.tree import Forest, ImageNode, forest


def rows(found: Forest) -> list[str]:
    """The tree as text: two spaces per level, ``|`` where a row is built on the one above it."""
    lines: list[str] = []

    def walk(nodes: list[ImageNode], level: int) -> None:
        for node in nodes:
            name = node.image.id.removeprefix("sha256:") if node.image else "scratch"
            reported = f" ({node.word})" if node.word else ""
            lines.append("  " * level + ("| " if node.follows else "") + name + reported)
            walk(node.children, level + 1)

    walk(list(found.roots), 0)
    return lines


def test_lineage(store: ImageStore) -> None:
    assert rows(forest(store)) == [
        "scratch",
        "  base",
        "    one",
        "    | two",
        "    | app",
        "    other",
        "pulled (pulled)",
        "orphan (parent not in store: gone)",
    ]


def test_hiding_intermediate_images_moves_their_descendants_up(store: ImageStore) -> None:
    found = forest(store, intermediate=False)
    assert rows(found) == [
        "scratch",
        "  base",
        "    app",
        "    other",
        "pulled (pulled)",
        "orphan (parent not in store: gone)",
    ]
    assert found.hidden == 2


def test_root_images_are_labeled_by_origin() -> None:
    store = ImageStore(
        (
            make_image("first", built=True),
            make_image("recorded", from_scratch=True, steps=3, built=False),
            make_image("loaded", steps=3),
            make_image("imported", comment="Imported from -"),
            make_image("empty", steps=0),
        )
    )
    assert rows(forest(store)) == [
        "scratch",
        "  first",
        "  recorded",
        "loaded (no parent recorded)",
        "imported (imported)",
        "empty (no parent recorded)",
    ]


def test_parent_cycles_are_broken_in_the_tree() -> None:
    store = ImageStore((make_image("self", "self"), make_image("a", "b"), make_image("b", "a"), make_image("c", "a")))
    assert rows(forest(store)) == [
        "scratch",
        "self (its own parent)",
        "a (parent cycle)",
        "  b",
        "  c",
    ]


def test_empty_store() -> None:
    assert forest(ImageStore(())).roots == ()


names = st.sampled_from("abcdefgh")


@given(parents=st.dictionaries(names, st.none() | names | st.just("gone")), named=st.sets(names), whole=st.booleans())
def test_every_image_once(parents: dict[str, str | None], named: set[str], whole: bool) -> None:
    images = tuple(
        make_image(name, parent, names=(f"docker.io/library/{name}:1",) if name in named else ())
        for name, parent in parents.items()
    )
    store = ImageStore(images)
    found = forest(store, intermediate=whole)
    shown = [node for node in found.nodes if node.image is not None]
    read = [line.lstrip(" |").partition(" ")[0] for line in rows(found)]
    assert sorted(read) == sorted([node.image.id[7:] for node in shown if node.image] + (["scratch"] if images else []))
    assert len(shown) + found.hidden == len(images)
    assert whole <= (found.hidden == 0)
    for node in found.nodes:
        siblings = node.parent.children if node.parent else found.roots
        assert siblings[node.row] is node
        if node.follows:
            assert siblings[node.row - 1] is node.origin


def test_a_lineage_of_10_000_steps_is_flat() -> None:
    images = tuple(make_image(str(i), str(i - 1) if i else None) for i in range(10_000))
    begun = time.perf_counter()
    found = forest(ImageStore(images))
    assert time.perf_counter() - begun < 2  # it takes a fiftieth of that
    scratch = found.roots[0]
    assert len(scratch.children) == 10_000
    assert all(not node.children for node in scratch.children)
