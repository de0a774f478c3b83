"""The ways of comparing two values of a container config.

A comparison decides whether the values match, element by element if there are elements. For the index
(`cacheview.engine.index`), it provides keys by which matching images are found without comparing each of them. The
probe's side comes first. moby: ``image/cache/compare.go``, and ``isMatch`` of ``daemon/containerd/cache.go`` at
71ebfc7.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cacheview.engine.check import ABSENT, CheckKind, Key, Path, check_name, path_text
from cacheview.model import HealthConfig

__all__ = [
    "NO_KEY",
    "Element",
    "Equal",
    "FieldComparison",
    "IndexQuery",
    "NeverTrue",
    "SameElements",
    "SameHealthcheck",
    "SameKeys",
    "SameLength",
    "SameValues",
]

_MAX_QUERIES = 64  # longer lists are looked up as a whole in the index


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a comparison: its path, whether it matches (None: the rule does not compare it), and both values.

    ``reads_as_empty``: the probe's side is absent and is compared as an empty value.
    """

    path: Path
    matches: bool | None
    probe: object
    image: object
    reads_as_empty: bool = False


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """One lookup in the index of the images that pass this comparison, or this element of it.

    Attributes:
        name: the name of the check.
        slot: the part of an image that is read; ``key`` and ``special`` are always the same for the same slot.
        key: returns the key that an image's field value is filed under.
        accepted: the key that passes; `NO_KEY` if none does.
        special: selects the keys that may pass although they are not ``accepted``; None: there are none.
        admits: returns whether a special key passes.
        by_elements: whether a special key passes if each of its elements is either empty or one of the probe's.
        place: the index in a list, if only the element there is looked up; None: the whole value is.
    """

    name: str
    slot: Hashable
    key: Callable[[Any], Hashable]
    accepted: Hashable
    special: Callable[[Any], bool] | None = None
    admits: Callable[[Any], bool] | None = None
    by_elements: bool = False
    place: int | None = None

    def accepts(self, key: Hashable) -> bool:
        """Return whether the images filed under a key pass."""
        if key == self.accepted:
            return True
        return self.special is not None and self.admits is not None and self.special(key) and self.admits(key)


NO_KEY = object()
"""A key under which nothing is ever filed."""


class FieldComparison(Protocol):
    """A way to compare the same field of the probe and of an image."""

    @property
    def kind(self) -> CheckKind:
        """The kind of its checks."""

    def name(self, field: str) -> str:
        """Return the name of the check on this field."""

    def matches(self, probe: Any, image: Any) -> bool:
        """Return whether the values match."""

    def displayed(self, value: Any) -> object:
        """Return the value as the check shows it."""

    def elements(self, field: str, probe: Any, image: Any) -> Sequence[Element]:
        """Return the elements in the order of comparison; empty if there are none."""

    def query(self, field: str, probe: Any) -> IndexQuery:
        """Return the lookup of all images that match."""

    def queries(self, field: str, probe: Any) -> Iterator[IndexQuery]:
        """Yield lookups of single elements: an image passes `query` if it passes all of these."""


class _Whole(FieldComparison):
    """A comparison of whole values, without elements."""

    @property
    def kind(self) -> CheckKind:
        return CheckKind.FIELD

    def name(self, field: str) -> str:
        return check_name(self.kind, (field,))

    def displayed(self, value: Any) -> object:
        return value

    def elements(self, field: str, probe: Any, image: Any) -> Sequence[Element]:
        del field, probe, image
        return ()

    def queries(self, field: str, probe: Any) -> Iterator[IndexQuery]:
        yield self.query(field, probe)


def _size(value: Any) -> int:
    return len(value) if value else 0  # null has length 0, as in Go


@dataclass(frozen=True)
class NeverTrue(_Whole):
    """A flag that prevents a match if it is set on either side."""

    @property
    def kind(self) -> CheckKind:
        return CheckKind.NOT_SET

    def matches(self, probe: bool, image: bool) -> bool:
        return not (probe or image)

    def query(self, field: str, probe: bool) -> IndexQuery:
        return IndexQuery(self.name(field), ("value", field), bool, NO_KEY if probe else False)


@dataclass(frozen=True)
class Equal(_Whole):
    """Equal values."""

    def matches(self, probe: Hashable, image: Hashable) -> bool:
        return probe == image

    def query(self, field: str, probe: Hashable) -> IndexQuery:
        return IndexQuery(field, ("value", field), _same, probe)


def _same(value: Hashable) -> Hashable:
    return value


@dataclass(frozen=True)
class SameLength(_Whole):
    """The same number of elements; null has none."""

    @property
    def kind(self) -> CheckKind:
        return CheckKind.LENGTH

    def matches(self, probe: Any, image: Any) -> bool:
        return _size(probe) == _size(image)

    def displayed(self, value: Any) -> object:
        return _size(value)

    def query(self, field: str, probe: Any) -> IndexQuery:
        return IndexQuery(self.name(field), ("length", field), _size, _size(probe))


