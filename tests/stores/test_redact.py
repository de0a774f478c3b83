"""Secrets in every field, also as quoted by daemons and people, are not in what is saved."""

from __future__ import annotations

import json
from typing import Any

import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st
from secret_kit import SECRETS, demand_none, written

from cacheview.model import ContainerConfig, ImageStore, Probe, SuiteCase, decode
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.redact import Redaction
from cacheview.stores.save import suite_line

pytestmark = pytest.mark.slow

RULES = "containerd-71ebfc7"


def case_of(reported: SuiteCase) -> OpenedCase:
    return OpenedCase(reported.name, ImageStore(reported.images), reported.rules, reported.probes)


def config(text: str, secret: str, *, env: bool) -> dict[str, Any]:
    """A container config with a text in every field, and the secret as a value."""
    return {
        **dict.fromkeys(("Hostname", "Domainname", "User", "Image", "WorkingDir", "MacAddress", "StopSignal"), text),
        "Env": [f"TOKEN={secret}"] if env else [],
        "Labels": {"owner": text} if env else {"owner": secret, text: "x"},
        "ExposedPorts": {text: {}},
        "Volumes": {text: {"more": text}},
        **{name: ["sh", text] for name in ("Cmd", "Entrypoint", "OnBuild", "Shell")},
        "Healthcheck": {"Test": ["CMD-SHELL", text]},
    }


def saved(text: str, secret: str, *, env: bool) -> str:
    """A saved case with the text in every field that a person or a daemon may write it to."""
    entry = {"created_by": f"/bin/sh -c {text}", "author": text, "comment": text}
    image = {
        "id": "sha256:" + "a" * 64,
        "names": ["docker.io/library/app:1"],
        "config": {
            **dict.fromkeys(("author", "comment", "container", "docker_version"), text),
            "config": config(text, secret, env=env),
            "container_config": config(text, secret, env=env),
            "history": [entry],
        },
        "container_config": config(text, secret, env=env),
        "variants": [{"manifest_digest": "sha256:b", "platform": {}, "config": {"author": text, "history": [entry]}}],
        "doubts": [{"aspect": "config", "reason": text, "remedy": text}],
    }
    probe = {
        "name": text,
        "note": text,
        "config": config(text, secret, env=env),
        "expect": {"outcome": "miss", "error": text, "created": {"author": text}},
    }
    line = json.dumps({"rules": RULES, "name": text, "images": [image], "probes": [probe]})
    case = case_of(decode(SuiteCase, line))
    return "".join(suite_line(case, probe=case.probes[0].probe, redact_env=env, redact_labels=not env))


@examples(1.25)
@example('hun"ter2\\secret', True)
@example("line-one-secret\nline-two-secret", True)
@example("https://user:pa55w0rd@host/x?key=zqzqzq", False)
@example("pässwörd\x01xyz", True)
@given(SECRETS, st.booleans())
def test_no_secret_is_in_what_is_saved(secret: str, env: bool) -> None:
    for text in written(secret):
        line = saved(f"before {text} after", secret, env=env)
        demand_none(secret, line)
        assert "before " in line
        assert json.loads(line)["images"][0]["names"] == ["docker.io/library/app:1"]


HISTORY = (
    "|1 TOKEN={} /bin/sh -c make",
    "RUN |1 TOKEN={} /bin/sh -c make # buildkit",
    "|2 A=b TOKEN={} /bin/sh -c make",
    "/bin/sh -c #(nop)  ENV TOKEN={}",
    "/bin/sh -c #(nop)  ARG TOKEN={}",
    "ENV TOKEN={}",
    "ARG TOKEN={}",
)


@pytest.mark.parametrize("text", HISTORY)
@pytest.mark.parametrize(
    "secret", ["hunter2secret", "two-words secret-words", 'zq"quoted\\secret', "https://zquser:zqpass@host"]
)
def test_values_found_only_in_the_history_are_redacted(text: str, secret: str) -> None:
    command = text.format(secret)
    image = {"id": "sha256:a", "config": {"history": [{"created_by": command}, {"created_by": f"/bin/sh -c {secret}"}]}}
    case = case_of(decode(SuiteCase, json.dumps({"rules": RULES, "images": [image]})))
    line = "".join(suite_line(case, redact_env=True))
    for word in secret.split():
        assert json.dumps(word)[1:-1] not in line
    assert "zqpass" not in line
    assert "TOKEN={redacted-" in line
    label = {"id": "sha256:a", "config": {"history": [{"created_by": f'/bin/sh -c #(nop)  LABEL "a"={secret}'}]}}
    case = case_of(decode(SuiteCase, json.dumps({"rules": RULES, "images": [label]})))
    assert json.dumps(secret.split()[0])[1:-1] not in "".join(suite_line(case, redact_labels=True))


def test_build_arguments_of_a_command() -> None:
    command = ("|2", "TOKEN=two-words secret-words", "B=", "/bin/sh", "-c", "curl two-words")
    probe = Probe(config=ContainerConfig(Cmd=command))
    store = case_of(SuiteCase(rules=RULES)).store
    line = "".join(suite_line(OpenedCase("s", store, RULES), probe=probe, redact_env=True))
    assert "two-words" not in line
    assert "secret-words" not in line
    assert '"TOKEN={redacted-' in line
    assert '"B="' in line


def test_redaction_placeholders_differ_from_text_that_looks_like_them() -> None:
    config = ContainerConfig(Env=("A=secret",), Cmd=("{redacted-1} {redactedxxx-1}", "secret"))
    probe = Probe(config=config)
    redacted = Redaction((), (probe,), env=True, labels=True).probe(probe)
    assert redacted.config.Cmd == ("{redacted-1} {redactedxxx-1}", "{redactedxxxx-1}")
