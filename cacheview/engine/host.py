"""The platform that a store's builder builds for if a build names none: that of its engine's machine."""

from __future__ import annotations

from collections import Counter

from cacheview.engine.candidate import container_config_of
from cacheview.model import ImageStore, Platform
from cacheview.model.once import once_of_store
from cacheview.platforms import HOST

__all__ = ["builder_platform"]


@once_of_store
def builder_platform(store: ImageStore) -> Platform:
    """Return the platform that the daemon reports, or else that of most images built here, or else of most images.

    moby: the builder uses ``platforms.DefaultSpec()`` of the machine, which contains a variant only for arm and a
    version only for Windows. A store without images is treated as one of linux/amd64.
    """
    if store.platform is not None:
        return store.platform
    images = [image for image in store.images if container_config_of(image) is not None] or list(store.images)
    images = [image for image in images if image.config.architecture]
    if not images:
        return HOST
    counts = Counter((image.config.os or HOST.os, image.config.architecture) for image in images)
    (os, architecture), _ = counts.most_common(1)[0]
    if os == HOST.os and architecture != "arm":
        return Platform(os=os, architecture=architecture)
    of_platform = [
        image for image in images if (image.config.os or HOST.os, image.config.architecture) == (os, architecture)
    ]
    newest = max(of_platform, key=lambda image: image.created.instant if image.created is not None else (-1, 0))
    return Platform(
        os=os, architecture=architecture, variant=newest.config.variant, os_version=newest.config.os_version
    )
