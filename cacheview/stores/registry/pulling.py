"""The part of a pull that is read from a registry: a manifest (from an index, the one for a platform) and its config.

Source: moby ``pullTag`` in ``distribution/pull_v2.go`` (graph drivers) and ``daemon/containerd/image_pull.go``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cmp_to_key
from typing import Final

from cacheview.model import DataError, DockerVersion, Image, Platform, Problem, Release, StoreKind
from cacheview.platforms import Matcher
from cacheview.platforms.library import CONTAINERD_1_6, PLATFORMS_RC_4
from cacheview.stores.blobs import BlobStore, digest_of, require_digest
from cacheview.stores.budget import Budget
from cacheview.stores.manifests import Descriptor, Manifest
from cacheview.stores.oci import IndexReader
from cacheview.stores.problems import Problems
from cacheview.stores.registry.client import RegistryClient, RegistryDocument
from cacheview.stores.registry.targets import Target

__all__ = ["pulled_image"]

_INDEXES: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS: Final = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_SCHEMA_1: Final = (
    "application/vnd.docker.distribution.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
)
_ACCEPT: Final = ", ".join((*_INDEXES, *_MANIFESTS))
_NAME_ANNOTATION: Final = "io.containerd.image.name"
_MAX_MANIFEST_BYTES: Final = 4 * 1024 * 1024  # the most that distribution accepts
_MAX_SHOWN_PLATFORMS: Final = 20
_COMPATIBLE_SINCE: Final = (23, 0, 0)
"""The first Docker release whose graph drivers pull an image that runs on the platform, not only an exact match."""


def pulled_image(
    client: RegistryClient, target: Target, platform: Platform, puller: Release, budget: Budget
) -> tuple[Image, tuple[Problem, ...]]:
    """Return the image that an engine would pull for a platform, as its store would have it, and its problems.

    A containerd store keeps the complete list of an index, but only the content for that platform.

    Raises:
        DataError: there is no such image. The message says what, where, and what to do.
        LimitError: the image exceeds the budget.
    """
    where = target.title
    documents = _Documents()
    top = _manifest(client, target.reference, target.digest, where)
    digest = documents.add(top.content, target.digest)
    media_type = top.media_type
    manifest = _decoded(budget, top, where)
    for _ in range(budget.limits.nesting + 1):
        if manifest.manifests is None:
            break
        chosen = _chosen(manifest.manifests, platform, puller, where)
        answer = _manifest(client, chosen.digest, chosen.digest, where)
        documents.add(answer.content, chosen.digest)
        manifest = _decoded(budget, answer, where)
    else:
        raise DataError(f"indexes are nested more than {budget.limits.nesting} levels deep", where=where)
    if manifest.config is not None and _is_config(manifest.config):
        _require_digest(manifest.config, where)
        config = client.blob(manifest.config.digest, _config_limit(manifest.config, budget))
        documents.add(config.content, manifest.config.digest)
    reader = IndexReader(BlobStore(documents, budget), platform, budget)
    images = reader.images(
        (Descriptor(digest=digest, mediaType=media_type, annotations={_NAME_ANNOTATION: target.name}),)
    )
    if not images:
        what = reader.problems[0].what if reader.problems else "is not an image"
        raise DataError(what, where=where)
    (image,) = images
    return _in_store(image, target, puller.kind), tuple(reader.problems)


def _in_store(image: Image, target: Target, kind: StoreKind) -> Image:
    """Return the image as a store of that kind has it. Graph drivers keep only what the config contains."""
    if kind is StoreKind.CONTAINERD:
        return image.model_copy(update={"unpacked": True})
    names = {target.name, target.with_digest(image.id)}
    return image.model_copy(
        update={"id": image.config_digest, "names": tuple(sorted(names)), "variants": (), "size": None}
    )


@dataclass
class _Documents:
    """The documents that were read, as files for `BlobStore`, which verifies them."""

    problems: Problems = field(default_factory=Problems)
    _contents: dict[str, bytes] = field(default_factory=dict)

    def add(self, content: bytes, digest: str) -> str:
        """Keep a document under the requested digest, or under its own digest if it does not match.

        Returns that digest.
        """
        digest = digest or digest_of(content)
        self._contents[f"blobs/{digest.replace(':', '/', 1)}"] = content
        return digest

    def read(self, name: str) -> bytes | None:
        return self._contents.get(name)

    def size(self, name: str) -> int | None:
        content = self._contents.get(name)
        return None if content is None else len(content)

    def documents(self) -> Iterator[str]:
        return iter(self._contents)


def _manifest(client: RegistryClient, reference: str, digest: str, where: str) -> RegistryDocument:
    answer = client.manifest(reference, _ACCEPT, _MAX_MANIFEST_BYTES)
    if answer.media_type in _SCHEMA_1:
        raise DataError(_IS_SCHEMA_1, where=where)
    expected = digest or answer.digest
    algorithm = expected.partition(":")[0]
    if algorithm in ("sha256", "sha384", "sha512") and (own := digest_of(answer.content, algorithm)) != expected:
        raise DataError(
            f"bad digest: the manifest that the registry returned for {expected[:200]} has the digest {own}",
            where=where,
        )
    return answer


_IS_SCHEMA_1: Final = (
    "the manifest uses schema 1, the format used before Docker 1.10. Current Docker releases do not pull such images. "
    "Push the image again with a newer Docker version"
)


def _decoded(budget: Budget, answer: RegistryDocument, where: str) -> Manifest:
    manifest = budget.decode(Manifest, answer.content, where=f"{where}: manifest", kept=False)
    if manifest.manifests is not None and (manifest.config is not None or manifest.layers is not None):
        # CVE-2021-41190: the reader must not decide what an ambiguous document is.
        raise DataError("the manifest is both an image and an index, which Docker rejects", where=where)
    is_index = manifest.manifests is not None
    for types, says_index in ((_INDEXES, True), (_MANIFESTS, False)):
        if answer.media_type in types and is_index != says_index:
            raise DataError(
                f"the registry reports the type {answer.media_type}, but the manifest is of a different type",
                where=where,
            )
    if not is_index and manifest.config is None:
        kind = manifest.mediaType or answer.media_type or "no media type"
        raise DataError(f"the registry returned neither a manifest nor an index ({kind[:200]})", where=where)
    return manifest


def _is_config(descriptor: Descriptor) -> bool:
    """Whether it may be read as an image config. `IndexReader` reports anything else an artifact has there."""
    return "image" in descriptor.mediaType or descriptor.mediaType in ("", "application/octet-stream")


def _config_limit(descriptor: Descriptor, budget: Budget) -> int:
    limit = budget.limits.document
    return min(descriptor.size, limit) if descriptor.size else limit


def _chosen(descriptors: tuple[Descriptor, ...], platform: Platform, puller: Release, where: str) -> Descriptor:
    """Return the manifest that is pulled for a platform. Raises `DataError` in Docker's words if there is none."""
    images = [each for each in descriptors if not each.is_attestation]
    version = DockerVersion.parse(puller.version)
    is_exact = puller.kind is StoreKind.GRAPH_DRIVER and version is not None and version.number < _COMPATIBLE_SINCE
    matches = _exact(images, platform) if is_exact else _compatible(images, platform)
    if not matches:
        platforms = list(dict.fromkeys(str(each.platform) for each in images))
        shown = ", ".join(platforms[:_MAX_SHOWN_PLATFORMS]) + (", …" if len(platforms) > _MAX_SHOWN_PLATFORMS else "")
        what = f"no matching manifest for {platform} in the manifest list entries"
        remedy = f"Choose a platform that the list contains: {shown}" if shown else "The list contains no images"
        raise DataError(f"{what}. {remedy}", where=where)
    _require_digest(matches[0], where)
    return matches[0]