@dataclass(frozen=True)
class SameElements(_Whole):
    """Equal elements in the same order. The lengths have been compared before."""

    def matches(self, probe: tuple[str, ...] | None, image: tuple[str, ...] | None) -> bool:
        return (probe or ()) == (image or ())

    def elements(self, field: str, probe: tuple[str, ...] | None, image: tuple[str, ...] | None) -> Sequence[Element]:
        probe_value, image_value = probe or (), image or ()
        return [
            Element((field, i), _at(probe_value, i) == _at(image_value, i), _at(probe_value, i), _at(image_value, i))
            for i in range(max(len(probe_value), len(image_value)))
        ]

    def query(self, field: str, probe: tuple[str, ...] | None) -> IndexQuery:
        return IndexQuery(field, ("elements", field), _elements, probe or ())

    def queries(self, field: str, probe: tuple[str, ...] | None) -> Iterator[IndexQuery]:
        if _size(probe) > _MAX_QUERIES:
            yield self.query(field, probe)
            return
        for i, element in enumerate(probe or ()):
            yield IndexQuery(path_text((field, i)), ("element", field, i), _element(i), element, place=i)


def _elements(value: Any) -> Hashable:
    return value or ()


def _element(i: int) -> Callable[[Any], Hashable]:
    return lambda value: value[i] if value and i < len(value) else None


def _at(values: tuple[str, ...], i: int) -> object:
    return values[i] if i < len(values) else ABSENT


@dataclass(frozen=True)
class SameKeys(_Whole):
    """Every key of the image is also in the probe. The lengths have been compared before, so the keys are the same."""

    def matches(self, probe: Mapping[str, Any] | None, image: Mapping[str, Any] | None) -> bool:
        return (image or {}).keys() <= (probe or {}).keys()

    def displayed(self, value: Mapping[str, Any] | None) -> object:
        return sorted(value) if value else value

    def elements(
        self, field: str, probe: Mapping[str, Any] | None, image: Mapping[str, Any] | None
    ) -> Sequence[Element]:
        probe_value, image_value = probe or {}, image or {}
        results = [
            Element((field, Key(key)), key in probe_value, key if key in probe_value else ABSENT, key)
            for key in sorted(image_value)
        ]
        return results + [_unread(field, key, key) for key in sorted(probe_value) if key not in image_value]

    def query(self, field: str, probe: Mapping[str, Any] | None) -> IndexQuery:
        return IndexQuery(field, ("keys", field), _keys, _keys(probe))


@dataclass(frozen=True)
class SameValues(_Whole):
    """Every key of the image has the same value in the probe, where a missing key counts as ``""``. Used for labels.

    So an empty label of an image matches a probe that lacks the label: ``{"a": ""}`` of an image matches ``{"b": "x"}``
    of a probe. The lengths have been compared before.
    """

    def matches(self, probe: Mapping[str, str] | None, image: Mapping[str, str] | None) -> bool:
        probe_value = probe or {}
        return all(probe_value.get(key, "") == value for key, value in (image or {}).items())

    def elements(
        self, field: str, probe: Mapping[str, str] | None, image: Mapping[str, str] | None
    ) -> Sequence[Element]:
        probe_value, image_value = probe or {}, image or {}
        results = [
            Element(
                (field, Key(key)),
                probe_value.get(key, "") == value,
                probe_value.get(key, ABSENT),
                value,
                reads_as_empty=key not in probe_value,
            )
            for key, value in sorted(image_value.items())
        ]
        return results + [
            _unread(field, key, probe_value[key]) for key in sorted(probe_value) if key not in image_value
        ]

    def query(self, field: str, probe: Mapping[str, str] | None) -> IndexQuery:
        probe_value = probe or {}

        def admits(items: _Items) -> bool:
            return all(probe_value.get(key, "") == value for key, value in items)

        return IndexQuery(field, ("values", field), _items, _items(probe), _has_empty_value, admits, by_elements=True)


@dataclass(frozen=True)
class SameHealthcheck(_Whole):
    """Both or neither have a health check, and its compared fields are equal.

    Attributes:
        compared: the compared fields, in order.
    """

    compared: tuple[str, ...]

    def matches(self, probe: HealthConfig | None, image: HealthConfig | None) -> bool:
        return self._key(probe) == self._key(image)

    def elements(self, field: str, probe: HealthConfig | None, image: HealthConfig | None) -> Sequence[Element]:
        if probe is None or image is None:
            return ()
        return [
            Element((field, name), _plain(probe_value) == _plain(image_value), probe_value, image_value)
            for name in self.compared
            for probe_value, image_value in ((getattr(probe, name), getattr(image, name)),)
        ]

    def query(self, field: str, probe: HealthConfig | None) -> IndexQuery:
        return IndexQuery(field, ("health check", self.compared), self._key, self._key(probe))

    def _key(self, value: HealthConfig | None) -> Hashable:
        return None if value is None else tuple(_plain(getattr(value, name)) for name in self.compared)


def _plain(value: Any) -> Hashable:
    return () if value is None else value  # a test that is null has no elements


_Items = tuple[tuple[str, str], ...]
"""Sorted items of a map. Every image may have its own, and a frozenset needs twice the memory."""


def _has_empty_value(items: _Items) -> bool:
    return any(not value for _, value in items)


def _keys(value: Iterable[str] | None) -> Hashable:
    return tuple(sorted(value)) if value else ()


def _items(value: Mapping[str, str] | None) -> _Items:
    return tuple(sorted(value.items())) if value else ()


def _unread(field: str, key: str, value: object) -> Element:
    return Element((field, Key(key)), None, value, ABSENT)
