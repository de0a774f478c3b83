"""What names a build client, and which one is assumed."""

from __future__ import annotations

import pytest

from cacheview.dockerfile.context import CLIENTS, client_for_engine, client_named
from cacheview.model import DataError


@pytest.mark.parametrize(
    ("name", "client"),
    [
        ("docker CLI 20.10.24", "docker-cli-20.10"),
        ("docker CLI 28.2.2", "docker-cli"),
        ("Docker CLI 20.10.24+dfsg1", "docker-cli-20.10"),
        ("docker CLI 23.0.6", "docker-cli-23"),
        ("docker CLI", "docker-cli"),
        ("docker/28.2.2", "docker-cli"),
        ("28", "docker-cli"),
        ("20.10", "docker-cli-20.10"),
        ("v24.0.0", "docker-cli"),
    ],
)
def test_a_program_and_its_version_name_a_client(name: str, client: str) -> None:
    assert client_named(name) is CLIENTS[client]


@pytest.mark.parametrize("name", ["", "nerdctl", "podman 5.2"])
def test_an_unknown_client_is_refused_with_the_names_of_those_that_are_known(name: str) -> None:
    with pytest.raises(DataError, match="docker-cli, "):
        client_named(name)


@pytest.mark.parametrize(
    ("version", "client"),
    [
        ("20.10.24+dfsg1", "docker-cli-20.10"),
        ("22.06.0-beta.0", "docker-cli-23"),
        ("23.0.18", "docker-cli-23"),
        ("24.0.0", "docker-cli"),
        ("docker-v29.0.0-rc.1", "docker-cli"),
        ("dev", "docker-cli"),
        ("", "docker-cli"),
    ],
)
def test_the_client_that_is_assumed_is_no_newer_than_an_old_engine(version: str, client: str) -> None:
    assert client_for_engine(version) is CLIENTS[client]


@pytest.mark.parametrize("name", list(CLIENTS))
def test_every_client_is_found_by_its_own_name(name: str) -> None:
    assert client_named(name) is CLIENTS[name]
