"""Secrets in every field of a record, also as quoted by daemons and people, are removed by redaction."""

from __future__ import annotations

import json
from typing import Any

import pytest
from examples import examples
from hypothesis import example, given
from hypothesis import strategies as st
from secret_kit import SECRETS, demand_none, written

from cacheview.dockerfile.gotext import quote
from cacheview.model import decode
from cacheview.replay.file import ReplayCase
from cacheview.replay.recorded import bytes_of, text_of
from cacheview.replay.records import redacted_record

pytestmark = pytest.mark.slow


def case_of(dockerfile: bytes, text: str = "", **more: Any) -> ReplayCase:
    """A record with a text in every field that a build, a daemon or a person may write it to."""
    document = {
        "daemon": "Docker 28.5.2",
        "engine": "28.5.2",
        "kind": "graphdriver",
        "dockerfile": text_of(dockerfile),
        "dockerignore": text_of(f"{text}\n".encode()),
        "image_sums": [{"image": "x", "sources": [f"/srv/{text}"], "destination": f"/{text}", "refused": text}],
        "image_owners": [{"image": "x", "owner": text, "refused": text}],
        "expect": {
            "ok": False,
            "error": text,
            "steps": [{"instruction": f"RUN {text}"}],
            "created_by": [f"/bin/sh -c {text}"],
        },
        **more,
    }
    return decode(ReplayCase, json.dumps(document))


def redacted(case: ReplayCase, *, env: bool) -> str:
    return redacted_record(case, env=env, labels=not env).model_dump_json(exclude_defaults=True)


@examples(0.75)
@example('hun"ter2\\secret', True)
@example("line-one-secret\nline-two-secret", False)
@given(SECRETS, st.booleans())
def test_given_secrets_are_redacted_in_the_dockerfile(secret: str, env: bool) -> None:
    given = {"build_args": {"TOKEN": secret}} if env else {"labels": {"owner": secret}}
    for text in written(secret):
        dockerfile = f"FROM scratch\nRUN before {text} after\n".encode()
        line = redacted(case_of(dockerfile, text, **given), env=env)
        demand_none(secret, line)
        assert "before " in line
        odd = redacted_record(case_of(b"# \xff\n" + dockerfile, text, **given), env=env, labels=not env)
        assert bytes_of(odd.dockerfile).startswith(b"# \xff\nFROM scratch\nRUN before ")
        demand_none(secret, json.dumps(bytes_of(odd.dockerfile).decode("utf-8", "replace"), ensure_ascii=False))


@pytest.mark.parametrize(
    "instruction",
    [
        "ENV TOKEN=@",
        "env TOKEN=@ B=c",
        "ENV TOKEN @",
        "ENV A=b \\\n    TOKEN=@",
        "ENV A=${B:-@}",
        "ARG TOKEN=@",
        "ONBUILD ENV TOKEN=@",
        "  LABEL TOKEN=@",
    ],
)
@pytest.mark.parametrize(
    "secret", ["hunter2secret", "two-words secret-words", 'zq"quoted', "https://zquser:zqpass@host"]
)
def test_secrets_found_only_in_the_dockerfile_are_redacted(instruction: str, secret: str) -> None:
    value = quote(secret) if " " in secret or '"' in secret else secret
    dockerfile = f"ARG BASE=alpine:3.19\nFROM $BASE\n{instruction.replace('@', value)}\nRUN login {value}\n".encode()
    case = case_of(dockerfile)
    line = redacted_record(case, env=True, labels=True).model_dump_json(exclude_defaults=True)
    for word in (*secret.replace('"', " ").split(), "zqpass"):
        assert word not in line
    assert "TOKEN" in line or "${B:-" in line
    assert "ARG BASE=alpine:3.19" in line  # the names of images are not secret


def test_redaction_keeps_variable_references() -> None:
    case = case_of(b"FROM scratch\nENV TOKEN=$GIVEN\nRUN x ${TOKEN} $GIVEN\n", build_args={"GIVEN": "hunter2secret"})
    left = redacted_record(case, env=True, labels=False)
    assert left.dockerfile == case.dockerfile
    assert "hunter2" not in left.model_dump_json()
