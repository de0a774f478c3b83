"""Opens images of a registry: the host, the credentials, and the store that a pull would produce."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cacheview.model import DataError, Image, ImageStore, Platform, Problem, Release, StoreKind
from cacheview.stores.budget import LimitError
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.stores.progress import Meter, Progress
from cacheview.stores.reading import Reading
from cacheview.stores.registry.certificates import certificate_folder, tls_context
from cacheview.stores.registry.client import RegistryClient
from cacheview.stores.registry.credentials import Credentials, known_credentials
from cacheview.stores.registry.pulling import pulled_image
from cacheview.stores.registry.targets import Target, parse_target
from cacheview.stores.workers import run_cancelable

__all__ = ["open_target"]

_TIMEOUT_SECONDS: Final = 180.0
"""The time limit for one image in seconds, which includes a credential helper that waits for a person."""

_BUILDKIT_NOTE: Final = (
    "Built by BuildKit: {}. BuildKit records instructions in a different form, so the classic builder cannot match the "
    "steps of these images, even with `--cache-from`."
)


def open_target(target: str, reading: Reading) -> OpenedLocation:
    """See `stores.registry.open_registry`."""
    targets = parse_target(target)
    location = f"registry:{target}"
    puller = reading.puller or Release(StoreKind.CONTAINERD)
    kind = puller.kind
    images: list[Image] = []
    problems: list[Problem] = []
    for number, one in enumerate(targets):
        try:
            image, unread = _read_cancelable(one, reading, puller, number, len(targets))
        except (DataError, LimitError) as error:
            if len(targets) == 1:
                raise
            problems.append(Problem(one.title, error.what if isinstance(error, DataError) else str(error)))
            continue
        images.append(image)
        problems += unread
    if not images:
        raise DataError(
            f"no image could be read. {'. '.join(str(problem) for problem in problems[:3])}", where=location
        )
    title = f"registry images as pulled into a {kind.store_title}"
    merged = _merged(images)
    store = ImageStore(
        merged,
        title,
        location,
        notes=tuple(_notes(merged, kind, reading.platform)),
        problems=tuple(problems),
        release=Release(kind),
        platform=reading.platform,
    )
    return OpenedLocation(title, location, OpenedKind.REGISTRY, (OpenedCase(title, store, ""),), store.problems)


def _read_cancelable(
    target: Target, reading: Reading, puller: Release, number: int, total: int
) -> tuple[Image, tuple[Problem, ...]]:
    """Read one image in a separate thread, so that it can be canceled whatever a connection does."""
    stopped = threading.Event()
    meter = Meter(_limited(reading.progress, target), total, f"Requesting {target.title} from {target.host}")
    meter.reached(number)
    try:
        return run_cancelable(lambda: _read(target, reading, puller, stopped.is_set), meter)
    finally:
        stopped.set()


def _limited(progress: Progress | None, target: Target) -> Progress:
    """Return a progress that cancels the work when it has taken too long."""
    end = time.monotonic() + _TIMEOUT_SECONDS

    def report(done: int, total: int | None, what: str) -> None:
        if time.monotonic() > end:
            raise DataError(f"could not be read within {_TIMEOUT_SECONDS:g} seconds. Try again", where=target.title)
        if progress is not None:
            progress(done, total, what)

    return report


def _read(
    target: Target, reading: Reading, puller: Release, stopped: Callable[[], bool]
) -> tuple[Image, tuple[Problem, ...]]:
    login = _Login(target.key, stopped)
    trust, problems = _trusted(target)
    client = RegistryClient(target, trust, login.ask, stopped=stopped)
    try:
        image, unread = pulled_image(client, target, reading.platform, puller, reading.budget)
    except DataError as error:
        # Problems with credentials or certificates may be the reason.
        reasons = "".join(f". {problem}" for problem in (*problems, *login.problems)[:3])
        raise DataError(f"{error.what}{reasons}", where=error.where, path=error.path) from error
    return image, (*problems, *login.problems, *unread)


def _trusted(target: Target) -> tuple[ssl.SSLContext, tuple[Problem, ...]]:
    return tls_context(None if target.is_hub else certificate_folder(target.domain))


@dataclass
class _Login:
    """Looks up credentials when they are needed, and keeps the problems with them."""

    key: str
    stopped: Callable[[], bool]
    problems: tuple[Problem, ...] = ()

    def ask(self) -> Credentials:
        credentials, self.problems = known_credentials(self.key, self.stopped)
        return credentials


def _merged(images: list[Image]) -> tuple[Image, ...]:
    """Merge images with the same id, with all their names, in the order of a store: by name."""
    by_id: dict[str, Image] = {}
    for image in images:
        if (first := by_id.get(image.id)) is not None:
            image = first.model_copy(update={"names": tuple(sorted({*first.names, *image.names}))})
        by_id[image.id] = image
    return tuple(sorted(by_id.values(), key=lambda image: image.names))


def _notes(images: tuple[Image, ...], kind: StoreKind, platform: Platform) -> list[str]:
    notes = [
        f"This is what an engine with a {kind.store_title} on {platform} would contain after pulling only these "
        "images. No image has a parent. With rules that follow recorded parents, the local cache can "
        "match at most the first step of a FROM scratch build; all other hits come from `--cache-from`, through the "
        "history cache.",
    ]
    by_buildkit = [image.title for image in images if image.is_by_buildkit]
    if by_buildkit:
        notes.append(_BUILDKIT_NOTE.format(", ".join(by_buildkit[:5]) + (", …" if len(by_buildkit) > 5 else "")))
    return notes
