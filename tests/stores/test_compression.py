from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from store_builder import Layout, tar_bytes
from store_samples import sample

from cacheview.model import DataError
from cacheview.stores.budget import Budget
from cacheview.stores.compression import DamagedStreamError, MemoryLimitError, decompressed
from cacheview.stores.open import open_store

KINDS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}
CONTENT = random.Random(1).randbytes(280_000)  # larger than a buffer

kinds = pytest.mark.parametrize("kind", KINDS)


@functools.cache
def compressed_content(kind: str) -> bytes:
    return KINDS[kind](CONTENT)


def opened(data: bytes) -> tuple[io.BufferedReader, str]:
    return decompressed(io.BufferedReader(io.BytesIO(data)), Budget())


@kinds
def test_content_and_kind(kind: str) -> None:
    stream, found = opened(compressed_content(kind))
    assert found == kind
    assert stream.read() == CONTENT


@kinds
@examples(0.5)
@given(skip=st.integers(0, len(CONTENT) + 9))
def test_skipping_forward(kind: str, skip: int) -> None:
    stream, _ = opened(compressed_content(kind))
    assert stream.read(5) == CONTENT[:5]
    stream.seek(5 + skip)
    assert stream.read(9) == CONTENT[5 + skip :][:9]


@kinds
def test_streams_one_after_the_other(kind: str) -> None:
    stream, _ = opened(KINDS[kind](b"one") + KINDS[kind](b"two"))
    assert stream.read() == b"onetwo"


@kinds
@given(data=st.data())
def test_a_truncated_or_damaged_stream_gives_the_content_before_it(kind: str, data: st.DataObject) -> None:
    compressed = bytearray(compressed_content(kind))
    cut = data.draw(st.booleans())
    if cut:
        del compressed[data.draw(st.integers(8, len(compressed) - 1)) :]
    else:
        compressed[data.draw(st.integers(8, len(compressed) - 1))] ^= data.draw(st.integers(1, 255))
    stream, _ = opened(bytes(compressed))
    seen = bytearray()
    try:
        while chunk := stream.read(10_000):
            seen += chunk
    except DamagedStreamError:
        pass
    assert not cut or CONTENT.startswith(seen)


def test_damage_is_reported_after_everything_before_it() -> None:
    stream, _ = opened(gzip.compress(CONTENT)[:-8])
    assert stream.read(len(CONTENT)) == CONTENT
    with pytest.raises(DamagedStreamError):
        stream.read(1)


@pytest.mark.parametrize(("kind", "header"), [("xz", 12), ("zstd", 9)])
def test_damaged_data_is_reported_without_the_library_message(kind: str, header: int) -> None:
    stream, _ = opened(compressed_content(kind)[:header] + b"\xff" * 2000)
    with pytest.raises(
        DamagedStreamError, match=r"^the data is invalid, or decompressing it needs more than [\d,]+ bytes of memory$"
    ):
        stream.read()


def test_xz_that_wants_much_memory_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
    compressed = bytearray(lzma.compress(b"x", filters=filters, check=lzma.CHECK_NONE))
    place = compressed.index(b"\x21\x01") + 2  # the dictionary size, after the filter's ID and properties size
    compressed[place] = 40  # 4 GiB - 1
    header = bytes(compressed[12:20])
    compressed[20:24] = zlib.crc32(header).to_bytes(4, "little")
    stream, _ = opened(bytes(compressed))
    with pytest.raises(DamagedStreamError, match="decompression needs more memory than the limit of 268,435,456 bytes"):
        stream.read(1)


def test_zstd_that_wants_much_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=30)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    stream, _ = opened(compressor.compress(CONTENT) + compressor.flush())
    with pytest.raises(DamagedStreamError, match="decompression needs more memory than the limit of 134,217,728 bytes"):
        stream.read(1)


@pytest.mark.parametrize("length", [*range(6, 24), 30])
def test_a_truncated_stream_is_not_reported_as_a_memory_limit(length: int) -> None:
    stream, _ = opened(compressed_content("xz")[:length])
    with pytest.raises(DamagedStreamError) as caught:
        stream.read()
    assert not isinstance(caught.value, MemoryLimitError)
    stream, _ = opened(compressed_content("zstd")[:length])
    assert CONTENT.startswith(stream.read())


@pytest.mark.parametrize("sizes", [0, 0x40, 0x80, 0xC0])
def test_optional_sizes_in_an_xz_block_header_are_skipped(sizes: int) -> None:
    header = bytes([3, sizes]) + b"\x81\x01" * sizes.bit_count() + b"\x21\x01\x28"
    stream, _ = opened(b"\xfd7zXZ\x00" + b"\0" * 6 + header + b"\0" * 20)
    with pytest.raises(MemoryLimitError):
        stream.read(1)


def test_a_file_that_needs_much_memory_is_not_called_damaged(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=30)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path = tmp_path / "images.tar.zst"
    path.write_bytes(compressor.compress(CONTENT) + compressor.flush())
    with pytest.raises(DataError) as caught:
        open_store(path)
    assert "damaged" not in str(caught.value)
    assert "Decompress the file" in str(caught.value)


@kinds
def test_archives(kind: str, tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image(name="shop/web:1")
    path = tmp_path / "named.wrongly"
    path.write_bytes(KINDS[kind](tar_bytes(layout.done())))
    result = open_store(path)
    assert result.problems == ()
    assert [image.id for image in result.cases[0].store.images] == [image]


@kinds
def test_samples(kind: str, tmp_path: Path) -> None:
    plain = gzip.decompress(sample("28.5.2-gd", "save-chain").read_bytes())
    (tmp_path / "plain").write_bytes(plain)
    (tmp_path / "compressed").write_bytes(KINDS[kind](plain))
    expected, found = (open_store(tmp_path / name).cases[0].store for name in ("plain", "compressed"))
    assert found.images == expected.images


@kinds
def test_text_inside_a_compression_is_not_a_store(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(KINDS[kind](b"buy milk"))
    with pytest.raises(DataError, match=f"after {kind} decompression"):
        open_store(path)
