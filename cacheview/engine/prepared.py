"""Tables of all images in a store, created in advance so that the first lookup takes no longer than later ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Final

from cacheview.engine.candidate import membership
from cacheview.engine.doubts import have_doubts
from cacheview.engine.index.tables import Tables
from cacheview.engine.layers import by_first_layer
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets import RULE_SETS
from cacheview.model import SCRATCH, Aspect, Image, ImageStore, Probe
from cacheview.model.effort import go_on

__all__ = ["is_prepared", "prepare", "tables_of"]


_MANY: Final = 200
"""With more candidates than this on a parent, finding their positions takes a noticeable part of a frame."""


def tables_of(store: ImageStore, rules: RuleSet) -> Tables | None:
    """Return the tables of all images in the order of some rules; None: the store is not prepared."""
    tables: dict[bool, Tables] | None = store.computed.get(prepare)
    return tables[rules.dates_missing_times] if tables is not None else None


def is_prepared(store: ImageStore) -> bool:
    """Return whether the tables of a store have been created."""
    return prepare in store.computed


def prepare(store: ImageStore) -> None:
    """Create the tables that the first lookup of any probe needs, under any rules.

    This takes a fraction of the time that it takes to open the store. Caches of the store use the tables as soon as all
    of them exist.
    """
    if is_prepared(store):
        return
    _ = store.by_id, store.children, by_first_layer(store)
    tables = _ordered(store)
    for each in tables.values():
        each.prepare(images for images in store.children.values() if len(images) > _MANY)
    for aspects in {membership(rules, parent) for rules in RULE_SETS.values() for parent in (SCRATCH, "parent")}:
        doubtful_images(store, *aspects)
    for aspects in ((), ("names",), ("history.created_by",), ("diff_ids", "existence")):
        doubtful_images(store, *aspects)
    for rules in RULE_SETS.values():
        _fill(tables[rules.dates_missing_times], rules)
    store.computed[prepare] = tables


def doubtful_images(store: ImageStore, *aspects: Aspect) -> Sequence[Image]:
    """Return the images with doubts about any of these aspects, or with any doubts, in store order."""
    cached: dict[tuple[Aspect, ...], Sequence[Image]] = store.computed.setdefault(doubtful_images, {})
    results = cached.get(aspects)
    if results is None:
        if aspects:
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


def _fill(tables: Tables, rules: RuleSet) -> None:
    empty_probe = Probe()  # the keys of an image do not depend on the probe
    for requirement in (*rules.requirements, *rules.later):
        go_on()
        tables.table(requirement, requirement.query(empty_probe))
    for check in rules.config_checks:
        if check.field in rules.image_fields:
            go_on()
            tables.table(check, check.comparison.query(check.field, getattr(empty_probe.config, check.field)))
            tables.distances(check.field)
