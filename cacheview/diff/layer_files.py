"""The files of a step of an image, read from the step's layer and compared with those of another image or a build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from cacheview.diff.files import FileComparer, FilesDiffer, FilesUnknown
from cacheview.diff.image_side import image_at, unknown_layer
from cacheview.diff.requested_steps import RequestedStep
from cacheview.diff.senders import same_client
from cacheview.diff.side import BuildSide, SideKind, SideStep
from cacheview.dockerfile.context.entry import Entry
from cacheview.layers.changes import ChangeMark, FileChange, FileState, aspects_of
from cacheview.layers.entry import LayerEntry
from cacheview.layers.files import LayerFiles
from cacheview.layers.header_states import states_of
from cacheview.layers.layer_changes import entry_state
from cacheview.layers.source import LayerUnavailableError
from cacheview.layers.step_files import RecoveredFiles, recover_files
from cacheview.model import DataError
from cacheview.replay.causes import causes_of

__all__ = ["history_files"]

_LAYERS_NOT_READ = "the image's layers were not read"
_NO_COPY_SOURCE = "the build's context does not show which files are copied"


def history_files(a: BuildSide, b: BuildSide, step_a: SideStep, step_b: SideStep) -> FilesDiffer | FilesUnknown:
    """Compare the files of two steps, at least one of which belongs to an image."""
    try:
        if a.kind is b.kind:
            return _of_layers(_read(a, step_a), _read(b, step_b))
        if a.kind is SideKind.IMAGE:
            return _against(a, step_a, b, step_b.requested, is_image_a=True)
        return _against(b, step_b, a, step_a.requested, is_image_a=False)
    except LayerUnavailableError as error:
        return FilesUnknown(error.reason, error.remedy)
    except DataError as error:
        return FilesUnknown(error.what)


# Two images


@dataclass(frozen=True)
class _Layer:
    files: LayerFiles
    diff_id: str
    entries: Mapping[str, LayerEntry]


def _read(side: BuildSide, step: SideStep) -> _Layer:
    """Return the layer of a step. Raises `DataError` if it cannot be read or is unknown."""
    if side.layers is None:
        raise DataError(_LAYERS_NOT_READ)
    if not step.diff_id:
        raise unknown_layer(side)
    files = side.layers()
    return _Layer(files, step.diff_id, {entry.path: entry for entry in files.listing(step.diff_id).entries})


def _of_layers(before: _Layer, now: _Layer) -> FilesDiffer:
    """Compare two layers path by path, as the images contain them."""
    sums_a, sums_b = _sums(before, now), _sums(now, before)
    changes = tuple(
        _change(path, before.entries.get(path), now.entries.get(path), sums_a.get(path) == sums_b.get(path))
        for path in sorted(before.entries.keys() | now.entries.keys())
    )
    return FilesDiffer(changes, causes_of(changes, is_of_image=True))


def _sums(own: _Layer, other: _Layer) -> Mapping[str, str]:
    """Return the checksums of the files that have the same size in both layers."""
    alike = [
        path
        for path, entry in own.entries.items()
        if path in other.entries
        and entry_state(entry).is_file
        and other.entries[path].size == entry.size
        and entry.size
    ]
    return own.files.sums_by((path, (own.diff_id, own.entries[path], b"")) for path in alike)


def _change(path: str, before: LayerEntry | None, now: LayerEntry | None, has_same_content: bool) -> FileChange:
    was, is_now = (entry_state(entry) if entry is not None else None for entry in (before, now))
    if was is None or is_now is None:
        return FileChange(path, ChangeMark.ADDED if was is None else ChangeMark.REMOVED, (), was, is_now)
    aspects = aspects_of(was, is_now, has_same_content=has_same_content)
    return FileChange(path, ChangeMark.CHANGED if aspects else ChangeMark.SAME, aspects, was, is_now)


# An image and a build


def _against(
    image: BuildSide, step: SideStep, build: BuildSide, requested: RequestedStep, *, is_image_a: bool
) -> FilesDiffer | FilesUnknown:
    """Compare the files that were sent, as the layer shows, with those that the build sends. Raises `DataError`."""
    if image.layers is None:
        raise DataError(_LAYERS_NOT_READ)
    if requested.copy is None or requested.copy.from_ or requested.sources is None or build.files is None:
        raise DataError(_NO_COPY_SOURCE)
    layers = image.layers()
    recovered = recover_files(
        layers, image_at(image, step, requested.copy), requested.copy, step.requested.checksum or "", build.files
    )
    files = _SentFiles(layers, recovered, build.files.entries())
    shown = replace(image, files=files, has_content=True, client=_client(recovered, build))
    sums = dict(recovered.sources.files), dict(requested.sources.files)
    if is_image_a:
        result = FileComparer(shown, build).differ(*sums)
    else:
        result = FileComparer(build, shown).differ(*reversed(sums))
    if not result.differing and not result.by_client:
        return FilesUnknown(
            f"no files in the layer are known to differ{f'; {recovered.reason}' if recovered.reason else ''}"
        )
    return replace(result, doubt=recovered.reason)


def _client(recovered: RecoveredFiles, build: BuildSide) -> str:
    """Return the clients that may have sent the files, if the client of the build did not; otherwise empty."""
    is_same = any(same_client(client.name, build.client) for client in recovered.clients)
    return "" if is_same else " or ".join(client.title for client in recovered.clients)


class _SentFiles:
    """The files that were sent, as a layer shows them, with the interface of `CurrentFiles`."""

    def __init__(self, layers: LayerFiles, recovered: RecoveredFiles, others: Mapping[str, Entry]) -> None:
        self._layers = layers
        self._recovered = recovered
        self._others = others

    def entries(self) -> Mapping[str, Entry]:
        own = {path: Entry(path, entry.kind, entry.mode) for path, entry in self._recovered.entries.items()}
        return {**self._others, **own}

    def headers(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        headers = self._recovered.headers
        return {path: headers[path] for path in paths if headers.get(path)}

    def states(self, paths: Iterable[str]) -> Mapping[str, FileState]:
        return states_of(self.headers(paths))

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
        entries = ((path, self._recovered.content_of(path)) for path in paths)
        return self._layers.contents(
            (path, (self._recovered.diff_id, entry)) for path, entry in entries if entry is not None
        )
