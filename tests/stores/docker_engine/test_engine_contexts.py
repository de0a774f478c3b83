"""Finding engines in the environment, contexts and sockets, without writing anything or connecting."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from cacheview.model import DataError
from cacheview.stores.docker_engine.contexts import (
    Tls,
    current_endpoint,
    endpoints,
    find_endpoint,
)

USUAL = "unix:///var/run/docker.sock"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in tuple(os.environ):
        if name.startswith("DOCKER_") or name == "XDG_RUNTIME_DIR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    return tmp_path


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def make_context(home: Path, name: str, host: str, **docker: Any) -> Path:
    folder = home / "config" / "contexts" / "meta" / digest(name)
    folder.mkdir(parents=True)
    meta = {"Name": name, "Metadata": {"Description": "x"}, "Endpoints": {"docker": {"Host": host, **docker}}}
    (folder / "meta.json").write_text(json.dumps(meta))
    return folder / "meta.json"


def make_current(home: Path, content: str) -> None:
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "config.json").write_text(content)


def files(home: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_the_default_socket_is_used_without_any_configuration(home: Path) -> None:
    endpoint = current_endpoint()
    assert (endpoint.name, endpoint.host, endpoint.tls, endpoint.is_current) == ("default", USUAL, None, True)
    assert endpoint.location == "engine:default"
    assert endpoint.socket_path == Path("/var/run/docker.sock")
    assert files(home) == {}
    assert not (home / "config").exists()


def test_current_context_of_the_config(home: Path) -> None:
    make_context(home, "desktop", "unix:///home/u/desktop.sock")
    make_current(home, '{"currentContext": "desktop", "auths": {}}')
    before = files(home)
    endpoint = current_endpoint()
    assert (endpoint.name, endpoint.host) == ("desktop", "unix:///home/u/desktop.sock")
    assert endpoint == find_endpoint("desktop") == find_endpoint("")
    assert endpoints()[0] == endpoint
    assert files(home) == before


def test_the_environment_overrides_the_current_context(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DOCKER_HOST takes precedence over DOCKER_CONTEXT, which takes precedence over the config."""
    make_context(home, "a", "unix:///a.sock")
    make_context(home, "b", "unix:///b.sock")
    make_current(home, '{"currentContext": "a"}')
    assert current_endpoint().name == "a"
    monkeypatch.setenv("DOCKER_CONTEXT", "b")
    assert current_endpoint().name == "b"
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    endpoint = current_endpoint()
    assert (endpoint.name, endpoint.host, endpoint.tls) == ("default", "tcp://10.0.0.1:2375", None)
    assert endpoint.origin == "DOCKER_HOST"


def test_tls_of_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ca", "cert", "key"):
        (home / f"{name}.pem").write_text("x")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(home))
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2376")
    assert current_endpoint().tls is None
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert current_endpoint().tls == Tls(str(home / "ca.pem"), str(home / "cert.pem"), str(home / "key.pem"))
    assert find_endpoint("tcp://other:2376").tls == current_endpoint().tls
    assert find_endpoint("unix:///x.sock").tls is None


def test_tls_of_a_context(home: Path) -> None:
    make_context(home, "far", "tcp://10.0.0.1:2376", SkipTLSVerify=False)
    assert find_endpoint("far").tls is None
    material = home / "config" / "contexts" / "tls" / digest("far") / "docker"
    material.mkdir(parents=True)
    (material / "ca.pem").write_text("x")
    assert find_endpoint("far").tls == Tls(str(material / "ca.pem"), "", "", True)
    make_context(home, "lax", "tcp://10.0.0.1:2376", SkipTLSVerify=True)
    assert find_endpoint("lax").tls == Tls("", "", "", False)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("unix:///x.sock", "unix:///x.sock"),
        ("unix://", USUAL),
        ("/run/x.sock", "unix:///run/x.sock"),
        ("ssh://me@host", "ssh://me@host"),
        ("npipe:////./pipe/docker_engine", "npipe:////./pipe/docker_engine"),
    ],
)
def test_urls_and_paths(target: str, host: str) -> None:
    endpoint = find_endpoint(target)
    assert (endpoint.name, endpoint.host) == ("", host)
    assert find_endpoint(endpoint.location.removeprefix("engine:")) == endpoint


def test_unknown_context_says_which_there_are(home: Path) -> None:
    make_context(home, "desktop", "unix:///d.sock")
    make_context(home, "colima", "unix:///c.sock")
    with pytest.raises(DataError, match=r"no Docker context 'gone'.*default, colima, desktop"):
        find_endpoint("gone")
    make_current(home, '{"currentContext": "gone"}')
    with pytest.raises(DataError, match=r"set in .*config\.json"):
        current_endpoint()
    assert [endpoint.name for endpoint in endpoints() if endpoint.name] == ["default", "colima", "desktop"]


@pytest.mark.parametrize("content", ["{", "[]", '{"currentContext": 5}', "\x00"])
def test_broken_config_is_an_error_and_the_rest_is_listed(home: Path, content: str) -> None:
    make_context(home, "a", "unix:///a.sock")
    make_current(home, content)
    with pytest.raises(DataError, match="not a valid Docker CLI file") as caught:
        current_endpoint()
    assert caught.value.where.endswith("config.json")
    assert [endpoint.host for endpoint in endpoints()][:2] == [USUAL, "unix:///a.sock"]


def test_broken_context_files_are_problems(home: Path) -> None:
    make_context(home, "good", "unix:///good.sock")
    make_context(home, "half", "unix:///h.sock").write_text('{"Name": "ha')
    make_context(home, "bare", "unix:///b.sock").write_text('{"Name": "bare", "Endpoints": {}}')
    make_context(home, "moved", "unix:///m.sock").write_text('{"Name": "other"}')
    make_context(home, "lost", "unix:///l.sock").unlink()
    (home / "config" / "contexts" / "meta" / "stray").write_text("x")
    make_context(home, "pipe", "unix:///p.sock").unlink()
    os.mkfifo(home / "config" / "contexts" / "meta" / digest("pipe") / "meta.json")
    before = {name for name, _ in files(home).items()}
    assert [endpoint.name for endpoint in endpoints() if endpoint.name] == ["default", "good"]
    with pytest.raises(DataError, match="no Docker endpoint"):
        find_endpoint("bare")
    with pytest.raises(DataError, match="not a valid Docker CLI file"):
        find_endpoint("half")
    assert {name for name, _ in files(home).items()} == before


def test_usual_sockets_that_exist_are_listed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
    for path in ("run/docker.sock", ".colima/default/docker.sock", ".docker/desktop/docker.sock"):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).touch()
    make_context(home, "colima", f"unix://{home}/.colima/default/docker.sock")
    found = {endpoint.host: endpoint.name for endpoint in endpoints()}
    assert found[f"unix://{home}/run/docker.sock"] == ""
    assert found[f"unix://{home}/.docker/desktop/docker.sock"] == ""
    assert found[f"unix://{home}/.colima/default/docker.sock"] == "colima"  # listed only once, by its name
    assert [endpoint.is_current for endpoint in endpoints()].count(True) == 1


@pytest.mark.parametrize("name", ["../../etc", "a\nb", "x" * 5000, "\udcff", "a/b"])
def test_hostile_names(name: str) -> None:
    with pytest.raises(DataError, match="no Docker context"):
        find_endpoint(name)
