"""Credentials as the docker CLI finds them: in its config, helper programs and the environment. Nothing is written."""

from __future__ import annotations

import base64
import json
import os
import select
import threading
from pathlib import Path
from typing import Any

import pytest

from cacheview.model import DataError
from cacheview.stores.registry.credentials import Credentials, host_of_key, known_credentials
from cacheview.stores.registry.helpers import ask_helper

HOST = "registry.example:5000"
HUB = "https://index.docker.io/v1/"


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders for the CLI's config and for programs, without anything from this machine."""
    for name in ("config", "programs"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:/usr/bin:/bin")
    monkeypatch.delenv("DOCKER_AUTH_CONFIG", raising=False)
    return tmp_path


def write(settings: Path, **config: Any) -> None:
    (settings / "config" / "config.json").write_text(json.dumps(config))


def helper(settings: Path, name: str, script: str) -> None:
    path = settings / "programs" / f"docker-credential-{name}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def found(key: str = HOST) -> Credentials:
    credentials, problems = known_credentials(key)
    assert problems == ()
    return credentials


def test_access_is_anonymous_without_a_docker_config(settings: Path) -> None:
    assert found().is_anonymous


def test_an_entry_of_auths_is_decoded(settings: Path) -> None:
    write(settings, auths={HOST: auth("ann", "a:b\0"), HUB: auth("hub", "x")})
    assert (found().username, found().password) == ("ann", "a:b")
    assert found(HUB).username == "hub"
    assert found().origin == str(settings / "config" / "config.json")


def test_an_old_key_which_is_a_url_counts_for_its_host(settings: Path) -> None:
    write(settings, auths={f"https://{HOST}/v1/": auth("ann", "b")})
    assert found().username == "ann"


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("https://a.example/v1/", "a.example"),
        ("http://a.example:5000", "a.example:5000"),
        ("a.example/v2/", "a.example"),
        ("https://[::1]:5000/v1/", "[::1]:5000"),
        ("https://:x/", ":x"),
    ],
)
def test_the_host_of_an_old_key(key: str, host: str) -> None:
    assert host_of_key(key) == host


def test_keys_are_read_in_any_case_as_go_reads_them(settings: Path) -> None:
    write(settings, AUTHS={HOST: {"IdentityToken": "t"}})
    assert found().identity_token == "t"


def test_a_registry_token_is_known(settings: Path) -> None:
    write(settings, auths={HOST: {"registrytoken": "t"}})
    assert found().registry_token == "t"


@pytest.mark.parametrize("text", ["!", base64.b64encode(b"no colon").decode(), base64.b64encode(b":p").decode()])
def test_an_undecodable_auth_entry_is_reported_without_its_content(settings: Path, text: str) -> None:
    write(settings, auths={HOST: {"auth": text}})
    credentials, (problem,) = known_credentials(HOST)
    assert credentials.is_anonymous
    assert text not in str(problem)
    assert "Log in again" in problem.what


@pytest.mark.parametrize("text", ["{", "[]", '{"auths": {"registry.example:5000": {"auth": ["s3cret"]}}}', "\0"])
def test_an_invalid_docker_config_is_reported_without_its_content(settings: Path, text: str) -> None:
    (settings / "config" / "config.json").write_text(text)
    credentials, (problem,) = known_credentials(HOST)
    assert credentials.is_anonymous
    assert "s3cret" not in str(problem)


def test_the_repr_of_credentials_contains_no_secret(settings: Path) -> None:
    write(settings, auths={HOST: {**auth("ann", "s3cret"), "identitytoken": "s3cret", "registrytoken": "s3cret"}})
    assert "s3cret" not in repr(found())


def test_the_credential_helper_of_a_registry_takes_precedence(settings: Path) -> None:
    write(settings, auths={HOST: auth("file", "x")}, credsStore="all", credHelpers={HOST: "own"})
    helper(settings, "all", 'cat >/dev/null; echo \'{"Username": "all", "Secret": "s"}\'')
    helper(
        settings, "own", f'test "$1" = get && test "$(cat)" = {HOST} && echo \'{{"Username": "own", "Secret": "s"}}\''
    )
    assert (found().username, found().password, found().origin) == ("own", "s", "docker-credential-own")
    assert found(HUB).username == "all"


def test_an_empty_helper_name_selects_the_config_file(settings: Path) -> None:
    write(settings, auths={HOST: auth("file", "x")}, credsStore="all", credHelpers={HOST: ""})
    assert found().username == "file"


