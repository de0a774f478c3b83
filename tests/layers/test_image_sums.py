"""Checksums of ``COPY --from``, compared with a simple implementation on disk files and with those of real daemons."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from pathlib import Path

import pytest
from layer_kit import Layers, entry, folder_layer, layer

from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease, builder_release
from cacheview.layers.image_sums import ImageSums

V20, V20_27, V23, V28 = map(builder_release, ("20.10.26", "20.10.27", "23.0.6", "28.5.2"))
D, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def sums(*streams: bytes, release: BuilderRelease = V28) -> ImageSums:
    layers = Layers(*streams)
    return ImageSums(layers.files, layers.diff_ids, release)


def of(images: ImageSums, *sources: str, destination: str = "/to/") -> str:
    return images.of_sources(sources, destination=destination).text


def naive_file(root: Path, path: Path, release: BuilderRelease) -> str:
    """``NewFileHash`` of one file, following links."""
    real = path.resolve()
    status = os.lstat(real)
    mode = status.st_mode if release is not V28 else stat.S_IMODE(status.st_mode)
    folder = stat.S_ISDIR(status.st_mode)
    name = str(real.relative_to(root)) + ("/" if folder else "")
    owner = "root" if release is V20 else ""
    size = 0 if folder else status.st_size
    header = f"name{name}mode{mode}uid{status.st_uid}gid{status.st_gid}size{size}typeflag{'5' if folder else '0'}"
    digest = hashlib.sha256(f"{header}linknameuname{owner}gname{owner}devmajor0devminor0".encode())
    if not folder:
        digest.update(real.read_bytes())
    return digest.hexdigest()


def naive_folder(root: Path, folder: Path, release: BuilderRelease) -> str:
    every = [naive_file(root, path, release) for path in (folder, *folder.rglob("*")) if path != root]
    return f"dir:{hashlib.sha256(','.join(sorted(every)).encode()).hexdigest()}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "out" / "sub").mkdir(parents=True)
    (root / "out" / "a").write_bytes(b"one")
    (root / "out" / "sub" / "b").write_bytes(b"two" * 1000)
    (root / "out" / "empty").write_bytes(b"")
    (root / "other").write_bytes(b"three")
    os.chmod(root / "out" / "a", 0o4750)
    os.chmod(root / "out" / "sub", 0o1777)
    os.symlink("../other", root / "out" / "link")
    os.link(root / "out" / "a", root / "out" / "z-hard")
    return root


@pytest.mark.parametrize("release", [V20, V20_27, V23, V28], ids=lambda release: release.release)
def test_files_and_folders_are_hashed_as_the_builder_does(tree: Path, release: BuilderRelease) -> None:
    if release is V20 and os.getuid():
        pytest.skip("20.10 includes owner names in checksums; they are known only as root")
    images = sums(folder_layer(tree), release=release)
    assert of(images, "/out/a") == "file:" + naive_file(tree, tree / "out" / "a", release)
    assert of(images, "out/z-hard") == "file:" + naive_file(tree, tree / "out" / "z-hard", release)
    assert of(images, "/out/link") == "file:" + naive_file(tree, tree / "other", release)
    assert of(images, "/out/") == naive_folder(tree, tree / "out", release)
    assert of(images, "/") == naive_folder(tree, tree, release)


def test_several_sources_and_patterns_are_one_multi_sum(tree: Path) -> None:
    images = sums(folder_layer(tree))
    parts = [f"file:{naive_file(tree, tree / name, V28)}" for name in ("out/a", "out/empty")]
    expected = f"multi:{hashlib.sha256(','.join(parts).encode()).hexdigest()}"
    assert of(images, "/out/a", "/out/empty") == expected
    assert of(images, "/out/[ae]*") == expected


def test_the_uppermost_layer_counts_and_what_is_gone_is_gone() -> None:
    below = layer(entry("d", kind=D), entry("d/f", b"old"), entry("d/gone", b"x"))
    above = layer(entry("d/f", b"new", mode=0o600), entry("d/.wh.gone"))
    flat = layer(entry("d", kind=D), entry("d/f", b"new", mode=0o600))
    assert of(sums(below, above), "/d") == of(sums(flat), "/d")


def test_absolute_links_and_links_out_of_the_root_stay_inside() -> None:
    images = sums(
        layer(
            entry("etc", kind=D),
            entry("etc/f", b"x"),
            entry("abs", kind=LINK, linkname="/etc/f"),
            entry("out", kind=LINK, linkname="../../../etc/f"),
            entry("dir", kind=LINK, linkname="/etc"),
        )
    )
    assert of(images, "/abs") == of(images, "/out") == of(images, "/dir/f") == of(images, "/etc/f")


def test_a_broken_symlink_is_hashed_as_its_target_path() -> None:
    images = sums(layer(entry("d", kind=D), entry("d/broken", kind=LINK, linkname="missing")))
    whole = images.of_sources(["/d"], destination="/to/")
    assert ("d/broken", "d/missing") in whole.files


def test_a_missing_source_is_refused_in_the_daemons_words() -> None:
    with pytest.raises(BuildRefusedError) as caught:
        of(sums(layer(entry("a"))), "/missing")
    assert caught.value.message == "COPY failed: stat missing: file does not exist"


def test_scratch_has_no_files() -> None:
    with pytest.raises(BuildRefusedError):
        of(sums(), "/a")
    assert of(sums(), "/") == f"dir:{hashlib.sha256(b'').hexdigest()}"


def test_a_20_10_checksum_with_host_owner_names_is_unknown() -> None:
    stream = layer(entry("a", b"x", uid=33))
    with pytest.raises(UnknownError, match="33:0"):
        of(sums(stream, release=V20), "/a")
    assert of(sums(stream, release=V23), "/a") != of(sums(layer(entry("a", b"x")), release=V23), "/a")


def test_the_last_20_10_release_no_longer_looks_up_owner_names() -> None:
    stream = layer(entry("a", b"x", uid=33))
    assert of(sums(stream, release=V20_27), "/a") == of(sums(stream, release=V23), "/a")


def test_the_checksum_of_an_implied_folder_is_unknown() -> None:
    with pytest.raises(UnknownError, match="folder /d,"):
        of(sums(layer(entry("d/f"))), "/d")


def test_capabilities_are_hashed_and_version_3_is_hashed_as_version_2() -> None:
    second = bytes.fromhex("0100000200200000000000000000000000000000")
    third = second[:3] + b"\x03" + second[4:] + b"\xe8\x03\x00\x00"

    def with_capability(value: bytes) -> str:
        headers = {"SCHILY.xattr.security.capability": value.decode("utf-8", "surrogateescape")}
        return of(sums(layer(entry("a", b"x", pax_headers=headers))), "/a")

    assert with_capability(second) == with_capability(third) != of(sums(layer(entry("a", b"x"))), "/a")
