"""Cached documents of an archive are returned unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_builder import write_tar

from cacheview.model import DataError
from cacheview.stores.budget import Budget
from cacheview.stores.document_cache import MemoryCache
from cacheview.stores.files import open_metered
from cacheview.stores.members import read_archive


@given(st.lists(st.binary(min_size=1, max_size=100) | st.integers(1, 5 * 1024 * 1024).map(bytes), max_size=5))
def test_a_memory_cache_returns_documents_unchanged(contents: list[bytes]) -> None:
    kept = MemoryCache()
    places = [(kept.keep(0, content), len(content)) for content in contents]
    assert [kept.read(*place) for place in places] == contents


def test_documents_of_a_plain_archive_are_read_again_from_it(tmp_path: Path) -> None:
    files = {"index.json": b'{"manifests": []}', "layer": b"\0" * 1000, "manifest.json": b"[]"}
    stream, _ = open_metered(write_tar(tmp_path / "images.tar", files), "", None)
    with stream:
        members = read_archive(stream, Budget())
        names = ("manifest.json", "index.json", "layer")
        assert [members.read(name) for name in names] == [b"[]", b'{"manifests": []}', None]


def test_an_archive_that_became_shorter_is_reported(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "images.tar", {"index.json": b'{"manifests": []}', "manifest.json": b"[]"})
    stream, _ = open_metered(path, "", None)
    with stream:
        members = read_archive(stream, Budget())
        path.write_bytes(path.read_bytes()[:1500])
        with pytest.raises(DataError, match="shrank while it was being read"):
            members.read("manifest.json")


def test_the_last_of_two_members_with_the_same_name_is_read(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "one.tar", {"index.json": b'{"manifests": []}'}).read_bytes()
    second = write_tar(tmp_path / "two.tar", {"index.json": b"[]"}).read_bytes()
    path = tmp_path / "both.tar"
    path.write_bytes(archive[:1024] + second)
    stream, _ = open_metered(path, "", None)
    with stream:
        assert read_archive(stream, Budget()).read("index.json") == b"[]"
