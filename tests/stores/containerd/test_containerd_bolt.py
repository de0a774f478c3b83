"""Bolt's file format: databases are read back as they were written; damaged and malicious files cost little to read."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator

import pytest
from bolt_writer import Tree, Writer
from containerd_samples import DATABASE, ENGINES, unpack
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from cacheview.model import DataError
from cacheview.stores.containerd.bolt import Bolt, Bucket
from cacheview.stores.problems import Problems

pytestmark = pytest.mark.slow

KEYS = st.binary(min_size=1, max_size=12)
TREES = st.recursive(
    st.dictionaries(KEYS, st.binary(max_size=40), max_size=12),
    lambda inner: st.dictionaries(KEYS, st.binary(max_size=40) | inner, max_size=12),
    max_leaves=12,
)


def whole(bucket: Bucket) -> Tree:
    return {key: whole(value) if isinstance(value, Bucket) else value for key, value in bucket.items()}


@examples(1.25)
@given(
    tree=TREES, page_size=st.sampled_from([1024, 4096, 65536]), order=st.sampled_from("<>"), per_page=st.integers(2, 9)
)
def test_a_written_bolt_database_is_read_back(tree: Tree, page_size: int, order: str, per_page: int) -> None:
    database = Bolt(Writer(page_size, order, per_page).database(tree))
    assert whole(database.root) == tree
    assert [key for key, _ in database.root.items()] == sorted(tree)
    for key, value in tree.items():
        found = database.root.bucket(key)
        if isinstance(value, bytes):
            assert (database.root.value(key), found) == (value, None)
        else:
            assert database.root.value(key) is None
            assert found is not None
            assert whole(found) == value
    for key in (b"", b"\0absent", b"\xff" * 13):
        assert database.root.value(key) is None
        assert database.root.bucket(key) is None


def test_a_deep_tree_is_searched_by_its_branches() -> None:
    tree = {b"%05d" % number: b"x" * (number % 7) for number in range(0, 4000, 2)}
    database = Bolt(Writer(per_page=3).database(tree))
    assert all(database.root.value(b"%05d" % number) == tree.get(b"%05d" % number) for number in range(4000))
    assert dict(database.root.items()) == tree


def test_a_value_larger_than_a_page_overflows_into_the_next() -> None:
    tree = {b"a": b"1", b"b": bytes(range(256)) * 40, b"c": b"3"}
    assert dict(Bolt(Writer().database(tree)).root.items()) == tree


@pytest.mark.parametrize("damaged", [0, 1])
def test_the_other_meta_page_serves_where_one_is_damaged(damaged: int) -> None:
    writer = Writer()
    content = bytearray(writer.database({b"a": b"1"}, transaction=7))
    content[damaged * writer.page_size + 40] ^= 1
    database = Bolt(bytes(content))
    assert database.meta.transaction == (6 if damaged == 0 else 7)
    assert database.root.value(b"a") == b"1"


# Hostile files


def test_overlapping_pages_are_reported() -> None:
    """Otherwise a small file could contain as many elements as there are ways to overlap."""
    writer = Writer(1024, "<", 3)
    content = bytearray(writer.database({b"%05d" % number: b"x" for number in range(30)}))
    for page in range(2, len(content) // 1024 - 1):
        content[page * 1024 + 12] = 1  # overflows into the next page
    damaged = Problems()
    assert len(list(Bolt(bytes(content)).root.items(damaged))) < 30
    assert any("overlaps page" in error.what for error in damaged)


@pytest.fixture
def limited_resources() -> Iterator[None]:
    """Check that the test takes little time and memory, whatever the file claims."""
    tracemalloc.start()
    began = time.monotonic()
    yield
    spent, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 20
    assert peak < 64 * 1024 * 1024


def test_a_page_cycle_in_the_database_is_an_error(limited_resources: None) -> None:
    writer = Writer()
    itself = writer.aside()
    writer.page(writer.branch([(b"a", itself), (b"b", itself)]), itself)
    root = Bolt(writer.file(itself)).root
    with pytest.raises(DataError, match="itself"):
        list(root.items())
    with pytest.raises(DataError, match="the pages form a cycle"):
        root.value(b"a")


def test_branches_that_share_children_are_reported_as_a_cycle(limited_resources: None) -> None:
    """Each level refers to the one below it 40 times: 40**12 paths through 13 pages."""
    writer = Writer()
    below = writer.page(writer.leaf([(b"a", 0, b"1")]))
    for _ in range(12):
        below = writer.page(writer.branch([(b"%02d" % number, below) for number in range(40)]))
    damaged = Problems()
    for _ in Bolt(writer.file(below)).root.items(damaged):
        pass
    assert "form a cycle" in str(damaged[0])
    assert len(damaged) == 1


def test_one_large_value_behind_many_branches(limited_resources: None) -> None:
    """Few elements and few pages, but reading them again and again would take gigabytes."""
    writer = Writer()
    below = writer.page(writer.leaf([(b"a", 0, bytes(1024 * 1024))]))
    for _ in range(2):
        below = writer.page(writer.branch([(b"%03d" % number, below) for number in range(500)]))
    with pytest.raises(DataError, match="form a cycle"):
        for _ in Bolt(writer.file(below)).root.items():
            pass


def test_overlapping_database_elements_are_damage(limited_resources: None) -> None:
    """Sixty thousand keys that all have the same megabyte as their value."""
    writer = Writer()
    count, size = 60_000, 1024 * 1024
    heads = b"".join(
        (0).to_bytes(4, "little")
        + (16 * (count - number)).to_bytes(4, "little")
        + size.to_bytes(4, "little")
        + bytes(4)
        for number in range(count)
    )
    root = writer.page((2, count, heads + bytes(size)))
    with pytest.raises(DataError, match="damaged"):
        list(Bolt(writer.file(root)).root.items())


@pytest.mark.parametrize("engine", ENGINES)
def test_real_files_are_within_the_limits(engine: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = (unpack(engine, tmp_path_factory.mktemp("root")) / DATABASE).read_bytes()
    database = Bolt(content)
    for _ in range(5):  # more often than opening a store needs
        assert whole(database.root)
