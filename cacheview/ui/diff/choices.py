"""The builds that the window can compare, and how each of them is read. No Qt."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from cacheview.model import DataError
from cacheview.ui.plain import one_line

if TYPE_CHECKING:
    from cacheview.cases import Daemon
    from cacheview.diff.side import BuildSide
    from cacheview.model import ImageStore
    from cacheview.report.shown_build import ShownBuild
    from cacheview.ui.layer_access import LayerAccess
    from cacheview.ui.loading import Report
    from cacheview.ui.replay.build import Build
    from cacheview.ui.replay.replayer import Replayer, ReplayRequest

__all__ = ["IMAGE", "BuildChoice", "of_image", "of_path", "of_replay", "of_watched"]

IMAGE: Final = "image:"
"""The prefix that names an image of the open store instead of a path."""

MakeRequest = Callable[["Build"], "ReplayRequest"]
"""A function that returns the replay of a build in the open store. Raises `DataError` if no store is open."""

Save = Callable[[int, str, "Report"], None]
"""A function that writes the record of the watched build with a number to a path. Raises `DataError`."""


@dataclass(frozen=True)
class BuildChoice:
    """A build that can be compared.

    Attributes:
        title: its name for people.
        read: reads the build, off the UI thread. Raises `DataError`.
        path: path of a record or a context; empty: the build is not read from a path.
        build: the build of a context, with its options; None: there are none.
    """

    title: str
    read: Callable[[Report], BuildSide]
    path: str = ""
    build: Build | None = None


def of_path(path: str, build: Build | None, ask: MakeRequest, replayer: Replayer) -> BuildChoice:
    """Return the build in a record (``FILE`` or ``FILE#N``), or the replay of a context (a folder or a tar).

    ``build``: the build of a context, with its options; None: there are none.
    """
    title = os.path.basename(os.path.normpath(path)) or path

    def read(report: Report) -> BuildSide:
        from cacheview.diff.record_files import record_by_name
        from cacheview.diff.record_side import side_of_record
        from cacheview.ui.replay.build import build_at

        report(0, None, f"Reading {one_line(title)}")
        case = record_by_name(path) if build is None else None
        return side_of_record(case, title) if case is not None else replayer.side(ask(build or build_at(path)), report)

    return BuildChoice(one_line(title), read, path, build)


def of_image(name: str, store: ImageStore, daemon: Daemon, access: LayerAccess) -> BuildChoice:
    """Return an image in the open store as a build."""

    def read(report: Report) -> BuildSide:
        from cacheview.diff.image_side import side_of_image
        from cacheview.layers.files import LayerFiles

        image = store.resolve_for(name, daemon.rules.store)
        layers = cache(lambda: LayerFiles(access.open(store, lambda: report(0, None, "Reading the layers"))))
        return side_of_image(store, image, daemon, image.title, layers)

    return BuildChoice(one_line(name), read, f"{IMAGE}{name}")


def of_replay(request: ReplayRequest, replayer: Replayer) -> BuildChoice:
    """Return the build that is replayed in the window."""
    return BuildChoice(f"Replay of {one_line(request.build.title)}", lambda report: replayer.side(request, report))


def of_watched(build: ShownBuild, save: Save) -> BuildChoice:
    """Return a build that was watched, or one from an open record."""
    title = one_line(", ".join(filter(None, (build.title, build.began, build.client))))
    if build.record:
        name = f"{build.record}#{build.line}" if build.line else build.record
        return BuildChoice(title, lambda report: _of_record(name, title, report), name)

    def read(report: Report) -> BuildSide:
        with tempfile.TemporaryDirectory(prefix="cacheview-") as folder:  # the folder is private
            path = os.path.join(folder, "record.jsonl")
            save(build.number, path, report)
            return _of_record(path, title, report)

    return BuildChoice(title, read)


def _of_record(name: str, title: str, report: Report) -> BuildSide:
    from cacheview.diff.record_files import record_by_name
    from cacheview.diff.record_side import side_of_record

    report(0, None, f"Reading {title}")
    case = record_by_name(name)
    if case is None:
        raise DataError("is no longer a build record", where=name)
    return side_of_record(case, title)
