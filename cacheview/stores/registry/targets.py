"""The images that a ``registry:`` location names, each in a repository of a registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cacheview.model import BadReferenceError, DataError, familiar, parse_reference

__all__ = ["MAX_IMAGES", "Target", "parse_target"]

MAX_IMAGES: Final = 20
"""The maximum number of images in one location."""

_HUB_DOMAIN: Final = "docker.io"
_HUB_HOST: Final = "registry-1.docker.io"
_HUB_KEY: Final = "https://index.docker.io/v1/"

_HOW_TO_NAME: Final = "Use `registry:HOST/NAME:TAG`; HOST defaults to Docker Hub, and TAG to `latest`"


@dataclass(frozen=True, slots=True)
class Target:
    """One image of a registry.

    Attributes:
        domain: the registry as references name it (``docker.io``).
        repository: the name within the registry (``library/app``).
        tag: its tag; empty if there is a digest, which takes precedence.
        digest: its digest with the algorithm; empty if there is a tag.
    """

    domain: str
    repository: str
    tag: str
    digest: str

    @property
    def host(self) -> str:
        """The host for requests, and its port if given: ``DefaultV2Registry`` in moby's ``registry/config.go``."""
        return _HUB_HOST if self.domain == _HUB_DOMAIN else self.domain

    @property
    def is_hub(self) -> bool:
        """Whether it is Docker Hub."""
        return self.domain == _HUB_DOMAIN

    @property
    def key(self) -> str:
        """The key of the docker CLI's credentials: ``getAuthConfigKey`` in ``cli/config/configfile/file.go``."""
        return _HUB_KEY if self.domain == _HUB_DOMAIN else self.domain

    @property
    def name(self) -> str:
        """The full reference, which the image has after a pull."""
        return f"{self.domain}/{self.repository}" + (f"@{self.digest}" if self.digest else f":{self.tag}")

    @property
    def title(self) -> str:
        """The reference as people write it."""
        return familiar(self.name)

    @property
    def reference(self) -> str:
        """The reference to request the manifest by: the digest or the tag."""
        return self.digest or self.tag

    def with_digest(self, digest: str) -> str:
        """Return the full reference of a manifest in the same repository."""
        return f"{self.domain}/{self.repository}@{digest}"


def parse_target(text: str) -> tuple[Target, ...]:
    """Return the images of a location. ``text``: its part after ``registry:``, references separated by commas.

    A tag is ignored if there is a digest, as in ``docker pull``.

    Raises:
        DataError: one is not a reference or has no repository, none is given, or there are more than `MAX_IMAGES`.
    """
    texts = [part.strip() for part in text.split(",") if part.strip()]
    if not texts:
        raise DataError(f"does not name an image. {_HOW_TO_NAME}", where="registry:")
    if len(texts) > MAX_IMAGES:
        raise DataError(f"names {len(texts)} images, but at most {MAX_IMAGES} can be read at once", where="registry:")
    return tuple(dict.fromkeys(map(_target, texts)))


def _target(text: str) -> Target:
    try:
        reference = parse_reference(text)
    except BadReferenceError as error:
        what = error.message
        if "://" in text:
            what += ". Leave out the part before the host"
        raise DataError(f"{what}. {_HOW_TO_NAME}", where=f"registry:{text[:200]}") from error
    if not reference.name:
        raise DataError(
            f"a digest alone does not identify a repository. {_HOW_TO_NAME}", where=f"registry:{text[:200]}"
        )
    domain, _, repository = reference.name.partition("/")
    tag = "" if reference.digest else reference.tag
    return Target(domain, repository, tag, reference.digest)
