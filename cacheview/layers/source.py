"""The source of the content of layers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Protocol

from cacheview.layers.entry import LayerEntry, LayerError

__all__ = ["LayerSource", "LayerUnavailableError", "Report", "UnpackedFolder"]

Report = Callable[[int, str], None]
"""Called a few times a second with the bytes read of a layer so far, and a description. It may raise to stop."""


class LayerUnavailableError(LayerError):
    """The store does not provide the content of a layer.

    Attributes:
        reason: why not.
        remedy: what would make it readable; may be empty.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}. {remedy}" if remedy else reason)
        self.reason = reason
        self.remedy = remedy


UnpackedFolder = Callable[[str, str, LayerEntry | None], LayerEntry | None]
"""Returns a folder without an entry in a layer, as unpacking the layer left it; None: the store does not show that.

Called with the diff id of the layer, the path, and the folder of the layers below (None: they have none).
"""


class LayerSource(Protocol):
    """The layers of one store, by diff id: the digest of the uncompressed tar stream."""

    def has_stable_numbers(self, diff_id: str) -> bool:
        """Return whether the numbers of a layer's entries are those of its tar stream, and so always the same."""

    def entries(self, diff_id: str, report: Report) -> Iterator[LayerEntry]:
        """Yield all entries of a layer, in order, without content.

        Raises:
            LayerUnavailableError: the store does not provide it.
            LayerError: it is damaged, or too large to be read.
        """

    def contents(
        self, diff_id: str, files: Mapping[int, LayerEntry], report: Report
    ) -> Generator[tuple[int, Iterable[bytes]]]:
        """Yield the content of some files, in the order of the layer. Read each to its end before the next.

        Args:
            files: regular files, by `LayerEntry.number`.

        Raises:
            LayerError: like `entries`.
        """

    def unpacked_folder(self, diff_id: str, path: str, below: LayerEntry | None) -> LayerEntry | None:
        """See `UnpackedFolder`. Raises `LayerUnavailableError`, `LayerError`."""
