"""Sparse files in layers: holes are read as zeros, in every format that GNU tar writes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from layer_kit import Layers, entry, layer

from cacheview.dockerfile.release import builder_release
from cacheview.layers.entry import LayerError
from cacheview.layers.image_sums import ImageSums

RELEASE = builder_release("28.5.2")
MIB = 1024 * 1024
FORMATS = [
    ("--format=gnu",),
    *(("--format=posix", f"--sparse-version={version}") for version in ("0.0", "0.1", "1.0")),
]


def sparse_file(path: Path, regions: int) -> bytes:
    """A file with some regions of data and a hole at its end."""
    with path.open("wb") as file:
        for number in range(regions):
            file.seek(number * MIB + 4096)
            file.write(b"%03d" % number * 1000)
        file.truncate(regions * MIB)
    return path.read_bytes()


@pytest.mark.skipif(shutil.which("tar") is None, reason="tar is not installed")
@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
@pytest.mark.parametrize("regions", [0, 1, 30])
def test_the_content_of_a_sparse_file_includes_its_holes(
    tmp_path: Path, options: tuple[str, ...], regions: int
) -> None:
    content = sparse_file(tmp_path / "file", regions)
    (tmp_path / "after").write_bytes(b"after")
    made = subprocess.run(
        ["tar", "--sparse", *options, "--owner=0", "--group=0", "--mode=644", "-cf", "-", "file", "after"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"not GNU tar: {made.stderr[:100]!r}")
    assert regions == 0 or len(made.stdout) < len(content)
    layers = Layers(made.stdout)
    sums = ImageSums(layers.files, layers.diff_ids, RELEASE).of_sources(["/file", "/after"], destination="/to/")
    header = f"namefilemode420uid0gid0size{len(content)}typeflag0linknameunamegnamedevmajor0devminor0".encode()
    assert dict(sums.files)["file"] == hashlib.sha256(header + content).hexdigest()
    listing = layers.files.listing(layers.diff_ids[0])
    assert layers.files.content(layers.diff_ids[0], listing.entries[1], 10) == b"after"


PAX_1_0 = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}


@pytest.mark.parametrize(
    ("records", "data"),
    [
        ({**PAX_1_0, "GNU.sparse.realsize": "9"}, b"x" * 512),
        (
            {**PAX_1_0, "GNU.sparse.realsize": "9"},
            b"1\n5\n9\n".ljust(512, b"\0"),
        ),
        ({**PAX_1_0, "GNU.sparse.realsize": "-1"}, b"0\n".ljust(512, b"\0")),
        ({"GNU.sparse.map": "0,5,3,5", "GNU.sparse.size": "10"}, b"x" * 10),
        ({"GNU.sparse.map": "0,5,6", "GNU.sparse.size": "10"}, b"x" * 5),
        ({"GNU.sparse.map": "0,4", "GNU.sparse.size": "10"}, b"x" * 5),
        ({"GNU.sparse.map": "0,20", "GNU.sparse.size": "10"}, b"x" * 20),
        ({"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 50)}, b"x"),
        ({"GNU.sparse.map": "0,1", "GNU.sparse.size": str(65 << 30)}, b"x"),
    ],
    ids=range(9),
)
def test_a_damaged_sparse_map_is_an_error(records: dict[str, str], data: bytes) -> None:
    layers = Layers(layer(entry("f", data, tarfile.REGTYPE, pax_headers=records)))
    with pytest.raises(LayerError):
        ImageSums(layers.files, layers.diff_ids, RELEASE).of_sources(["/f"], destination="/to")
