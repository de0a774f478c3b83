"""Build arguments: where they are visible, and the prefix of RUN."""

from __future__ import annotations

import pytest

from cacheview.dockerfile import BuildArgs


@pytest.mark.parametrize(
    ("args", "env", "visible"),
    [
        (BuildArgs({"A": "1"}), [], {"A": "1"}),
        (BuildArgs({"A": "1"}, {"A": "2"}), [], {"A": "2"}),
        (BuildArgs({"A": None}), [], {}),
        (BuildArgs({"A": None}, {}, {"A": "0"}), [], {"A": "0"}),
        (BuildArgs({"A": "1"}, {}, {"A": "0"}), [], {"A": "1"}),
        (BuildArgs({"A": "1"}), ["A"], {}),
        (BuildArgs({}, {"A": "2"}), [], {}),
        (BuildArgs({}, {}, {"A": "0"}), [], {}),
        (BuildArgs({}, {"HTTP_PROXY": "p", "no_proxy": "n"}), [], {"HTTP_PROXY": "p", "no_proxy": "n"}),
    ],
)
def test_what_a_step_sees(args: BuildArgs, env: list[str], visible: dict[str, str]) -> None:
    assert args.visible(env) == visible


@pytest.mark.parametrize(
    ("args", "prefix"),
    [
        (BuildArgs(), ()),
        (BuildArgs({"B": "2", "A": "1", "C": None}), ("|2", "A=1", "B=2")),
        (BuildArgs({}, {"http_proxy": "p"}), ("|0",)),
        (BuildArgs({"http_proxy": None}, {"http_proxy": "p"}), ("|1", "http_proxy=p")),
    ],
)
def test_the_prefix_of_run(args: BuildArgs, prefix: tuple[str, ...]) -> None:
    assert args.run_prefix([]) == prefix
