"""The context of a replay file."""

from __future__ import annotations

import pytest

from cacheview.dockerfile.context import ContextSums, EntryKind, MemoryContext
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError


def test_entries() -> None:
    context = MemoryContext.from_sample(
        {
            "b/c/f": {"mode": "04755", "type": "file", "content_b64": "eA=="},
            "a": {"mode": "0777", "type": "symlink", "target": "b/c"},
            "b": {"mode": "0700", "type": "dir", "mtime": 1},
        }
    )
    assert [(entry.path, entry.kind, oct(entry.mode)) for entry in context.entries.values()] == [
        ("a", EntryKind.SYMLINK, "0o777"),
        ("b", EntryKind.DIRECTORY, "0o700"),
        ("b/c", EntryKind.DIRECTORY, "0o755"),
        ("b/c/f", EntryKind.FILE, "0o4755"),
    ]
    assert b"".join(context.read("b/c/f")) == b"x"
    assert context.content("a/f") == b"x"
    assert context.content("a/g") is None


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("/x", {"type": "file"}, "not a path in the context"),
        ("../x", {"type": "file"}, "not a path in the context"),
        ("a//b", {"type": "file"}, "not a path in the context"),
        ("a\0b", {"type": "file"}, "not a path in the context"),
        ("", {"type": "file"}, "not a path in the context"),
        ("x", [], "not an object"),
        ("x", {"type": "door"}, "type 'door' is not one of"),
        ("x", {}, "type 'None' is not one of"),
        ("x", {"type": "file", "mode": "rw"}, "not an octal number"),
        ("x", {"type": "file", "content_b64": "?"}, "not base64"),
        ("x", {"type": "file", "content_b64": 1}, "not base64"),
        ("x", {"type": "symlink"}, "must have the key target"),
        ("f/x", {"type": "dir"}, "parent is not a folder"),
    ],
)
def test_malformed(name: str, value: object, what: str) -> None:
    with pytest.raises(DataError, match=what):
        MemoryContext.from_sample({"f": {"type": "file"}, name: value})


def test_a_socket_is_left_out() -> None:
    context = MemoryContext.from_sample({"s": {"type": "socket", "mode": "0755"}})
    assert list(ContextSums(context).uploaded.tree.paths()) == []
    assert [problem.where for problem in context.problems] == ["s"]


def test_a_sample_that_is_not_an_object_is_refused() -> None:
    with pytest.raises(DataError, match="must be an object"):
        MemoryContext.from_sample([])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("a", "d/f"),
        ("dd/f", "d/f"),
        ("dd/../x", "x"),
        ("out/x", "../etc/x"),
        ("up", "../x"),
        ("up2", "../"),
        ("d/./f", "d/f"),
    ],
)
def test_real_names(path: str, real: str) -> None:
    links = {"a": "dd/f", "dd": "d/", "out": "/etc/x", "up": "../x", "up2": ".."}
    sample = {name: {"type": "symlink", "target": target} for name, target in links.items()}
    context = MemoryContext.from_sample({**sample, "d/f": {"type": "file"}})
    if path == "out/x":
        assert context.real_name(path).startswith("../")
    else:
        assert context.real_name(path) == real


def test_a_symlink_cycle_is_an_error() -> None:
    context = MemoryContext.from_sample({"a": {"type": "symlink", "target": "a"}})
    with pytest.raises(DataError, match="links form a cycle"):
        context.real_name("a")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("f/x", "forbidden path outside the build context"),
        ("d/" + "n" * 256, "forbidden path outside the build context"),
        ("d/" + "n" * 255, "file not found in build context"),
    ],
    ids=["through a file", "a name too long", "the longest name"],
)
def test_a_path_the_system_cannot_look_up_is_forbidden(path: str, why: str) -> None:
    sums = ContextSums(MemoryContext.from_sample({"f": {"type": "file"}, "d": {"type": "dir"}}))
    with pytest.raises(BuildRefusedError, match=why):
        sums.of_sources([path], add=False, destination="/")


def test_too_deep_for_the_builder() -> None:
    """The builder accepts up to 255 nested names: it silently leaves out anything deeper."""
    deep = "/".join(["d"] * 254)
    sample = {deep + "/e": {"type": "file"}, deep + "/f/g": {"type": "file"}, "x/f": {"type": "file"}}
    sums = ContextSums(MemoryContext.from_sample(sample))
    found = sums.of_sources(["d"], add=False, destination="/")
    assert [path for path, _ in found.files][-2:] == [deep + "/e", deep + "/f"]
    with pytest.raises(BuildRefusedError, match="forbidden path"):
        sums.of_sources([deep + "/f/g"], add=False, destination="/")


def test_a_line_of_dockerignore_is_too_long() -> None:
    sample = {".dockerignore": {"type": "file", "content_b64": "YWFh" * 30_000}}
    with pytest.raises(BuildRefusedError, match="token too long"):
        ContextSums(MemoryContext.from_sample(sample)).uploaded  # noqa: B018
