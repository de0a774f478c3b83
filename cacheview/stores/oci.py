"""Reads the images of an OCI index: an image layout, or an archive saved by a containerd store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cacheview.model import DataError, Image, ImageConfig, Platform, Problem, Variant, familiar, short_id
from cacheview.model.effort import paced, sorted_in_steps
from cacheview.stores.blobs import BlobStore, MissingBlobError, read_config
from cacheview.stores.budget import Budget, LimitError, Resource
from cacheview.stores.manifests import Descriptor, Manifest
from cacheview.stores.names import bare_tag, descriptor_name, merged
from cacheview.stores.platforms import shown_variant
from cacheview.stores.problems import Problems
from cacheview.wording import counted

__all__ = ["IndexReader", "ParsedDocuments"]

_MAX_SIZE_BYTES: Final = 1 << 63  # no number in Docker is larger: such a size is shown as "too large"

# Empty: old tools omit it.
_CONFIG_TYPES = frozenset(
    (
        "",
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "application/octet-stream",
    )
)


@dataclass(frozen=True, slots=True)
class _Content:
    """The content of an image manifest: its config, the config's digest, and the size of its layers."""

    config_digest: str
    config: ImageConfig
    size: int


@dataclass
class ParsedDocuments:
    """The documents of one store that have been read, by digest: each is read once, however often it is referenced."""

    configs: dict[str, ImageConfig | DataError] = field(default_factory=dict)
    below: dict[str, _Content | tuple[Descriptor, ...] | None] = field(default_factory=dict)
    variants: dict[tuple[str, Platform | None], Variant] = field(default_factory=dict)


