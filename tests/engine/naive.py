"""A second, simple implementation of the rules in RULES.md for containerd 71ebfc7, without index, trace or shared code.

The engine's answers are compared with it on random stores. It uses only the model, and nothing from the engine.
"""

from __future__ import annotations

from cacheview.model import ContainerConfig, DataError, Image, ImageStore, Probe

Answer = tuple[str, str | None]

ZEROED = ("Tty", "OpenStdin", "AttachStdout", "AttachStderr")


def answer(store: ImageStore, probe: Probe) -> Answer:
    """Return the outcome, and the image's ID for a hit."""
    local = _local(store, probe)
    if not probe.cache_from:
        return ("miss", None) if local is None else ("hit", local.id)
    sources = [image for reference in probe.cache_from for image in _lineage(store, reference)]
    if local is not None:
        for source in sources:
            if source.parent is not None:
                if source.parent == local.id:
                    return "hit", local.id
            elif local.parent is None:
                return "diverges", None
            elif local.parent == local.id:
                return "hit", local.id
    parent = None
    if probe.parent:
        parent = store.by_id.get(probe.parent)
        if parent is None:
            return "error", None
    for source in sources:
        if _history_fits(source, parent, probe.config):
            return "hit", source.id
    return "miss", None


def _lineage(store: ImageStore, reference: str) -> list[Image]:
    try:
        image: Image | None = store.resolve(reference)
    except DataError:
        return []
    assert image is not None
    if len([entry for entry in image.history if not entry.empty_layer]) > len(image.diff_ids):
        return []
    found: list[Image] = []
    limit = len(image.history)
    while image is not None and len(found) < limit:
        found.append(image)
        image = store.by_id.get(image.parent) if image.parent else None
    return found


def _local(store: ImageStore, probe: Probe) -> Image | None:
    best: Image | None = None
    for image in store.images:
        if (image.parent or "") != probe.parent:
            continue
        if not _configs_match(image, probe.config) or image.created is None:
            continue
        if best is None or (best.created is not None and best.created.instant < image.created.instant):
            best = image
    return best


def _configs_match(image: Image, probe: ContainerConfig) -> bool:
    stored = image.container_config or image.config.container_config or ContainerConfig()
    a = stored.model_copy(update=dict.fromkeys(ZEROED, False))
    b = probe
    if a.OpenStdin or b.OpenStdin:
        return False
    if (a.AttachStdout, a.AttachStderr, a.User, a.Tty) != (b.AttachStdout, b.AttachStderr, b.User, b.Tty):
        return False
    for field in ("Cmd", "Env", "Labels", "ExposedPorts", "Entrypoint", "Volumes"):
        if len(getattr(a, field) or ()) != len(getattr(b, field) or ()):
            return False
    for field in ("Cmd", "Env", "Entrypoint"):
        for x, y in zip(getattr(a, field) or (), getattr(b, field) or (), strict=True):
            if x != y:
                return False
    for key, value in (a.Labels or {}).items():
        if (b.Labels or {}).get(key, "") != value:
            return False
    for field in ("ExposedPorts", "Volumes"):
        for key in getattr(a, field) or {}:
            if key not in (getattr(b, field) or {}):
                return False
    return True


def _history_fits(source: Image, parent: Image | None, config: ContainerConfig) -> bool:
    if not source.history:
        return False
    n = 0
    if parent is not None and (parent.history or parent.diff_ids):
        n = len(parent.history)
        if n >= len(source.history) or len(parent.diff_ids) > len(source.diff_ids):
            return False
        for ours, theirs in zip(parent.history, source.history, strict=False):
            if ours != theirs:
                return False
        for mine, other in zip(parent.diff_ids, source.diff_ids, strict=False):
            if mine != other:
                return False
    return source.history[n].created_by == " ".join(config.Cmd or ())
