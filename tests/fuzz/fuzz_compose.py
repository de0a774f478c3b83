"""Compose files and ``.env`` files, composed of meaningful pieces and damaged."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from fuzzing import HOSTILE, Fuzz, damaged, fuzz, refused

from cacheview.model import DataError
from cacheview.replay.compose.service import read_service, services_with_build

SCALARS = (
    *("x", "yes", "off", "null", "~", "1:30", "0o17", "0123", "1e999", "-.inf", "1_0", "2024-01-02", "2024-13-45"),
    *("!!str 1", "!!binary eA==", "!!python/object:os.system x", "!!set {a}", "*a", "&a x", "<<", "@", "`", "%x"),
    *(
        "'it''s'",
        '"\\u0041\\x9b"',
        '"\\ud83d\\ude00\\0"',
        '"\\ud800"',
        '"',
        "'",
        "|\n      x\n",
        ">-\n      x\n",
        "[",
        "{",
        "[a, b]",
        "{a: b}",
        "- x",
    ),
    *("${A}", "${A:-${B:-x}}", "${A:?no}", "${A+${A}}", "$$A", "${", "${A", "$", "${a.b}", "${A:-" * 60),
    *(HOSTILE[:9], HOSTILE[11], "x" * 3000)[1:],
)
KEYS = (
    *("context", "dockerfile", "dockerfile_inline", "args", "labels", "target", "cache_from", "no_cache", "pull"),
    *("platforms", "ssh", "secrets", "additional_contexts", "extra_hosts", "<<", "x", "? [a]", "!!null"),
)
SERVICE = ("extends", "image", "platform", "profiles", "<<", "build")
TOPS = (
    "name: x",
    "x-a: &a {b: c}",
    "include: [x]",
    "version: '3'",
    "--- ",
    "...",
    "%YAML 1.1",
    "\t",
    "a: *a",
    "&a [*a]",
)
FITTING = {
    "dockerfile": ("Dockerfile", "../x", "${A}"),
    "args": ("\n        A: ${A:-x}\n        B: 1.50\n        C:", "[A=1, B]", "{<<: {A: b}, C: 2024-01-02}"),
    "labels": ("\n        - a=b\n        - c", "{a.b: yes}"),
    "target": ("x", "'1'"),
    "cache_from": ("[a, b:1]", "[]"),
    "no_cache": ("true", "'yes'"),
    "pull": ("false",),
    "extra_hosts": ("[a:1]",),
    "x-more": ("&a {b: c}", "[1, [2]]"),
}
"""Values that Compose accepts, by key."""
DOTENV = ("A=1", "B='x", 'C="\\n$A"', "export D=${E:-f}", "F: g", "=", "\ufeffA=x", "A", "# c", "A=${A}${A}", "\0=x")


def value(source: random.Random, indent: int, depth: int = 0) -> str:
    pad = " " * indent
    match source.randrange(5 if depth < 3 else 2):
        case 2:
            return "".join(f"\n{pad}- {source.choice(SCALARS)}" for _ in range(source.randrange(1, 4)))
        case 3 | 4:
            pairs = (
                f"\n{pad}{source.choice((*KEYS, 'A', '1', 'true'))}: {value(source, indent + 2, depth + 1)}"
                for _ in range(source.randrange(1, 4))
            )
            return "".join(pairs)
    return source.choice(SCALARS)


def fitting(source: random.Random) -> str:
    lines = ["services:", "  base:", "    build: {context: ., args: {A: base}}", "  web:"]
    if source.randrange(2):
        lines.append("    extends: base")
    if source.randrange(2):
        lines.append("    platform: linux/${A:-arm64}")
    lines += ["    build:", "      context: .", "      x-odd: &odd"]
    for key in source.sample(tuple(FITTING), source.randrange(1, 5)):
        what = source.choice(SCALARS) if source.randrange(8) == 0 else source.choice(FITTING[key])
        lines.append(f"      {key}: {what}")
    return "\n".join(lines) + "\n"


def document(source: random.Random) -> str:
    if source.randrange(2):
        return fitting(source)
    lines = [source.choice(TOPS) for _ in range(source.randrange(3) if source.randrange(2) else 0)]
    lines.append("services:")
    for name in ("web", "base"):
        lines.append(f"  {name}:")
        if source.randrange(4) == 0:
            lines.append(f"    extends: {source.choice(('base', 'web', '{service: base}', '{file: x, service: y}'))}")
        if source.randrange(6) == 0:
            lines.append(f"    {source.choice(SERVICE)}: {value(source, 6)}")
        lines.append("    build:")
        lines.append("      context: .")
        lines += [f"      {source.choice(KEYS)}: {value(source, 8)}" for _ in range(source.randrange(5))]
    return "\n".join(lines) + "\n"


def test_compose(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    file, environment = tmp_path / "compose.yaml", tmp_path / ".env"

    def one(run: Fuzz) -> None:
        source = run.random
        data = document(source).encode("utf-8", "surrogatepass")
        if source.randrange(4) == 0:
            data = damaged(data, source)
        reported = DOTENV if source.randrange(3) == 0 else ("A=1", "# c")
        dotenv = "\n".join(source.choices(reported, k=source.randrange(5))).encode()
        if source.randrange(6) == 0:
            dotenv = damaged(dotenv, source)
        file.write_bytes(data)
        environment.write_bytes(dotenv)
        service = source.choice(HOSTILE) if source.randrange(20) == 0 else source.choice(("web", "web", "base"))
        as_v1 = bool(source.randrange(2))
        with run.given((data, dotenv, service, as_v1)):
            try:
                services_with_build(file, {})
            except DataError as error:
                refused(error)
            try:
                build = read_service(file, service, {"A": "a", "E": "\x1b"}, as_v1=as_v1)
            except DataError as error:
                refused(error)
            else:
                run.read += 1
                texts = (build.context, build.dockerfile, *build.options.build_args.values(), *build.notes)
                assert all(isinstance(text, str) for text in texts)

    fuzz(request, one)