@dataclass
class IndexReader:
    """Reads the images that the descriptors of an index refer to.

    An image that cannot be read is a problem and does not affect the others. Several readers may share
    ``documents``.
    """

    blobs: BlobStore
    platform: Platform
    budget: Budget
    problems: Problems = field(default_factory=Problems)
    tags: list[str] = field(default_factory=list)  # given without a repository
    documents: ParsedDocuments = field(default_factory=ParsedDocuments)
    limit: LimitError | None = None  # the limit that ended the reading

    def images(self, descriptors: tuple[Descriptor, ...]) -> list[Image]:
        """Return an image for each digest, in containerd's order: by name, the unnamed last by digest."""
        named: dict[str, tuple[Descriptor, list[str]]] = {}
        for descriptor in paced(descriptors):
            if descriptor.is_attestation:
                continue
            _, names = named.setdefault(descriptor.digest, (descriptor, []))
            names.append(self._name(descriptor))
        images = []
        try:
            for digest in list(named):
                descriptor, names = named.pop(digest)  # freed one by one, not all together at the end
                self.budget.spend(Resource.IMAGES)
                self.budget.check_canceled()
                image = self._image_or_problem(descriptor, merged(names))
                if image is not None:
                    images.append(image)
        except LimitError as error:
            self.limit = error
            self.problems.stop(Problem("", f"the store {error}"))
        return sorted_in_steps(images, lambda image: (not image.names, image.names or (image.id,)))

    def _name(self, descriptor: Descriptor) -> str:
        if tag := bare_tag(descriptor):
            self.tags.append(tag)
        try:
            return descriptor_name(descriptor)
        except DataError as error:
            self.problems.append(Problem(descriptor.digest[:200], f"the name is ignored: {error}"))
            return ""

    def _image_or_problem(self, descriptor: Descriptor, names: tuple[str, ...]) -> Image | None:
        try:
            return self._image(descriptor, names)
        except DataError as error:
            self.problems.append(Problem(_called(descriptor, names), str(error)))
            return None

    def _image(self, descriptor: Descriptor, names: tuple[str, ...]) -> Image:
        manifest = self.blobs.decode(Manifest, descriptor.digest)
        if manifest.manifests is None:
            content = self._content(descriptor, manifest)
            return Image(
                id=descriptor.digest,
                names=names,
                config=content.config,
                config_digest=content.config_digest,
                manifest_digest=descriptor.digest,
                size=content.size,
            )
        seen = {descriptor.digest}
        where = _called(descriptor, names)
        variants = tuple(self._all_variants(manifest.manifests, where, self.budget.limits.nesting, seen))
        shown = shown_variant(variants, self.platform)
        if shown is None or shown.config is None:
            platforms = counted(len(variants), "platform")
            raise DataError(f"the store does not have the content for any platform in this index ({platforms})")
        return Image(
            id=descriptor.digest,
            names=names,
            config=shown.config,
            config_digest=shown.config_digest,
            manifest_digest=shown.manifest_digest,
            size=shown.size,
            variants=variants,
        )

    def _all_variants(
        self, descriptors: tuple[Descriptor, ...], where: str, nesting: int, seen: set[str]
    ) -> Iterator[Variant]:
        """Yield every image manifest of an index, including those of nested indexes, in order, each digest once."""
        for descriptor in descriptors:
            if descriptor.is_attestation or descriptor.digest in seen:
                continue
            seen.add(descriptor.digest)
            self.budget.spend(Resource.VARIANTS)
            self.budget.check_canceled()
            below = self._named_below(descriptor, where)
            if not isinstance(below, tuple):
                yield self._variant(descriptor, below)
                continue
            if nesting == 0:
                raise DataError(f"indexes are nested more than {self.budget.limits.nesting} levels deep")
            yield from self._all_variants(below, where, nesting - 1, seen)

    def _named_below(self, descriptor: Descriptor, where: str) -> _Content | tuple[Descriptor, ...] | None:
        """Return the content of a manifest in an index, which may be further manifests; None if it is missing."""
        digest = descriptor.digest
        if digest not in self.documents.below:
            below: _Content | tuple[Descriptor, ...] | None
            try:
                manifest = self.blobs.decode(Manifest, digest, kept=True)
                below = self._content(descriptor, manifest) if manifest.manifests is None else manifest.manifests
            except MissingBlobError:
                below = None  # Not a problem: stores keep only the platforms that were pulled.
            except DataError as error:
                self.problems.append(Problem(f"{where}: manifest {short_id(digest)[:200]}", str(error)))
                below = None
            self.documents.below[digest] = below
        return self.documents.below[digest]

    def _variant(self, descriptor: Descriptor, content: _Content | None) -> Variant:
        key = descriptor.digest, descriptor.platform
        if key not in self.documents.variants:
            self.documents.variants[key] = _variant(descriptor, content)
        return self.documents.variants[key]

    def _content(self, descriptor: Descriptor, manifest: Manifest) -> _Content:
        if manifest.config is None:
            kind = manifest.mediaType or descriptor.mediaType or "no media type"
            raise DataError(f"is neither an image manifest nor an index ({kind[:200]})")
        if manifest.config.mediaType not in _CONFIG_TYPES:
            raise DataError(f"is not a container image but an artifact of type {manifest.config.mediaType[:200]}")
        digest = manifest.config.digest
        return _Content(
            digest, self._config(digest), min(sum(layer.size for layer in manifest.layers or ()), _MAX_SIZE_BYTES)
        )

    def _config(self, digest: str) -> ImageConfig:
        """Return a config, which is read once however many manifests refer to it."""
        cached = self.documents.configs.get(digest)
        if cached is None:
            try:
                cached = read_config(self.blobs.read(digest), self.budget)
            except DataError as error:
                cached = error.without_traceback()
            self.documents.configs[digest] = cached
        if isinstance(cached, DataError):
            raise cached.without_traceback()
        return cached


def _called(descriptor: Descriptor, names: tuple[str, ...]) -> str:
    """Return the label of an image in problems."""
    return ", ".join(map(familiar, paced(names))) or descriptor.digest[:200]


def _variant(descriptor: Descriptor, content: _Content | None) -> Variant:
    if content is None:
        return Variant(manifest_digest=descriptor.digest, platform=descriptor.platform or Platform())
    return Variant(
        manifest_digest=descriptor.digest,
        platform=descriptor.platform or content.config.platform,
        config_digest=content.config_digest,
        config=content.config,
        size=content.size,
    )
