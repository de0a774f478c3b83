"""Chooses the daemon (rules and builder) whose answers are computed for a store, and the first probe of a case.

The command line, the replay and the window all use this module, so they agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from cacheview.dockerfile.release import BuilderRelease, builder_release
from cacheview.engine.host import builder_platform
from cacheview.engine.rulesets.named import kind_named, named
from cacheview.engine.rulesets.releases import RuleSetChoice, choose, newest_rules
from cacheview.model import (
    SCRATCH,
    ContainerConfig,
    DataError,
    DockerVersion,
    Image,
    ImageStore,
    Platform,
    Probe,
    StoreKind,
)
from cacheview.model.effort import paced
from cacheview.model.once import once_of_store
from cacheview.platforms import HOST
from cacheview.wording import sentence

if TYPE_CHECKING:
    from cacheview.engine import RuleSet
    from cacheview.stores.opened_location import OpenedCase

__all__ = [
    "Daemon",
    "DaemonBasis",
    "daemon_chosen",
    "daemon_known",
    "daemon_of",
    "first_probe",
    "platform_of_probe",
    "rules_named",
]

_MAX_VERSION_CHARACTERS: Final = 64
"""The maximum length, in characters, of a version from an image's config."""


class DaemonBasis(Enum):
    """The reason for the choice of the daemon."""

    CHOSEN = "asked"  # its value in JSON
    CASE = "case"
    ENGINE = "engine"
    IMAGES = "images"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon whose answers are computed.

    Attributes:
        rules: the rules of its cache.
        builder: its classic builder.
        basis: the reason for this choice.
        version: its version, without a tag's prefix (``v``, ``docker-v``); empty: only the rule set is known.
        reason: why this daemon was chosen, in a sentence.
        note: how the rules differ from those of its release, in a sentence; usually empty.
        platform: the platform that it builds for unless a build names another.
    """

    rules: RuleSet
    builder: BuilderRelease
    basis: DaemonBasis
    version: str = ""
    reason: str = ""
    note: str = ""
    platform: Platform = HOST

    @property
    def title(self) -> str:
        """A short name: the version and the kind of store, or, if the version is not known, the title of the rules."""
        return f"Docker {self.version}, {self.rules.store.value}" if self.version else self.rules.title

    @property
    def name(self) -> str:
        """The name of rules that selects the same daemon in a suite: its release, if known."""
        if self.version and rules_named(self.title).rules is self.rules:
            return self.title
        return self.rules.name

    def answers_as(self, other: Daemon) -> bool:
        """Return whether both give the same answers to all probes."""
        return self.rules is other.rules and self.builder is other.builder

    @property
    def sentence(self) -> str:
        """The daemon and the reason for this choice, in words."""
        where = f" on {self.platform}" if self.platform != HOST else ""
        return f"Rules: {self.title} ({self.rules.name}){where}. {sentence(self.reason)}".rstrip()


def daemon_of(case: OpenedCase, rules: str = "") -> Daemon:
    """Return the daemon that the user chose, that the case names, or that the store belongs to.

    If neither the user nor the case names one, it is the first of these that is known: the daemon of the store's
    engine; for a graph-driver store, the newest version that an image's config names as its builder; the newest
    release with that kind of store.

    Args:
        rules: the name of a rule set, or a release and a storage driver; empty: those of the case.

    Raises `DataError`, which lists the known rules, if the given rules or those of the case are not known.
    """
    if rules:
        result = _by_name(case.store, rules, DaemonBasis.CHOSEN, "you chose these rules")
    elif case.rules:
        result = _by_name(case.store, case.rules, DaemonBasis.CASE, "the case specifies these rules")
    else:
        result = _of_store(case.store, StoreKind.CONTAINERD)
    return replace(result, platform=builder_platform(case.store))


def daemon_known(case: OpenedCase) -> Daemon:
    """Return the same as `daemon_of`, but use the newest rules if those of the case are not known."""
    try:
        return daemon_of(case)
    except DataError:
        kind = kind_named(case.rules) or StoreKind.CONTAINERD
        reason = (
            f"the case specifies {_one_line(case.rules)}, which cacheview does not recognize, so the newest rules are "
            "used"
        )
        return _newest_release(newest_rules(kind), DaemonBasis.NEWEST, reason)


def daemon_chosen(case: OpenedCase, name: str) -> Daemon:
    """Return the daemon that the user chose by name, see `daemon_of`; without a name, the same as `daemon_known`."""
    return daemon_of(case, name) if name else daemon_known(case)


def rules_named(text: str) -> RuleSetChoice:
    """Return the rules with that name, or of a release and a storage driver.

    Raises `DataError`, which lists the known rules.
    """
    try:
        return named(text)
    except KeyError as error:
        raise DataError(str(error.args[0])) from error


@once_of_store
def first_probe(store: ImageStore) -> Probe:
    """Return a first probe with an informative answer: the builder's lookup for the newest image on a known parent.

    Without such an image, it is the lookup for the newest image without a parent, or else the newest config on scratch.
    """
    built_on_known, built_on_none, configured = _Newest(), _Newest(), _Newest()
    for place, image in enumerate(paced(store.images)):
        if image.config.config is not None:
            configured.see(image, place)
        if (image.container_config or image.config.container_config) is None:
            continue
        if image.parent is None:
            built_on_none.see(image, place)
        elif image.parent in store.by_id:
            built_on_known.see(image, place)
    newest = built_on_known.image or built_on_none.image
    config = (newest.container_config or newest.config.container_config) if newest is not None else None
    if newest is not None and config is not None:
        parent = newest.parent or SCRATCH
        return Probe(parent=parent, config=config, platform=platform_of_probe(store, parent))
    config = configured.image.config.config if configured.image is not None else None
    return Probe(config=config or ContainerConfig(), platform=platform_of_probe(store, SCRATCH))


def platform_of_probe(store: ImageStore, parent: str) -> Platform | None:
    """Return the platform of a probe on a parent if the build names none; None: linux/amd64, the default.

    In moby (``builder/dockerfile/dispatchers.go``), the os comes from the base, and the rest from the host.
    """
    platform = builder_platform(store)
    base = store.by_id.get(parent)
    if base is not None and base.config.os:
        platform = platform.model_copy(update={"os": base.config.os})
    return None if platform == HOST else platform


def _by_name(store: ImageStore, name: str, basis: DaemonBasis, reason: str) -> Daemon:
    """Return the daemon with these rules. If they name no release, it is the store's own if that has these rules."""
    choice = rules_named(name)
    if not choice.version and not choice.commit:
        releases = (release for release, *_ in _releases(store, choice.rules.store) if release.rules is choice.rules)
        release = next(releases, None)
        if release is None:
            return _newest_release(choice.rules, basis, reason)
        choice = release
    return _chosen(choice, basis, reason)


