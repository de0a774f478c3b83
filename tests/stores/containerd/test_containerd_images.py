"""Images built from records and blobs: names, parents, marks and container configs, as moby 28.5.2 reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from cacheview.model import Image, Problem
from cacheview.stores.budget import Budget
from cacheview.stores.containerd.images import read_images
from cacheview.stores.containerd.records import CONFIG_REFERENCE, ImageRecord, StoreUnavailableError
from cacheview.stores.limits import Limits
from cacheview.stores.problems import Problems
from cacheview.stores.reading import Reading

PARENT = "org.mobyproject.image.parent"
SCRATCH = "org.mobyproject.image.fromscratch"
BUILT = "org.mobyproject.image.containerconfig"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Content:
    """Blobs and their labels in memory."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.reported: dict[str, dict[str, str]] = {}
        self.lost_after = 1_000_000
        self.reads = 0

    def add(self, document: Any) -> str:
        content = json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.blobs[digest] = content
        return digest

    def manifest(self, mark: str, container_config: Any = None, architecture: str = "amd64") -> str:
        config = self.add({"architecture": architecture, "os": "linux", "author": mark})
        if container_config is not None:
            self.reported[config] = {CONFIG_REFERENCE: self.add(container_config)}
        return self.add({"config": {"digest": config, "size": 1}, "layers": []})

    def read(self, digest: str) -> bytes | None:
        self.reads += 1
        if self.reads > self.lost_after:
            raise StoreUnavailableError("gone", where="here")
        return self.blobs.get(digest)

    def labels(self, digest: str) -> Mapping[str, str]:
        return self.reported.get(digest, {})


@pytest.fixture
def content() -> Content:
    return Content()


def record(name: str, digest: str, **labels: str) -> ImageRecord:
    keys = {"parent": PARENT, "scratch": SCRATCH, "built": BUILT}
    return ImageRecord(name, digest, MANIFEST, 1, {keys[key]: value for key, value in labels.items()})


def read(
    content: Content,
    records: Sequence[ImageRecord],
    *,
    limits: Limits | None = None,
    again: Callable[[], Sequence[ImageRecord]] | None = None,
    damaged: Sequence[Problem] = (),
) -> tuple[list[Image], Sequence[Problem]]:
    reading = Reading() if limits is None else Reading(budget=Budget(limits))
    fresh = again or (lambda: records)
    return read_images((records, Problems(damaged)), content, reading, records_now=lambda: (fresh(), Problems()))


def test_order_is_by_first_name_and_the_unnamed_last_by_digest(content: Content) -> None:
    made = sorted(content.manifest(mark) for mark in "abcde")
    records = [
        record(f"moby-dangling@{made[3]}", made[3]),
        record("docker.io/z/a:1", made[0]),
        record(f"moby-dangling@{made[1]}", made[1]),
        record("docker.io/a/z:2", made[0]),
        record("docker.io/b/b:1", made[2]),
        record("docker.io/a/z:10", made[4]),
    ]
    images, problems = read(content, records)
    assert [(image.id, image.names) for image in images] == [
        (made[4], ("docker.io/a/z:10",)),
        (made[0], ("docker.io/a/z:2", "docker.io/z/a:1")),
        (made[2], ("docker.io/b/b:1",)),
        (made[1], ()),
        (made[3], ()),
    ]
    assert problems == ()
    assert read(content, records[::-1]) == (images, problems)


def test_an_image_with_a_dangling_record_keeps_its_name(content: Content) -> None:
    made = content.manifest("a")
    ((image,), _) = read(content, [record(f"moby-dangling@{made}", made), record("docker.io/a/b:1", made)])
    assert image.names == ("docker.io/a/b:1",)
    assert image.is_dangling


@pytest.mark.parametrize(
    ("name", "is_dangling"),
    [("docker.io/a/b:1", False), ("moby-dangling@DIGEST", True), ("import-2024-01-01@DIGEST", False)],
)
def test_dangling_images_are_recognized_by_their_record_name(name: str, is_dangling: bool, content: Content) -> None:
    made = content.manifest("a")
    ((image,), _) = read(content, [record(name.replace("DIGEST", made), made)])
    assert image.is_dangling is is_dangling


