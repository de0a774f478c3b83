"""``COPY`` and ``ADD`` as a single line, in which the checksum of the files replaces the sources."""

from __future__ import annotations

import hashlib
import re

from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.parse import Instruction, heredoc_name
from cacheview.model import DataError

__all__ = ["checksum_and_destination"]

_CHECKSUM = re.compile(r"(?:file|dir|multi):[0-9a-f]{64}")
_URL_CHECKSUM = re.compile(r"[0-9a-f]{64}")  # of a file that ADD downloads: not preceded by a kind
_EXAMPLE = "COPY file:<64 hex digits> in /dst"


def checksum_and_destination(instruction: Instruction, lexer: Lexer) -> tuple[str, str]:
    """Return the checksum of all sources together, and the destination, as in the text of the step.

    The sources must be checksums: ``COPY file:… /dst``, or ``COPY file:… in /dst`` as in image history. Several of them
    are combined the way the builder does it. The form of image history is used unchanged, since it is already expanded.

    Raises:
        DataError: a source is not a checksum.
    """
    args = instruction.args
    if _is_checksum(args[0], instruction.name) and args[1] == "in" and len(args) > 2:
        return args[0], " ".join(args[2:])
    sources = [lexer.word(arg) for arg in args[:-1] if not heredoc_name(arg, lexer.release)]
    destination = lexer.word(args[-1])
    if not sources:
        raise DataError("the classic builder does not read files from a heredoc, and there is no other source")
    for source in sources:
        if not _is_checksum(source, instruction.name):
            raise DataError(
                "the builder looks up the files' checksum, but the line does not contain it; replace "
                f"{source[:80]!r} with the checksum, as shown in an image's history: {_EXAMPLE}"
            )
    if len(sources) == 1:
        return sources[0], destination
    if not destination.endswith("/"):
        raise DataError("with more than one source, the destination must be a directory; end it with a slash")
    return "multi:" + hashlib.sha256(",".join(sources).encode()).hexdigest(), destination


def _is_checksum(text: str, name: str) -> bool:
    return bool(_CHECKSUM.fullmatch(text) or (name == "ADD" and _URL_CHECKSUM.fullmatch(text)))
