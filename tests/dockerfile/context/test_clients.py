"""How build clients are named, and which one is assumed by default."""

from __future__ import annotations

import pytest

from cacheview.dockerfile.context import CLIENTS, Client, client_for_engine, client_named
from cacheview.model import DataError


@pytest.mark.parametrize(
    ("name", "client"),
    [
        ("docker CLI 20.10.24", "docker-cli-20.10"),
        ("docker CLI 28.2.2", "docker-cli"),
        ("Docker version 20.10.24+dfsg1, build 297e128", "docker-cli-20.10"),
        ("Docker Compose version v2.27.1", "compose-v2"),
        ("docker-compose version 1.29.2, build 5becea4c", "docker-py-5"),
        ("Docker CLI 20.10.24+dfsg1", "docker-cli-20.10"),
        ("docker CLI 23.0.6", "docker-cli-23"),
        ("docker CLI", "docker-cli"),
        ("docker/28.2.2", "docker-cli"),
        ("28", "docker-cli"),
        ("20.10", "docker-cli-20.10"),
        ("v24.0.0", "docker-cli"),
        ("docker-py", "docker-py"),
        ("docker-py 7.1.0", "docker-py"),
        ("docker-py 5.0.3", "docker-py-5"),
        ("docker-sdk-python/7.2.0", "docker-py"),
        ("docker-compose 1.29.2", "docker-py-5"),
        ("docker-compose 2.26.1", "compose-v2"),
        ("testcontainers-python 4.15.0", "docker-py"),
        ("aws-sam-cli 1.170.0", "sam-cli"),
        ("dockerode 5.0.1", "dockerode"),
        ("docker-java 3.7.1", "docker-java"),
        ("Docker-Client/28.2.2 (windows)", "windows"),
        ("docker CLI 20.10.24 on Windows", "windows-20.10"),
        ("docker CLI 23.0.1 (Windows)", "windows-23"),
        ("Docker SDK for Python 5.0.3", "docker-py-5"),
        ("testcontainers-python", "docker-py"),
    ],
)
def test_a_client_can_be_given_by_its_program_and_version(name: str, client: str) -> None:
    assert client_named(name) is CLIENTS[client]


@pytest.mark.parametrize("client", CLIENTS.values(), ids=lambda client: client.name)
def test_a_client_is_named_by_its_title_too(client: Client) -> None:
    assert client_named(client.title) is client


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
def test_the_client_that_is_assumed_is_not_newer_than_an_old_engine(version: str, client: str) -> None:
    assert client_for_engine(version) is CLIENTS[client]


@pytest.mark.parametrize("name", list(CLIENTS))
def test_every_client_is_found_by_its_own_name(name: str) -> None:
    assert client_named(name) is CLIENTS[name]


@pytest.mark.parametrize(
    "name", ["dockerode umask 002", "dockerode:002", "dockerode 5.0.1 umask 0002", "dockerode-umask002"]
)
def test_a_umask_is_part_of_the_name(name: str) -> None:
    client = client_named(name)
    assert client.name == "dockerode:002"
    assert client_named(client.name) == client
    assert "umask 002" in client.title
    assert client_named("dockerode:022") == CLIENTS["dockerode"]


def test_a_umask_of_a_client_that_does_not_use_it_is_refused() -> None:
    with pytest.raises(DataError, match="omit the umask"):
        client_named("docker-cli:077")


def test_a_client_adds_the_labels_of_its_own_version() -> None:
    assert client_named("testcontainers-node 11.0.0").labels["org.testcontainers.version"] == "11.0.0"
