"""The header with which a registry requests a login, as docker parses it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cacheview.stores.registry.challenge import Challenge, parse_challenges

BEARER = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"'


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            BEARER,
            Challenge(
                "bearer",
                {
                    "realm": "https://auth.docker.io/token",
                    "service": "registry.docker.io",
                    "scope": "repository:a/b:pull",
                },
            ),
        ),
        ('Basic realm="x"', Challenge("basic", {"realm": "x"})),
        ("BASIC REALM=x", Challenge("basic", {"realm": "x"})),
        ("Basic", Challenge("basic", {})),
        (
            r'Bearer realm="a\"b\\c"',
            Challenge("bearer", {"realm": r"a\"b\\c".replace('\\"', '"').replace("\\\\", "\\")}),
        ),
        ('Bearer realm="a" , service=b', Challenge("bearer", {"realm": "a", "service": "b"})),
        # Parsing ends at the first syntax error, as in docker.
        ('Bearer realm="a" service="b"', Challenge("bearer", {"realm": "a"})),
        ('Bearer realm="a', Challenge("bearer", {})),
        ('Bearer realm="",service="b"', Challenge("bearer", {})),
        ('Bearer realm="a", Basic realm="b"', Challenge("bearer", {"realm": "a"})),
        ("Bearer realm = a", Challenge("bearer", {})),
    ],
)
def test_a_challenge_is_read_as_docker_reads_it(header: str, expected: Challenge) -> None:
    assert parse_challenges([header]) == (expected,)


def test_each_header_has_one_and_an_empty_one_has_none() -> None:
    assert [each.scheme for each in parse_challenges(['Basic realm="x"', "", "=", BEARER])] == ["basic", "bearer"]


@settings(max_examples=50)
@given(st.text(max_size=200))
def test_any_authentication_header_is_parsed(header: str) -> None:
    for challenge in parse_challenges([header]):
        assert re.fullmatch(r"[^\s\",=A-Z]+", challenge.scheme)
