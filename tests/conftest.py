"""Options, hooks and fixtures for all tests."""

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

# How long an example takes depends on the machine more than on the program. Each run tries a few new examples. Use
# --hypothesis-profile=thorough after changing code that a property covers.
settings.register_profile("cacheview", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=400)
settings.load_profile("cacheview")

# The helpers that `every_command` creates stores, contexts and engines with.
STORES = ("stores", "stores/docker_engine", "stores/containerd", "stores/registry")
for folder in (*STORES, "replay", "diff", "layers", "ui/files", "ui/watch"):
    sys.path.append(str(Path(__file__).parent / folder))

_HERE = Path(__file__).parent
_WINDOWS = _HERE / "ui"
_DAEMONS = _HERE / "daemons"
_SERVERS = ("stores/containerd", "stores/docker_engine", "stores/registry", "watch", "watching")
_NOT_FAST = (_WINDOWS, _DAEMONS, *(_HERE / folder for folder in _SERVERS))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-screenshots", action="store_true", help="update the screenshots in the README")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Run tests that use real daemons only if they are named or CACHEVIEW_DAEMONS is set.

    pytest does not call this hook for a folder that is named. With ``-m fast``, do not load modules without fast tests.
    """
    skips_daemons = collection_path == _DAEMONS and not os.environ.get("CACHEVIEW_DAEMONS")
    not_fast = config.getoption("markexpr") == "fast" and collection_path in _NOT_FAST
    return True if skips_daemons or not_fast else None


def pytest_report_header(config: pytest.Config) -> str | None:
    """Report that tests with real daemons are left out when all tests run."""
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    return None if named or os.environ.get("CACHEVIEW_DAEMONS") else "without tests/daemons: name it to run it as well"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Disable garbage collection: it would take a third of the time, and collected tests are not garbage."""
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
    """Run the window tests first, because garbage collection is cheaper while few objects exist.

    Mark tests as ``fast`` unless they are marked ``slow`` or are in a folder of windows, daemons or servers.
    """
    items.sort(key=lambda item: not _is_below(item.path, _WINDOWS))
    for item in items:
        if not _is_below(item.path, *_NOT_FAST) and item.get_closest_marker("slow") is None:
            item.add_marker("fast")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """With ``-n auto``, use one more worker than processors, since window and server tests wait a sixth of the time.

    Fast tests never wait, so they use one worker per processor.
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return processors if config.getoption("markexpr") == "fast" else processors + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WorkStealingScheduling | None:
    """Give each worker consecutive tests, because these share data, engines and processes."""
    return WorkStealingScheduling(config, log) if config.option.dist == "load" else None


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their length: compressed data contains a timestamp, and all workers must use the same names."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def few_searches() -> Iterator[None]:
    """Collect garbage as rarely as commands do: with Python's default thresholds, it takes a tenth of the time."""
    with rare_searches():
        yield


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Replace the user's cache folder with a temporary one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
