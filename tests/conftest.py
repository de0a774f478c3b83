"""What all tests share."""

from __future__ import annotations

import functools
import gc
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import WorkStealingScheduling

from cacheview.collector import rare_searches

# How long an example takes says more of the machine than of the program. Few examples each time, new ones every time;
# --hypothesis-profile=thorough for a change of what a property is about.
settings.register_profile("cacheview", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=400)
settings.load_profile("cacheview")

# What `every_command` makes its stores, contexts and engines with.
STORES = ("stores", "stores/docker_engine", "stores/containerd", "stores/registry")
for folder in (*STORES, "replay", "diff", "layers", "ui/files", "ui/watch"):
    sys.path.append(str(Path(__file__).parent / folder))

_HERE = Path(__file__).parent
_WINDOWS = _HERE / "ui"
_DAEMONS = _HERE / "daemons"
_SERVERS = ("stores/containerd", "stores/docker_engine", "stores/registry", "watch", "watching")
_NOT_FAST = (_WINDOWS, _DAEMONS, *(_HERE / folder for folder in _SERVERS))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-screenshots", action="store_true", help="write the pictures of the README anew")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The tests with real daemons run where they are named (pytest does not ask then) or CACHEVIEW_DAEMONS is set.

    Where only what is fast is run, modules that hold nothing of it are not even loaded.
    """
    not_asked_for = collection_path == _DAEMONS and not os.environ.get("CACHEVIEW_DAEMONS")
    not_fast = config.getoption("markexpr") == "fast" and collection_path in _NOT_FAST
    return True if not_asked_for or not_fast else None


def pytest_report_header(config: pytest.Config) -> str | None:
    """Which tests are left out of a run of all."""
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    return None if named or os.environ.get("CACHEVIEW_DAEMONS") else "without tests/daemons: name it to run it as well"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Searches for cycles are a third of the time that collecting takes, and find none: all that is made is kept."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@functools.cache
def _is_below(path: Path, *folders: Path) -> bool:
    return any(map(path.is_relative_to, folders))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Windows first: between them, all that is alive is searched for cycles, and that is little as yet.

    What is in no folder of windows, daemons or servers, and has no mark ``slow``, is marked ``fast``.
    """
    items.sort(key=lambda item: not _is_below(item.path, _WINDOWS))
    for item in items:
        if not _is_below(item.path, *_NOT_FAST) and item.get_closest_marker("slow") is None:
            item.add_marker("fast")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """With ``-n auto``, one worker more than processors: tests of windows and servers wait a sixth of the time.

    Fast tests never wait.
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors if config.getoption("markexpr") == "fast" else processors + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WorkStealingScheduling | None:
    """Workers get tests that follow each other, which share what they read, their engines and their processes."""
    return WorkStealingScheduling(config, log) if config.option.dist == "load" else None


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes by their length: packed ones hold the time, and all workers must have the same names."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def few_searches() -> Iterator[None]:
    """Searches for cycles are as rare as in a command: with Python's own thresholds they are a tenth of the time."""
    with rare_searches():
        yield


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the program keeps in the user's cache folder goes elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
