"""What a ``registry:`` location refers to, following docker's rules for references."""

from __future__ import annotations

import pytest

from cacheview.model import DataError
from cacheview.stores.registry.targets import MAX_IMAGES, Target, parse_target

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "host", "repository", "reference", "name"),
    [
        ("alpine", "registry-1.docker.io", "library/alpine", "latest", "docker.io/library/alpine:latest"),
        ("shop/app:2", "registry-1.docker.io", "shop/app", "2", "docker.io/shop/app:2"),
        ("index.docker.io/app:2", "registry-1.docker.io", "library/app", "2", "docker.io/library/app:2"),
        ("ghcr.io/shop/app", "ghcr.io", "shop/app", "latest", "ghcr.io/shop/app:latest"),
        ("localhost:5000/app:1", "localhost:5000", "app", "1", "localhost:5000/app:1"),
        ("localhost/app:1", "localhost", "app", "1", "localhost/app:1"),
        ("[::1]:5000/app:1", "[::1]:5000", "app", "1", "[::1]:5000/app:1"),
        (f"ghcr.io/app@{DIGEST}", "ghcr.io", "app", DIGEST, f"ghcr.io/app@{DIGEST}"),
        (f"ghcr.io/app:1@{DIGEST}", "ghcr.io", "app", DIGEST, f"ghcr.io/app@{DIGEST}"),
    ],
)
def test_an_image_reference_is_parsed_into_host_and_repository(
    text: str, host: str, repository: str, reference: str, name: str
) -> None:
    (target,) = parse_target(text)
    assert (target.host, target.repository, target.reference, target.name) == (host, repository, reference, name)


def test_docker_hub_has_the_credential_key_of_the_cli() -> None:
    assert parse_target("alpine")[0].key == "https://index.docker.io/v1/"
    assert parse_target("ghcr.io/app")[0].key == "ghcr.io"


def test_a_registry_target_lists_images_without_duplicates() -> None:
    assert parse_target("alpine, ghcr.io/app:2,alpine:latest") == (
        Target("docker.io", "library/alpine", "latest", ""),
        Target("ghcr.io", "app", "2", ""),
    )


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", "does not name an image"),
        (" , ", "does not name an image"),
        ("https://ghcr.io/app", "Leave out the part before the host"),
        ("ghcr.io/App", "must be lowercase"),
        ("ghcr.io/app:", "invalid reference format"),
        ("ghcr.io/app/../../x", "invalid reference format"),
        ("ghcr.io/app:1\r\nX: y", "invalid reference format"),
        (DIGEST, "a digest alone"),
        (",".join(f"app{number}" for number in range(MAX_IMAGES + 1)), "at most 20"),
    ],
)
def test_an_invalid_registry_target_is_refused_with_the_right_form(text: str, printed: str) -> None:
    with pytest.raises(DataError, match=printed):
        parse_target(text)
