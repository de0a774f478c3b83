"""Requests to a registry and its possible responses: logins, redirects, limits, TLS. Every response is hostile."""

from __future__ import annotations

import itertools
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from registry_kit import (
    PASSWORD,
    TLS,
    TOKEN,
    USER,
    FakeRegistry,
    Reply,
    Request,
    basic,
    errors,
    serving,
    wants_basic,
    wants_token,
)
from store_builder import config, dumps, sha256

from cacheview.model import DataError
from cacheview.stores.docker_engine.client import Timeouts
from cacheview.stores.registry import client as client_module
from cacheview.stores.registry import connections
from cacheview.stores.registry.client import RegistryClient
from cacheview.stores.registry.credentials import ANONYMOUS, Credentials
from cacheview.stores.registry.targets import parse_target

QUICK = Timeouts(1.0, 0.4, 1.0)
ANN = Credentials(USER, PASSWORD, origin="the config")
ACCEPT = "application/json"
TRUSTED = ssl.create_default_context(cafile=str(TLS / "ca.pem"))
UNTRUSTED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    fake.tag("1", fake.layout.manifest(config(1)))
    with serving(fake):
        yield fake


def client(
    registry: FakeRegistry,
    credentials: Credentials = ANONYMOUS,
    trust: ssl.SSLContext | None = None,
    *,
    asked: list[str] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> RegistryClient:
    (target,) = parse_target(f"{registry.host}/shop/app:1")

    def ask() -> Credentials:
        if asked is not None:
            asked.append("asked")
        return credentials

    return RegistryClient(target, trust or UNTRUSTED, ask, stopped=stopped, timeouts=QUICK)


def manifest(registry: FakeRegistry, credentials: Credentials = ANONYMOUS, limit: int = 10_000) -> bytes:
    return client(registry, credentials).manifest("1", ACCEPT, limit).content


def refused(registry: FakeRegistry, credentials: Credentials = ANONYMOUS, limit: int = 10_000) -> str:
    with pytest.raises(DataError) as caught:
        manifest(registry, credentials, limit)
    assert caught.value.where == f"{registry.host}/shop/app:1"
    assert PASSWORD not in str(caught.value)
    return caught.value.what


def at(kind: str, reply: Reply) -> Callable[[Request], Reply | None]:
    return lambda request: reply if f"/{kind}/" in request.path else None


def test_no_credentials_are_sent_to_a_registry_that_needs_none(registry: FakeRegistry) -> None:
    asked: list[str] = []
    one = client(registry, ANN, asked=asked)
    answer = one.manifest("1", ACCEPT, 10_000)
    assert sha256(answer.content) == answer.digest
    one.blob(json.loads(answer.content)["config"]["digest"], 10_000)
    assert (len(registry.requests), asked) == (2, [])
    assert [request.method for request in registry.requests] == ["GET", "GET"]
    assert {request.authorization for request in registry.requests} == {""}


def test_basic_credentials_are_sent_after_a_challenge(registry: FakeRegistry) -> None:
    registry.hook = wants_basic
    asked: list[str] = []
    one = client(registry, ANN, asked=asked)
    answer = one.manifest("1", ACCEPT, 10_000)
    one.blob(json.loads(answer.content)["config"]["digest"], 10_000)
    assert [request.authorization for request in registry.requests] == ["", basic(), basic()]
    assert asked == ["asked"]


def test_a_refusal_without_credentials_suggests_docker_login(registry: FakeRegistry) -> None:
    registry.hook = wants_basic
    assert f"`docker login {registry.host}`" in refused(registry)


def test_wrong_credentials_are_named_by_where_they_are_kept(registry: FakeRegistry) -> None:
    registry.hook = wants_basic
    what = refused(registry, Credentials("ann", "wrong", origin="the config"))
    assert "does not accept the credentials from the config (authentication required)" in what
    assert len(registry.requests) == 2


def test_a_token_is_requested_for_this_repository_only(registry: FakeRegistry) -> None:
    def give(request: Request) -> Reply:
        assert request.query == {
            "kept": ["yes"],
            "service": ["the registry"],
            "scope": ["repository:shop/app:pull"],
            "account": [USER],
        }
        assert request.authorization == basic()
        return Reply(200, dumps({"token": "other", "access_token": TOKEN}))

    registry.hook = wants_token(f"{registry.url}/token?kept=yes", give)
    assert manifest(registry, ANN)
    assert [request.authorization for request in registry.requests] == ["", basic(), f"Bearer {TOKEN}"]


def test_an_anonymous_token_is_requested_without_credentials(registry: FakeRegistry) -> None:
    def give(request: Request) -> Reply:
        assert (request.authorization, "account" in request.query) == ("", False)
        return Reply(200, dumps({"token": TOKEN}))

    registry.hook = wants_token(f"{registry.url}/token", give)
    assert manifest(registry)


def test_an_identity_token_is_sent_in_a_post_request(registry: FakeRegistry) -> None:
    def give(request: Request) -> Reply:
        assert request.method == "POST"
        assert request.body == (
            b"scope=repository%3Ashop%2Fapp%3Apull&service=the+registry&client_id=docker"
            b"&grant_type=refresh_token&refresh_token=mine%26"
        )
        return Reply(200, dumps({"access_token": TOKEN}))

    registry.hook = wants_token(f"{registry.url}/token", give)
    assert manifest(registry, Credentials(identity_token="mine&", origin="the config"))


def test_a_registry_token_is_sent_as_it_is(registry: FakeRegistry) -> None:
    registry.hook = wants_token(f"{registry.url}/token", lambda _: Reply(500))
    assert manifest(registry, Credentials(registry_token=TOKEN, origin="the config"))
    assert "/token" not in registry.paths


def test_token_authentication_is_preferred_over_basic(registry: FakeRegistry) -> None:
    token = wants_token(f"{registry.url}/token", lambda _: Reply(200, dumps({"token": TOKEN})))

    class Two(dict[str, str]):
        def items(self) -> object:  # type: ignore[override]
            return [("WWW-Authenticate", 'Basic realm="x"'), *super().items()]

    def hook(request: Request) -> Reply | None:
        reply = token(request)
        return Reply(reply.status, reply.body, Two(reply.headers)) if reply and reply.status == 401 else reply

    registry.hook = hook
    assert manifest(registry, ANN)


@pytest.mark.parametrize(
    ("reply", "printed"),
    [
        (
            Reply(401, dumps({"details": "incorrect username or password"})),
            r"config \(incorrect username or password\)",
        ),
        (Reply(200, b"{}"), "did not return a usable token: there is no token"),
        (Reply(200, dumps({"token": "a\r\nX: y"})), "not allowed in a header"),
        (Reply(200, b"[]"), "is not valid JSON, or its token is not a string"),
        (Reply(200, b"x" * 70_000), "responded with status 200"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:1/"}), "responded with status 302"),
        (Reply(429, errors("TOOMANYREQUESTS", "slow down")), r"too many requests from you \(slow down\)"),
        (Reply(503), "responded with status 503"),
    ],
)
def test_a_token_server_that_gives_no_token_says_why(registry: FakeRegistry, reply: Reply, printed: str) -> None:
    registry.hook = wants_token(f"{registry.url}/token", lambda _: reply)
    with pytest.raises(DataError, match=printed):
        manifest(registry, ANN)


@pytest.mark.parametrize(
    "realm",
    [
        "",
        "/token",
        "ftp://127.0.0.1/token",
        "https://ann@127.0.0.1/",
        "http://[",
        "http://127.0.0.1:99999/",
        "http://a b/",
    ],
)
def test_a_token_server_requires_an_absolute_url(registry: FakeRegistry, realm: str) -> None:
    registry.hook = wants_token(realm, lambda _: Reply(500))
    assert "the registry specifies a token server address that is not " in refused(registry, ANN)


def test_nothing_is_sent_to_a_remote_token_server_without_tls(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(FakeRegistry(), address="127.0.0.2") as elsewhere:
        monkeypatch.setattr(connections, "_is_local", lambda address: address != "127.0.0.2")
        registry.hook = wants_token(f"{elsewhere.url}/token", lambda _: Reply(500))
        assert "the request was not sent, because the connection does not use TLS" in refused(registry, ANN)
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("reply", "printed"),
    [
        (Reply(404, errors("MANIFEST_UNKNOWN", "manifest unknown")), r"no such image \(manifest unknown\)"),
        (Reply(404, b"<html>"), "either it is not a registry or it does not have this image"),
        (Reply(403, errors("DENIED", "denied")), r"without a login \(denied\)"),
        (
            Reply(429, errors("TOOMANYREQUESTS", "You have reached your pull rate limit"), {"Retry-After": "60"}),
            r"\(You have reached your pull rate limit\)\. Try again in 60 seconds, or log in for a higher limit",
        ),
        (Reply(429, b"", {"Retry-After": "\xb2"}), r"from you\. Try again later"),
        (Reply(500), "status 500"),
        (Reply(418, errors("", "\x1b[2J tea\n\npot " + "x" * 1000)), "status 418"),
        (Reply(200, b"<html>", {"Content-Type": "text/html; charset=utf-8"}), "so it is not a registry"),
        (Reply(200, b"x" * 20_000), "larger than 10,000 bytes"),
        (Reply(200, b"{}", {"Content-Encoding": "gzip"}), "is compressed"),
        (Reply(200, b"{}", {"Content-Length": "500"}), "was lost"),
        (Reply(200, b"", {"X": "y" * 70_000}), "headers"),
        (Reply(401, b"", {}), "without a login"),
        (Reply(302, b"", {"Location": "https://"}), "redirects to an address that is not the URL"),
        (Reply(302, b"", {"Location": "file:///etc/passwd"}), "redirects to an address that is not the URL"),
        (Reply(302, b"", {"Location": "/v2/shop/app/manifests/1"}), "more than 5 times"),
    ],
)
def test_an_answer_that_is_not_a_manifest_says_what_to_do(registry: FakeRegistry, reply: Reply, printed: str) -> None:
    registry.hook = at("manifests", reply)
    with pytest.raises(DataError, match=printed) as caught:
        manifest(registry)
    assert len(str(caught.value)) < 800


def test_a_registry_that_floods_is_read_no_further_than_the_limit(registry: FakeRegistry) -> None:
    sent = itertools.count()
    registry.hook = at("manifests", Reply(200, pieces=(b"x" * 65536 for _ in sent)))
    assert "larger than" in refused(registry)
    assert next(sent) < 1000


@pytest.fixture
def ending() -> Iterator[threading.Event]:
    """An event that unresponsive servers wait for."""
    event = threading.Event()
    yield event
    event.set()


def test_a_silent_registry_times_out(ending: threading.Event) -> None:
    registry = FakeRegistry()

    def silent(_: Request) -> Reply:
        ending.wait(20)
        return Reply(500)

    registry.hook = silent
    with serving(registry):
        assert "did not respond within 0.4 seconds" in refused(registry)
        ending.set()


def test_a_slow_registry_response_times_out(registry: FakeRegistry, ending: threading.Event) -> None:
    def trickle() -> Iterator[bytes]:
        while not ending.wait(0.1):
            yield b"x"

    registry.hook = at("manifests", Reply(200, pieces=trickle()))
    assert "did not send a complete response within 1 seconds" in refused(registry)


def test_waiting_for_a_silent_registry_can_be_stopped(registry: FakeRegistry, ending: threading.Event) -> None:
    def silent(_: Request) -> Reply:
        ending.wait(20)
        return Reply(500)

    registry.hook = silent
    with pytest.raises(DataError, match="no longer needed"):
        client(registry, stopped=lambda: len(registry.requests) > 0).manifest("1", ACCEPT, 100)
    ending.set()


def test_redirected_blobs_are_read_without_credentials(registry: FakeRegistry) -> None:
    registry.hook = wants_basic
    with serving(FakeRegistry()) as elsewhere:
        elsewhere.hook = lambda _: Reply(200, b"the config")
        before = registry.hook

        def redirect(request: Request) -> Reply | None:
            reply = before(request)
            if reply is None and "/blobs/" in request.path:
                return Reply(307, b"", {"Location": f"{elsewhere.url}/bucket?signed=yes"})
            return reply

        registry.hook = redirect
        one = client(registry, ANN)
        one.manifest("1", ACCEPT, 10_000)
        assert one.blob("sha256:" + "a" * 64, 100).content == b"the config"
        assert [(each.path, each.authorization) for each in elsewhere.requests] == [("/bucket?signed=yes", "")]


def test_no_credentials_are_sent_after_a_redirect_to_another_host(registry: FakeRegistry) -> None:
    with serving(FakeRegistry()) as elsewhere:
        elsewhere.hook = wants_basic
        registry.hook = at("manifests", Reply(302, b"", {"Location": f"{elsewhere.url}/x"}))
        assert "where the registry stores the content, responded with status 401" in refused(registry, ANN)
        assert {each.authorization for each in (*registry.requests, *elsewhere.requests)} == {""}


def test_a_redirect_within_the_registry_keeps_the_login(registry: FakeRegistry) -> None:
    def hook(request: Request) -> Reply | None:
        if (reply := wants_basic(request)) is not None:
            return reply
        if request.path.endswith("/manifests/1"):
            return Reply(301, b"", {"Location": "/v2/shop/app/manifests/2"})
        return Reply(200, b"{}")

    registry.hook = hook
    assert manifest(registry, ANN) == b"{}"


@pytest.mark.parametrize("count", [5, 6])
def test_five_redirects_are_followed_and_no_more(registry: FakeRegistry, count: int) -> None:
    def hook(request: Request) -> Reply:
        number = int(request.path.rpartition("/")[2])
        return Reply(302, b"", {"Location": str(number + 1)}) if number <= count else Reply(200, b"{}")

    registry.hook = hook
    if count == 5:
        assert manifest(registry) == b"{}"
    else:
        assert "redirected more than 5 times" in refused(registry)
    assert len(registry.requests) == 6


def test_a_registry_with_an_untrusted_certificate_gets_no_requests() -> None:
    with serving(FakeRegistry(), tls=True) as registry:
        what = refused(registry, ANN)
        assert "is not trusted" in what
        assert f"/etc/docker/certs.d/{registry.host}/ca.crt" in what
        assert registry.requests == []


def test_a_registry_whose_certificate_is_trusted_is_asked() -> None:
    with serving(FakeRegistry(), tls=True) as registry:
        registry.tag("1", registry.layout.manifest(config(1)))
        registry.hook = wants_basic
        assert client(registry, ANN, TRUSTED).manifest("1", ACCEPT, 10_000).digest == registry.tags["1"]


def test_a_redirect_from_tls_to_plain_http_is_refused() -> None:
    with serving(FakeRegistry(), tls=True) as registry, serving(FakeRegistry()) as plain:
        registry.hook = lambda _: Reply(302, b"", {"Location": plain.url})
        with pytest.raises(DataError, match="which does not use TLS"):
            client(registry, ANN, TRUSTED).manifest("1", ACCEPT, 100)
        registry.hook = wants_token(f"{plain.url}/token", lambda _: Reply(500))
        with pytest.raises(DataError, match=r"does not use TLS: http://127\.0\.0\.1.*Nothing was sent"):
            client(registry, ANN, TRUSTED).manifest("1", ACCEPT, 100)
        assert plain.requests == []


def test_a_remote_registry_requires_tls(registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "is_loopback", lambda *_: False)
    assert "Only a registry on this machine can be used without TLS" in refused(registry, ANN)
    assert registry.requests == []


def test_a_registry_that_is_not_running_is_named(registry: FakeRegistry) -> None:
    (target,) = parse_target("127.0.0.1:1/app")
    with pytest.raises(DataError, match=r"nothing is listening at http://127\.0\.0\.1:1"):
        RegistryClient(target, TRUSTED, lambda: ANONYMOUS, timeouts=QUICK).manifest("1", ACCEPT, 100)


def test_an_unresolvable_host_name_is_reported() -> None:
    (target,) = parse_target("registry.invalid/app")
    with pytest.raises(DataError, match=r"the host name registry\.invalid cannot be resolved"):
        RegistryClient(target, TRUSTED, lambda: ANONYMOUS, timeouts=QUICK).manifest("1", ACCEPT, 100)


def test_a_proxy_is_not_used_for_a_local_registry(registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert manifest(registry)


@pytest.mark.parametrize(
    ("proxy", "printed"),
    [
        ("", "Tunnel connection failed: 501"),
        ("http://127.0.0.1:1", "Connection refused"),
        ("socks5://127.0.0.1:1", "unsupported scheme socks5"),
    ],
)
def test_an_unusable_proxy_is_reported_for_an_unresolvable_registry(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch, proxy: str, printed: str
) -> None:
    monkeypatch.setenv("https_proxy", proxy or registry.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (target,) = parse_target("registry.invalid/app")
    with pytest.raises(DataError, match=f"the proxy cannot be used: .*{printed}"):
        RegistryClient(target, TRUSTED, lambda: ANONYMOUS, timeouts=QUICK).manifest("1", ACCEPT, 100)


def test_a_folder_of_certificates_is_read(tmp_path: Path) -> None:
    from cacheview.stores.registry.certificates import certificate_folder, tls_context

    folder = tmp_path / "docker" / "certs.d" / "127.0.0.1:5000"
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_bytes((TLS / "ca.pem").read_bytes())
    (folder / "client.cert").write_bytes((TLS / "cert.pem").read_bytes())
    (folder / "client.key").write_bytes((TLS / "key.pem").read_bytes())
    (folder / "lonely.cert").write_bytes((TLS / "cert.pem").read_bytes())
    (folder / "bad.crt").write_text("not a certificate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        assert certificate_folder("127.0.0.1:5000") == folder
        assert certificate_folder("127.0.0.1:5001") is None
    context, problems = tls_context(folder)
    assert {Path(problem.where).name for problem in problems} == {"lonely.cert", "bad.crt"}
    with serving(FakeRegistry(), tls=True) as registry:
        registry.hook = lambda _: Reply(200, b"{}")
        assert client(registry, trust=context).manifest("1", ACCEPT, 100).content == b"{}"
