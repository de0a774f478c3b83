"""Where the content of layers comes from."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Protocol

from cacheview.layers.entry import LayerEntry, LayerError

__all__ = ["LayerSource", "LayerUnavailableError", "Report", "UnpackedFolder"]

Report = Callable[[int, str], None]
"""Called with the bytes read of a layer so far, and what is read, some times a second. It may raise, to stop."""


class LayerUnavailableError(LayerError):
    """The store does not give the content of a layer.

    Attributes:
        reason: why not.
        remedy: what would make it readable; may be empty.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}. {remedy}" if remedy else reason)
        self.reason = reason
        self.remedy = remedy


UnpackedFolder = Callable[[str, str, LayerEntry | None], LayerEntry | None]
"""A folder that a layer has no entry for, as unpacking the layer left it; None: the store does not show that.

Called with the diff id of the layer, the path, and the folder of the layers below (None: they have none)."""


class LayerSource(Protocol):
    """The layers of one store, by diff id: the digest of the uncompressed tar stream."""

    def lasts(self, diff_id: str) -> bool:
        """Whether the numbers of a layer's entries are those of its tar stream, and so the same in every start."""

    def entries(self, diff_id: str, report: Report) -> Iterator[LayerEntry]:
        """All entries of a layer, in order, without content.

        Raises:
            LayerUnavailableError: the store does not give it.
            LayerError: it is damaged, or larger than what is read.
        """

    def contents(
        self, diff_id: str, wanted: Mapping[int, LayerEntry], report: Report
    ) -> Generator[tuple[int, Iterable[bytes]]]:
        """The content of some files, in the order of the layer, each to be used up before the next is asked for.

        Args:
            wanted: regular files, by `LayerEntry.number`.

        Raises:
            LayerError: as `entries`.
        """

    def unpacked_folder(self, diff_id: str, path: str, below: LayerEntry | None) -> LayerEntry | None:
        """As `UnpackedFolder`. Raises `LayerUnavailableError`, `LayerError`."""
