"""The errors about data from outside that cannot be read."""

from __future__ import annotations

from typing import Self

__all__ = ["BadReferenceError", "DataError", "NoSuchImageError", "SpecifierError"]


class DataError(ValueError):
    """Data from outside that does not fit the model.

    It says what is wrong, *where* (a file, an image, a line of a suite), and at which JSON *path*
    (``history[3].created``; empty for the whole document).
    """

    def __init__(self, what: str, *, where: str = "", path: str = "") -> None:
        self.what = what
        self.where = where
        self.path = path
        super().__init__(": ".join(part for part in (where, path, what) if part))

    def without_traceback(self) -> Self:
        """Return the same error without its traceback, which would keep frames alive as long as the error is kept."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)

    def at(self, where: str) -> DataError:
        """Return the same error with ``where`` before the location that is already known."""
        return DataError(self.what, where=": ".join(filter(None, (where, self.where))), path=self.path)


class NoSuchImageError(DataError):
    """A reference that matches no image in a store, or a prefix of several ids."""


class BadReferenceError(DataError):
    """A text that is not a reference.

    Attributes:
        message: why, in the words of ``github.com/distribution/reference``.
        in_capitals: whether the reason is capital letters in the name of the repository.
    """

    def __init__(self, message: str, text: str, *, in_capitals: bool = False) -> None:
        super().__init__(f"{message}: {text[:200]!r}")
        self.message = message
        self.in_capitals = in_capitals


class SpecifierError(DataError):
    """A text that is not a platform. ``message`` has the reason in containerd's words, ``remedy`` what to write."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)
        self.message = message
