"""What a client requests with the query of ``POST /build``."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from cacheview.replay.options import BuildOptions
from cacheview.watch.http import RequestHead
from cacheview.watch.request import BuildRequest, build_request


def request_of(target: str, method: str = "POST") -> BuildRequest | None:
    return build_request(RequestHead(method, target, "agent/1"))


def test_options_are_read_as_the_daemon_reads_them() -> None:
    query = urlencode(
        {
            "buildargs": json.dumps({"A": "1", "UNSET": None}),
            "labels": json.dumps({"l": "x"}),
            "cachefrom": json.dumps(["a:1", "b"]),
            "dockerfile": "sub/Dockerfile.ci",
            "target": "two",
            "platform": "linux/arm64",
            "nocache": "True",
            "pull": "1",
            "q": "1",
            "version": "1",
        }
    )
    request = request_of(f"/v1.41/build?t=app%3A1&t=app%3Alatest&{query}")
    assert request == BuildRequest(
        client="agent/1",
        tags=("app:1", "app:latest"),
        dockerfile="sub/Dockerfile.ci",
        options=BuildOptions(
            build_args={"A": "1", "UNSET": None},
            labels={"l": "x"},
            target="two",
            platform="linux/arm64",
            cache_from=("a:1", "b"),
            no_cache=True,
            pull=True,
        ),
        is_quiet=True,
    )


@pytest.mark.parametrize(
    ("value", "is_set"), [("", False), ("0", False), ("False", False), (" none ", False), ("no", False), ("x", True)]
)
def test_boolean_query_values_are_parsed_like_the_daemon_does(value: str, is_set: bool) -> None:
    request = request_of(f"/build?{urlencode({'nocache': value})}")
    assert request is not None
    assert request.options.no_cache is is_set


def test_the_first_of_two_query_values_is_used() -> None:
    request = request_of("/build?dockerfile=one&dockerfile=FROM+scratch%0A;x")
    assert request is not None
    assert request.dockerfile == "one"


def test_null_options_and_the_platform_of_old_api_versions_are_ignored() -> None:
    request = request_of("/v1.24/build?cachefrom=null&buildargs=null&labels=null&platform=linux/arm64")
    assert request is not None
    assert (request.options, request.problem) == (BuildOptions(), "")


def test_lone_surrogates_are_replaced_like_in_go() -> None:
    request = request_of("/build?buildargs=%7B%22A%22%3A%22%ff%5Cud800%5Cud83d%5Cude00%22%7D")
    assert request is not None
    assert request.options.build_args == {"A": "\ufffd\ufffd\U0001f600"}


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("/build?buildargs=%7B", "the build arguments are not in the form that the API accepts"),
        ("/build?labels=" + "%5B" * 5000, "nested more than 200 levels deep"),
        ("/build?labels=%5B1%5D", "the labels are not in the form that the API accepts"),
        ("/build?cachefrom=x", "the cache-from references are not in the form that the API accepts"),
        ("/build?buildargs=%7B%22a%22%3A1%7D", "the build arguments are not in the form that the API accepts"),
        ("/build?version=3", "invalid version '3'"),
    ],
)
def test_a_refused_build_request_states_the_problem(target: str, problem: str) -> None:
    request = request_of(target)
    assert request is not None
    assert problem in request.problem


def test_buildkit_is_recognized_by_the_version() -> None:
    request = request_of("/v1.47/build?version=2&buildid=x")
    assert request is not None
    assert request.is_buildkit


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/build"),
        ("POST", "/build/prune"),
        ("POST", "/v1.41/build/cancel"),
        ("POST", "/v2/build"),
        ("POST", "/session"),
    ],
)
def test_other_requests_are_no_builds(method: str, target: str) -> None:
    assert request_of(target, method) is None


@examples(0.5)
@given(st.text(max_size=30))
def test_any_build_query_is_parsed(query: str) -> None:
    assert request_of(f"/build?{query}") is not None
