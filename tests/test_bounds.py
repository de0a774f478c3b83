"""Small files that would decompress or decode to very much: reading stops at the limits, which is reported."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import pytest
import zstandard
from bounded import MIB, Run, run_bounded

from cacheview.stores.blobs import digest_of
from cacheview.stores.open import open_store
from cacheview.stores.progress import Canceled
from cacheview.visible import is_unprintable

pytestmark = pytest.mark.slow

CASE = b'{"rules":"containerd-71ebfc7","images":[],"probes":[]}\n'
GIB = 1024 * MIB


SCALE = 32
SMALL = {
    "document": 64 * MIB // SCALE,
    "line": MIB // SCALE,
    "held": 32 * MIB // SCALE,
    "documents": 256 * MIB // SCALE,
    "memory": 512 * MIB // SCALE,
    "errors": 100_000 // SCALE,
    "images": 200_000 // SCALE,
    "probes": 500_000 // SCALE,
    "history": 100_000 // SCALE,
    "histories": 2_000_000 // SCALE,
    "layers": 2_000_000 // SCALE,
    "model.decode._SAFE_BYTES": (MIB // 2) // SCALE,
    "model.decode._MAX_VALUES": 2_000_000 // SCALE,
    "model.decode._MAX_MEMORY_BYTES": 512 * MIB // SCALE,
    "stores.long_line._MAX_PARSED_CHARACTERS": 4 * MIB // SCALE,
}
"""A small part of all limits of suites. Reading as much as the full limits allow takes several seconds per
file. The files are smaller in the same proportion. Thresholds are scaled with the limits, so the same code is run."""
SMALL_MEMORY = (64 + 1024 // SCALE) * MIB
"""The memory of the program when it reads nothing, and the same part of what the full limits allow."""


class Explain(Protocol):
    """Run ``cacheview explain`` on a file with this content."""

    def __call__(self, content: bytes, memory: int = ..., limits: Mapping[str, int] = ...) -> Run: ...


@pytest.fixture
def explain(tmp_path: Path) -> Explain:
    config = tmp_path / "config.json"
    config.write_text('{"Cmd":["x"]}')

    def run(content: bytes, memory: int = 1024 * MIB, limits: Mapping[str, int] = MappingProxyType({})) -> Run:
        assert len(content) < 20_000_000
        path = tmp_path / "store"
        path.write_bytes(content)
        return run_bounded("explain", path, "--parent", "", "--config", config, memory=memory, limits=limits)

    return run


def suite(*, images: bytes = b"", probes: bytes = b"") -> bytes:
    return b'{"rules":"containerd-71ebfc7","images":[' + images + b'],"probes":[' + probes + b"]}\n"


def repeated(piece: bytes, count: int) -> bytes:
    return piece + (b"," + piece) * (count - 1)


def image(config: bytes) -> bytes:
    return b'{"id":"sha256:1","config":{' + config + b"}}"


# Suites


def share(count: int) -> int:
    """The part of a number that corresponds to the smaller limits."""
    return count // SCALE


# Created when needed, because together they are large.
AMPLIFIED: dict[str, Callable[[], bytes]] = {
    "history": lambda: suite(images=image(b'"history":[' + repeated(b"{}", share(3_000_000)) + b"]")),
    "history of nulls": lambda: suite(images=image(b'"history":[' + repeated(b"null", share(3_000_000)) + b"]")),
    "layers": lambda: suite(images=image(b'"rootfs":{"diff_ids":[' + repeated(b'""', share(8_000_000)) + b"]}")),
    "environment": lambda: suite(images=image(b'"config":{"Env":[' + repeated(b'"a"', share(8_000_000)) + b"]}")),
    "numbers for words": lambda: suite(images=image(b'"config":{"Env":[' + repeated(b"1", share(8_000_000)) + b"]}")),
    "unknown keys": lambda: suite(images=image(b'"x":[' + repeated(b"{}", share(3_000_000)) + b"]")),
    "unknown lists": lambda: suite(images=image(b'"x":[' + repeated(b"[]", share(3_000_000)) + b"]")),
    "deep": lambda: suite(images=image(b'"x":' + b"[" * share(20_000_000))),
    "wide characters": lambda: suite(
        images=image(b'"author":"' + b"a" * share(60_000_000) + "\U0001f600".encode() + b'"')
    ),
    "many lines": lambda: CASE + (suite(images=image(b'"history":[' + repeated(b"{}", share(100_000)) + b"]"))) * 60,
    "lines that are not cases": lambda: CASE + b"x\n" * share(20_000) + b"{}\n" * share(40_000),
}
DECODED: dict[str, Callable[[], bytes]] = {
    "images": lambda: suite(images=repeated(b'{"id":"","config":{}}', share(2_000_000))),
    "configs": lambda: suite(
        images=repeated(b'{"id":"","config":{"config":{},"container_config":{}}}', share(1_000_000))
    ),
    "escaped keys": lambda: suite(
        images=repeated(rb'{"id":"","\u0063onfig":{"\u0063onfig":{},"\u0063ontainer_config":{}}}', share(700_000))
    ),
    "probes": lambda: suite(probes=repeated(b'{"config":{}}', share(3_000_000))),
    "many short lines": lambda: CASE * share(204_000),
}


@pytest.mark.parametrize("kind", AMPLIFIED)
def test_a_suite_that_decompresses_to_too_much_is_limited(kind: str, explain: Explain) -> None:
    run = explain(gzip.compress(AMPLIFIED[kind](), 1), memory=SMALL_MEMORY, limits=SMALL)
    assert run.status in (1, 2)
    assert "Traceback" not in run.output
    assert (
        "more than" in run.output
        or "more lines are not valid cases" in run.output
        or kind in ("deep", "wide characters")
    )


@pytest.mark.parametrize("kind", DECODED)
def test_a_suite_that_decodes_to_too_much_is_limited(kind: str, explain: Explain) -> None:
    run = explain(gzip.compress(DECODED[kind](), 1), memory=SMALL_MEMORY, limits=SMALL)
    assert run.status in (1, 2)
    assert "Traceback" not in run.output
    assert "more than" in run.output


def test_very_many_empty_lines(explain: Explain) -> None:
    """With a sixtieth of the limit: lines are counted and dropped, so memory does not depend on their number."""
    run = explain(zstandard.compress(CASE + b"\n" * 201_000), memory=80 * MIB, limits={"lines": 200_000})
    assert "more than 200,000 lines. The rest was not read" in run.output


def test_invalid_suite_lines_are_counted_and_100_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_bytes(b"x\n" * 150_000)
    run = run_bounded("check", file, memory=80 * MIB)
    assert run.status == 2
    *shown, rest, more, counts = run.output.splitlines()
    assert len(shown) == 100
    assert "more than 100,000 lines are not valid cases. The rest of the file was not read" in rest
    assert more == "99,901 more lines are not valid cases"
    assert counts == "0 passed, 100002 failed"


@pytest.mark.parametrize("content", [b"", b"\n \n", b"{}\n", b"not a case", b"\x1f\x8bdamaged"])
def test_a_file_without_a_case_is_unusable(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "suite").write_bytes(content)
    run = run_bounded("check", tmp_path / "suite", seconds=20, memory=128 * MIB)
    assert run.status == 2
    assert run.output.endswith("\n0 passed, 1 failed\n")
    probe = {"config": {"Cmd": ["x"]}, "expect": {"outcome": "miss"}}
    (tmp_path / "good").write_text(json.dumps({"rules": "containerd-71ebfc7", "probes": [probe]}))
    run = run_bounded("check", tmp_path / "suite", tmp_path / "good")
    assert run.status == 1
    assert run.output.endswith("\n1 passed, 1 failed\n")


def test_an_unreadable_suite_fails(tmp_path: Path) -> None:
    run = run_bounded("check", tmp_path / "nowhere", tmp_path, seconds=20, memory=128 * MIB)
    assert run.status == 2
    assert run.output.endswith("\n0 passed, 2 failed\n")


# Archives


def tar(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def blob(content: bytes) -> tuple[str, bytes]:
    return f"blobs/sha256/{digest_of(content).partition(':')[2]}", content


def descriptors(*blobs: tuple[str, bytes]) -> bytes:
    return json.dumps(
        {"manifests": [{"digest": f"sha256:{name.rpartition('/')[2]}"} for name, _ in blobs]}, separators=(",", ":")
    ).encode()


def test_indexes_that_name_the_same_manifests(explain: Explain) -> None:
    """Each document is read once, and each manifest that is not an image is reported once."""
    manifests = [blob(b'{"config":null,"x":%d}' % number) for number in range(500)]
    below = descriptors(*manifests)[:-1]
    indexes = [blob(below + b',"x":%d}' % number) for number in range(100)]
    run = explain(lzma.compress(tar(*manifests, *indexes, ("index.json", descriptors(*indexes))), preset=0))
    assert run.status == 2
    assert "no image could be read" in run.output


def test_control_characters_from_an_archive_are_not_printed(tmp_path: Path) -> None:
    text = "\x1b]0;title\x07\x1b[2J\x9b31m\u202ered\r\n"
    config = json.dumps(
        {"created": "2024-01-01T00:00:00Z", "author": text, "history": [{"created_by": text, "comment": text}]}
    ).encode()
    name = f"{digest_of(config).partition(':')[2]}.json"
    manifest = [{"Config": name, "RepoTags": ["a:1"], "Layers": []}, {"Config": text, "RepoTags": [text]}]
    (tmp_path / "save.tar").write_bytes(tar((name, config), ("manifest.json", json.dumps(manifest).encode())))
    (tmp_path / "config").write_text('{"Cmd":["x"]}')
    asked = ("explain", tmp_path / "save.tar", "--parent", "", "--config", tmp_path / "config", "--all")
    for arguments in (asked, (*asked, "--json")):
        run = run_bounded(*arguments, seconds=20, memory=128 * MIB)
        assert run.status == 1
        assert "title" in run.output
        assert not [character for character in run.output if is_unprintable(character) and character != "\n"]


def test_a_data_root_with_very_many_bad_names(tmp_path: Path) -> None:
    """Problems are counted as they are found, and take no more memory than the file of names."""
    database = tmp_path / "image" / "overlay2"
    (database / "imagedb" / "content" / "sha256").mkdir(parents=True)
    names = {f"A{number}": "x" for number in range(100_000)}
    (database / "repositories.json").write_text(json.dumps({"Repositories": {"r": names}}))
    run = run_bounded("audit", f"data-root:{tmp_path}", seconds=30, memory=80 * MIB)
    assert run.status == 2
    assert "no image could be read. repositories.json, 'A0': the name is ignored" in run.output


def header(name: str, size: int, kind: bytes = b"0") -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


NO_IMAGE = tar(("index.json", b'{"manifests":[]}'))
ZEROS = bytes(MIB)


def test_a_member_above_the_decompression_limit_is_not_read(explain: Explain) -> None:
    """Skipping a member takes as long as decompressing it."""
    run = explain(zstandard.compress(header("layer", 3 * GIB) + ZEROS * 8) + zstandard.compress(ZEROS * 128) * 24)
    assert "more than 2,147,483,648 bytes when decompressed. The rest was not read" in run.output


def test_skipping_can_be_canceled(tmp_path: Path) -> None:
    path = tmp_path / "store"
    path.write_bytes(zstandard.compress(header("layer", 3 * GIB) + ZEROS * 128) + zstandard.compress(ZEROS * 128) * 23)
    reports = 0

    def cancel(done: int, total: int | None, what: str) -> None:
        nonlocal reports
        reports += 1
        if reports == 2:
            raise Canceled

    with pytest.raises(Canceled):
        open_store(path, progress=cancel)


def documents(names: Iterable[str]) -> bytes:
    """Compressed documents of one mebibyte each."""
    blanks = zstandard.compress(b" " * (MIB - 1), 1)
    return b"".join(zstandard.compress(header(name, MIB) + b"{", 1) + blanks for name in names)


MEMBERS: dict[str, Callable[[], bytes]] = {
    "members": lambda: zstandard.compress(b"".join(header(f"{number}", 0) for number in range(1_000)), 1) * 51,
    "long names": lambda: zstandard.compress(header("x", MIB, b"L") + b"a" * MIB + header("x", 0), 1) * 80,
    "documents": lambda: documents(f"{number}" for number in range(150)),
    "top documents": lambda: documents(f"{number}/index.json" for number in range(225)),
}


@pytest.mark.parametrize("kind", MEMBERS)
def test_an_archive_with_too_much_content_is_limited(kind: str, explain: Explain) -> None:
    """With a tenth of the limit of members, and a quarter of that of documents.

    They are counted as they are read, before any of them is stored.
    """
    limits = {"members": 50_000, "documents": 64 * MIB, "memory": 128 * MIB}
    run = explain(MEMBERS[kind]() + zstandard.compress(NO_IMAGE, 1), memory=320 * MIB, limits=limits)
    assert run.status in (1, 2)
    assert "Traceback" not in run.output


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress, gzip.compress])
def test_very_many_empty_streams(compress: Callable[[bytes], bytes], explain: Explain) -> None:
    run = explain(compress(b"") * 30_000 + compress(CASE))
    assert "nothing to explain" not in run.output
    assert run.status == 1


# Dockerfiles and numbers

TEN_TIMES = ("ENV A=aaaaaaaaaa", *["ENV A=$A$A$A$A$A$A$A$A$A$A"] * 8)


def test_variables_that_expand_to_very_much(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("\n".join(("FROM scratch", *TEN_TIMES)))
    run = run_bounded("replay", tmp_path, "--store", "demo:", memory=256 * MIB)
    assert run.status == 2
    assert "line 8: the variables expand to more than 1,048,576 characters" in run.output


def test_triggers_that_expand_to_very_much(tmp_path: Path) -> None:
    config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"OnBuild": TEN_TIMES}, "rootfs": {}})
    image = f'{{"id":"sha256:{"a" * 64}","names":["docker.io/library/base:1"],"config":{config}}}'
    (tmp_path / "suite").write_bytes(suite(images=image.encode()))
    (tmp_path / "Dockerfile").write_text("FROM base:1\n")
    run = run_bounded("replay", tmp_path, "--store", tmp_path / "suite", memory=256 * MIB)
    assert run.status == 2
    assert "variables expand to more than 1,048,576 characters" in run.output


def test_a_probe_number_of_many_digits_is_refused() -> None:
    run = run_bounded("explain", "demo:", "--probe", "1" * 5000, seconds=20, memory=128 * MIB)
    assert run.status == 2
    assert "no probe" in run.output
