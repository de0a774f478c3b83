"""Tables of all images in a store, created in advance so that the first lookup takes no longer than later ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, compress
from typing import Final

from cacheview.engine.candidate import membership
from cacheview.engine.doubts import have_doubts
from cacheview.engine.field_comparison import IndexQuery
from cacheview.engine.index.changed import ChangedTables, fits
from cacheview.engine.index.tables import Tables
from cacheview.engine.layers import by_content, by_first_layer
from cacheview.engine.requirement import Requirement
from cacheview.engine.ruleset import ConfigCheck, RuleSet
from cacheview.engine.rulesets import RULE_SETS
from cacheview.model import SCRATCH, Aspect, Image, ImageStore, Probe, StoreOrigin

__all__ = ["is_prepared", "prepare", "tables_of"]


_MAX_UNPREPARED_CANDIDATES: Final = 200
"""With more candidates than this on a parent, finding their positions takes a noticeable part of a frame."""


def tables_of(store: ImageStore, rules: RuleSet) -> Tables | ChangedTables | None:
    """Return the tables of all images in the order of some rules; None: the store is not prepared."""
    tables = _own_tables(store) or _tables_by_origin(store)
    return tables[rules.dates_missing_times] if tables is not None else None


def is_prepared(store: ImageStore) -> bool:
    """Return whether the tables of a store have been created, or those of its origin, which serve it too."""
    return _own_tables(store) is not None or _tables_by_origin(store) is not None


def _own_tables(store: ImageStore) -> Mapping[bool, Tables] | None:
    return store.computed.get(prepare)


def _tables_by_origin(store: ImageStore) -> Mapping[bool, ChangedTables] | None:
    """Return tables that look up in those of the origin, which takes a moment; None: it has none, or they differ."""
    origin = store.origin
    if origin is None:
        return None
    tables: Mapping[bool, ChangedTables] | None = store.computed.get(_tables_by_origin)
    if tables is None:
        origin_tables = _own_tables(origin.store)
        if origin_tables is None:
            return None
        tables = store.computed[_tables_by_origin] = _changed(origin, store, origin_tables) if fits(origin) else {}
    return tables or None


def _changed(
    origin: StoreOrigin, store: ImageStore, origin_tables: Mapping[bool, Tables]
) -> Mapping[bool, ChangedTables]:
    """Return tables for each order; empty: the two orders are the same for the origin, but not for the store."""
    tables = ChangedTables(origin, store.images, origin_tables[True])
    if origin_tables[False] is not origin_tables[True]:
        return {True: tables, False: ChangedTables(origin, store.images, origin_tables[False])}
    return {True: tables, False: tables} if tables.order.is_for_any_rules else {}


def prepare(store: ImageStore) -> None:
    """Create the tables that the first lookup of any probe needs, under any rules.

    This takes a fraction of the time that it takes to open the store. Caches of the store use the tables as soon as all
    of them exist. A store that was made from another one with a few changes uses those of that one, if it can.
    """
    if store.origin is not None and store.origin.is_near:
        _prepare(store.origin.store)
    if not is_prepared(store):
        _prepare(store)


def _prepare(store: ImageStore) -> None:
    if _own_tables(store) is not None:
        return
    _ = store.by_id, store.children, by_first_layer(store), by_content(store)
    store.index_references()
    tables = _ordered(store)
    for each in tables.values():
        each.prepare(images for images in store.children.values() if len(images) > _MAX_UNPREPARED_CANDIDATES)
    for aspects in {membership(rules, parent) for rules in RULE_SETS.values() for parent in (SCRATCH, "parent")}:
        doubtful_images(store, *aspects)
    for aspects in ((), ("names",), ("history.created_by",), ("diff_ids", "existence")):
        doubtful_images(store, *aspects)
    for each in dict.fromkeys(tables.values()):
        families = [rules for rules in RULE_SETS.values() if tables[rules.dates_missing_times] is each]
        each.file(chain.from_iterable(map(_queries, families)))
    store.computed[prepare] = tables


def doubtful_images(store: ImageStore, *aspects: Aspect) -> Sequence[Image]:
    """Return the images with doubts about any of these aspects, or with any doubts, in store order."""
    cached: dict[tuple[Aspect, ...], Sequence[Image]] = store.computed.setdefault(doubtful_images, {})
    results = cached.get(aspects)
    if results is None:
        origin = store.origin
        if origin is not None and fits(origin):
            replaced = origin.replaced
            results = tuple(replaced.get(image.id, image) for image in doubtful_images(origin.store, *aspects))
        elif aspects:
            doubtful = doubtful_images(store)
            results = tuple(compress(doubtful, have_doubts(doubtful, *aspects)))
        else:
            results = tuple(image for image in store.images if image.doubts)
        cached[aspects] = results
    return results


def _ordered(store: ImageStore) -> dict[bool, Tables]:
    """Return tables by whether missing times count as year 1, which usually makes no difference to the order."""
    tables = Tables(store.images, dates_missing_times=True)
    if tables.order.is_for_any_rules:
        return {True: tables, False: tables}
    return {True: tables, False: Tables(store.images, dates_missing_times=False)}


def _queries(rules: RuleSet) -> Iterator[tuple[ConfigCheck | Requirement, IndexQuery]]:
    """Yield every check that is looked up in tables, with a lookup. The keys of an image do not depend on the probe."""
    empty_probe = Probe()
    for requirement in (*rules.requirements, *rules.later):
        yield requirement, requirement.query(empty_probe)
    for check in rules.config_checks:
        if check.field in rules.image_fields:
            yield check, check.comparison.query(check.field, getattr(empty_probe.config, check.field))
