"""Docker's data root as a store: which images it has, and what is reported if it has none."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from data_root_samples import ENGINES, Root, read, snapshot, unpack
from store_samples import Truth

from cacheview.cli import main
from cacheview.model import DataError, Image, ImageConfig, ImageStore, Problem, decode
from cacheview.stores import data_root
from cacheview.stores.locations import parse_location
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.stores.progress import Canceled
from cacheview.stores.reading import Reading

BOLT = "containerd/daemon/io.containerd.metadata.v1.bolt"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("form", ["", "image", "image/overlay2"])
def test_a_data_root_sample_is_read_as_expected(engine: str, form: str, tmp_path: Path) -> None:
    root = unpack(engine, tmp_path)
    before = snapshot(root)
    store = read(root / form)
    assert snapshot(root) == before
    assert store.problems == ()
    assert store.notes == ()
    truth = Truth(engine)
    assert truth.kind == "graphdriver"
    assert [image.id for image in store.images] == [true["id"] for true in truth.images]
    for image, true in zip(store.images, truth.images, strict=True):
        assert true.keys() <= {"id", "names", "parent", "built_locally", "config"}
        assert image.names == tuple(true["names"])
        assert image.parent == true.get("parent")
        assert image.built_locally is true["built_locally"]
        assert image.config == decode(ImageConfig, json.dumps(true["config"]))
        assert image.config_digest == image.id
        assert image.container_config is None
        assert not image.from_scratch
        assert image.doubts == ()
    assert any(image.built_locally for image in store.images) is (engine == "28.5.2-gd")


@pytest.mark.parametrize(("engine", "sizes"), [("20.10-overlay2", 4), ("28.5.2-gd", 4)])
def test_the_image_size_is_the_total_of_all_layers(engine: str, sizes: int, tmp_path: Path) -> None:
    root = unpack(engine, tmp_path)
    layers = {
        (path / "diff").read_text(): int((path / "size").read_text())
        for path in (root / "image/overlay2/layerdb/sha256").iterdir()
    }
    store = read(root)
    for image in store.images:
        assert image.size == sum(layers[diff_id] for diff_id in image.diff_ids)
    assert len({image.size for image in store.images}) > sizes


def test_opening_a_data_root_without_its_prefix_suggests_the_prefix(tmp_path: Path) -> None:
    root = unpack("28.5.2-gd", tmp_path / "root")
    for folder in (root, root / "image", root / "image/overlay2"):
        with pytest.raises(DataError, match=rf"is a Docker data root\. Open it as data-root:{folder}$"):
            open_store(folder)
        assert open_store(f"data-root:{folder}").cases[0].store.images


def test_explain_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = unpack("28.5.2-gd", tmp_path / "root")
    child = next(image for image in read(root).images if image.parent is not None and image.config.container_config)
    assert child.config.container_config is not None
    config = tmp_path / "config.json"
    config.write_text(child.config.container_config.model_dump_json())
    command = ["explain", f"data-root:{root}", "--parent", child.parent or "", "--config", str(config), "--json"]
    assert main(command) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"]["image"]["id"] == child.id
    assert main(["explain", f"data-root:{tmp_path / 'none'}", "--parent", "scratch", "--config", str(config)]) != 0
    assert "there is no such folder" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["71ebfc7c63-c8d", "28.5.2-c8d", "29x-c8d"])
def test_a_containerd_sample_is_read_as_expected(engine: str, tmp_path: Path) -> None:
    """Read by the reader for containerd's root folder, which has separate tests."""
    root = unpack(engine, tmp_path)
    before = snapshot(root)
    store = read(root)
    assert snapshot(root) == before
    assert store.problems == ()
    truth = Truth(engine)
    assert [(image.id, image.names, image.parent) for image in store.images] == [
        (true["id"], tuple(true["names"]), true.get("parent")) for true in truth.images
    ]


