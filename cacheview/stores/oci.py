"""The images of an OCI index: an image layout, or what a containerd store saves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cacheview.model import DataError, Image, ImageConfig, Platform, Problem, Variant, familiar, short_id
from cacheview.stores.blobs import Blobs, MissingBlobError, read_config
from cacheview.stores.limits import Limits
from cacheview.stores.manifests import Descriptor, Manifest
from cacheview.stores.names import bare_tag, descriptor_name, merged
from cacheview.stores.platforms import shown_variant
from cacheview.stores.progress import Meter

__all__ = ["IndexReader"]

# Empty: old tools leave it out.
_CONFIG_TYPES = frozenset(
    (
        "",
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
        "application/octet-stream",
    )
)


@dataclass
class IndexReader:
    """Reads the images that the descriptors of an index name.

    An image that cannot be read is a problem; the others are not touched by it.
    """

    blobs: Blobs
    platform: Platform
    limits: Limits
    meter: Meter
    problems: list[Problem] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)  # given without a repository
    _configs: dict[str, ImageConfig | DataError] = field(default_factory=dict)

    def images(self, descriptors: tuple[Descriptor, ...]) -> list[Image]:
        """An image for each digest, in containerd's order: by name, the unnamed last by digest."""
        named: dict[str, tuple[Descriptor, list[str]]] = {}
        for descriptor in descriptors:
            if descriptor.is_attestation:
                continue
            if len(named) >= self.limits.images:
                self.problems.append(Problem("", f"more than {self.limits.images:,} images; the rest is not read"))
                break
            _, names = named.setdefault(descriptor.digest, (descriptor, []))
            names.append(self._name(descriptor))
        images = []
        for descriptor, names in named.values():
            self.meter.alive()
            image = self._image_or_problem(descriptor, merged(names))
            if image is not None:
                images.append(image)
        return sorted(images, key=lambda image: (not image.names, image.names or (image.id,)))

    def _name(self, descriptor: Descriptor) -> str:
        if tag := bare_tag(descriptor):
            self.tags.append(tag)
        try:
            return descriptor_name(descriptor)
        except DataError as error:
            self.problems.append(Problem(descriptor.digest[:200], f"its name is not used: {error}"))
            return ""

    def _image_or_problem(self, descriptor: Descriptor, names: tuple[str, ...]) -> Image | None:
        where = ", ".join(map(familiar, names)) or descriptor.digest[:200]
        try:
            return self._image(descriptor, names, where)
        except DataError as error:
            self.problems.append(Problem(where, str(error)))
            return None

    def _image(self, descriptor: Descriptor, names: tuple[str, ...], where: str) -> Image:
        manifest = self.blobs.decode(Manifest, descriptor.digest)
        if manifest.manifests is None:
            config_digest, config, size = self._content(descriptor, manifest)
            return Image(
                id=descriptor.digest,
                names=names,
                config=config,
                config_digest=config_digest,
                manifest_digest=descriptor.digest,
                size=size,
            )
        seen = {descriptor.digest}
        variants = tuple(self._variants(manifest.manifests, where, self.limits.nesting, seen))
        shown = shown_variant(variants, self.platform)
        if shown is None or shown.config is None:
            raise DataError(f"none of the {len(variants)} platforms of this index has its content in the store")
        return Image(
            id=descriptor.digest,
            names=names,
            config=shown.config,
            config_digest=shown.config_digest,
            manifest_digest=shown.manifest_digest,
            size=shown.size,
            variants=variants,
        )

    def _variants(
        self, descriptors: tuple[Descriptor, ...], where: str, nesting: int, seen: set[str]
    ) -> Iterator[Variant]:
        """Every image manifest of an index, those of indexes in it among them, in order, each digest once."""
        for descriptor in descriptors:
            if descriptor.is_attestation or descriptor.digest in seen:
                continue
            seen.add(descriptor.digest)
            self.meter.alive()
            try:
                manifest = self.blobs.decode(Manifest, descriptor.digest)
                if manifest.manifests is None:
                    yield self._variant(descriptor, manifest)
                    continue
            except MissingBlobError:
                # Nothing wrong: stores keep the platforms that were pulled.
                yield _absent(descriptor)
                continue
            except DataError as error:
                self.problems.append(Problem(f"{where}: manifest {short_id(descriptor.digest)[:200]}", str(error)))
                yield _absent(descriptor)
                continue
            if nesting == 0:
                raise DataError(f"indexes within indexes, more than {self.limits.nesting} deep")
            yield from self._variants(manifest.manifests, where, nesting - 1, seen)

    def _variant(self, descriptor: Descriptor, manifest: Manifest) -> Variant:
        config_digest, config, size = self._content(descriptor, manifest)
        return Variant(
            manifest_digest=descriptor.digest,
            platform=descriptor.platform or config.platform,
            config_digest=config_digest,
            config=config,
            size=size,
        )

    def _content(self, descriptor: Descriptor, manifest: Manifest) -> tuple[str, ImageConfig, int]:
        """Of an image manifest: the digest of its config, the config, the size of its layers."""
        if manifest.config is None:
            kind = manifest.mediaType or descriptor.mediaType or "no media type"
            raise DataError(f"neither an image manifest nor an index ({kind[:200]})")
        if manifest.config.mediaType not in _CONFIG_TYPES:
            raise DataError(f"not a container image but an artifact of type {manifest.config.mediaType[:200]}")
        digest = manifest.config.digest
        return digest, self._config(digest), sum(layer.size for layer in manifest.layers or ())

    def _config(self, digest: str) -> ImageConfig:
        """A config, read once however many manifests name it."""
        known = self._configs.get(digest)
        if known is None:
            try:
                known = read_config(self.blobs.read(digest), self.limits)
            except DataError as error:
                known = error
            self._configs[digest] = known
        if isinstance(known, DataError):
            raise known
        return known


def _absent(descriptor: Descriptor) -> Variant:
    return Variant(manifest_digest=descriptor.digest, platform=descriptor.platform or Platform())
