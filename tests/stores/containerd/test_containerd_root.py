"""containerd's root folder as a store: real roots compared with the truth, then damaged and malicious ones."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from containerd_samples import BLOBS, DATABASE, ENGINES, assert_as_expected, read, truth, unpack

from cacheview.model import DataError, ImageStore
from cacheview.stores.open import open_store
from cacheview.stores.progress import Canceled


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return unpack("28.5.2-c8d", tmp_path)


def test_a_root_folder_is_read_as_expected(engine: str, tmp_path: Path) -> None:
    store = read(str(unpack(engine, tmp_path)))
    assert_as_expected(store.images, engine)
    assert store.problems == ()
    assert store.notes == ()
    assert store.title == "containerd root folder, namespace moby"


@pytest.mark.parametrize("below", ["", "io.containerd.metadata.v1.bolt", DATABASE, "../..", ".."])
def test_the_folders_and_the_file_of_a_root_mean_the_root(below: str, root: Path) -> None:
    assert_as_expected(read(f"{root / below}#moby").images, "28.5.2-c8d")


def test_a_docker_data_root_with_a_containerd_store_is_read(root: Path) -> None:
    opened = open_store(f"data-root:{root.parent.parent}")
    assert_as_expected(opened.cases[0].store.images, "28.5.2-c8d")


@pytest.mark.parametrize("below", ["", "io.containerd.metadata.v1.bolt", ".."])
def test_opening_a_root_folder_without_its_prefix_suggests_the_prefix(below: str, root: Path) -> None:
    with pytest.raises(DataError, match=r"is containerd's root folder\. Open it as containerd:"):
        open_store(root / below)
    (root / DATABASE).unlink()
    with pytest.raises(DataError, match=r"has no index\.json or manifest\.json"):
        open_store(root / below)


def test_a_path_with_a_number_sign_is_a_path(root: Path) -> None:
    moved = root.rename(root.parent / "a#b")
    assert_as_expected(read(str(moved)).images, "28.5.2-c8d")
    assert_as_expected(read(f"{moved}#moby").images, "28.5.2-c8d")


def test_nothing_of_a_root_is_changed(root: Path) -> None:
    def state() -> list[tuple[str, int, int, bytes]]:
        return [
            (str(path), path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in sorted(root.rglob("*"))
        ]

    before = state()
    read(str(root))
    assert state() == before


def test_a_database_locked_by_containerd_is_read(root: Path) -> None:
    fcntl = pytest.importorskip("fcntl", reason="the system has no file locks")
    with open(root / DATABASE, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert_as_expected(read(str(root)).images, "28.5.2-c8d")


def test_progress_counts_images(root: Path) -> None:
    reported: list[tuple[int, int | None, str]] = []
    read(str(root), progress=lambda *report: reported.append(report))
    count = len(truth("28.5.2-c8d"))
    assert reported[0] == (0, count, "Reading images")
    assert reported[-1] == (count, count, "Reading images")


def test_it_can_be_canceled(root: Path) -> None:
    def cancel(*_: Any) -> None:
        raise Canceled

    with pytest.raises(Canceled):
        read(str(root), progress=cancel)


# Missing or damaged files


def _blob(root: Path, digest: str) -> Path:
    return root / BLOBS / digest.removeprefix("sha256:")


def _image(name: str) -> dict[str, Any]:
    return next(image for image in truth("28.5.2-c8d") if name in image["names"])


def _others(store: ImageStore, *without: str) -> None:
    """Check that all other images are in the store."""
    assert {image.id for image in store.images} == {image["id"] for image in truth("28.5.2-c8d")} - {*without}


def test_an_image_without_its_manifest_is_a_problem_and_the_rest_is_read(root: Path) -> None:
    gone = _image("docker.io/shop/web:1.1")["id"]
    _blob(root, gone).unlink()
    store = read(str(root))
    _others(store, gone)
    (problem,) = store.problems
    assert problem.where == "shop/web:1.1"
    assert problem.what == f"{gone} is not in the store"


def test_a_blob_with_a_wrong_digest_is_rejected(root: Path) -> None:
    image = _image("docker.io/shop/web:1.1")
    path = _blob(root, image["config_digest"])
    path.write_bytes(path.read_bytes().replace(b"linux", b"l1nux"))
    store = read(str(root))
    _others(store, image["id"])
    assert "bad digest" in store.problems[0].what


def _container_config_of(root: Path, image: dict[str, Any]) -> Path:
    """The blob with an image's container config, found by its content."""
    import json

    for path in sorted((root / BLOBS).iterdir()):
        content = path.read_bytes()
        if b'"ArgsEscaped"' in content or b'"Hostname"' in content:
            try:
                if json.loads(content) == image["container_config"]:
                    return path
            except ValueError:
                continue
    raise AssertionError("there is no such blob")


