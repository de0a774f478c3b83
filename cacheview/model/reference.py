"""Image references as accepted by ``--cache-from`` and ``docker tag``.

The grammar and the normal form are those of ``github.com/distribution/reference`` (``ParseAnyReference``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from cacheview.model.errors import BadReferenceError

__all__ = ["Reference", "parse_reference"]

_ALNUM = r"[a-z0-9]+"
_COMPONENT = rf"{_ALNUM}(?:(?:[._]|__|-+){_ALNUM})*"
_HOST_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?P<name>{_HOST}/{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?"
)
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_MAX_NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference: a name with a tag, a digest, or a name with a digest.

    Attributes:
        name: the repository with its registry (``docker.io/library/app``); empty for a bare digest.
        tag: ``latest`` if a name has neither tag nor digest; empty if there is only a digest.
        digest: with its algorithm; empty if not given.
    """

    name: str
    tag: str
    digest: str

    @property
    def tagged(self) -> str:
        """``name:tag``, the full form in stores."""
        return f"{self.name}:{self.tag}"


@lru_cache(maxsize=1 << 12)
def parse_reference(text: str) -> Reference:
    """Parse a reference in any form that Docker accepts. Raises `DataError` if Docker rejects it."""
    if _IDENTIFIER.fullmatch(text):
        return Reference("", "", f"sha256:{text}")
    if _DIGEST.fullmatch(text):
        return Reference("", "", text)
    first, slash, rest = text.partition("/")
    if not slash or (not re.search("[.:]", first) and first != "localhost" and first.lower() == first):
        registry, remainder = "docker.io", text
    else:
        registry, remainder = ("docker.io" if first == "index.docker.io" else first), rest
    if registry == "docker.io" and "/" not in remainder:
        remainder = f"library/{remainder}"
    repository = remainder.partition(":")[0]
    if repository.lower() != repository:
        raise BadReferenceError("repository name must be lowercase", text, in_capitals=True)
    match = _REFERENCE.fullmatch(f"{registry}/{remainder}")
    if match is None:
        raise BadReferenceError("invalid reference format", text)
    name, tag, digest = match["name"], match["tag"] or "", match["digest"] or ""
    if len(name) > _MAX_NAME_CHARACTERS:
        raise BadReferenceError(f"repository name must not be more than {_MAX_NAME_CHARACTERS} characters", text)
    if digest and not _DIGEST.fullmatch(digest):
        raise BadReferenceError("not a digest that Docker recognizes", digest)
    return Reference(name, tag or ("" if digest else "latest"), digest)
