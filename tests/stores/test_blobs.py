"""Finding the blob of a digest."""

from __future__ import annotations

import pytest

from cacheview.stores.blobs import blob_name


def test_a_blob_is_in_the_folder_of_its_algorithm() -> None:
    assert blob_name("sha256:" + "a" * 64) == "sha256/" + "a" * 64


@pytest.mark.parametrize("text", ["", "sha256", "sha256:", ":ab", "sha256:../../etc/passwd", "../x:ab", "sha256:a:b"])
def test_no_digest_maps_outside_the_blob_folder(text: str) -> None:
    assert blob_name(text) == ""
