"""What changes a checksum, and what does not."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st

from cacheview.dockerfile.context import ContextSums, FolderContext

NAMES = st.text("ab.é -\udcff", min_size=1, max_size=3).filter(lambda name: name not in (".", "..", "Dockerfile"))
MODES = st.integers(0o400, 0o777).map(lambda mode: mode | 0o600)
ON_DISK = examples(0.5)
FILES = st.dictionaries(NAMES, st.tuples(st.binary(max_size=20), MODES), min_size=1, max_size=5)


@contextmanager
def folder_of(files: dict[str, tuple[bytes, int]]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "d").mkdir(mode=0o755)
        for path, (data, mode) in files.items():
            (root / "d" / path).write_bytes(data)
            (root / "d" / path).chmod(mode)
        yield root


def text(root: Path, source: str = "d") -> str:
    return ContextSums(FolderContext(root)).of_sources([source], add=False, destination="/x/").text


@ON_DISK
@given(FILES, st.integers(0, 2**31), st.data())
def test_modification_times_do_not_affect_the_checksum(
    files: dict[str, tuple[bytes, int]], seconds: int, data: st.DataObject
) -> None:
    with folder_of(files) as root:
        before = text(root)
        os.utime(root / "d" / data.draw(st.sampled_from(sorted(files))), (seconds, seconds))
        os.utime(root / "d", (seconds, seconds))
        assert text(root) == before


@ON_DISK
@given(FILES, st.data())
def test_one_byte_counts(files: dict[str, tuple[bytes, int]], data: st.DataObject) -> None:
    with folder_of(files) as root:
        before = text(root)
        path = root / "d" / data.draw(st.sampled_from(sorted(files)))
        content = path.read_bytes()
        place = data.draw(st.integers(0, len(content)))
        path.write_bytes(content[:place] + b"!" + content[place + 1 :])
        assume(path.read_bytes() != content)
        assert text(root) != before


@ON_DISK
@given(FILES, st.integers(0, 8), st.data())
def test_one_bit_of_a_mode_counts(files: dict[str, tuple[bytes, int]], bit: int, data: st.DataObject) -> None:
    with folder_of(files) as root:
        before = text(root)
        path = root / "d" / data.draw(st.sampled_from(sorted(files)))
        path.chmod((path.stat().st_mode & 0o7777) ^ (1 << bit) | 0o400)
        assume(path.stat().st_mode & 0o777 != files[path.name][1])
        assert text(root) != before
        path.chmod(files[path.name][1])
        (root / "d").chmod(0o711)
        assert text(root) != before


@ON_DISK
@given(FILES, NAMES, st.data())
def test_renaming_a_file_changes_the_checksum(
    files: dict[str, tuple[bytes, int]], name: str, data: st.DataObject
) -> None:
    assume(name not in files)
    with folder_of(files) as root:
        before = text(root)
        old = root / "d" / data.draw(st.sampled_from(sorted(files)))
        old.rename(root / "d" / name)
        assert text(root) != before


@ON_DISK
@given(FILES)
def test_the_checksum_does_not_depend_on_previous_lookups(files: dict[str, tuple[bytes, int]]) -> None:
    """It is the same whatever was looked up before, in any order."""
    with folder_of(files) as root:
        sums = ContextSums(FolderContext(root))
        alone = [sums.of_sources([f"./d/../d/{name}"], add=False, destination="/") for name in files]
        whole = sums.of_sources(["/d/"], add=True, destination="/").text
        assert whole == text(root)
        assert [each.text for each in alone] == [text(root, f"d/{name}") for name in files]