def _of_store(store: ImageStore, default_kind: StoreKind) -> Daemon:
    release = store.release
    kind = release.kind if release is not None else default_kind
    for choice in _releases(store, kind):
        return _chosen(*choice)
    reason = "nothing in the store shows which release wrote it, so the newest rules are used"
    if release is not None and release.version:
        reason = (
            f"no rules are known for the store's engine ({_one_line(release.version)}), so the newest rules are used"
        )
    elif kind is StoreKind.GRAPH_DRIVER:
        builder = next((version for version in _builders(store) if DockerVersion.parse(version)), "")
        if builder:
            reason = (
                f"no rules are known for Docker {_one_line(builder)}, which built one of the images, so the newest "
                "rules "
                "are used"
            )
    return _newest_release(newest_rules(kind), DaemonBasis.NEWEST, reason)


def _releases(store: ImageStore, kind: StoreKind) -> Iterator[tuple[RuleSetChoice, DaemonBasis, str]]:
    """Yield the releases that the store suggests, the most likely first, each with the reason."""
    release = store.release
    if release is not None and release.kind is kind and (release.version or release.commit):
        choice = choose(release.version, kind, release.commit)
        if choice is not None:
            yield choice, DaemonBasis.ENGINE, "this release wrote the store"
        return
    if kind is StoreKind.GRAPH_DRIVER:  # a containerd store does not write a version into its configs
        for version in _builders(store):
            choice = choose(version, kind)
            if choice is not None:
                yield choice, DaemonBasis.IMAGES, "an image's config says that this release built the image"


def _chosen(choice: RuleSetChoice, basis: DaemonBasis, reason: str) -> Daemon:
    builder = builder_release(choice.version, choice.commit)
    version = _one_line(choice.version.strip()).removeprefix("docker-").removeprefix("v")
    return Daemon(choice.rules, builder, basis, version, reason, choice.note)


def _newest_release(rules: RuleSet, basis: DaemonBasis, reason: str) -> Daemon:
    """Return the daemon of the newest release that has these rules."""
    return Daemon(rules, builder_release(str(rules.newest or ""), rules.commit), basis, reason=reason)


@once_of_store
def _builders(store: ImageStore) -> Sequence[str]:
    """Return the builder versions in the images' configs: those of images with a parent first, then newest first."""
    newest: dict[tuple[bool, str], _Newest] = {}
    for place, image in enumerate(paced(store.images)):
        if image.config.docker_version:
            newest.setdefault((image.parent is None, image.config.docker_version), _Newest()).see(image, place)
    in_order = sorted(newest.items(), key=lambda item: (not item[0][0], *item[1].rank), reverse=True)
    return tuple(dict.fromkeys(version for (_, version), _ in in_order))


class _Newest:
    """The newest of the images seen; of several, the first in the store. Those without a time count as 1970.

    Sorting all images of a store would keep other threads waiting.

    Attributes:
        image: that image; None: none was seen.
        rank: greater for newer images.
    """

    def __init__(self) -> None:
        self.image: Image | None = None
        self.rank = ((0, 0), 0)

    def see(self, image: Image, place: int) -> None:
        """Consider an image. ``place``: its index in the store."""
        rank = (image.created.instant if image.created else (-1, 0), -place)
        if self.image is None or rank > self.rank:
            self.image, self.rank = image, rank


def _one_line(text: str) -> str:
    """Make text safe for sentences, also on a terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text[:_MAX_VERSION_CHARACTERS])
