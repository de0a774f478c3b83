"""Commands on images in a registry: the chosen rules and platform determine what is pulled."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from registry_kit import FakeRegistry, serving
from store_builder import blob_path, config, dumps, sha256

from cacheview.cli import main
from cacheview.stores.registry import opening

AMD64, ARM64 = ({"os": "linux", "architecture": architecture} for architecture in ("amd64", "arm64"))
LABEL = "/bin/sh -c #(nop)  LABEL a=1"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    """A registry with an image for two platforms, each built from scratch with ``LABEL a=1``."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("DOCKER_AUTH_CONFIG", raising=False)
    monkeypatch.delenv("DOCKER_DEFAULT_PLATFORM", raising=False)
    monkeypatch.setattr(opening, "tls_context", lambda _: (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ()))
    (tmp_path / "Dockerfile").write_text("FROM scratch\nLABEL a=1\n")
    fake = FakeRegistry()
    history = [{"created": "2024-01-01T00:00:00Z", "created_by": LABEL, "empty_layer": True}]
    labeled = {"history": history, "rootfs": {"type": "layers", "diff_ids": []}, "config": {"Labels": {"a": "1"}}}
    descriptors = [{**fake.layout.manifest(config(0, **each, **labeled)), "platform": each} for each in (AMD64, ARM64)]
    fake.tag("1", fake.layout.index(descriptors))
    with serving(fake):
        yield fake


def replayed(registry: FakeRegistry, folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str]:
    """Return the exit status and the image of the last step."""
    name = f"{registry.host}/shop/app:1"
    status = main(["replay", str(folder), "--store", f"registry:{name}", "--cache-from", name, "--json", *more])
    return status, json.loads(capsys.readouterr().out)["steps"][-1]["image"]


def architecture(registry: FakeRegistry, digest: str) -> str:
    return str(json.loads(registry.layout.files[blob_path(digest)])["architecture"])


@pytest.mark.parametrize(("options", "platform"), [((), AMD64), (("--platform", "linux/arm64"), ARM64)])
def test_a_hit_has_the_image_id_used_by_the_rules(
    registry: FakeRegistry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    platform: dict[str, str],
) -> None:
    by_config = [sha256(content) for content in registry.layout.files.values() if b'"created"' in content]
    status, image = replayed(registry, tmp_path, capsys, *options, "--rules", "Docker 26.1.5, overlay2")
    assert (status, image in by_config) == (0, True)
    assert (
        json.loads(registry.layout.files[f"blobs/{image.replace(':', '/')}"])["architecture"]
        == platform["architecture"]
    )


def test_the_platform_of_the_environment_counts(
    registry: FakeRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_DEFAULT_PLATFORM", "linux/arm64")
    _, image = replayed(registry, tmp_path, capsys, "--rules", "Docker 26.1.5, overlay2")
    assert architecture(registry, image) == "arm64"


def test_an_unavailable_or_invalid_platform_is_an_error(
    registry: FakeRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"registry:{registry.host}/shop/app:1"
    for platform, printed in (("linux/s390x", "no matching manifest for linux/s390x"), ("a/b/c/d", "--platform: ")):
        assert main(["replay", str(tmp_path), "--store", store, "--platform", platform]) == 2
        assert printed in capsys.readouterr().err


def test_registry_images_work_with_other_commands(
    registry: FakeRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, suite = f"registry:{registry.host}/shop/app:1", tmp_path / "suite.jsonl"
    assert main(["save", store, str(suite), "--rules", "Docker 26.1.5, overlay2"]) == 0
    (image,) = json.loads(suite.read_text())["images"]
    assert image["id"] == image["config_digest"]
    assert main(["audit", store]) == 1
    given = tmp_path / "config.json"
    given.write_bytes(dumps({"Labels": {"a": "1"}, "Cmd": [*LABEL.split(" ", 2)]}))
    arguments = ["--parent", "scratch", "--config", str(given), "--platform", "linux/arm64", "--rules", "all"]
    assert main(["explain", store, *arguments]) in (0, 1)
    assert "groups" not in capsys.readouterr().err
