"""No pattern hangs the program: every way to read patterns is tried in a process with limited time and memory."""

from __future__ import annotations

import pytest
from forked import COMMANDS, run_forked

from cacheview.dockerfile.context import CLIENTS, ContextSums, Entry, EntryKind, MemoryContext
from cacheview.dockerfile.context.linear import compile_linear, literal, one_of

pytestmark = pytest.mark.slow

_CHILD = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from cacheview.dockerfile.context import CLIENTS, ContextSums, Entry, EntryKind, MemoryContext
from cacheview.model import DataError
lines = {lines!r}
def reading(packing):
    return type(packing), *(repr(getattr(packing, name, None)) for name in ("rules", "strips_spaces"))
dialects = {{reading(each.packing): each for each in CLIENTS.values()}}
assert 5 < len(dialects) < len(CLIENTS)
for client in dialects.values():
    for path in ("a" * 250, "/".join(["a"] * 120)):
        entries = {{path: Entry(path, EntryKind.FILE, 0o644), "Dockerfile": Entry("Dockerfile", EntryKind.FILE, 0o644)}}
        for count in range(1, path.count("/") + 1):
            above = "/".join(["a"] * count)
            entries[above] = Entry(above, EntryKind.DIRECTORY, 0o755)
        entries[".dockerignore"] = Entry(".dockerignore", EntryKind.FILE, 0o644, size=len(lines))
        try:
            ContextSums(MemoryContext(entries, {{".dockerignore": lines}}), client=client).uploaded
        except DataError as error:
            print(client.name, error)
"""


@pytest.mark.parametrize(
    "lines",
    [b"*a" * 60 + b"*b\n", b"**/a/" * 60 + b"**/b\n", b"(a+)+b*\n", b"(a|a)+[b]\n", b"a**" * 80 + b"b\n"],
    ids=["stars", "double stars", "nested", "alternatives", "mixed"],
)
def test_no_pattern_backtracks(lines: bytes) -> None:
    ended = run_forked(_CHILD.format(lines=lines), modules=COMMANDS)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", list(CLIENTS))
def test_folders_may_be_deeper_than_the_recursion_limit(name: str) -> None:
    entries: dict[str, Entry] = {}
    path = ""
    for _ in range(1500):
        path = f"{path}/d" if path else "d"
        entries[path] = Entry(path, EntryKind.DIRECTORY, 0o755)
    lines = b"**/x\n!**/y\nd/z\n"
    entries["Dockerfile"] = Entry("Dockerfile", EntryKind.FILE, 0o644)
    entries[".dockerignore"] = Entry(".dockerignore", EntryKind.FILE, 0o644, size=len(lines))
    sums = ContextSums(MemoryContext(entries, {".dockerignore": lines}), client=CLIENTS[name])
    assert "Dockerfile" in sums.uploaded.tree


def test_invalid_utf8_bytes_match_only_themselves() -> None:
    assert compile_linear(f"^{literal(chr(0xDCFF))}$")("\udcff")
    assert not compile_linear(f"^{literal(chr(0xDCFF))}$")("\udcfe")
    assert compile_linear("^\udcff$", replaces=True)("\udcfe")


def test_an_empty_class_matches_nothing() -> None:
    assert not compile_linear(one_of([]))("a")
    assert compile_linear(one_of([], negated=True))("\n")
