"""What archives call an image, as full references."""

from __future__ import annotations

from collections.abc import Iterable

from cacheview.model import DataError, Problem, parse_reference
from cacheview.stores.manifests import Descriptor
from cacheview.stores.problems import Problems

__all__ = ["bare_tag", "descriptor_name", "full_name", "merged", "usable_name"]

_CONTAINERD_NAME = "io.containerd.image.name"
_OCI_NAME = "org.opencontainers.image.ref.name"


def full_name(text: str) -> str:
    """``shop/web:1.0`` → ``docker.io/shop/web:1.0``. Raises `DataError` if Docker refuses it."""
    reference = parse_reference(text)
    if not reference.name:
        raise DataError(f"a digest alone is not a name: {text[:200]!r}")
    if not reference.digest:
        return reference.tagged
    return f"{reference.tagged if reference.tag else reference.name}@{reference.digest}"


def usable_name(text: str, where: str, problems: Problems) -> str:
    """`full_name`; empty, with a problem of what is at ``where``, if Docker refuses it."""
    try:
        return full_name(text)
    except DataError as error:
        problems.append(Problem(where, f"one of its names is ignored: {error}"))
        return ""


def descriptor_name(descriptor: Descriptor) -> str:
    """The name that an index gives to an image; empty if it gives none.

    ``io.containerd.image.name`` is a name. OCI's own ``org.opencontainers.image.ref.name`` may be one, or
    a tag alone (``2.3``): it is taken as a name only with a ``:`` or ``/``, which no tag has.

    Raises:
        DataError: Docker would refuse the name.
    """
    name = descriptor.annotation(_CONTAINERD_NAME)
    if not name and not bare_tag(descriptor):
        name = descriptor.annotation(_OCI_NAME)
    return full_name(name) if name else ""


def bare_tag(descriptor: Descriptor) -> str:
    """The tag that a layout gives without saying of which repository; empty if there is none."""
    tag = descriptor.annotation(_OCI_NAME)
    return "" if descriptor.annotation(_CONTAINERD_NAME) or ":" in tag or "/" in tag else tag


def merged(names: Iterable[str]) -> tuple[str, ...]:
    """The names of one image, each once, in the order that Docker's stores give: sorted."""
    return tuple(sorted({name for name in names if name}))
