"""What is raised when something from outside cannot be read."""

from __future__ import annotations

__all__ = ["DataError"]


class DataError(ValueError):
    """Data from outside that does not fit the model.

    Says *what* is wrong, *where* (a file, an image, a suite line) and at which JSON *path*
    (``history[3].created``; empty for the document as a whole).
    """

    def __init__(self, what: str, *, where: str = "", path: str = "") -> None:
        self.what = what
        self.where = where
        self.path = path
        super().__init__(": ".join(part for part in (where, path, what) if part))

    def at(self, where: str) -> DataError:
        """The same error, placed: ``where`` goes before what is known of the place already."""
        return DataError(self.what, where=": ".join(filter(None, (where, self.where))), path=self.path)
