"""The names of images in archives, as full references."""

from __future__ import annotations

from collections.abc import Iterable

from cacheview.model import DataError, Problem, parse_reference
from cacheview.stores.manifests import Descriptor
from cacheview.stores.problems import Problems

__all__ = ["bare_tag", "descriptor_name", "full_name", "merged", "usable_name"]

_CONTAINERD_NAME = "io.containerd.image.name"
_OCI_NAME = "org.opencontainers.image.ref.name"


def full_name(text: str) -> str:
    """Return the full reference: ``shop/web:1.0`` → ``docker.io/shop/web:1.0``.

    Raises `DataError` if Docker refuses it.
    """
    reference = parse_reference(text)
    if not reference.name:
        raise DataError(f"a digest alone is not a name: {text[:200]!r}")
    if not reference.digest:
        return reference.tagged
    return f"{reference.tagged if reference.tag else reference.name}@{reference.digest}"


def usable_name(text: str, where: str, problems: Problems) -> str:
    """Return `full_name`; if Docker refuses the name, return an empty text and add a problem about ``where``."""
    try:
        return full_name(text)
    except DataError as error:
        problems.append(Problem(where, f"one of the image's names is ignored: {error}"))
        return ""


def descriptor_name(descriptor: Descriptor) -> str:
    """Return the name that an index gives an image; empty if it gives none.

    ``io.containerd.image.name`` is a name. OCI's own ``org.opencontainers.image.ref.name`` may be one, or only a tag
    (``2.3``): it is used as a name only if it contains a ``:`` or ``/``, which no tag does.

    Raises:
        DataError: Docker would refuse the name.
    """
    name = descriptor.annotation(_CONTAINERD_NAME)
    if not name and not bare_tag(descriptor):
        name = descriptor.annotation(_OCI_NAME)
    return full_name(name) if name else ""


def bare_tag(descriptor: Descriptor) -> str:
    """Return the tag that a layout gives without a repository; empty if there is none."""
    tag = descriptor.annotation(_OCI_NAME)
    return "" if descriptor.annotation(_CONTAINERD_NAME) or ":" in tag or "/" in tag else tag


def merged(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of one image, each once, in the order of Docker's stores: sorted."""
    return tuple(sorted({name for name in names if name}))
