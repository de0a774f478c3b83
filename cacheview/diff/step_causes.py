"""The differences in the requests of two aligned steps and their causes, and what makes a base image different."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from cacheview.diff.causes import Cause, CauseKind, CauseOrigin
from cacheview.diff.files import CONTENT_UNKNOWN, FilesDiffer, FilesUnknown
from cacheview.diff.requested_steps import RequestedStep
from cacheview.diff.side import BuildSide, SideKind, SideStep
from cacheview.layers.changes import Aspect
from cacheview.model import Image, short_id
from cacheview.stores.redact import has_placeholder

__all__ = ["of_bases", "of_left_out", "of_steps", "of_text", "step_key"]

_MIN_ID_DIGITS: Final = 12
_ARGUMENT_COUNT: Final = re.compile(r"\|(\d{1,4}) ")
_VARIABLE_NAME: Final = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")

_KIND_OF_INSTRUCTION: Final = {
    "ENV": CauseKind.ENVIRONMENT,
    "LABEL": CauseKind.LABEL,
    "ARG": CauseKind.BUILD_ARGUMENT,
    "FROM": CauseKind.BASE,
}
"""The kind of cause for instructions that have their own."""


def step_key(step: RequestedStep, *, by_history: bool) -> tuple[str, str]:
    """Return the key to align steps by: the instruction as written, or the part of it in the history of an image."""
    return (step.name, without_arguments(step) if by_history else step.text)


def without_arguments(step: RequestedStep) -> str:
    """Return the command without the build arguments at the beginning of a ``RUN``."""
    match = _ARGUMENT_COUNT.match(step.command)
    if match is None or step.name != "RUN":
        return step.command
    shown = " ".join(sorted(f"{name}={value}" for name, value in step.arguments.items()))
    return step.command.removeprefix(f"|{len(step.arguments)} {shown} ")


def of_text(a: SideStep | None, b: SideStep | None) -> Iterator[Cause]:
    """Yield the cause for an instruction that is written differently, or that only one side has."""
    step = a or b
    assert step is not None
    names = {each.requested.name for each in (a, b) if each is not None}
    kind = CauseKind.INSTRUCTION
    if len(names) == 1:
        kind = _KIND_OF_INSTRUCTION.get(step.requested.name, kind)
    origin = CauseOrigin.REQUEST if step.requested.is_option else CauseOrigin.OWN
    text_a, text_b = (each.requested.text if each is not None else None for each in (a, b))
    if a is not None and b is not None and kind is CauseKind.BASE:
        is_named = a.requested.command != b.requested.command
        kind = kind if is_named else CauseKind.INSTRUCTION  # only the name of the stage, or its platform
        yield Cause(kind, origin, b.requested.command if is_named else "", *_bases(a, b, is_named=is_named))
        return
    may_have_pairs = kind in _KIND_OF_INSTRUCTION.values() and kind is not CauseKind.BASE
    pairs = list(_of_pairs(a, b, kind, origin)) if may_have_pairs else []
    if pairs:
        yield from pairs
    else:
        yield Cause(kind if kind is not CauseKind.BASE else CauseKind.INSTRUCTION, origin, "", text_a, text_b)


def _bases(a: SideStep, b: SideStep, *, is_named: bool) -> tuple[str, str]:
    if is_named:
        return a.requested.command, b.requested.command
    return a.requested.text, b.requested.text


def _of_pairs(a: SideStep | None, b: SideStep | None, kind: CauseKind, origin: CauseOrigin) -> Iterator[Cause]:
    pairs_a = a.requested.pairs if a is not None else {}
    pairs_b = b.requested.pairs if b is not None else {}
    for name in dict.fromkeys((*pairs_a, *pairs_b)):
        if pairs_a.get(name) != pairs_b.get(name) or (name in pairs_a) != (name in pairs_b):
            yield Cause(kind, origin, name, pairs_a.get(name), pairs_b.get(name))


def of_left_out(side: BuildSide, other: BuildSide, step: SideStep, *, is_in_a: bool) -> Cause | None:
    """Return the option, as a cause, because of which only one side has a step; None if there is none."""
    requested = step.requested
    if requested.is_option:
        name = next(iter(requested.pairs), "")
        value = requested.pairs.get(name)
        a, b = (value, None) if is_in_a else (None, value)
        return Cause(CauseKind.LABEL, CauseOrigin.REQUEST, name, a, b)
    if side.options.target != other.options.target and requested.text in other.after_target:
        targets = side.options.target, other.options.target
        a, b = targets if is_in_a else targets[::-1]
        return Cause(CauseKind.OPTION, CauseOrigin.REQUEST, "--target", a or None, b or None)
    return None


def of_steps(
    side_a: BuildSide,
    side_b: BuildSide,
    a: SideStep,
    b: SideStep,
    compare_files: Callable[[], FilesDiffer | FilesUnknown],
    *,
    is_tainted: bool,
) -> Iterator[Cause]:
    """Yield the differences in the requests of two steps with the same text; none if they are equal.

    Args:
        compare_files: compares the files of both.
        is_tainted: whether an earlier difference affects them.
    """
    step_a, step_b = a.requested, b.requested
    if step_a.name == "RUN":
        yield from _of_arguments(side_a, side_b, step_a, step_b)
        same_command = _is_inexact(step_a, step_b) or without_arguments(step_a) == without_arguments(step_b)
    elif _is_inexact(step_a, step_b):  # the values set by the base are known for only one side
        yield from _of_used_arguments(side_a, side_b, step_a, step_b)
        same_command = True
    else:
        same_command = step_a.command == step_b.command
    if not same_command:
        yield from _of_command(side_a, side_b, step_a, step_b, is_tainted=is_tainted)
    if step_a.checksum != step_b.checksum and None not in (step_a.checksum, step_b.checksum):
        is_of_stage = bool(step_a.uses or step_b.uses)
        if not (is_tainted and is_of_stage):
            yield _of_files(compare_files(), is_of_image=_is_of_image(step_a))


def _is_inexact(a: RequestedStep, b: RequestedStep) -> bool:
    return a.is_exact != b.is_exact


def _of_arguments(
    side_a: BuildSide, side_b: BuildSide, step_a: RequestedStep, step_b: RequestedStep
) -> Iterator[Cause]:
    """Yield the arguments whose values differ between two steps."""
    arguments_a, arguments_b = step_a.arguments, step_b.arguments
    if arguments_a is arguments_b:
        return
    args_a, args_b = side_a.options.build_args, side_b.options.build_args
    for name in sorted(arguments_a.keys() | arguments_b.keys()):
        values = arguments_a.get(name), arguments_b.get(name)
        if values[0] != values[1] and not any(has_placeholder(value or "") for value in values):
            origin = CauseOrigin.REQUEST if args_a.get(name) != args_b.get(name) else CauseOrigin.OWN
            yield Cause(CauseKind.BUILD_ARGUMENT, origin, name, *values)


def _of_used_arguments(
    side_a: BuildSide, side_b: BuildSide, step_a: RequestedStep, step_b: RequestedStep
) -> Iterator[Cause]:
    """Yield those of these causes whose argument the instruction contains."""
    named = set(_VARIABLE_NAME.findall(step_a.text))
    return (cause for cause in _of_arguments(side_a, side_b, step_a, step_b) if cause.name in named)


def _of_command(
    side_a: BuildSide, side_b: BuildSide, step_a: RequestedStep, step_b: RequestedStep, *, is_tainted: bool
) -> Iterator[Cause]:
    """Yield the causes if the same text has different commands: values of variables, or how the builder records it."""
    used = list(_of_used_arguments(side_a, side_b, step_a, step_b))
    if used:
        yield from used
    elif not is_tainted:  # otherwise, a value set by an earlier step may be what differs
        if side_a.builder is not side_b.builder and side_a.builder is not None and side_b.builder is not None:
            yield _of_release(
                side_a, side_b, f"the builder records {_short(step_a.command)} in A and {_short(step_b.command)} in B"
            )
        else:
            yield Cause(CauseKind.UNKNOWN, CauseOrigin.UNKNOWN, "", step_a.command, step_b.command)


def _short(text: str) -> str:
    return repr(text[:120])


def _of_release(side_a: BuildSide, side_b: BuildSide, detail: str = "") -> Cause:
    return Cause(CauseKind.RELEASE, CauseOrigin.SURROUNDINGS, "", side_a.release, side_b.release, detail)


def _is_of_image(step: RequestedStep) -> bool:
    return step.copy is not None and bool(step.copy.from_)


def _of_files(files: FilesDiffer | FilesUnknown, *, is_of_image: bool) -> Cause:
    origin = CauseOrigin.SURROUNDINGS if is_of_image else CauseOrigin.OWN
    if isinstance(files, FilesUnknown):
        return Cause(CauseKind.FILES, origin, why=files.words)
    if files.clients is not None:
        unproven = CONTENT_UNKNOWN if any(Aspect.UNKNOWN in change.aspects for change in files.changes) else ""
        return Cause(CauseKind.CLIENT, CauseOrigin.REQUEST, "", *files.clients, unproven)
    return Cause(CauseKind.FILES, origin, detail=files.words)


def of_bases(side_a: BuildSide, side_b: BuildSide, a: SideStep, b: SideStep) -> Cause | None:
    """Return the cause if two equal ``FROM`` steps have different images; None: they do not, or it is not known."""
    if a.requested.uses or b.requested.uses:
        return None
    base_a, base_b = a.base or side_a.image(a.image), b.base or side_b.image(b.image)
    # If there are triggers, the image after the step is that of the last one.
    id_a, id_b = (step.image or (base.id if base is not None else "") for step, base in ((a, base_a), (b, base_b)))
    if not id_a or not id_b or _is_same_id(id_a, id_b):
        return None
    has_other_ids = side_a.store_kind is not side_b.store_kind  # digests of configs, and of manifests
    if has_other_ids and (base_a is None or base_b is None or _is_same_content(base_a, base_b)):
        return None
    platforms = side_a.options.platform, side_b.options.platform
    if platforms[0] != platforms[1]:
        return Cause(CauseKind.OPTION, CauseOrigin.REQUEST, "--platform", platforms[0] or None, platforms[1] or None)
    detail = _how(base_a, base_b) if base_a is not None and base_b is not None else ""
    name = b.requested.command
    return Cause(CauseKind.BASE, CauseOrigin.SURROUNDINGS, name, short_id(id_a), short_id(id_b), detail)


def _is_same_content(a: Image, b: Image) -> bool:
    return (a.diff_ids, a.history_keys) == (b.diff_ids, b.history_keys)


def _how(a: Image, b: Image) -> str:
    if _is_same_content(a, b):
        triggers = [image.config.config.OnBuild if image.config.config is not None else None for image in (a, b)]
        return (
            f"with the same layers and history{' but different ONBUILD triggers' if triggers[0] != triggers[1] else ''}"
        )
    texts = [[entry.created_by for entry in image.history] for image in (a, b)]
    if a.diff_ids == b.diff_ids:
        return "with the same layers but a different history"
    if texts[0] == texts[1]:
        return "rebuilt from the same instructions but with different layers"
    return "with a different history"


def _is_same_id(a: str, b: str) -> bool:
    """Return whether two ids, either of which may be abbreviated, may be those of the same image."""
    a, b = a.removeprefix("sha256:"), b.removeprefix("sha256:")
    return a.startswith(b) or b.startswith(a) if min(len(a), len(b)) >= _MIN_ID_DIGITS else a == b


def is_image_side(*sides: BuildSide) -> bool:
    """Return whether a side is an image, whose requests are known only from its history."""
    return any(side.kind is SideKind.IMAGE for side in sides)
