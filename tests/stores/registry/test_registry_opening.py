"""The images of a registry as a store: what a pull would add to a store of either kind."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_kit import PASSWORD, USER, FakeRegistry, Reply, Request, basic, errors, serving, wants_basic
from store_builder import INDEX_TYPE, MANIFEST_TYPE, config, dumps, sha256

from cacheview.model import DataError, Image, ImageStore, Platform, Release, StoreKind
from cacheview.stores.budget import Budget
from cacheview.stores.limits import Limits
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedLocation
from cacheview.stores.progress import Canceled
from cacheview.stores.registry import certificates, opening
from cacheview.stores.registry.client import RegistryDocument
from cacheview.stores.registry.pulling import pulled_image
from cacheview.stores.registry.targets import parse_target

ARM = Platform(os="linux", architecture="arm64")
GRAPH, CONTAINERD = (Release(kind) for kind in (StoreKind.GRAPH_DRIVER, StoreKind.CONTAINERD))


@pytest.fixture(autouse=True)
def cli_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of the docker CLI without any of this machine, and without certificates, which take long to load."""
    monkeypatch.setattr(opening, "tls_context", lambda _: (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ()))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_AUTH_CONFIG", raising=False)
    return tmp_path


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    with serving(fake):
        yield fake


def opened(registry: FakeRegistry, *references: str, **how: Any) -> OpenedLocation:
    names = ",".join(f"{registry.host}/shop/{reference}" for reference in references)
    return open_store(f"registry:{names}", **how)


def store(registry: FakeRegistry, *references: str, **how: Any) -> ImageStore:
    (case,) = opened(registry, *references, **how).cases
    return case.store


def only(registry: FakeRegistry, reference: str = "app:1", **how: Any) -> Image:
    (image,) = store(registry, reference, **how).images
    return image


def refusal(registry: FakeRegistry, reference: str = "app:1", **how: Any) -> str:
    with pytest.raises(DataError) as caught:
        store(registry, reference, **how)
    return str(caught.value)


def test_a_containerd_store_uses_the_manifest_digest_as_image_id(registry: FakeRegistry) -> None:
    digest = registry.tag("1", registry.layout.manifest(config(1)))
    image = only(registry)
    assert (image.id, image.names, image.parent) == (digest, (f"{registry.host}/shop/app:1",), None)
    assert image.config.history is not None
    assert image.size == 1000
    assert len(registry.requests) == 2


def test_a_graph_driver_image_has_the_config_id_and_the_pulled_digest(registry: FakeRegistry) -> None:
    digest = registry.tag("1", registry.layout.manifest(config(1)))
    image = only(registry, puller=GRAPH)
    assert image.id == sha256(dumps(config(1)))
    assert image.names == (f"{registry.host}/shop/app:1", f"{registry.host}/shop/app@{digest}")
    assert (image.manifest_digest, image.size) == (digest, None)


def test_an_image_may_be_named_by_digest(registry: FakeRegistry) -> None:
    digest = str(registry.layout.manifest(config(1))["digest"])
    for puller in (GRAPH, CONTAINERD):
        assert only(registry, f"app@{digest}", puller=puller).names == (f"{registry.host}/shop/app@{digest}",)


def test_a_registry_store_describes_itself(registry: FakeRegistry) -> None:
    registry.tag("1", registry.layout.manifest(config(1)))
    result = opened(registry, "app:1", puller=GRAPH, platform=ARM)
    assert (result.kind, result.title) == ("registry", "registry images as pulled into a graph-driver store")
    (case,) = result.cases
    assert case.store.release is not None
    assert (case.store.release.kind, case.store.release.version, case.store.platform) == (GRAPH.kind, "", ARM)
    assert "on linux/arm64 would contain after pulling only these images" in case.store.notes[0]


def test_an_image_built_by_buildkit_is_noted(registry: FakeRegistry) -> None:
    history = [{"created_by": "RUN x # buildkit", "comment": "buildkit.dockerfile.v0"}]
    registry.tag("1", registry.layout.manifest(config(1, history=history)))
    registry.tag("2", registry.layout.manifest(config(2)))
    notes = " ".join(store(registry, "app:1", "app:2").notes)
    assert f"Built by BuildKit: {registry.host}/shop/app:1." in notes
    assert "BuildKit" not in " ".join(store(registry, "app:2").notes)


