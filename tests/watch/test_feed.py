"""Passing a context to its reader: in order, forward only, and with bounded memory."""

from __future__ import annotations

import io
import threading
from functools import partial

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from watch_wires import in_thread

from cacheview.watch.feed import MAX_WAITING_BYTES, ContextFeed


def feed(drained: threading.Event | None = None) -> ContextFeed:
    turn = threading.Semaphore()
    turn.acquire()
    return ContextFeed(turn, drained.set if drained is not None else lambda: None)


@examples(0.75)
@given(pieces=st.lists(st.binary(max_size=50), max_size=20), skip=st.integers(0, 60))
def test_a_feed_returns_the_bytes_put_into_it(pieces: list[bytes], skip: int) -> None:
    made = feed()

    def fill() -> None:
        for piece in pieces:
            made.put(piece)
        made.end()

    in_thread(fill)
    whole = b"".join(pieces)
    reader = io.BufferedReader(made, 16)
    head = reader.read(4)
    reader.seek(min(skip, len(whole)) if skip > len(head) else len(head))
    rest = reader.read()
    assert head == whole[:4]
    assert whole.endswith(rest)
    assert reader.tell() == len(whole)


def test_a_full_feed_waits_until_it_is_read() -> None:
    drained = threading.Event()
    made = feed(drained)
    assert made.put(bytes(MAX_WAITING_BYTES))
    assert not made.put(b"x")
    assert not drained.is_set()
    made.seek(MAX_WAITING_BYTES)
    assert drained.is_set()
    assert made.put(b"y")


def test_a_feed_without_a_reader_discards_its_data() -> None:
    drained = threading.Event()
    made = feed(drained)
    made.put(bytes(MAX_WAITING_BYTES + 1))
    made.stop_reading()
    assert drained.is_set()
    assert made.put(bytes(MAX_WAITING_BYTES + 1))


def test_only_one_of_several_readers_works_at_a_time() -> None:
    turn = threading.Semaphore()
    feeds = [ContextFeed(turn, lambda: None) for _ in range(2)]
    got: list[bytes] = []

    def read(one: ContextFeed) -> None:
        with turn:
            got.append(io.BufferedReader(one).read())

    threads = [in_thread(partial(read, one)) for one in feeds]
    feeds[1].put(b"second")  # the first reader has no data, so it does not keep its turn
    feeds[1].end()
    threads[1].join(10)
    assert got == [b"second"]
    feeds[0].end()
    threads[0].join(10)
    assert got == [b"second", b""]


def test_a_feed_only_seeks_forward() -> None:
    made = feed()
    made.put(b"abc")
    made.seek(2)
    for offset, whence in ((1, io.SEEK_SET), (0, io.SEEK_END)):
        with pytest.raises(io.UnsupportedOperation):
            made.seek(offset, whence)