class TestDrivers:
    def test_the_most_recently_changed_driver_is_shown_and_others_are_noted(self, tmp_path: Path) -> None:
        old, new = Root(tmp_path, "aufs"), Root(tmp_path, "overlay2")
        old_id, new_id = old.image(1, "shop/old:1"), new.image(2, "shop/new:1")
        old.changed(2000)
        new.changed(1000)
        store = read(tmp_path)
        assert [image.id for image in store.images] == [old_id]
        assert "aufs" in store.title
        (note,) = store.notes
        assert "overlay2 (1 image)" in note
        os.utime(new.metadata, (3000, 3000))
        assert [image.id for image in read(tmp_path).images] == [new_id]
        assert [image.id for image in read(old.folder).images] == [old_id]

    def test_a_hostile_driver_name_is_escaped(self, tmp_path: Path) -> None:
        Root(tmp_path, "over\nlay\x1b[31m<b>").image(1)
        Root(tmp_path, "vfs").changed(1000)
        store = read(tmp_path)
        assert "\n" not in store.title + "".join(store.notes)
        assert "\x1b" not in store.title + "".join(store.notes)


class TestNothingToRead:
    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match=r"there is no such folder\. Open .*docker info"):
            read(tmp_path / "none")

    def test_an_invalid_path_is_refused(self) -> None:
        with pytest.raises(DataError, match="is not a path"):
            read("/a\0b")

    def test_a_file_as_data_root_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        with pytest.raises(DataError, match="is a file, not a folder"):
            read(tmp_path / "file")

    def test_a_named_pipe_as_data_root_is_refused(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(DataError, match="is a named pipe, not a folder"):
            read(tmp_path / "pipe")

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="the folder is empty"):
            read(tmp_path)

    def test_a_folder_that_is_not_a_data_root_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "documents").mkdir()
        with pytest.raises(DataError, match="is not a Docker data root"):
            read(tmp_path)

    def test_a_data_root_without_images(self, tmp_path: Path) -> None:
        (tmp_path / "image" / "overlay2").mkdir(parents=True)
        with pytest.raises(DataError, match="there are no graph-driver images here"):
            read(tmp_path)

    def test_a_user_remapped_data_root_is_suggested(self, tmp_path: Path) -> None:
        Root(tmp_path / "100000.100000").image(1)
        with pytest.raises(DataError, match=r"data-root:.*/100000\.100000"):
            read(tmp_path)

    def test_no_image_yet(self, tmp_path: Path) -> None:
        Root(tmp_path)
        store = read(tmp_path)
        assert store.images == ()
        assert store.problems == ()
        assert store.notes == ("This store has no images.",)

    def test_the_usual_root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        image_id = Root(tmp_path).image(1)
        monkeypatch.setattr(data_root, "DOCKER_ROOT", str(tmp_path))
        assert [image.id for image in read("").images] == [image_id]
        assert parse_location("data-root:").target == ""