def platforms(registry: FakeRegistry, *wanted: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Descriptors of manifests, each with a platform in the index, or without one if None."""
    results = []
    for number, platform in enumerate(wanted):
        known = platform or {"os": "linux", "architecture": "amd64"}
        made = config(number, **{key: known[key] for key in ("os", "architecture", "variant") if key in known})
        results.append({**registry.layout.manifest(made), **({} if platform is None else {"platform": platform})})
    return results


AMD = {"os": "linux", "architecture": "amd64"}
I386 = {"os": "linux", "architecture": "386"}
ARM64 = {"os": "linux", "architecture": "arm64", "variant": "v8"}
ARM_V6, ARM_V7 = ({"os": "linux", "architecture": "arm", "variant": variant} for variant in ("v6", "v7"))
ATTESTED = {"os": "unknown", "architecture": "unknown"}


@pytest.mark.parametrize(
    ("there", "platform", "chosen"),
    [
        ([ARM64, AMD], "linux/amd64", 1),
        ([I386, ARM64], "linux/amd64", 0),
        ([I386, AMD], "linux/amd64", 1),
        ([ARM_V6, ARM_V7, AMD], "linux/arm/v7", 1),
        ([ARM_V7, ARM_V6, AMD], "linux/arm/v6", 1),
        ([ARM_V6, AMD], "linux/arm64", 0),
        ([ARM64, AMD], "linux/arm64", 0),
        ([None, AMD], "linux/amd64", 1),
        ([None, ARM64], "linux/amd64", 0),
        ([ATTESTED, AMD], "linux/amd64", 1),
        ([AMD, AMD], "linux/amd64", 0),
    ],
)
def test_the_manifest_for_the_platform_is_pulled_from_an_index(
    registry: FakeRegistry, there: list[dict[str, Any] | None], platform: str, chosen: int
) -> None:
    descriptors = platforms(registry, *there)
    index = registry.tag("1", registry.layout.index(descriptors))
    os, architecture, *variant = platform.split("/")
    wanted = Platform(os=os, architecture=architecture, variant="".join(variant))
    digest = descriptors[chosen]["digest"]
    image = only(registry, platform=wanted)
    assert (image.id, image.manifest_digest) == (index, digest)
    present = [variant.manifest_digest for variant in image.variants if variant.config is not None]
    assert present == [digest]
    assert len(image.variants) == sum(each is not ATTESTED for each in there)
    assert len(registry.requests) == 3
    graph = only(registry, platform=wanted, puller=GRAPH)
    assert (graph.id, graph.variants) == (image.config_digest, ())
    assert f"{registry.host}/shop/app@{index}" in graph.names


@pytest.mark.parametrize(
    ("there", "platform", "chosen"),
    [
        ([I386, AMD], "amd64", 1),
        ([I386], "amd64", None),
        ([ARM64, ARM_V7], "arm64", 0),
        ([ARM_V7], "arm64", None),
        ([ARM_V6, AMD], "arm", 0),
        ([ARM_V6, ARM_V7], "arm", 1),
        ([None], "amd64", None),
    ],
)
def test_release_20_10_pulls_only_the_same_platform(
    registry: FakeRegistry, there: list[dict[str, Any] | None], platform: str, chosen: int | None
) -> None:
    descriptors = platforms(registry, *there)
    registry.tag("1", registry.layout.index(descriptors))
    older = replace(GRAPH, version="20.10.24+dfsg1")
    how: dict[str, Any] = {"platform": Platform(os="linux", architecture=platform), "puller": older}
    if chosen is None:
        assert "no matching manifest for" in refusal(registry, **how)
    else:
        assert only(registry, **how).manifest_digest == descriptors[chosen]["digest"]


def test_a_platform_missing_from_an_index_has_dockers_error_message(registry: FakeRegistry) -> None:
    registry.tag("1", registry.layout.index(platforms(registry, AMD, ARM64, ATTESTED)))
    printed = refusal(registry, platform=Platform(os="linux", architecture="s390x"))
    assert "no matching manifest for linux/s390x in the manifest list entries" in printed
    assert "Choose a platform that the list contains: linux/amd64, linux/arm64/v8" in printed


def test_an_index_within_an_index_is_followed(registry: FakeRegistry) -> None:
    inner = registry.layout.index(platforms(registry, AMD))
    registry.tag("1", registry.layout.index([{**inner, "platform": AMD}]))
    assert only(registry).config.architecture == "amd64"


def test_too_deeply_nested_indexes_are_refused(registry: FakeRegistry) -> None:
    descriptor = registry.layout.index(platforms(registry, AMD))
    for _ in range(8):
        descriptor = registry.layout.index([{**descriptor, "platform": AMD}])
    registry.tag("1", descriptor)
    assert "indexes are nested more than" in refusal(registry)
    assert len(registry.requests) < 9


def test_two_tags_of_one_image_are_one_image_with_two_names(registry: FakeRegistry) -> None:
    descriptor = registry.layout.manifest(config(1))
    registry.tag("1", descriptor)
    registry.tag("2", descriptor)
    for puller in (GRAPH, CONTAINERD):
        (image,) = store(registry, "app:2", "app:1", puller=puller).images
        assert {f"{registry.host}/shop/app:1", f"{registry.host}/shop/app:2"} <= set(image.names)


def test_an_unreadable_registry_image_does_not_affect_others(registry: FakeRegistry) -> None:
    registry.tag("1", registry.layout.manifest(config(1)))
    result = opened(registry, "app:1", "app:2")
    assert [image.title for image in result.cases[0].store.images] == [f"{registry.host}/shop/app:1"]
    (problem,) = result.problems
    assert problem.where == f"{registry.host}/shop/app:2"
    assert "no such image (manifest unknown)" in problem.what
    assert "no image could be read" in refusal(registry, f"app:3,{registry.host}/shop/app:4")


@pytest.mark.parametrize(
    ("document", "media_type", "printed"),
    [
        ({"schemaVersion": 1, "fsLayers": []}, "application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1"),
        ({"schemaVersion": 1, "fsLayers": []}, "application/json", "neither a manifest nor an index"),
        ({"manifests": [], "config": {"digest": "sha256:" + "a" * 64}}, MANIFEST_TYPE, "which Docker rejects"),
        ({"manifests": []}, INDEX_TYPE, "The list contains no images"),
        ({"manifests": []}, MANIFEST_TYPE, "but the manifest is of a different type"),
        ({"config": {"digest": "sha256:" + "a" * 64}}, INDEX_TYPE, "but the manifest is of a different type"),
        ({"config": {"digest": "../../x"}}, MANIFEST_TYPE, "not a digest: '../../x'"),
        ({"manifests": [{"digest": "../../x"}]}, INDEX_TYPE, "not a digest: '../../x'"),
        ({"config": {"digest": "sha256:" + "a" * 64}}, MANIFEST_TYPE, "no such image"),
        ({"config": {"digest": "sha256:" + "a" * 64, "size": -1}}, MANIFEST_TYPE, "config.size"),
        (
            {"config": {"digest": "sha256:" + "a" * 64, "mediaType": "x/helm"}},
            MANIFEST_TYPE,
            "artifact of type x/helm",
        ),
        ([], MANIFEST_TYPE, "manifest"),
    ],
)
def test_a_registry_manifest_that_is_not_an_image_is_refused(
    registry: FakeRegistry, document: object, media_type: str, printed: str
) -> None:
    registry.tag("1", registry.layout.document(document, media_type))
    assert printed in refusal(registry)


def test_a_manifest_with_a_wrong_digest_is_refused(registry: FakeRegistry) -> None:
    descriptor = registry.layout.manifest(config(1))
    digest = str(descriptor["digest"])
    other = registry.layout.manifest(config(2))
    registry.hook = lambda request: (
        Reply(
            200,
            registry.layout.files["blobs/" + str(other["digest"]).replace(":", "/")],
            {"Docker-Content-Digest": digest},
        )
        if "/manifests/" in request.path
        else None
    )
    for reference in ("app:1", f"app@{digest}"):
        assert "bad digest" in refusal(registry, reference)


def test_a_config_with_a_wrong_digest_is_refused(registry: FakeRegistry) -> None:
    registry.tag("1", registry.layout.manifest(config(1)))
    size = len(dumps(config(1)))
    registry.hook = lambda request: Reply(200, b" " * size) if "/blobs/" in request.path else None
    assert "bad digest" in refusal(registry)


def test_a_config_may_be_no_larger_than_its_manifest_says(registry: FakeRegistry) -> None:
    registry.tag("1", registry.layout.manifest(config(1)))
    registry.hook = lambda request: Reply(200, b"x" * 100_000) if "/blobs/" in request.path else None
    assert "is larger than" in refusal(registry)


def test_a_config_is_read_within_the_budget(registry: FakeRegistry) -> None:
    history = [{"created_by": "x"}] * 50
    registry.tag("1", registry.layout.manifest(config(1, history=history)))
    assert "at most 20 can be read" in refusal(registry, limits=Limits(history=20))


def test_credentials_of_the_cli_are_used_and_its_problems_are_reported(
    registry: FakeRegistry, cli_settings: Path
) -> None:
    registry.tag("1", registry.layout.manifest(config(1)))
    registry.hook = wants_basic
    auth = basic().removeprefix("Basic ")
    (cli_settings / "config.json").write_text(json.dumps({"auths": {registry.host: {"auth": auth}}}))
    assert only(registry)
    (cli_settings / "config.json").write_text(
        json.dumps({"auths": {registry.host: {"auth": "?"}}, "credsStore": "gone"})
    )
    printed = refusal(registry)
    assert "docker-credential-gone: there is no such program in PATH" in printed
    assert f"`docker login {registry.host}`" in printed
    assert PASSWORD not in printed
    assert USER not in printed


def test_a_public_registry_is_read_despite_an_invalid_docker_config(registry: FakeRegistry, cli_settings: Path) -> None:
    registry.tag("1", registry.layout.manifest(config(1)))
    (cli_settings / "config.json").write_text("{")
    assert opened(registry, "app:1").problems == ()


def test_a_certificate_that_cannot_be_used_is_a_problem(
    registry: FakeRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.tag("1", registry.layout.manifest(config(1)))
    (tmp_path / "ca.crt").write_text("none")
    monkeypatch.setattr(opening, "tls_context", certificates.tls_context)
    monkeypatch.setattr(opening, "certificate_folder", lambda domain: tmp_path if domain == registry.host else None)
    (problem,) = opened(registry, "app:1").problems
    assert problem.where == str(tmp_path / "ca.crt")


def test_docker_hub_has_no_folder_of_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(opening, "certificate_folder", lambda domain: asked.append(domain))
    monkeypatch.setattr(opening, "RegistryClient", lambda *_, **__: None)
    monkeypatch.setattr(opening, "pulled_image", lambda *_: (_ for _ in ()).throw(DataError("enough")))
    for name in ("alpine", "ghcr.io/app"):
        with pytest.raises(DataError, match="enough"):
            open_store(f"registry:{name}")
    assert asked == ["ghcr.io"]


def test_waiting_for_a_silent_registry_can_be_canceled(registry: FakeRegistry) -> None:
    ending = threading.Event()

    def silent(_: Request) -> Reply:
        ending.wait(20)
        return Reply(500)

    registry.hook = silent
    reported: list[str] = []

    def progress(done: int, total: int | None, what: str) -> None:
        reported.append(what)
        if registry.requests:
            raise Canceled

    with pytest.raises(Canceled):
        opened(registry, "app:1", progress=progress)
    ending.set()
    assert reported[0] == f"Requesting {registry.host}/shop/app:1 from {registry.host}"


def test_slow_registry_reads_time_out(registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = threading.Event()
    monkeypatch.setattr(opening, "_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(opening, "pulled_image", lambda *_: ending.wait(20))
    assert "could not be read within 0.2 seconds" in refusal(registry)
    ending.set()


def test_a_registry_error_is_shown_as_one_short_line(registry: FakeRegistry) -> None:
    registry.hook = lambda _: Reply(404, errors("X", "<b>bold</b>\n\x1b[31m" + "y" * 5000))
    printed = refusal(registry)
    assert "\n" not in printed
    assert len(printed) < 500


def test_nothing_but_gets_is_ever_sent(registry: FakeRegistry) -> None:
    registry.tag("1", registry.layout.index(platforms(registry, AMD, ARM64)))
    only(registry)
    assert {request.method for request in registry.requests} == {"GET"}
    assert [path.split("/")[-2] for path in registry.paths] == ["manifests", "manifests", "blobs"]


class Stub:
    """A registry that has whatever is requested."""

    def __init__(self, manifests: list[bytes], blob: bytes) -> None:
        self._manifests = manifests
        self._blob = blob

    def manifest(self, reference: str, accept: str, limit: int) -> RegistryDocument:
        return RegistryDocument(self._manifests.pop(0) if self._manifests else b"{}", "", "")

    def blob(self, digest: str, limit: int) -> RegistryDocument:
        return RegistryDocument(self._blob, "", "")


DIGESTS = st.sampled_from(["sha256:" + "a" * 64, "sha256:b", "", "../x", sha256(dumps(config(1)))])
VALUES = st.none() | st.integers() | st.text(max_size=5) | DIGESTS
DESCRIPTORS = st.dictionaries(
    st.sampled_from(["digest", "size", "mediaType", "platform", "annotations"]),
    VALUES | st.dictionaries(st.sampled_from(["os", "architecture", "variant"]), st.text(max_size=6), max_size=3),
    max_size=4,
)
DOCUMENTS = st.dictionaries(
    st.sampled_from(["config", "layers", "manifests", "mediaType", "schemaVersion"]),
    VALUES | DESCRIPTORS | st.lists(DESCRIPTORS, max_size=3),
    max_size=4,
)


@settings(max_examples=100)
@given(st.lists(DOCUMENTS | VALUES, min_size=1, max_size=3), DOCUMENTS | st.just(config(1)), st.sampled_from([0, 1]))
def test_any_registry_response_gives_an_image_or_a_refusal(manifests: list[Any], blob: Any, kind: int) -> None:
    (target,) = parse_target("registry.example/app:1")
    stub: Any = Stub([dumps(each) for each in manifests], dumps(blob))
    images = []
    with suppress(DataError):
        images.append(pulled_image(stub, target, ARM, (GRAPH, CONTAINERD)[kind], Budget())[0])
    assert all(image.id.startswith("sha256:") for image in images)