def test_a_helper_may_have_an_identity_token(settings: Path) -> None:
    write(settings, credsStore="all")
    helper(settings, "all", 'echo \'{"ServerURL": "x", "Username": "<token>", "Secret": "s"}\'')
    assert (found().identity_token, found().username, found().password) == ("s", "", "")


def test_a_helper_that_has_nothing_is_not_a_problem(settings: Path) -> None:
    write(settings, auths={HOST: auth("file", "x")}, credsStore="all")
    helper(settings, "all", "echo credentials not found in native keychain; exit 1")
    assert found().is_anonymous


@pytest.mark.parametrize(
    ("script", "printed"),
    [
        ("echo no key ring; exit 3", "exited with status 3: no key ring"),
        ("echo s3cret", "must be JSON"),
        ('echo \'{"Username": 1, "Secret": "s3cret"}\'', "must be JSON"),
        ("exec head -c 300000 /dev/zero", "printed more than"),
    ],
)
def test_a_helper_that_fails_is_a_problem(settings: Path, script: str, printed: str) -> None:
    write(settings, credsStore="all")
    helper(settings, "all", script)
    credentials, (problem,) = known_credentials(HOST)
    assert credentials.is_anonymous
    assert printed in problem.what
    assert "s3cret" not in str(problem)
    assert problem.where == "docker-credential-all"


@pytest.mark.parametrize("name", ["missing", "../bin/x", "a b", "x;touch /tmp/x", "", "\n", "-x"])
def test_only_credential_helpers_in_path_are_started(settings: Path, name: str) -> None:
    with pytest.raises(DataError, match="no such program in PATH"):
        ask_helper(name, HOST)


def test_a_program_of_the_current_folder_is_not_started(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(settings, "here", 'echo \'{"Username": "a", "Secret": "s"}\'')
    monkeypatch.setenv("PATH", ":.")
    monkeypatch.chdir(settings / "programs")
    with pytest.raises(DataError, match="no such program in PATH"):
        ask_helper("here", HOST)


def test_a_helper_that_times_out_is_killed_with_its_children(settings: Path) -> None:
    mark = settings / "pid"
    helper(settings, "slow", f"sleep 600 & echo $! >{mark}; wait")
    with pytest.raises(DataError, match=r"did not respond within 1\.5 seconds"):
        ask_helper("slow", HOST, seconds=1.5)
    assert _is_gone(int(mark.read_text()))


def test_a_credential_helper_is_killed_when_the_wait_is_canceled(settings: Path) -> None:
    mark = settings / "pid"
    helper(settings, "slow", f"echo $$ >{mark}; exec sleep 600")
    stopped = threading.Event()
    with pytest.raises(DataError, match="did not respond"):
        ask_helper("slow", HOST, stopped=lambda: (mark.exists() and mark.read_text() != "") or stopped.is_set())
    assert _is_gone(int(mark.read_text()))


def _is_gone(pid: int) -> bool:
    """Whether a process ends. A killed process may take a moment."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 30)[0])
    finally:
        os.close(process)


def test_docker_auth_config_overrides_the_config_file(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(settings, auths={HOST: auth("file", "x"), HUB: auth("file", "x")})
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps({"auths": {HOST: auth("environment", "y")}}))
    assert (found().username, found().origin) == ("environment", "DOCKER_AUTH_CONFIG")
    assert found(HUB).username == "file"


def test_an_invalid_auth_variable_is_reported_and_the_file_is_used(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(settings, auths={HOST: auth("file", "x")})
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", '{"auths": {"registry.example:5000": {"auth": "s3cret!"}}}')
    credentials, (problem,) = known_credentials(HOST)
    assert credentials.username == "file"
    assert "s3cret" not in str(problem)


def test_nothing_is_written(settings: Path) -> None:
    write(settings, auths={HOST: auth("ann", "b")}, credHelpers={HUB: "own"})
    helper(settings, "own", f'echo "$@" >>{settings}/asked; echo \'{{"Username": "own", "Secret": "s"}}\'')
    before = {path: path.stat().st_mtime_ns for path in (settings / "config").rglob("*")}
    found()
    found(HUB)
    assert {path: path.stat().st_mtime_ns for path in (settings / "config").rglob("*")} == before
    assert (settings / "asked").read_text() == "get\n"
    assert os.listdir(settings / "config") == ["config.json"]