def _exact(images: list[Descriptor], platform: Platform) -> list[Descriptor]:
    """Select the same platform, with any variant of arm.

    Source: ``filterManifests`` in ``distribution/pull_v2_unix.go`` up to 20.10.
    """
    matcher = Matcher(CONTAINERD_1_6, platform, is_strict=True)
    matches = [each for each in images if matcher.matches(each.platform or Platform())]
    if matches or matcher.normal.architecture != "arm":
        return matches
    expected = (matcher.normal.os, "arm")
    return [each for each in images if each.platform and (each.platform.os, each.platform.architecture) == expected]


def _compatible(images: list[Descriptor], platform: Platform) -> list[Descriptor]:
    """Select what runs on the platform, preferred first.

    A manifest without a platform matches, and comes last. Source: the same function since 23.0, and containerd's
    ``LimitManifests``.
    """
    matcher = Matcher(PLATFORMS_RC_4, platform)

    def compare(first: Descriptor, second: Descriptor) -> int:
        if first.platform is None or second.platform is None:
            return (first.platform is None) - (second.platform is None)
        return matcher.less(second.platform, first.platform) - matcher.less(first.platform, second.platform)

    matches = [each for each in images if each.platform is None or matcher.matches(each.platform)]
    return sorted(matches, key=cmp_to_key(compare))


def _require_digest(descriptor: Descriptor, where: str) -> None:
    """Raise `DataError` unless this is a digest. Other text must not become a path of a request."""
    try:
        require_digest(descriptor.digest)
    except DataError as error:
        raise DataError(f"the manifest contains an invalid digest: {error.what}", where=where) from error
