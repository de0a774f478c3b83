"""The hazards of a store as text and as JSON; the keys are in resources/docs/command-line.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from cacheview.cases import Daemon
from cacheview.engine import HAZARD_TITLES, RuleSet
from cacheview.engine.audit import StoreHazard
from cacheview.model import ImageStore, familiar
from cacheview.report.forms import joined, json_text
from cacheview.report.images import image_as_object
from cacheview.report.phrases import MAX_NEAREST
from cacheview.report.using import using_as_lines, using_as_object
from cacheview.wording import counted

__all__ = ["AUDIT_FORMAT", "audit_as_json", "audit_as_object", "audit_as_text"]

AUDIT_FORMAT: Final = "cacheview-audit/1"


def audit_as_text(
    store_hazards: Sequence[StoreHazard], store: ImageStore, rules: RuleSet, *, using: Daemon | None = None
) -> str:
    """Return the hazards of a store as text, each with the first ten of its images."""
    hazards = counted(len(store_hazards), "hazard") if store_hazards else "No hazards"
    lines = [f"{hazards} in {counted(len(store.images), 'image')}"]
    lines += using_as_lines(using) if using is not None else (f"Rules: {rules.title}.",)
    for hazard in store_hazards:
        lines += ["", f"Hazard ({HAZARD_TITLES[hazard.kind]}): {hazard.sentence} {hazard.advice}"]
        for image in hazard.images[:MAX_NEAREST]:
            lines.append(
                "  "
                + "  ".join(filter(None, (image.short_id, *map(familiar, image.names[:1]), image.instruction[:100])))
            )
        if hazard.count > MAX_NEAREST:
            lines.append(f"  … and {hazard.count - MAX_NEAREST:,} more")
    return joined(lines)


def audit_as_json(
    store_hazards: Sequence[StoreHazard], store: ImageStore, rules: RuleSet, *, using: Daemon | None = None
) -> str:
    """Return `audit_as_object` as JSON text."""
    return json_text(audit_as_object(store_hazards, store, rules, using=using))


def audit_as_object(
    store_hazards: Sequence[StoreHazard], store: ImageStore, rules: RuleSet, *, using: Daemon | None = None
) -> dict[str, Any]:
    """Return the hazards of a store as JSON-like values, with all images."""
    return {
        "format": AUDIT_FORMAT,
        "rules": rules.name,
        **using_as_object(using),
        "images_total": len(store.images),
        "hazards": [
            {
                "kind": hazard.kind.value,
                "sentence": hazard.sentence,
                "advice": hazard.advice,
                "count": hazard.count,
                "images": [image_as_object(image) for image in hazard.images],
            }
            for hazard in store_hazards
        ],
    }
