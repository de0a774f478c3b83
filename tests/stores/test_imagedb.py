"""The files of a graph driver's store, when damaged, malicious or changed by a daemon while they are read."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from data_root_samples import Root, read, snapshot
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from store_builder import config, dumps, sha256

from cacheview.model import DataError, Image
from cacheview.stores.data_root import open_data_root
from cacheview.stores.imagedb import ImageDatabase
from cacheview.stores.limits import Limits
from cacheview.stores.reading import Reading


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def one(root: Root, image_id: str) -> Image:
    return read(root.root).by_id[image_id]


class TestConfigs:
    def test_a_bad_digest_is_a_problem_and_the_rest_is_read(self, root: Root) -> None:
        bad, good = root.image(1, "shop/bad:1"), root.image(2, "shop/good:1")
        root.file(bad).write_bytes(root.file(good).read_bytes())
        store = read(root.root)
        assert [image.id for image in store.images] == [good]
        (problem,) = store.problems
        assert problem.where == f"shop/bad:1 ({bad})"
        assert "bad digest" in problem.what
        assert good in problem.what

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"", "not valid JSON"),
            (b"\x80\x00", "not valid JSON"),
            (b"[]", "object"),
            (b"{}", "no rootfs"),
            (dumps(config(1, history=3)), "history"),
            (dumps(config(1, created="yesterday")), "created"),
            (b'{"rootfs":' * 100_000, "200 levels deep"),
        ],
    )
    def test_an_invalid_image_config_is_a_problem(self, root: Root, content: bytes, what: str) -> None:
        good = root.image(1)
        bad = sha256(content)
        root.file(bad).write_bytes(content)
        store = read(root.root)
        assert [image.id for image in store.images] == [good]
        (problem,) = store.problems
        assert problem.where == bad
        assert what in problem.what

    def test_a_missing_config_is_a_problem(self, root: Root) -> None:
        named, noted, good = root.image(1, "shop/x:1"), root.image(2, built_locally=True), root.image(3)
        root.file(named).unlink()
        root.file(noted).unlink()
        store = read(root.root)
        assert [image.id for image in store.images] == [good]
        assert {problem.where for problem in store.problems} == {f"shop/x:1 ({named})", noted}
        assert all("the image's config is missing" in problem.what for problem in store.problems)

    def test_other_files_are_passed_over(self, root: Root) -> None:
        image_id = root.image(1)
        digits = image_id.removeprefix("sha256:")
        for name in (f".tmp-{digits}123", digits.upper(), digits[:-1], f"{digits}0", "x\ny", "\udcff"):
            (root.content / name).write_bytes(b"half written")
        store = read(root.root)
        assert [image.id for image in store.images] == [image_id]
        assert store.problems == ()

    def test_nothing_readable_at_all_is_an_error(self, root: Root) -> None:
        root.file(root.image(1)).write_bytes(b"x")
        with pytest.raises(DataError, match=r"no image could be read.*bad digest"):
            read(root.root)

    def test_paths_that_are_not_regular_files_are_not_opened(
        self, root: Root, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        outside = tmp_path_factory.mktemp("outside") / "config"
        linked, piped, folder, good = (root.image(number) for number in range(4))
        shutil.move(root.file(linked), outside)
        root.file(linked).symlink_to(outside)
        root.file(piped).unlink()
        os.mkfifo(root.file(piped))
        root.file(folder).unlink()
        root.file(folder).mkdir()
        store = read(root.root)
        assert [image.id for image in store.images] == [good]
        reported = {problem.where: problem.what for problem in store.problems}
        assert "is a link, and links are not followed" in reported[linked]
        assert "is a named pipe" in reported[piped]
        assert "is a folder" in reported[folder]

    @pytest.mark.parametrize("name", ["imagedb/content/sha256", "imagedb/content", "imagedb"])
    def test_a_store_folder_that_links_outside_is_refused(
        self, root: Root, name: str, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        root.image(1)
        outside = tmp_path_factory.mktemp("outside") / "there"
        shutil.move(root.folder / name, outside)
        (root.folder / name).symlink_to(outside)
        with pytest.raises(DataError, match="is a link that points outside the store"):
            read(root.root)

    def test_a_linked_image_folder_is_refused_and_its_target_suggested(
        self, root: Root, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        image_id = root.image(1)
        outside = tmp_path_factory.mktemp("outside") / "there"
        shutil.move(root.root / "image", outside)
        (root.root / "image").symlink_to(outside)
        with pytest.raises(DataError, match=rf"a link to {outside}\. Open that"):
            read(root.root)
        assert [image.id for image in read(outside).images] == [image_id]


class TestMetadata:
    @pytest.mark.parametrize("content", [b"", b"sha256:", b"x" * 5000, b"\xff\x00", b"sha256:" + b"a" * 64 + b"\n"])
    def test_an_invalid_parent_is_a_problem_and_a_doubt(self, root: Root, content: bytes) -> None:
        image_ids = [root.image(number, "shop/x:1" if not number else f"shop/y:{number}") for number in range(2)]
        for image_id in image_ids:
            root.note(image_id, "parent", content)
        store = read(root.root)
        assert [image.parent for image in store.images] == [None, None]
        assert [problem.what.endswith("The parent is therefore unknown") for problem in store.problems] == [True, True]
        first, second = (image.doubt("parent") for image in store.images)
        assert first is not None
        assert first is second
        assert first.remedy

    @pytest.mark.parametrize(
        ("content", "value"), [(b"\x01", True), (b"\x01\x00", True), (b"", False), (b"\x00", False), (b"1", False)]
    )
    def test_built_locally_is_read_from_the_metadata_file(self, root: Root, content: bytes, value: bool) -> None:
        image_id = root.image(1)
        assert one(root, image_id).built_locally is False
        root.note(image_id, "builtLocally", content)
        image = one(root, image_id)
        assert image.built_locally is value
        assert image.doubts == ()

    def test_built_locally_that_cannot_be_read_is_a_doubt(self, root: Root) -> None:
        image_id = root.image(1, parent="sha256:" + "b" * 64)
        (root.metadata / image_id.removeprefix("sha256:") / "builtLocally").mkdir()
        store = read(root.root)
        (image,) = store.images
        assert image.parent == "sha256:" + "b" * 64
        assert [doubt.aspect for doubt in image.doubts] == ["built_locally"]
        assert "unknown whether the image was built here" in store.problems[0].what

    def test_links_are_not_followed(self, root: Root, tmp_path_factory: pytest.TempPathFactory) -> None:
        outside = tmp_path_factory.mktemp("outside")
        (outside / "parent").write_text("secret")
        linked, file_linked = root.image(1), root.image(2)
        (root.metadata / linked.removeprefix("sha256:")).symlink_to(outside)
        root.note(file_linked, "parent", b"").unlink()
        (root.metadata / file_linked.removeprefix("sha256:") / "parent").symlink_to(outside / "parent")
        store = read(root.root)
        assert [image.parent for image in store.images] == [None, None]
        (problem,) = store.problems
        assert problem.where == file_linked
        assert "secret" not in str(problem)

    def test_a_parent_that_the_store_lacks_is_kept(self, root: Root) -> None:
        gone = "sha256:" + "c" * 64
        assert one(root, root.image(1, parent=gone)).parent == gone

    def test_layers_that_are_missing_are_a_problem(self, root: Root) -> None:
        with_layer, without, empty = root.image(1), root.image(2), root.image(3, rootfs={"type": "layers"})
        assert [image.size for image in read(root.root).images if image.id != empty] == [None, None]
        layer = root.folder / "layerdb" / "sha256" / f"{1:064x}"
        layer.mkdir(parents=True)
        (layer / "size").write_text("1234")
        store = read(root.root)
        assert {image.id: image.size for image in store.images} == {with_layer: 1234, without: None, empty: 0}
        (problem,) = store.problems
        assert problem.where == without
        assert "the image's layers are not in layerdb" in problem.what

    @pytest.mark.parametrize("content", [b"", b"-1", b"9" * 30, b"x", b"1" * 5000])
    def test_an_invalid_size_is_unknown(self, root: Root, content: bytes) -> None:
        image_id = root.image(1)
        layer = root.folder / "layerdb" / "sha256" / f"{1:064x}"
        layer.mkdir(parents=True)
        (layer / "size").write_bytes(content)
        assert one(root, image_id).size is None


class TestNames:
    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b'{"Repositories":{"x":3}}', b'{"Repositories":{"a":{"a:1":null,"b":[]}}}', None]
    )
    def test_unreadable_names_are_a_problem_and_a_doubt(self, root: Root, content: bytes | None) -> None:
        ids = {root.image(1, "shop/x:1"), root.image(2)}
        path = root.folder / "repositories.json"
        path.unlink() if content is None else path.write_bytes(content)
        store = read(root.root)
        assert {image.id for image in store.images} == ids
        assert {image.names for image in store.images} == {()}
        (problem,) = store.problems
        assert problem.where == "repositories.json"
        assert "The image names are therefore unknown" in problem.what
        first, second = (image.doubt("names") for image in store.images)
        assert first is not None
        assert first is second

    def test_images_have_no_names_if_repositories_are_empty(self, root: Root) -> None:
        root.image(1)
        for content in ("{}", '{"Repositories":null}', '{"Repositories":{}}', '{"repositories":{"a":null}}'):
            (root.folder / "repositories.json").write_text(content)
            store = read(root.root)
            assert store.problems == ()
            assert [image.names for image in store.images] == [()]

    def test_names_in_full_form_and_sorted(self, root: Root) -> None:
        digest = "@sha256:" + "d" * 64
        image_id = root.image(1, "web:2", "web:1", f"shop/web{digest}", "localhost:5000/a/b:x", "localhost/c:y")
        assert one(root, image_id).names == (
            "docker.io/library/web:1",
            "docker.io/library/web:2",
            f"docker.io/shop/web{digest}",
            "localhost/c:y",
            "localhost:5000/a/b:x",
        )

    def test_hostile_names_are_problems(self, root: Root) -> None:
        image_id = root.image(1, "good:1")
        hostile = ("UPPER:1", "a b:1", "<b>x</b>:1", "../../etc:1", "x\n:1", "\0", "", "e" * 64, "x:" + "t" * 1000)
        root.names["hostile"] = dict.fromkeys(hostile, image_id)
        root.names["ids"] = {"shop/a:1": "latest", "shop/b:1": "sha256:" + "A" * 64, "shop/c:1": ""}
        root.names["again"] = {"docker.io/library/good:1": "sha256:" + "a" * 64}
        root.name()
        store = read(root.root)
        assert [image.names for image in store.images] == [("docker.io/library/good:1",)]
        assert len(store.problems) == len(hostile) + 3 + 1
        for problem in store.problems:
            assert problem.where.startswith("repositories.json, ")
            assert "\n" not in str(problem)
            assert len(str(problem)) < 600


class TestLimits:
    def test_images(self, root: Root) -> None:
        ids = sorted(root.image(number, f"shop/x:{number}", built_locally=True) for number in range(5))
        store = read(root.root, limits=Limits(images=3))
        assert [image.id for image in store.images] == ids[:3]
        assert [problem.what for problem in store.problems] == ["there are more than 3 images; the rest were not read"]

    def test_one_document(self, root: Root) -> None:
        long, short = root.image(1, author="x" * 5000), root.image(2)
        store = read(root.root, limits=Limits(document=5000))
        assert [image.id for image in store.images] == [short]
        assert [
            (problem.where, "is larger than 5,000 bytes, the limit for this file" in problem.what)
            for problem in store.problems
        ] == [(long, True)]

    def test_the_total_size_of_documents_is_limited(self, root: Root) -> None:
        for number in range(5):
            root.image(number)
        store = read(root.root, limits=Limits(documents=1000))
        assert 0 < len(store.images) < 5
        assert any("more than 1,000 bytes" in problem.what for problem in store.problems)

    def test_history(self, root: Root) -> None:
        short, long = root.image(1), root.image(2, history=[{}] * 3)
        store = read(root.root, limits=Limits(history=2))
        assert [image.id for image in store.images] == [short]
        assert [problem.where for problem in store.problems] == [long]

    def test_problems(self, root: Root) -> None:
        root.image(1)
        root.names["hostile"] = {f"A{number}": "x" for number in range(1200)}
        root.name()
        problems = read(root.root).problems
        assert len(problems) == 1001
        assert problems[-1].what == "200 more problems are not listed"


class TestWhileItChanges:
    """Something changes between reading two files."""

    def test_an_image_is_removed_before_its_config_is_read(self, root: Root) -> None:
        child = root.image(2)
        parent = root.image(1, "shop/x:1", built_locally=True)
        root.note(child, "parent", parent.encode())

        def remove() -> None:  # in the daemon's order
            root.names.clear()
            root.name()
            (root.metadata / child.removeprefix("sha256:") / "parent").unlink()
            shutil.rmtree(root.metadata / parent.removeprefix("sha256:"))
            root.file(parent).unlink()

        store = read_while(root, remove, "content/sha256/" + min(parent, child).removeprefix("sha256:"))
        assert store.keys() == {child}
        assert store[child].parent is None

    def test_a_parent_is_removed_after_its_child_was_read(self, root: Root) -> None:
        ids = sorted((root.image(1), root.image(2)))
        child, parent = ids
        root.note(child, "parent", parent.encode())

        def remove() -> None:
            (root.metadata / child.removeprefix("sha256:") / "parent").unlink()
            root.file(parent).unlink()

        store = read_while(root, remove, "content/sha256/" + parent.removeprefix("sha256:"))
        assert store.keys() == {child}
        assert store[child].parent is None

    def test_metadata_removed_while_reading_counts_as_absent(self, root: Root) -> None:
        image_id = root.image(1, parent="sha256:" + "a" * 64, built_locally=True)
        folder = root.metadata / image_id.removeprefix("sha256:")
        store = read_while(root, lambda: shutil.rmtree(folder), "content/sha256/")
        assert (store[image_id].parent, store[image_id].built_locally) == (None, False)

    def test_a_name_moved_to_a_new_image_while_reading_is_dropped(self, root: Root) -> None:
        old = root.image(1, "shop/x:1", "shop/x:old")
        new: list[str] = []
        store = read_while(root, lambda: new.append(root.image(2, "shop/x:1")), "content/sha256/")
        assert {image.id: image.names for image in store.values()} == {old: ("docker.io/shop/x:old",)}

    def test_an_image_created_and_removed_while_reading_is_ignored(self, root: Root) -> None:
        """Its name appears when the names are read again, but its config is then gone."""
        root.image(1)
        seen: list[int] = []

        def happens() -> None:
            seen.append(len(seen))
            if len(seen) == 2:
                root.file(root.image(2, "shop/x:1")).unlink()
            elif len(seen) == 3:
                root.names.clear()
                root.name()

        read_while(root, happens, "repositories.json", times=3)
        assert seen == [0, 1, 2]

    def test_names_are_kept_if_their_file_is_removed_while_reading(self, root: Root) -> None:
        image_id = root.image(1, "shop/x:1")
        store = read_while(root, (root.folder / "repositories.json").unlink, "content/sha256/")
        assert store[image_id].names == ("docker.io/shop/x:1",)
        assert store[image_id].doubts == ()

    def test_a_store_removed_while_reading_gives_no_images(self, root: Root) -> None:
        root.image(1)
        assert read_while(root, lambda: shutil.rmtree(root.root / "image"), "content/sha256/") == {}

    def test_a_file_is_replaced_by_a_pipe(self, root: Root) -> None:
        """The pipe appears between checking the file and opening it, which must not wait for a writer."""
        image_id, other = sorted((root.image(1), root.image(2)))
        path, real = root.file(image_id), os.open

        def replacing(name: Any, flags: int, *more: Any, **options: Any) -> int:
            if os.fspath(name) == str(path):
                path.unlink()
                os.mkfifo(path)
            return real(name, flags, *more, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "open", replacing)
            store = read(root.root)
        assert [image.id for image in store.images] == [other]
        assert "is a named pipe" in store.problems[0].what


def read_while(root: Root, happens: Callable[[], object], name: str, times: int = 1) -> dict[str, Image]:
    """Read a store in which something happens just before a file is read, and check that no problem is reported."""
    database = ImageDatabase(root.folder, Reading())
    real, pending = database._files.read, [happens] * times

    def content(asked: str, limit: int) -> bytes | None:
        if name in asked and pending:
            pending.pop()()
        return real(asked, limit)

    database._files.read = content  # type: ignore[method-assign, assignment]
    images = database.read()
    assert not pending
    assert database.problems == ()
    return {image.id: image for image in images}


DAMAGE = st.sampled_from(("remove", "empty", "cut", "flip", "garbage", "folder", "link", "pipe", "twin"))


@examples(0.5)
@given(st.lists(st.tuples(st.integers(0, 10_000), DAMAGE, st.binary(max_size=80)), max_size=8))
def test_damage_raises_nothing_but_data_errors(
    tmp_path_factory: pytest.TempPathFactory, damages: list[tuple[int, str, bytes]]
) -> None:
    root = Root(tmp_path_factory.mktemp("root"))
    parent = ""
    for number in range(4):
        parent = root.image(number, f"shop/x:{number}", parent=parent, built_locally=True)
    whole = read(root.root).by_id
    for which, damage, content in damages:
        paths = sorted(path for path in root.root.rglob("*") if path != root.root)
        if paths:
            damage_file(paths[which % len(paths)], damage, content)
    before = snapshot(root.root)
    images: tuple[Image, ...] = ()
    with contextlib.suppress(DataError):
        images = open_data_root(str(root.root), Reading()).cases[0].store.images
    assert snapshot(root.root) == before
    for image in images:
        assert image.config == whole[image.id].config  # only content that matches the digest is read
        if image.parent != whole[image.id].parent and image.doubt("parent") is None:
            assert not (root.metadata / image.id.removeprefix("sha256:") / "parent").is_file()


def damage_file(path: Path, damage: str, content: bytes) -> None:
    is_folder = path.is_dir() and not path.is_symlink()
    if damage in ("empty", "cut", "flip", "garbage") and (is_folder or not path.is_file()):
        return
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[: len(content)])
    elif damage == "flip":
        old = path.read_bytes()
        path.write_bytes(bytes([old[0] ^ 1]) + old[1:] if old else b"")
    elif damage == "garbage":
        path.write_bytes(content)
    elif damage == "twin":
        twin = path.with_name(content.hex() or "x")
        if not twin.is_dir():
            twin.write_bytes(content)
    else:
        shutil.rmtree(path) if is_folder else path.unlink()
        if damage == "folder":
            path.mkdir()
        elif damage == "link":
            path.symlink_to("/etc" if is_folder else "/etc/passwd")
        elif damage == "pipe":
            os.mkfifo(path)


def test_the_test_repositories_file_has_the_format_of_docker(root: Root) -> None:
    """The tests write the same format as a daemon."""
    image_id = root.image(1, "shop/x:1")
    written = json.loads((root.folder / "repositories.json").read_text())
    assert written == {"Repositories": {"shop/x": {"shop/x:1": image_id}}}
