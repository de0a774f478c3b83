"""The details of an image, in sections that create their rows when these are shown. No Qt."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from cacheview.engine.check import Key, path_text
from cacheview.engine.origin import Likelihood, origin_of
from cacheview.engine.words.doubts import ASPECT_WORDS, doubt_sentences, origin_reason
from cacheview.model import CONFIG_FIELDS, FieldKind, field_kind, is_default
from cacheview.ui.images.origin import came_from
from cacheview.ui.sizes import is_size, size_text

if TYPE_CHECKING:
    from cacheview.engine import RuleSet
    from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageStore, Variant

__all__ = ["DetailsRow", "Section", "as_lines", "sections_of"]


@dataclass(frozen=True, slots=True)
class DetailsRow:
    """A fact about an image.

    Attributes:
        name: name of the fact; for an entry of a list, its number or its key.
        value: the complete value as in the store, even if it is long or contains hostile characters.
        image: id of the image in the store that the fact refers to; empty: it refers to none.
        is_exact: whether the value is from the store, rather than a sentence of cacheview.
    """

    name: str
    value: str
    image: str = ""
    is_exact: bool = True


@dataclass(frozen=True)
class Section:
    """Rows below a title. ``shows_count``: whether to show their number."""

    title: str
    rows: Sequence[DetailsRow]
    shows_count: bool = False


class _RowsOnDemand(Sequence[DetailsRow]):
    """Rows that are created whenever they are accessed: there may be 10,000, of which a few dozen are visible."""

    def __init__(self, count: int, make: Callable[[int], DetailsRow]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, place: int) -> DetailsRow:  # type: ignore[override]  # slices are never used
        if not 0 <= place < self._count:
            raise IndexError(place)
        return self._make(place)


class _Chained(Sequence[DetailsRow]):
    """The rows of several sequences, one after the other."""

    def __init__(self, parts: Sequence[Sequence[DetailsRow]]) -> None:
        self._parts = parts
        self._ends = list(accumulate(map(len, parts)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, place: int) -> DetailsRow:  # type: ignore[override]  # slices are never used
        if not 0 <= place < len(self):
            raise IndexError(place)
        part = bisect_right(self._ends, place)
        return self._parts[part][place - (self._ends[part - 1] if part else 0)]


_NO_NAME: Final = "The image has no name."


def sections_of(image: Image, store: ImageStore, rules: RuleSet) -> tuple[Section, ...]:
    """Return everything that is known about an image. Unknown facts have no row.

    Args:
        store: the store of the image.
        rules: the rules by which to infer whether the image was built here, if the store does not report it.
    """
    children = store.children.get(image.id, ())
    container_config = image.container_config or image.config.container_config
    names = _RowsOnDemand(len(image.names), lambda place: DetailsRow(str(place + 1), image.names[place]))
    sections = (
        Section("Image", tuple(_facts(image))),
        Section("Names", names or (DetailsRow("", _NO_NAME, is_exact=False),), shows_count=bool(names)),
        Section("Origin", tuple(_origin(image, store, rules))),
        Section("Parent", (_parent(image, store),)),
        Section(
            "Children", _RowsOnDemand(len(children), lambda place: _image_row(str(place + 1), children[place])), True
        ),
        Section(
            "Platforms", _RowsOnDemand(len(image.variants), lambda place: _variant(image.variants[place], image)), True
        ),
        Section("Config", _config_rows(image.config.config)),
        Section("Container config", _config_rows(container_config)),
        Section(
            "Layers",
            _RowsOnDemand(len(image.diff_ids), lambda place: DetailsRow(str(place + 1), image.diff_ids[place])),
            True,
        ),
        Section("History", _RowsOnDemand(len(image.history), lambda place: _entry(place, image.history[place])), True),
        Section("Not known exactly", tuple(_doubts(image))),
    )
    return tuple(section for section in sections if section.rows)


def as_lines(sections: Iterable[Section]) -> Iterator[str]:
    """Yield the details as text, one fact per line."""
    for section in sections:
        yield f"{section.title} ({len(section.rows):,})" if section.shows_count else section.title
        for row in section.rows:
            yield f"  {row.name}: {row.value}" if row.name else f"  {row.value}"


def _facts(image: Image) -> Iterator[DetailsRow]:
    config = image.config
    yield DetailsRow("ID", image.id)
    if image.config_digest and image.config_digest != image.id:
        yield DetailsRow("Config", image.config_digest)
    if image.manifest_digest and image.manifest_digest != image.id:
        yield DetailsRow("Manifest", image.manifest_digest)
    yield DetailsRow("Platform", str(config.platform))
    if config.os_features:
        yield DetailsRow("OS features", ", ".join(config.os_features))
    yield DetailsRow("Created", str(image.created) if image.created is not None else "not recorded")
    if image.size is not None:
        written = f"{size_text(image.size)}"
        exact = f" ({image.size:,} bytes)" if is_size(image.size) and image.size >= 1000 else ""
        yield DetailsRow("Size", f"{written}{exact}")
    for name, value in (
        ("Author", config.author),
        ("Comment", config.comment),
        ("Docker version", config.docker_version),
        ("Container", config.container),
    ):
        if value:
            yield DetailsRow(name, value)


def _origin(image: Image, store: ImageStore, rules: RuleSet) -> Iterator[DetailsRow]:
    words = came_from(image)
    if words:
        yield DetailsRow("", words, is_exact=False)
    if image.from_scratch:
        yield DetailsRow(
            "", "The store records that the first step of a FROM scratch build created it.", is_exact=False
        )
    if image.built_locally:
        yield DetailsRow("Built here", "yes, as recorded in the store", is_exact=False)
    else:
        origin = origin_of(image, rules)
        likely = origin.likely.value if origin.likely is not Likelihood.UNCLEAR else "not known"
        yield DetailsRow("Built here", f"{likely}: {origin_reason(origin)}", is_exact=False)
    if image.unpacked:
        yield DetailsRow("Layers", "unpacked, as after a pull", is_exact=False)
    for name, value in (("Store", store.title), ("Read from", store.location)):
        if value:
            yield DetailsRow(name, value)


def _parent(image: Image, store: ImageStore) -> DetailsRow:
    if image.parent is None:
        return DetailsRow("", "none recorded", is_exact=False)
    parent = store.by_id.get(image.parent)
    return _image_row("", parent) if parent is not None else DetailsRow("Not in the store", image.parent)


def _image_row(name: str, image: Image) -> DetailsRow:
    words = (image.title if image.names else image.short_id, image.instruction)
    return DetailsRow(name, "  ".join(filter(None, words)), image.id)


def _variant(variant: Variant, image: Image) -> DetailsRow:
    size = size_text(variant.size)
    shown = "shown" if variant.manifest_digest == image.manifest_digest else ""
    note = "" if variant.config is not None else "not in the store"
    return DetailsRow(str(variant.platform), "  ".join(filter(None, (variant.manifest_digest, size, shown, note))))


def _entry(place: int, entry: HistoryEntry) -> DetailsRow:
    """Return the row of a history entry: the command that created it, and below it the other facts."""
    more = (
        str(entry.created) if entry.created is not None else "",
        "no layer" if entry.empty_layer else "",
        f"author {entry.author}" if entry.author else "",
        f"comment {entry.comment}" if entry.comment else "",
    )
    return DetailsRow(str(place + 1), "\n".join(filter(None, (entry.created_by, " · ".join(filter(None, more))))))


def _config_rows(config: ContainerConfig | None) -> Sequence[DetailsRow]:
    if config is None:
        return ()
    return _Chained([_field_rows(config, name) for name in CONFIG_FIELDS if not is_default(config, name)])


def _field_rows(config: ContainerConfig, name: str) -> Sequence[DetailsRow]:
    """Return the rows of one field: for a list or a map, one for each entry."""
    value = getattr(config, name)
    match field_kind(name):
        case FieldKind.LIST:
            return _RowsOnDemand(len(value), lambda place: DetailsRow(path_text((name, place)), value[place]))
        case FieldKind.MAP:
            keys = tuple(value)
            return _RowsOnDemand(
                len(keys), lambda place: DetailsRow(path_text((name, Key(keys[place]))), value[keys[place]])
            )
        case FieldKind.SET:
            keys = tuple(value)
            return _RowsOnDemand(len(keys), lambda place: DetailsRow(path_text((name, place)), keys[place]))
        case FieldKind.HEALTHCHECK:
            return (DetailsRow(name, json.dumps(value.model_dump(exclude_defaults=True), ensure_ascii=False)),)
        case FieldKind.TEXT:
            return (DetailsRow(name, value),)
    return (DetailsRow(name, json.dumps(value)),)


def _doubts(image: Image) -> Iterator[DetailsRow]:
    for doubt in image.doubts:
        words = ASPECT_WORDS[doubt.aspect]
        yield DetailsRow(f"{words[:1].upper()}{words[1:]}", " ".join(doubt_sentences(doubt)), is_exact=False)