@pytest.mark.parametrize(
    ("name", "names", "problem"),
    [
        ("docker.io/a/b:1", ("docker.io/a/b:1",), ""),
        ("moby-dangling@DIGEST", (), ""),
        ("import-2024-01-01@DIGEST", (), ""),
        ("DIGEST", (), ""),
        ("a/b:1", (), "Docker looks for docker.io/a/b:1 instead"),
        ("docker.io/A/b:1", (), "the name is ignored"),
        ("docker.io/a/b:\ufffd", (), "the name is ignored"),
        ("", (), "the name is ignored"),
        ("x" * 5000, (), "the name is ignored"),
    ],
)
def test_names(name: str, names: tuple[str, ...], problem: str, content: Content) -> None:
    made = content.manifest("a")
    ((image,), problems) = read(content, [record(name.replace("DIGEST", made), made)])
    assert image.names == names
    assert [problem in str(reported) for reported in problems] == ([True] if problem else [])
    assert all(len(str(reported)) < 1000 for reported in problems)


def test_labels_of_all_records_count(content: Content) -> None:
    made, parent = content.manifest("a"), content.manifest("parent")
    records = [
        record("docker.io/a/a:1", made),
        record("docker.io/a/b:1", made, parent=parent, built="{}"),
        record("docker.io/a/c:1", made, scratch="1"),
    ]
    ((image,), problems) = read(content, records)
    assert (image.parent, image.built_locally, image.from_scratch) == (parent, True, True)
    assert (image.doubts, problems) == ((), ())


@pytest.mark.parametrize(
    ("labels", "parent", "built", "scratch"),
    [
        ({}, None, False, False),
        ({"parent": ""}, None, False, False),
        ({"built": ""}, None, False, False),
        ({"built": "sha256:x"}, None, True, False),
        ({"scratch": "0"}, None, False, False),
        ({"scratch": ""}, None, False, False),
        ({"scratch": "1"}, None, False, True),
        ({"parent": "sha256:" + "1" * 64}, "sha256:" + "1" * 64, False, False),
    ],
)
def test_labels(labels: dict[str, str], parent: str | None, built: bool, scratch: bool, content: Content) -> None:
    ((image,), problems) = read(content, [record("docker.io/a/a:1", content.manifest("a"), **labels)])
    assert (image.parent, image.built_locally, image.from_scratch) == (parent, built, scratch)
    assert problems == ()


def test_differing_recorded_parents_are_a_doubt(content: Content) -> None:
    made, one, two = content.manifest("a"), "sha256:" + "1" * 64, "sha256:" + "2" * 64
    records = [record("docker.io/a/a:1", made, parent=one), record("docker.io/a/b:1", made, parent=two)]
    ((image,), (problem,)) = read(content, records)
    assert image.parent == one
    assert [doubt.aspect for doubt in image.doubts] == ["parent"]
    assert "2 different parents" in problem.what


def test_differing_container_config_records_make_built_here_unknown(content: Content) -> None:
    """`IsBuiltLocally` in cache.go then fails: Docker 26 and later skip the image, and 25 ends the build."""
    made = content.manifest("a")
    records = [record("docker.io/a/a:1", made, built="sha256:x"), record("docker.io/a/b:1", made, built="sha256:y")]
    ((image,), (problem,)) = read(content, records)
    assert [doubt.aspect for doubt in image.doubts] == ["built_locally"]
    assert "2 different" in problem.what


@pytest.mark.parametrize("label", ["1234", "sha256:xyz", "md5:" + "1" * 32, "<b>x</b>"])
def test_a_parent_that_is_not_a_digest_is_doubtful(label: str, content: Content) -> None:
    ((image,), (problem,)) = read(content, [record("docker.io/a/a:1", content.manifest("a"), parent=label)])
    assert image.parent is None
    assert [doubt.aspect for doubt in image.doubts] == ["parent"]
    assert "not a digest" in problem.what


# Container configs


def test_the_container_config_is_the_blob_that_the_config_refers_to(content: Content) -> None:
    made = content.manifest("a", {"Cmd": ["/bin/sh", "-c", "x"]})
    ((image,), _) = read(content, [record("docker.io/a/a:1", made, built="x")])
    assert image.container_config is not None
    assert image.container_config.Cmd == ("/bin/sh", "-c", "x")


