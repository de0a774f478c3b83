"""Any damage to a metadata database: its images are read or a problem is reported, in bounded time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from bolt_writer import Tree, Writer
from bounded import MIB, run_bounded
from containerd_samples import DATABASE, ENGINES, assert_as_expected, read, truth, unpack
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from cacheview.model import DataError, Image, Problem
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.containerd.bolt_meta import newest_meta
from cacheview.stores.containerd.images import read_images
from cacheview.stores.containerd.metadata import Metadata
from cacheview.stores.containerd.root import RootFolder, RootNamespace
from cacheview.stores.limits import Limits
from cacheview.stores.reading import Reading

pytestmark = pytest.mark.slow


@cache
def root(engine: str) -> tuple[TemporaryDirectory[str], Path, bytes]:
    folder = TemporaryDirectory(prefix="cacheview-")  # kept for the whole run, because its blobs are read repeatedly
    path = unpack(engine, Path(folder.name))
    return folder, path, (path / DATABASE).read_bytes()


def images_of(engine: str, content: bytes) -> tuple[list[Image], list[Problem]]:
    """The images of all namespaces of a database and their problems, with the blobs of a sample."""
    found = RootFolder(root(engine)[1])
    metadata = Metadata(content)
    images: list[Image] = []
    problems: list[Problem] = []
    for name in metadata.namespaces:
        namespace = RootNamespace(found, metadata, name)
        read, shown = read_images(namespace.records(), namespace, Reading(), records_now=namespace.records)
        images += read
        problems += shown
    return images, problems


def used_pages(content: bytes) -> Sequence[int]:
    """The offsets of pages that contain data and so can be damaged."""
    return [at for at in range(0, len(content), 4096) if content[at : at + 4096].strip(b"\0")]


@examples(0.75)
@given(engine=st.sampled_from(ENGINES), data=st.data())
def test_changed_bytes_in_a_database_add_no_unknown_images(engine: str, data: st.DataObject) -> None:
    content = bytearray(root(engine)[2])
    pages = used_pages(bytes(content))
    for _ in range(data.draw(st.integers(1, 12), label="changes")):
        # Damage does most harm in the headers of pages and elements.
        place = data.draw(st.integers(0, 63) | st.integers(0, 4095), label="place")
        content[data.draw(st.sampled_from(pages), label="page") + place] = data.draw(st.integers(0, 255), label="byte")
    try:
        images, problems = images_of(engine, bytes(content))
    except DataError:
        return
    assert {image.id for image in images} <= {image["id"] for image in truth(engine)}
    lost = len(truth(engine)) - len({image.id for image in images})
    assert lost >= 0
    assert all(problem.what for problem in problems)


@examples(0.75)
@given(engine=st.sampled_from(ENGINES), data=st.data())
def test_a_file_that_was_cut_off(engine: str, data: st.DataObject) -> None:
    content = root(engine)[2]
    last = used_pages(content)[-1]
    kept = data.draw(st.integers(0, last + 4095), label="kept")
    try:
        images, problems = images_of(engine, content[:kept])
    except DataError:
        return
    assert problems or len(images) == len(truth(engine))


@examples(0.5)
@given(engine=st.sampled_from(ENGINES), data=st.data())
def test_moved_database_pages_add_no_unknown_images(engine: str, data: st.DataObject) -> None:
    content = bytearray(root(engine)[2])
    pages = used_pages(bytes(content))
    for _ in range(data.draw(st.integers(1, 4), label="moves")):
        source, to = data.draw(st.sampled_from(pages), label="from"), data.draw(st.sampled_from(pages[2:]), label="to")
        number = (
            content[to : to + 8] if data.draw(st.booleans(), label="keeps its number") else content[source : source + 8]
        )
        content[to : to + 4096] = number + content[source + 8 : source + 4096]
    try:
        images, _ = images_of(engine, bytes(content))
    except DataError:
        return
    assert {image.id for image in images} <= {image["id"] for image in truth(engine)}


@examples(1)
@given(content=st.binary(max_size=5000))
def test_anything_after_good_meta_pages(content: bytes) -> None:
    writer = Writer()
    pages = 1 + len(content) // 1024
    metas = b"".join(writer.meta(number, 2, 2 + pages, 9 - number).ljust(1024, b"\0") for number in (0, 1))
    assert newest_meta(metas).transaction == 9
    try:
        metadata = Metadata(metas + content.ljust(pages * 1024, b"\0"))
    except DataError:
        return
    for name in metadata.namespaces:
        metadata.records(name)


# Limits


def named(count: int) -> Tree:
    digest = b"sha256:" + b"0" * 64
    size = bytes([0x80 | 5 << 1 & 0x7F, 0x01])
    target: Tree = {b"digest": digest, b"mediatype": b"application/x", b"size": size}
    images: Tree = {b"docker.io/a/b:%d" % number: {b"target": target} for number in range(count)}
    return {b"v1": {b"moby": {b"images": images}}}


def test_repeatedly_referenced_pages_are_read_in_limited_time(tmp_path: Path) -> None:
    writer = Writer()
    below = writer.page(writer.leaf([(b"a", 1, bytes(16) + struct.pack("<QHHI", 0, 2, 0, 0) + bytes(100_000))]))
    for _ in range(8):
        below = writer.page(writer.branch([(b"%03d" % number, below) for number in range(50)]))
    for name in (b"images", b"moby", b"v1"):
        below = writer.page(writer.leaf([(name, 1, struct.pack("<QQ", below, 0))]))
    path = tmp_path / DATABASE
    path.parent.mkdir(parents=True)
    path.write_bytes(writer.file(below))
    run = run_bounded("audit", f"containerd:{tmp_path}", seconds=20, memory=128 * MIB)
    assert run.status == 2
    assert "no image could be read" in run.output


def test_records_beyond_the_memory_budget_are_not_read() -> None:
    content = Writer().database(named(300))
    records, damaged = Metadata(content, Budget(Limits(memory=200_000))).records("moby")
    assert 10 < len(records) < 300
    (error,) = damaged
    assert error.what == "the database needs more than 200,000 bytes of memory. The rest was not read"
    with pytest.raises(LimitError):
        Metadata(content, Budget(Limits(memory=100)))


def test_very_many_damaged_records_are_counted() -> None:
    images: Tree = {b"%05d" % number: {b"a": b""} for number in range(3000)}
    records, damaged = Metadata(Writer().database({b"v1": {b"moby": {b"images": images}}})).records("moby")
    assert (len(records), len(damaged), damaged.more) == (0, 1000, 2000)
    assert damaged[0].where == "image record '00000'"
    assert damaged.reported()[-1].what == "2,000 more problems are not listed"


def test_the_number_of_image_records_is_limited() -> None:
    metadata = Metadata(Writer().database(named(30)), Budget(Limits(images=10)))
    records, damaged = metadata.records("moby")
    assert len(records) == 10
    assert [str(error) for error in damaged] == ["there are more than 10 image records; the rest were not read"]
    assert len(Metadata(Writer().database(named(30))).records("moby")[0]) == 30


def test_all_fields_of_an_image_record_are_read() -> None:
    (record,) = Metadata(Writer(4096, ">").database(named(1))).records("moby")[0]
    assert (record.name, record.media_type, record.size) == ("docker.io/a/b:0", "application/x", 69)


def test_one_damaged_page_takes_only_its_own_images(tmp_path: Path) -> None:
    """Losing a page of image records does not affect the images of other pages, and is reported as a problem."""
    path = unpack("28.5.2-c8d", tmp_path)
    content = bytearray((path / DATABASE).read_bytes())
    leaves = [
        at
        for at in used_pages(bytes(content))
        if struct.unpack_from("<H", content, at + 8)[0] == 2 and b"moby-dangling@" in content[at : at + 4096]
    ]
    whole = read(str(path)).images
    assert_as_expected(whole, "28.5.2-c8d")
    outcomes = set()
    for at in leaves:
        damaged = bytearray(content)
        damaged[at + 8] = 0xFF  # the page's flags
        (path / DATABASE).write_bytes(damaged)
        try:
            store = read(str(path))
        except DataError:
            outcomes.add("nothing")
            continue
        outcomes.add("all" if store.images == whole else "some")
        assert bool(store.problems) is (store.images != whole)
    assert outcomes - {"nothing"}


@pytest.mark.parametrize("engine", ENGINES)
def test_falling_back_to_the_older_meta_page_never_gives_wrong_images(engine: str) -> None:
    """If the newest meta page is damaged, the older one gives its images or an error, but never other images."""
    content = bytearray(root(engine)[2])
    newest = newest_meta(bytes(content[:70_000])).transaction
    content[(newest % 2) * 4096 + 40] ^= 1
    assert newest_meta(bytes(content[:70_000])).transaction == newest - 1
    try:
        images, _ = images_of(engine, bytes(content))
    except DataError:
        return
    assert {image.id for image in images} <= {image["id"] for image in truth(engine)}
