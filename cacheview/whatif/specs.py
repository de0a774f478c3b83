"""Names of changes on the command line: ``prune``, ``remove:IMAGE``, ``pull:STORE`` and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cacheview.model import DataError, Image, ImageStore, StoreKind
from cacheview.stores.opened_location import OpenedKind, OpenedLocation
from cacheview.whatif.change import BuilderPrune, Change, Load, Prune, PruneKind, Pull, Remove, SaveLoad, Upgrade

__all__ = ["FORMS", "ChangeForm", "ids_of", "parse_change"]

Opener = Callable[[str], OpenedLocation]
"""Opens a store by its name. Raises `DataError`."""


@dataclass(frozen=True, slots=True)
class ChangeForm:
    """A way to name a change.

    Attributes:
        word: the text before the colon.
        value: the text after it, as in the help; empty: there is none.
        meaning: for people.
        make: returns the change, given the text after the colon. Raises `DataError`.
        is_optional: whether the text after the colon may be missing.
    """

    word: str
    value: str
    meaning: str
    make: Callable[[str, Opener], Change]
    is_optional: bool = False

    @property
    def text(self) -> str:
        """The form as in the help."""
        if not self.value:
            return self.word
        return f"{self.word}[:{self.value}]" if self.is_optional else f"{self.word}:{self.value}"


def ids_of(store: ImageStore, kind: OpenedKind) -> StoreKind | None:
    """Return the kind of store that the image ids of an opened store are from; None: not known.

    Args:
        kind: the kind of location that was opened.
    """
    if store.release is not None:
        return store.release.kind
    if kind is OpenedKind.DOCKER_ARCHIVE or any(image.config_digest == image.id for image in store.images):
        return StoreKind.GRAPH_DRIVER
    if any(image.manifest_digest == image.id or image.variants for image in store.images):
        return StoreKind.CONTAINERD
    return None


def _load(text: str, opener: Opener) -> Load:
    opened = opener(text)
    store = opened.cases[0].store
    return Load(text, ids_of(store, opened.kind), store.images)


def _pull(text: str, opener: Opener) -> Pull:
    opened = opener(text)
    store = opened.cases[0].store
    kind = ids_of(store, opened.kind)
    digests = {
        name: digest
        for image in store.images
        for name in image.names
        if "@" not in name and (digest := _digest_of(image, name, kind))
    }
    return Pull(text, kind, store.images, digests)


def _digest_of(image: Image, name: str, kind: StoreKind | None) -> str:
    """Return the digest that a registry has for a tag, by which containerd identifies the image; empty: not known."""
    if kind is StoreKind.CONTAINERD:
        return image.id
    repository = name.rpartition(":")[0]
    digests = {each.partition("@")[2] for each in image.names if each.startswith(f"{repository}@")}
    return digests.pop() if len(digests) == 1 else ""


def _references(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


FORMS: Final = (
    ChangeForm("prune", "", "docker image prune", lambda _, __: Prune(PruneKind.IMAGES)),
    ChangeForm("prune-all", "", "docker image prune -a", lambda _, __: Prune(PruneKind.ALL_IMAGES)),
    ChangeForm("system-prune", "", "docker system prune", lambda _, __: Prune(PruneKind.SYSTEM)),
    ChangeForm("system-prune-all", "", "docker system prune -a", lambda _, __: Prune(PruneKind.ALL_SYSTEM)),
    ChangeForm("builder-prune", "", "docker builder prune", lambda _, __: BuilderPrune()),
    ChangeForm("remove", "IMAGE", "docker rmi IMAGE", lambda text, _: Remove(text)),
    ChangeForm("remove-force", "IMAGE", "docker rmi --force IMAGE", lambda text, _: Remove(text, force=True)),
    ChangeForm("remove-no-prune", "IMAGE", "docker rmi --no-prune IMAGE", lambda text, _: Remove(text, prunes=False)),
    ChangeForm(
        "save-load",
        "IMAGE,…",
        "docker save of these images (or all tags), then docker load into an empty store",
        lambda text, _: SaveLoad(_references(text)),
        is_optional=True,
    ),
    ChangeForm(
        "save-load-same",
        "IMAGE,…",
        "docker save of these images (or all tags), then docker load into the same store",
        lambda text, _: SaveLoad(_references(text), empties_store=False),
        is_optional=True,
    ),
    ChangeForm("load", "STORE", "docker load of the images in STORE", _load),
    ChangeForm("pull", "STORE", "docker pull of each tag in STORE, as if the tag had been pushed to a registry", _pull),
    ChangeForm(
        "upgrade",
        "RELEASE",
        "an upgrade of the engine to RELEASE, such as 26.1.5. To also change the kind of store, specify it, as in "
        '"29.x, containerd"',
        lambda text, _: Upgrade(text),
    ),
)
"""All forms."""


def parse_change(text: str, opener: Opener) -> Change:
    """Return the change with this name. Raises `DataError` if it is unknown, or if a store in it cannot be opened."""
    word, colon, value = text.partition(":")
    form = next((form for form in FORMS if form.word == word.strip()), None)
    if form is None:
        raise DataError(f"unknown change: {text[:100]!r}; use one of {', '.join(form.text for form in FORMS)}")
    value = value.strip()
    if colon and not form.value:
        raise DataError(f"{form.word} does not take a value: {text[:100]!r}")
    if not value and form.value and not form.is_optional:
        raise DataError(f"{form.text}: the value after the colon is missing")
    return form.make(value, opener)