class TestPermission:
    """Root is never denied access, so the operating system's refusal is simulated."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Root:
        root = Root(tmp_path)
        root.image(1, "shop/x:1")
        return root

    def test_a_data_root_readable_by_root_suggests_sudo(self, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
        refuse(monkeypatch, "stat", root.root / "image")
        with pytest.raises(DataError, match=r"not have permission to read this path: .*only root can.*sudo"):
            read(root.root)

    def test_a_data_root_readable_by_a_group_names_the_group(self, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
        grp = pytest.importorskip("grp", reason="only POSIX systems have groups")
        entry = next((group for group in grp.getgrall() if group.gr_gid != 0), None)
        assert entry is not None
        real = os.stat

        def of_the_group(path: Any, **options: Any) -> os.stat_result:
            status = real(path, **options)
            if path != root.root:
                return status
            return os.stat_result((stat.S_IFDIR | 0o750, *status[1:5], entry.gr_gid, *status[6:]))

        refuse(monkeypatch, "scandir", root.root / "image")
        monkeypatch.setattr(os, "stat", of_the_group)
        monkeypatch.setattr(os, "access", lambda path, _mode: path != root.root)
        with pytest.raises(
            DataError, match=rf"only root and members of the group {entry.gr_name} can read .*`sudo usermod"
        ):
            read(root.root)

    def test_an_unreadable_file_is_a_permission_error(self, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
        refuse(monkeypatch, "open", root.content)
        with pytest.raises(DataError, match="not have permission to read this path"):
            read(root.root)

    def test_an_unreadable_image_file_affects_only_its_image(self, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
        other = root.image(2)
        refuse(monkeypatch, "open", root.file(other))
        store = read(root.root)
        assert [image.names for image in store.images] == [("docker.io/shop/x:1",)]
        assert [problem.where for problem in store.problems] == [other]
        assert "permission" in store.problems[0].what


def refuse(monkeypatch: pytest.MonkeyPatch, function: str, folder: Path) -> None:
    """Make a function of ``os`` deny access to everything in a folder."""
    real = getattr(os, function)

    def refusing(path: Any, *given: Any, **options: Any) -> Any:
        if isinstance(path, str | os.PathLike) and Path(path).is_relative_to(folder):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
        return real(path, *given, **options)

    monkeypatch.setattr(os, function, refusing)


class TestProgress:
    def test_progress_is_reported_for_every_image(self, tmp_path: Path) -> None:
        root = Root(tmp_path)
        for number in range(5):
            root.image(number)
        told: list[tuple[int, int | None, str]] = []
        read(tmp_path, progress=lambda *report: told.append(report))
        assert told[0] == (0, 5, "Reading images")
        assert told[-1] == (5, 5, "Reading images")

    def test_reading_a_data_root_can_be_canceled(self, tmp_path: Path) -> None:
        Root(tmp_path).image(1)

        def cancel(done: int, total: int | None, what: str) -> None:
            raise Canceled

        with pytest.raises(Canceled):
            read(tmp_path, progress=cancel)

    def test_partial_stores_grow_in_order(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        root = Root(tmp_path)
        for number in range(40):
            root.image(number)
        clock = iter(range(10_000))
        monkeypatch.setattr("cacheview.stores.imagedb.time.monotonic", lambda: next(clock))
        partial: list[ImageStore] = []
        whole = read(tmp_path, partial=partial.append)
        assert len(partial) > 2
        counts = [len(store.images) for store in partial]
        assert counts == sorted(set(counts))
        for store in partial:
            assert store.images == whole.images[: len(store.images)]
            assert (store.location, store.title) == (whole.location, whole.title)


def replace_reader(monkeypatch: pytest.MonkeyPatch, open_containerd: Callable[[str, Reading], OpenedLocation]) -> None:
    """Replace the reader of containerd stores, so that its libraries are not needed."""
    module = ModuleType("cacheview.stores.containerd")
    module.open_containerd = open_containerd  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


class TestContainerd:
    """The containerd store in a data root is read by its own reader, and its location is that of the data root."""

    @pytest.fixture(autouse=True)
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        opened: list[str] = []

        def open_containerd(target: str, reading: Reading) -> OpenedLocation:
            opened.append(target)
            image = Image(id="sha256:" + "a" * 64, config=ImageConfig())
            store = ImageStore((image,), "containerd", f"containerd:{target}", "rules", (), (Problem("x", "y"),))
            if reading.partial is not None:
                reading.partial(store)
            return OpenedLocation(
                "", store.location, OpenedKind.CONTAINERD, (OpenedCase("moby", store, "rules"),), store.problems
            )

        replace_reader(monkeypatch, open_containerd)
        return opened

    @pytest.mark.parametrize("emptied", [False, True])
    def test_a_data_root_without_driver_images_opens_containerd(
        self, tmp_path: Path, opened: list[str], emptied: bool
    ) -> None:
        if emptied:
            Root(tmp_path)
        (tmp_path / BOLT).mkdir(parents=True)
        (tmp_path / BOLT / "meta.db").write_bytes(b"x")
        partial: list[ImageStore] = []
        store = read(tmp_path, partial=partial.append)
        assert opened == [f"{tmp_path}/containerd/daemon"]
        assert [image.id for image in store.images] == ["sha256:" + "a" * 64]
        assert store.problems == (Problem("x", "y"),)
        assert [given.location for given in partial] == [store.location]

    def test_graph_driver_images_are_read_and_a_containerd_store_is_noted(
        self, tmp_path: Path, opened: list[str]
    ) -> None:
        image_id = Root(tmp_path).image(1)
        (tmp_path / BOLT).mkdir(parents=True)
        store = read(tmp_path)
        assert opened == []
        assert [image.id for image in store.images] == [image_id]
        (note,) = store.notes
        assert f"containerd:{tmp_path}/containerd/daemon" in note

    def test_an_unreadable_containerd_database_in_the_data_root_is_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(target: str, reading: Reading) -> OpenedLocation:
            raise DataError("is no database", where=target)

        replace_reader(monkeypatch, fail)
        (tmp_path / BOLT).mkdir(parents=True)
        with pytest.raises(DataError, match="is no database"):
            read(tmp_path)
        Root(tmp_path)
        assert read(tmp_path).images == ()