@pytest.mark.parametrize("reference", ["", "x", "sha256:" + "0" * 64, "../../etc/passwd"])
def test_a_broken_container_config_reference_is_a_doubt(reference: str, content: Content) -> None:
    made = content.manifest("a", {})
    content.reported = {digest: {CONFIG_REFERENCE: reference} for digest in content.reported}
    ((image,), (problem,)) = read(content, [record("docker.io/a/a:1", made)])
    assert image.container_config is None
    assert [doubt.aspect for doubt in image.doubts] == ["container_config"]
    assert "container config cannot be read" in problem.what


def test_doubts_are_one_object_for_all_images(content: Content) -> None:
    made = [content.manifest(mark, {"Env": [mark]}) for mark in "abc"]
    content.reported = {digest: {CONFIG_REFERENCE: "sha256:" + "0" * 64} for digest in content.reported}
    images, _ = read(content, [record(f"docker.io/a/a:{number}", one) for number, one in enumerate(made)])
    assert len({id(image.doubts[0]) for image in images}) == 1


def test_the_first_manifest_of_an_index_gives_the_container_config(content: Content) -> None:
    """The first in the order of manifests, whichever platform is shown."""
    plain = content.manifest("plain")
    arm = content.manifest("arm", {"Cmd": ["arm"]}, architecture="arm64")
    amd = content.manifest("amd", {"Cmd": ["amd"]})
    manifests = [{"digest": one, "size": 1, "mediaType": MANIFEST} for one in (plain, arm, amd)]
    index = content.add({"mediaType": INDEX, "manifests": manifests})
    ((image,), _) = read(content, [record("docker.io/a/a:1", index)])
    assert image.manifest_digest == plain
    assert image.container_config is not None
    assert image.container_config.Cmd == ("arm",)


# Images that disappear while they are read


def test_an_image_that_was_removed_meanwhile_is_not_a_problem(content: Content) -> None:
    kept, gone = content.manifest("a"), content.manifest("b")
    records = [record("docker.io/a/a:1", kept), record("docker.io/a/b:1", gone)]
    del content.blobs[gone]
    images, problems = read(content, records, again=lambda: records[:1])
    assert ([image.id for image in images], problems) == ([kept], ())
    images, problems = read(content, records)
    assert [image.id for image in images] == [kept]
    assert [problem.where for problem in problems] == ["a/b:1"]


def test_images_already_read_are_kept_when_the_content_is_lost(content: Content) -> None:
    records = [record(f"docker.io/a/a:{number}", content.manifest(str(number))) for number in range(9)]
    content.lost_after = 8
    images, problems = read(content, records)
    assert len(images) == 4
    assert [problem.what for problem in problems] == ["5 of 9 images were not read: here: gone"]
    content.reads, content.lost_after = 0, 0
    with pytest.raises(StoreUnavailableError):
        read(content, records)


def test_damaged_records_are_reported_along_with_the_images(content: Content) -> None:
    records = [record("docker.io/a/a:1", content.manifest("a"))]
    images, problems = read(content, records, damaged=[Problem("there", "page 7 is damaged")])
    assert len(images) == 1
    assert [str(problem) for problem in problems] == ["there: page 7 is damaged"]


def test_too_many_images(content: Content) -> None:
    records = [record(f"docker.io/a/a:{number}", content.manifest(str(number))) for number in range(5)]
    images, problems = read(content, records, limits=Limits(images=3))
    assert len(images) == 3
    assert [problem.what for problem in problems] == ["there are more than 3 images; the rest were not read"]


def test_a_record_that_is_not_an_image_is_a_problem(content: Content) -> None:
    artifact = content.add({"config": {"digest": "sha256:" + "0" * 64, "mediaType": "application/x", "size": 2}})
    text = content.add("hello")
    records = [record("docker.io/a/a:1", artifact), record("docker.io/a/b:1", text), record("docker.io/a/c:1", "x")]
    images, problems = read(content, records)
    assert images == []
    assert [problem.where for problem in problems] == ["a/a:1", "a/b:1", "a/c:1"]
