"""What the docker CLI adds to a build on its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cacheview.dockerfile.context.clients import DOCKER_CLI, Client, client_named
from cacheview.replay.docker_cli import added_by, daemon_host
from cacheview.replay.options import BuildOptions

PROXY = "http://proxy.example:3128"
OTHER = "http://other.example:3128"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "config.json"


def proxies(config: Path, document: object, client: Client = DOCKER_CLI, location: str = "a.tar") -> dict[str, str]:
    config.write_text(json.dumps({"proxies": document}))
    return dict(added_by(client, location, {}).build_args)


def test_each_proxy_is_an_argument_in_capitals_and_in_small_letters(config: Path) -> None:
    document = {"default": {"httpProxy": PROXY, "noProxy": "a,b", "ftpProxy": ""}}
    expected = {"HTTP_PROXY": PROXY, "http_proxy": PROXY, "NO_PROXY": "a,b", "no_proxy": "a,b"}
    assert proxies(config, document) == expected


def test_proxy_keys_are_read_in_any_case_like_go(config: Path) -> None:
    config.write_text(json.dumps({"Proxies": {"default": {"HTTPPROXY": PROXY, "HttpsProxy": OTHER}}}))
    found = added_by(DOCKER_CLI, "a.tar", {}).build_args
    assert found == {"HTTP_PROXY": PROXY, "http_proxy": PROXY, "HTTPS_PROXY": OTHER, "https_proxy": OTHER}


@pytest.mark.parametrize("client", ["docker-cli-20.10", "windows-20.10"])
def test_the_all_proxy_setting_is_used_since_release_23(config: Path, client: str) -> None:
    document = {"default": {"allProxy": PROXY, "httpsProxy": OTHER}}
    assert proxies(config, document, client_named(client)) == {"HTTPS_PROXY": OTHER, "https_proxy": OTHER}
    assert proxies(config, document)["all_proxy"] == PROXY


def test_proxies_of_a_daemon_replace_the_default_proxies(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"default": {"httpProxy": PROXY}, "tcp://far.example:2375": {"httpsProxy": OTHER}}
    assert set(proxies(config, document, location="engine:tcp://far.example:2375")) == {"HTTPS_PROXY", "https_proxy"}
    assert set(proxies(config, document)) == {"HTTP_PROXY", "http_proxy"}
    monkeypatch.setenv("DOCKER_HOST", "tcp://far.example:2375")
    assert set(proxies(config, document)) == {"HTTPS_PROXY", "https_proxy"}
    assert set(proxies(config, document, location="engine:")) == {"HTTPS_PROXY", "https_proxy"}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("tcp://far.example", "tcp://far.example:2375"),
        ("far.example", "tcp://far.example:2375"),
        (" far.example:80/x ", "tcp://far.example:80/x"),
        ("[fe80::1]", "tcp://[fe80::1]:2375"),
        ("tcp://:99", "tcp://localhost:99"),
        ("unix://", "unix:///var/run/docker.sock"),
        ("unix:///x.sock", "unix:///x.sock"),
    ],
)
def test_proxies_are_looked_up_by_the_address_as_the_cli_completes_it(
    config: Path, monkeypatch: pytest.MonkeyPatch, given: str, key: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", given)
    assert set(proxies(config, {"default": {}, key: {"ftpProxy": PROXY}})) == {"FTP_PROXY", "ftp_proxy"}


def test_tls_changes_the_default_engine_address(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert proxies(config, {"tcp://localhost:2376": {"ftpProxy": PROXY}}) != {}


def test_a_daemon_host_is_named_as_in_the_docker_cli(config: Path) -> None:
    assert daemon_host("engine:ssh://far.example") == "http://docker.example.com"
    assert daemon_host("engine:no-such-context") == ""
    assert daemon_host("a.tar") == "unix:///var/run/docker.sock"


@pytest.mark.parametrize("document", [None, [], "x", {"default": None}, {"default": {"httpProxy": 1, "x": PROXY}}])
def test_invalid_proxy_settings_are_ignored(config: Path, document: object) -> None:
    assert proxies(config, document) == {}


@pytest.mark.parametrize("text", ["{", "\0", "[" * 100_000])
def test_a_config_that_is_not_json_is_reported(config: Path, text: str) -> None:
    config.write_text(text)
    added = added_by(DOCKER_CLI, "a.tar", {"DOCKER_DEFAULT_PLATFORM": "linux/arm64"})
    assert added.build_args == {}
    assert added.platform == "linux/arm64"
    (note,) = [note for note in added.notes(BuildOptions()) if "JSON" in note]
    assert str(config) in note


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"proxies": {"default": {"httpProxy": "p"}}} and more', {"HTTP_PROXY", "http_proxy"}),
        ('\n{"x": "\xe9", "proxies": {"default": {"httpProxy": "p"}}}', {"HTTP_PROXY", "http_proxy"}),
        ('{"proxies": {"default": {"httpProxy": "p", "HttpProxy": ""}}}', set[str]()),
        ("", set[str]()),
        ('\ufeff{"proxies": {"default": {"httpProxy": "p"}}}', None),
        ('{"a": NaN, "proxies": {"default": {"httpProxy": "p"}}}', None),
    ],
)
def test_the_config_is_read_as_go_reads_it(config: Path, text: str, names: set[str] | None) -> None:
    config.write_bytes(text.encode("utf-8" if "\ufeff" in text else "latin-1"))
    added = added_by(DOCKER_CLI, "a.tar", {})
    assert set(added.build_args) == (names or set())
    assert bool(added.problem) is (names is None)


def test_without_a_config_nothing_is_added(config: Path) -> None:
    added = added_by(DOCKER_CLI, "a.tar", {})
    assert added.to(BuildOptions(build_args={"A": "1"})) == BuildOptions(build_args={"A": "1"})
    assert list(added.notes(BuildOptions())) == []


def test_given_options_override_the_docker_config(config: Path) -> None:
    config.write_text(json.dumps({"proxies": {"default": {"httpProxy": PROXY}}}))
    added = added_by(DOCKER_CLI, "a.tar", {"DOCKER_DEFAULT_PLATFORM": "linux/arm64"})
    given = BuildOptions(build_args={"HTTP_PROXY": None}, platform="linux/amd64")
    build = added.to(given)
    assert build.build_args == {"HTTP_PROXY": None, "http_proxy": PROXY}
    assert build.platform == "linux/amd64"
    assert list(added.notes(given)) == [f"build arguments from {config}: http_proxy"]
    assert added.to(BuildOptions()).platform == "linux/arm64"
    assert added.to(BuildOptions(), platform_is_given=True).platform == ""


@pytest.mark.parametrize(
    ("value", "trusted"),
    [
        ("1", True),
        ("yes", True),
        ("0", False),
        ("False", False),
        ("", False),
    ],
)
def test_content_trust_makes_bases_unknown(config: Path, value: str, trusted: bool) -> None:
    assert added_by(DOCKER_CLI, "a.tar", {"DOCKER_CONTENT_TRUST": value}).is_trusted is trusted
    assert added_by(client_named("docker CLI 28.5.2"), "a.tar", {"DOCKER_CONTENT_TRUST": value}).is_trusted is trusted


@pytest.mark.parametrize("client", ["docker CLI 29.0.0", "29", "Docker version 29.5.3, build 1", "docker 29 windows"])
def test_the_cli_29_knows_no_content_trust(config: Path, client: str) -> None:
    environment = {"DOCKER_CONTENT_TRUST": "1", "DOCKER_DEFAULT_PLATFORM": "linux/arm64"}
    added = added_by(client_named(client), "a.tar", environment)
    assert (added.is_trusted, added.platform) == (False, "linux/arm64")
