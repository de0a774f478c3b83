"""The work off the UI thread when a location is opened: everything that the first view needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cacheview.ui.loaded import NextPaneRequest, OpenedStore, StorePart

if TYPE_CHECKING:
    from cacheview.model import Image, ImageStore, Platform
    from cacheview.ui.loading import Report, Work

__all__ = ["first_sight", "open_work"]

_IN_SIGHT: Final = 1000
"""The maximum number of images that are shown while a store is being read."""


def open_work(location: str, rules: str, platform: str, load_panes: Callable[[], object], shown_case: int = 0) -> Work:
    """Return work for `Loader.start` that opens a location.

    Args:
        rules: a rule set's name, or a release and a storage driver; empty: the store's own.
        platform: the platform of multi-platform images to show (``linux/amd64``); empty: the usual one.
        load_panes: imports the modules that show a store, in another thread while the store is being read.
        shown_case: the number of the case to show, if it still exists.
    """

    def work(report: Report) -> OpenedStore:
        from cacheview.cases import daemon_known, daemon_of, first_probe, rules_named
        from cacheview.collector import freeze_more
        from cacheview.engine import ImageCache, explain
        from cacheview.stores.change import changes
        from cacheview.stores.open import open_store
        from cacheview.ui.answering import make_ready
        from cacheview.ui.images.tree import forest

        started_at = time.time()
        loading = threading.Thread(target=load_panes, daemon=True, name="load-panes")
        loading.start()
        known: list[ImageStore] = []
        begun_showing: list[bool] = []

        def progress(done: int, total: int | None, what: str) -> None:
            report(done, total, what)
            if known and not loading.is_alive():  # otherwise the window would wait for the modules that show it
                store = known.pop()
                if begun_showing:
                    report.part(lambda: first_sight(store))
                else:
                    begun_showing.append(True)
                    _show(report, replace(first_sight(store), in_pieces=True))

        def partial(store: ImageStore) -> None:
            known[:] = [store]

        puller = rules_named(rules).puller if rules else None
        opened = open_store(location, platform=_platform(platform), puller=puller, progress=progress, partial=partial)
        case = opened.cases[0]
        daemon = daemon_of(case, rules) if rules else daemon_known(case)
        cache = ImageCache(case.store, daemon.rules)
        report(1, None, "Building indexes")
        make_ready(case.store)
        probe = case.probes[0].probe if case.probes else first_probe(case.store)
        if probe.parent.startswith("@"):
            probe = probe.model_copy(update={"parent": ""})
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
        compared_stores = None
        if whole.shown_store is not None:
            shown = opened.cases[shown_case if shown_case < len(opened.cases) else 0].store
            compared_stores = (whole.shown_store, shown, changes(whole.shown_store, shown))
        _show(report, NextPaneRequest(probe, explanation))
        # These objects stay, so the next full garbage collection, which may run in the UI thread, need not scan them.
        freeze_more()
        return OpenedStore(
            opened,
            cache,
            probe,
            daemon=daemon,
            read_at=started_at,
            forest=tree,
            compared_stores=compared_stores,
            answered=answered,
        )

    return work


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
        if len(chosen) >= _IN_SIGHT:
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
