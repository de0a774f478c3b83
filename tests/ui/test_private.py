"""Files that the program writes are private to the user, under any umask and whatever their mode was before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from layer_kit import Layers, entry, layer

from cacheview.cli import main
from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.dockerfile.context.hashing import FileSumCache
from cacheview.dockerfile.context.sums import SourcesSum
from cacheview.layers.files import LayerFiles
from cacheview.layers.layer_memory import LayerMemory
from cacheview.layers.tarstream import TarLayers
from cacheview.model import SuiteCase
from cacheview.stores.suite_file import append_case
from cacheview.ui.replay.replayer import _save_memory
from cacheview.ui.settings import Settings

DEMO = "demo:"


def settings(folder: Path) -> None:
    kept = Settings(folder / "a" / "b" / "settings.ini")
    kept.add_recent("engine:")
    kept.save()


def records(folder: Path) -> None:
    record = ChecksumRecord(folder / "a" / "b", "/context")
    record.remember(SourcesSum("file:" + "a" * 64, (("a", "b" * 64),)))
    record.save()


def sums(folder: Path) -> None:
    assert _save_memory(FileSumCache(), folder / "a" / "b" / "sums.json") == ""


def layers(folder: Path) -> None:
    made = Layers(layer(entry("a", b"x")))
    memory = LayerMemory(folder / "a" / "b")
    LayerFiles(TarLayers(made.open), memory).root(made.diff_ids)
    memory.save()


def saved(folder: Path) -> None:
    assert main(["save", DEMO, str(folder / "store.jsonl")]) == 0
    assert main(["save", DEMO, str(folder / "store.jsonl.gz"), "--redact", "env"]) == 0


def added(folder: Path) -> None:
    append_case(folder / "suite.jsonl", SuiteCase(rules="containerd-71ebfc7"))


def record(folder: Path) -> None:
    context = folder.parent / "context"
    context.mkdir(exist_ok=True)
    (context / "Dockerfile").write_text("FROM scratch\nENV A=b\nCOPY Dockerfile /\n")
    kept = ("--record", str(folder / "r.jsonl"), "--records", str(folder / "a" / "b"))
    assert main(["replay", str(context), "--store", DEMO, "--past-misses", *kept]) == 1


WRITERS = (settings, records, sums, layers, saved, added, record)


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """The modes of all files and folders in a folder that are not private."""
    wanted = {True: 0o700, False: 0o600}
    found = {path: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert found
    return {str(path): mode for path, mode in found.items() if mode != wanted[path.is_dir()]}


@pytest.mark.usefixtures("no_umask", "qapp")
@pytest.mark.parametrize("write", WRITERS)
def test_only_the_user_can_read_it(write: Callable[[Path], None], tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o700)
    write(folder)
    assert modes(folder) == {}
    if write is added:
        return  # an existing suite keeps the mode that its owner set
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o666)
    write(folder)
    assert modes(folder) == {}
