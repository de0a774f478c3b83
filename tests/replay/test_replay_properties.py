"""Properties of whole replays: which changes of a context keep its steps cached, and which do not."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from build_kit import GRAPH_DRIVER, Daemon
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from cacheview.dockerfile.context import CLI_20_10, DOCKER_CLI, FolderContext
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay

DOCKERFILE = b"FROM scratch\nENV A=1\nCOPY d /d\nLABEL l=1\nADD d/* /e/\nCMD x\n"
NAMES = st.text("abc.-", min_size=1, max_size=4).filter(lambda name: name.strip(".") != "")
FILES = st.dictionaries(NAMES, st.binary(max_size=8), min_size=1, max_size=4)
ON_DISK = examples(0.5)


class Folder:
    """A context on disk and a daemon that has built it."""

    def __init__(self, root: Path, files: dict[str, bytes]) -> None:
        self.root = root
        self.daemon = Daemon(kind=GRAPH_DRIVER)
        (root / "d").mkdir()
        (root / "d").chmod(0o755)
        for name, data in files.items():
            (root / "d" / name).write_bytes(data)
            (root / "d" / name).chmod(0o644)
        self.daemon.build(DOCKERFILE.decode(), files={f"d/{name}": data for name, data in files.items()})

    def replay(self, old: bool = False) -> Replay:
        daemon = self.daemon
        client = CLI_20_10 if old else DOCKER_CLI
        checksums = ContextChecksums(FolderContext(self.root), "", daemon.release, client)
        return replay(DOCKERFILE, checksums, daemon.store, daemon.rules, daemon.release, BuildOptions())

    def cached(self) -> list[bool | None]:
        return [step.cached for step in self.replay().looked_up]


@contextmanager
def built(files: dict[str, bytes]) -> Iterator[Folder]:
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name), files)
        assert folder.cached() == [True] * 5  # a folder on disk has the same checksums as one in memory
        yield folder


@ON_DISK
@given(FILES, st.integers(0, 2**31), st.data())
def test_a_changed_modification_time_does_not_matter(files: dict[str, bytes], when: int, data: st.DataObject) -> None:
    with built(files) as folder:
        os.utime(folder.root / "d" / data.draw(st.sampled_from(sorted(files))), (when, when))
        os.utime(folder.root / "d", (when, when))
        assert folder.cached() == [True] * 5


@ON_DISK
@given(FILES, st.data())
def test_a_changed_byte_makes_the_copy_steps_miss(files: dict[str, bytes], data: st.DataObject) -> None:
    with built(files) as folder:
        path = folder.root / "d" / data.draw(st.sampled_from(sorted(files)))
        before = path.read_bytes()
        place = data.draw(st.integers(0, len(before)))
        path.write_bytes(before[:place] + b"~" + before[place + 1 :])
        assume(path.read_bytes() != before)
        assert folder.cached() == [True, False, False, False, False]
        path.write_bytes(before)
        assert folder.cached() == [True] * 5


@ON_DISK
@given(FILES, st.integers(0, 7), st.data())
def test_a_changed_mode_bit_makes_the_copy_steps_miss(files: dict[str, bytes], bit: int, data: st.DataObject) -> None:
    with built(files) as folder:
        path = folder.root / "d" / data.draw(st.sampled_from(sorted(files)))
        path.chmod(0o644 ^ (1 << bit))
        assert folder.cached() == [True, False, False, False, False]
        path.chmod(0o644)
        (folder.root / "d").chmod(0o755 ^ (1 << bit))
        assert folder.cached() == [True, False, False, False, False]


@ON_DISK
@given(FILES, NAMES, st.data())
def test_a_renamed_file_makes_the_copy_steps_miss(files: dict[str, bytes], name: str, data: st.DataObject) -> None:
    assume(name not in files)
    with built(files) as folder:
        path = folder.root / "d" / data.draw(st.sampled_from(sorted(files)))
        path.rename(path.with_name(name))
        assert folder.cached() == [True, False, False, False, False]


@ON_DISK
@given(FILES)
def test_the_client_affects_the_cache_and_unsent_files_do_not(files: dict[str, bytes]) -> None:
    with built(files) as folder:
        assert folder.replay(old=True).all_cached is False
        (folder.root / ".dockerignore").write_text("d/*.ignored\n")
        (folder.root / "d" / "more.ignored").write_bytes(b"not sent")
        (folder.root / "beside").write_bytes(b"sent, and in no step")
        assert folder.cached() == [True] * 5
