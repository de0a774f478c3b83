"""The work off the UI thread when a location is opened: everything that the first view needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cacheview.ui.loaded import NextPaneRequest, OpenedStore, ShownPlace, StorePart

if TYPE_CHECKING:
    from cacheview.model import Image, ImageStore, Platform
    from cacheview.ui.loading import Report, Work

__all__ = ["first_sight", "is_near", "open_work", "walk_work"]

_MAX_IMAGES_SHOWN_EARLY: Final = 1000
"""The maximum number of images that are shown while a store is being read."""


def open_work(
    location: str,
    rules: str,
    platform: str,
    load_panes: Callable[[], object],
    shown_place: Callable[[], ShownPlace | None] = lambda: None,
) -> Work:
    """Return work for `Loader.start` that opens a location.

    Args:
        rules: a rule set's name, or a release and a storage driver; empty: the store's own. Not used if a place is
            shown, since the rules that the user chose there stay.
        platform: the platform of multi-platform images to show (``linux/amd64``); empty: the usual one.
        load_panes: imports the modules that show a store, in another thread while the store is being read.
        shown_place: returns the place that is shown when it is called, and will be shown again if it still exists;
            None: the first place will be shown.
    """

    def work(report: Report) -> OpenedStore:
        from cacheview.cases import daemon_chosen, first_probe, rules_named
        from cacheview.collector import freeze_more
        from cacheview.engine import ImageCache, explain
        from cacheview.engine.walk import probe_after
        from cacheview.stores.change import changes
        from cacheview.stores.open import open_store
        from cacheview.ui.answering import make_ready
        from cacheview.ui.images.tree import forest

        started_at = time.time()
        loading = threading.Thread(target=load_panes, daemon=True, name="load-panes")
        loading.start()
        partial_stores: list[ImageStore] = []
        shown: list[bool] = []

        def progress(done: int, total: int | None, what: str) -> None:
            report(done, total, what)
            # Until the modules are loaded, the window would wait for them.
            if partial_stores and not loading.is_alive():
                store = partial_stores.pop()
                if shown:
                    report.part(lambda: first_sight(store))
                else:
                    shown.append(True)
                    _show(report, replace(first_sight(store), in_pieces=True))

        def partial(store: ImageStore) -> None:
            partial_stores[:] = [store]

        def chosen_rules() -> str:
            shown = shown_place()
            return rules if shown is None else shown.chosen_in_first_case

        puller = rules_named(chosen_rules()).puller if chosen_rules() else None
        opened = open_store(location, platform=_platform(platform), puller=puller, progress=progress, partial=partial)
        case = opened.cases[0]
        chosen = chosen_rules()  # by now: the user may choose others while the store is read
        daemon = daemon_chosen(case, chosen)
        cache = ImageCache(case.store, daemon.rules)
        report(1, None, "Building indexes")
        make_ready(case.store)
        probe = probe_after(case.probes[0]) if case.probes else first_probe(case.store)
        started = time.perf_counter()
        explanation = explain(cache, probe, at_once=False)
        answered = (explanation, (time.perf_counter() - started) * 1000)
        explanation.prepare()
        tree = forest(case.store)
        _ = case.store.common_doubts  # computed here for the same reason
        loading.join()
        # First the entire tree, then the panes, each in a separate turn.
        whole = StorePart(case.store, tree, len(case.store.images), in_pieces=True)
        _show(report, whole)
        _show(report, NextPaneRequest(probe, explanation))
        loaded = OpenedStore(
            opened,
            cache,
            probe,
            daemon=daemon,
            chosen_rules=chosen,
            read_at=started_at,
            forest=tree,
            answered=answered,
        )
        loaded, store = _with_walk(loaded, shown_place, report)
        if whole.shown_store is not None:
            compared_stores = (whole.shown_store, store, changes(whole.shown_store, store))
            loaded = replace(loaded, compared_stores=compared_stores)
        # These objects stay, so the next full garbage collection, which may run in the UI thread, need not scan them.
        freeze_more()
        return loaded

    return work


def walk_work(loaded: OpenedStore, shown_place: Callable[[], ShownPlace | None]) -> Work:
    """Return work that looks up what a reloaded location still lacks to be shown: see `is_near`.

    Args:
        shown_place: see `open_work`.
    """
    return lambda report: _with_walk(loaded, shown_place, report)[0]


def is_near(loaded: OpenedStore, place: ShownPlace) -> bool:
    """Return whether showing a reloaded location takes only a moment, instead of a place shown so far."""
    from cacheview.stores.suite_cases import is_quick
    from cacheview.ui.walks import place_in, reloaded_place

    cases = loaded.opened.cases
    return is_quick(cases, place_in(cases, place.place)[0]) and reloaded_place(loaded, place).is_near


def _with_walk(
    loaded: OpenedStore, shown_place: Callable[[], ShownPlace | None], report: Report
) -> tuple[OpenedStore, ImageStore]:
    """Look up the probes before the shown place if it is in a walk. Returns the store that will be shown, too."""
    from cacheview.ui.answering import make_ready
    from cacheview.ui.walks import reloaded_place

    while (shown := shown_place()) is not None:
        place = reloaded_place(loaded, shown)
        make_ready(place.case.store)
        if place.walk is None:
            return loaded, place.case.store
        loaded = replace(loaded, walk=place.walk)
        if place.is_near:
            return loaded, place.walk.at(place.number)[1].store
        report(0, None, "Looking up earlier probes")
        place.walk.at(place.number)  # the user may move to another probe in the meantime
    return loaded, loaded.cache.store


def _show(report: Report, what: StorePart | NextPaneRequest) -> None:
    """Pass something to the window until the window is done with it, with other events in between."""
    report.part(lambda: what, last=True)
    while what.has_more:
        what.has_more = False
        report.part(lambda: what, last=True)


def first_sight(store: ImageStore) -> StorePart:
    """Return the part of a store that is shown while it is being read: showing more each time would take too long."""
    from cacheview.model import ImageStore
    from cacheview.ui.images.tree import forest

    chosen: dict[str, Image] = {}
    for first in store.images:
        if len(chosen) >= _MAX_IMAGES_SHOWN_EARLY:
            break
        image: Image | None = first
        while image is not None and image.id not in chosen:
            chosen[image.id] = image
            image = store.by_id.get(image.parent or "")
    part = ImageStore(tuple(image for image in store.images if image.id in chosen))
    return StorePart(part, forest(part), len(store.images))


def _platform(text: str) -> Platform | None:
    from cacheview.model import Platform

    if not text:
        return None
    os, _, rest = text.partition("/")
    architecture, _, variant = rest.partition("/")
    return Platform(os=os, architecture=architecture, variant=variant)
