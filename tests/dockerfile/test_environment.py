"""After any steps, `Environment` agrees with a search through all entries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.args import BuildArgs
from cacheview.dockerfile.environment import Environment, Variables

NAMES = st.sampled_from(["", "A", "B", "a b", "A=1"])
PAIRS = st.lists(st.tuples(NAMES, st.sampled_from(["", "1", "x=y"])), min_size=1, max_size=4)
ENTRIES = st.lists(st.sampled_from(["", "=", "A", "A=", "A=1", "A=2", "B=1", "A=1=2"]), max_size=6).map(tuple)


def by_hand(entries: tuple[str, ...], pairs: list[tuple[str, str]]) -> tuple[str, ...]:
    """Update entries as the builder does: replace the first one with that name, or else append it."""
    env = list(entries)
    for name, value in pairs:
        place = next((at for at, entry in enumerate(env) if entry.partition("=")[0] == name), len(env))
        env[place : place + 1] = [f"{name}={value}"]
    return tuple(env)


def as_dict(entries: tuple[str, ...]) -> dict[str, str]:
    return {entry.partition("=")[0]: entry.partition("=")[2] for entry in entries}


@given(ENTRIES, st.lists(PAIRS, max_size=5), ENTRIES)
def test_the_environment_is_updated_step_by_step(
    entries: tuple[str, ...], steps: list[list[tuple[str, str]]], other: tuple[str, ...]
) -> None:
    environment = Environment(entries)
    for pairs in steps:
        entries = by_hand(entries, pairs)
        assert environment.update(pairs) == entries
        assert dict(environment) == as_dict(entries)
        assert all(name in environment for name in as_dict(entries))
    assert environment.of(environment.entries) is environment
    assert dict(environment.of(other)) == as_dict(other)


def test_environment_variables_override_build_arguments() -> None:
    args = BuildArgs(declared={"A": "arg", "B": "arg", "C": None}, from_options={"D": "given", "HTTP_PROXY": "p"})
    variables = Variables(args, Environment(("A=env",)))
    assert dict(variables) == {"A": "env", "B": "arg", "HTTP_PROXY": "p"}
    assert len(variables) == 3
    assert variables.get("C", "none") == "none"
    assert "D" not in variables
