"""Values redacted from records: each record numbers its placeholders separately."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cacheview.diff.side import BuildSide, SideStep
from cacheview.stores.redact import PLACEHOLDER, has_placeholder

__all__ = ["without_numbers"]

_ANY_PLACEHOLDER: Final = "{redacted}"


def without_numbers(side: BuildSide) -> BuildSide:
    """Return the side with the same placeholder for every redacted value: records number theirs separately."""
    text = side.dockerfile.decode("utf-8", "surrogateescape")
    if has_placeholder(text):
        side = replace(side, dockerfile=_text(text).encode("utf-8", "surrogateescape"))
    if not any(has_placeholder(step.requested.command) or has_placeholder(step.requested.text) for step in side.steps):
        return side
    return replace(side, steps=tuple(map(_step, side.steps)))


def _step(step: SideStep) -> SideStep:
    requested = step.requested
    if not any(map(has_placeholder, (requested.command, requested.text, *requested.arguments.values()))):
        return step
    changed = replace(
        requested,
        text=_text(requested.text),
        command=_text(requested.command),
        arguments=_values(requested.arguments),
        heredocs=tuple((name, _text(content)) for name, content in requested.heredocs),
        pairs={name: value and _text(value) for name, value in requested.pairs.items()},
    )
    return replace(step, requested=changed)


def _values(values: Mapping[str, str]) -> Mapping[str, str]:
    return {name: _text(value) for name, value in values.items()}


def _text(text: str) -> str:
    return PLACEHOLDER.sub(_ANY_PLACEHOLDER, text)
