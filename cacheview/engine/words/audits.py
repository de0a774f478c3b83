"""The hazards of a whole store, and what to do about them."""

from __future__ import annotations

from cacheview.engine.words.hazards import HazardText
from cacheview.wording import counted, plural

__all__ = [
    "cycle",
    "empty_configs",
    "empty_labels",
    "layers_missing",
    "legacy_only",
    "loaded",
    "orphans",
    "pruned",
    "tied",
    "timeless",
    "unmarked",
]


def _images(count: int, one: str, many: str) -> str:
    return f"{counted(count, 'image')} {plural(count, one, many)}"


def pruned(count: int) -> HazardText:
    """Describe images without a name that are the parents of images with one."""
    return HazardText(
        f"{_images(count, 'has no name and is the parent', 'have no name and are parents')} of named images. `docker "
        "image prune` removes such images from a containerd store, and the next build then misses at its first step.",
        "Avoid pruning between builds, or tag the images that later builds continue from.",
    )


def orphans(count: int) -> HazardText:
    """Describe images whose recorded parents are not in the store."""
    return HazardText(
        f"{_images(count, 'records', 'record')} a parent that is not in the store (it was pruned, or could not be "
        "read). A build finds such an image only once that exact parent is back in the store.",
        "Build again. The new images record parents that are in the store.",
    )


def cycle(count: int) -> HazardText:
    """Describe images whose parents form a cycle."""
    return HazardText(
        f"The recorded parents of {_images(count, 'form a cycle', 'form cycles')}. A build with --cache-from may "
        "never end if it searches these parents.",
        "Remove one image from each cycle.",
    )


def unmarked(count: int) -> HazardText:
    """Describe images without the mark that these rules require."""
    return HazardText(
        f"{_images(count, 'is', 'are')} not recorded as built here. {plural(count, 'It was', 'They were')} loaded, "
        "or built by an older engine that did not yet record its own builds. The local cache never returns such an "
        "image, so the step that created it misses once.",
        "Build once. The new images are recorded as built here.",
    )


def legacy_only(count: int) -> HazardText:
    """Describe images without the mark that later rules require."""
    return HazardText(
        f"{_images(count, 'is a hit', 'are hits')} only under these rules. Since Docker 25.0.2, 24.0.9 and 23.0.10 "
        "(CVE-2024-24557), the local cache returns only images that are recorded as built here, and compares all "
        "fields. After an upgrade of the engine, the step that created such an image misses once.",
        "Plan for one uncached build after the upgrade.",
    )


def timeless(count: int) -> HazardText:
    """Describe images without a creation time, which never match."""
    return HazardText(
        f"{_images(count, 'has', 'have')} no creation time. Under these rules, such an image never matches.",
        "Build again without the cache, or have the tool that creates the images record a creation time.",
    )


def empty_labels(count: int) -> HazardText:
    """Describe images with labels without a value, which match any other label."""
    return HazardText(
        f"{_images(count, 'has', 'have')} a label with an empty value. Such an image also matches a probe that "
        "has a different label instead, because the cache treats a label that is missing from the probe as empty.",
        "Give every label a value.",
    )


def empty_configs(count: int) -> HazardText:
    """Describe images with no container config, or an empty one."""
    return HazardText(
        f"{_images(count, 'has', 'have')} no recorded build config. The cache treats a missing config as empty, so "
        "such an image matches any step whose config is empty. Images that the cache creates from a source have no "
        "build config.",
        "If a Dockerfile has steps without a command, remove these images.",
    )


def tied(images: int, groups: int, *, by_layers: bool) -> HazardText:
    """Describe images that match the same step, and whose creation times do not decide between them.

    ``by_layers``: whether their history and layers match it.
    """
    alike = "have the same parent and creation time, and match the same step"
    if by_layers:
        alike = "were built on the same image with the same command"
    return HazardText(
        f"{counted(images, 'image')} are tied ({counted(groups, 'group')}): the images in a group {alike}. The order "
        "in which the store lists them decides which one is used.",
        "Remove all but one image in each group.",
    )


def layers_missing(count: int, *, ignored: bool, panics: bool) -> HazardText:
    """Describe images whose history has more entries with a layer than the image has layers.

    Args:
        ignored: whether they bring in nothing with ``--cache-from``.
        panics: whether they can make the daemon panic, if they are not ignored.
    """
    effect = "With --cache-from, such an image is less useful than its history suggests."
    if ignored:
        effect = "With --cache-from, the daemon silently ignores such an image."
    elif panics:
        effect = "If such an image is used with --cache-from, the daemon can panic, which makes the build fail."
    return HazardText(
        f"{_images(count, 'has', 'have')} fewer layers than there are steps with a layer in "
        f"{plural(count, 'its', 'their')} history. {effect}",
        "Do not use such images with --cache-from; build or pull them again.",
    )


def loaded(count: int) -> HazardText:
    """Describe images that were built on another one but do not record a parent."""
    return HazardText(
        f"{_images(count, 'was', 'were')} built on another image in this store, but no parent is recorded, because "
        f"{plural(count, 'it was', 'they were')} loaded, pulled or imported. The local cache does not find "
        f"{plural(count, 'its', 'their')} steps.",
        "Use such images with --cache-from if the rules allow it, or build them again here.",
    )
