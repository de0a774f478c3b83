"""What of a file is another than it was: shown by the header that went into its sum, and by its content.

A sum is the digest of a header and the content after it. So the header of then and the content of now have the sum of
then exactly if the content is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from cacheview.layers.changes import Aspect, FileChange, FileState, Mark, aspects_of

__all__ = ["change_of", "has_sum"]


def change_of(
    path: str, was: FileState | None, is_now: FileState | None, *, has_same_content: bool | None
) -> FileChange:
    """What became of a file whose sum is not what it was.

    Args:
        was, is_now: by its header then and now; None: not known.
        has_same_content: of two files of one size; None: that is not known.
    """
    if was is None or is_now is None:
        return FileChange(path, Mark.CHANGED, (Aspect.UNKNOWN,), was, is_now)
    aspects = aspects_of(was, is_now, has_same_content=has_same_content)
    mark = Mark.CHANGED if aspects else Mark.SAME
    return FileChange(path, mark, aspects or (Aspect.HEADER,), was, is_now)


def has_sum(sum_: str, header: bytes, content: Iterable[bytes]) -> bool:
    """Whether a header and a content have this sum."""
    digest = hashlib.sha256(header)
    for piece in content:
        digest.update(piece)
    return digest.hexdigest() == sum_