@pytest.mark.parametrize("damage", ["missing", "changed", "no JSON", "a folder", "a link"])
def test_a_container_config_that_cannot_be_read_is_doubtful(damage: str, root: Path, tmp_path: Path) -> None:
    image = _image("docker.io/shop/web:1.1")
    path = _container_config_of(root, image)
    content = path.read_bytes()
    path.unlink()
    if damage == "changed":
        path.write_bytes(content + b" ")
    elif damage == "no JSON":
        path.write_bytes(b"\x00\xff")
    elif damage == "a folder":
        path.mkdir()
    elif damage == "a link":
        (tmp_path / "elsewhere").write_bytes(content)
        path.symlink_to(tmp_path / "elsewhere")
    store = read(str(root))
    _others(store)
    found = store.by_id[image["id"]]
    assert found.container_config is None
    assert [doubt.aspect for doubt in found.doubts] == ["container_config"]
    assert found.parent == image["parent"]
    assert "container config cannot be read" in store.problems[0].what
    # Images may share the blob, as for steps with the same command and different parents.
    assert {problem.where for problem in store.problems} >= {"shop/web:1.1"}


def test_a_containerd_root_without_blobs_is_an_error(root: Path) -> None:
    shutil.rmtree(root / BLOBS)
    with pytest.raises(DataError, match="no image could be read"):
        read(str(root))


def test_a_blob_not_listed_in_the_namespace_is_not_read(root: Path) -> None:
    """All namespaces share the folder of blobs, but only those that list a blob contain it."""
    content = b"{}"
    digest = hashlib.sha256(content).hexdigest()
    (root / BLOBS / digest).write_bytes(content)
    from cacheview.stores.containerd.root import RootFolder, RootNamespace

    opened = RootFolder(root)
    assert opened.read(f"sha256:{digest}") == content
    assert RootNamespace(opened, opened.metadata(), "moby").read(f"sha256:{digest}") is None


# Folders that are not a root


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"\0" * 8192, "is not a bolt database"),
        (b"SQLite format 3\0" * 1000, "is not a bolt database"),
    ],
)
def test_a_file_that_is_not_a_database(content: bytes, what: str, root: Path) -> None:
    (root / DATABASE).write_bytes(content)
    with pytest.raises(DataError, match=what) as caught:
        read(str(root))
    assert str(root / DATABASE) in str(caught.value)


def test_a_namespace_that_is_not_there(root: Path) -> None:
    with pytest.raises(DataError, match=r"there is no namespace 'k8s\.io'\. Existing namespaces: moby"):
        read(f"{root}#k8s.io")


@pytest.mark.parametrize("namespace", ["a b", "../moby", "é", "x" * 77])
def test_an_invalid_namespace_name_is_refused(namespace: str, root: Path) -> None:
    with pytest.raises(DataError, match="is not a valid namespace name"):
        read(f"{root}#{namespace}")


def test_a_folder_that_is_not_a_root(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not containerd's root folder"):
        read(str(tmp_path))


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such socket or folder"):
        read(str(tmp_path / "absent"))


def test_a_path_with_a_null_byte_is_refused() -> None:
    with pytest.raises(DataError, match="is not a path"):
        read("/a\0b")


def test_a_file_that_is_not_a_socket(tmp_path: Path) -> None:
    (tmp_path / "x.sock").write_bytes(b"x")
    with pytest.raises(DataError, match=r"is a file. Open containerd's socket"):
        read(str(tmp_path / "x.sock"))


def test_a_pipe_in_place_of_the_database_does_not_hang(root: Path) -> None:
    (root / DATABASE).unlink()
    os.mkfifo(root / DATABASE)
    for location in (root, root / DATABASE):
        with pytest.raises(DataError):
            read(str(location))


def test_the_database_is_as_one_transaction_left_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If containerd writes to the file while it is read, it is read again, but not endlessly."""
    from cacheview.stores.containerd import root as module

    newest = module.newest_meta
    calls: list[int] = []

    def busy(head: bytes) -> Any:
        from dataclasses import replace

        calls.append(len(calls))
        return replace(newest(head), transaction=len(calls) if len(calls) <= busy_for else 0)

    monkeypatch.setattr(module, "newest_meta", busy)
    busy_for = 7
    assert_as_expected(read(str(root)).images, "28.5.2-c8d")
    assert len(calls) == 10  # three failed attempts, one of them started before the last write
    busy_for = 10_000
    with pytest.raises(DataError, match="is being written to constantly"):
        read(str(root))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can read everything")
def test_a_permission_error_states_who_has_access(root: Path) -> None:
    (root / DATABASE).chmod(0)
    with pytest.raises(DataError, match=r"only root can .*Run cacheview as root"):
        read(str(root))


def test_a_permission_error_says_who_has_access(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(path: Any, *arguments: Any, **options: Any) -> int:
        if str(path).endswith("meta.db"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DataError, match=r"meta.db: only root can .* Run cacheview as root"):
        read(str(root))
