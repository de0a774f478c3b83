"""Refusals during a replay, with the line of the Dockerfile and the daemon's message."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from cacheview.dockerfile.dispatch import DispatchResult, dispatch
from cacheview.dockerfile.gotext import quote
from cacheview.dockerfile.parse import Instruction
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.state import StageState
from cacheview.engine.hazards.misses import of_divergence
from cacheview.engine.verdict import Verdict, VerdictOutcome
from cacheview.model import DataError, Platform, SpecifierError
from cacheview.platforms import parse_specifier
from cacheview.replay.new_images import reported_message

__all__ = ["cache_refusal", "dispatch_step", "parsed_platform", "refusing"]

T = TypeVar("T")


def parsed_platform(text: str, daemon: Platform, release: BuilderRelease, message: str = "") -> Platform:
    """Return the platform that a ``--platform`` names.

    ``message``: the daemon's message around its reason, with ``{}`` for the text.
    """
    versioned = re.match(r"([A-Za-z0-9_-]+)\(([A-Za-z0-9_.-]*)\)(?=/|$)", text) if release.platform_os_pattern else None
    try:
        if versioned is not None:
            platform = parse_specifier(versioned[1] + text[versioned.end() :], daemon)
            return platform.model_copy(update={"os_version": versioned[2]})
        return parse_specifier(text, daemon)
    except SpecifierError as error:
        words = _bad_part(text, release) or error.message
        raise BuildRefusedError(error.what, message=f"{message.format(text)}{words}: invalid argument") from None


def _bad_part(text: str, release: BuilderRelease) -> str:
    """Return the daemon's message about the first invalid part; empty if all parts are valid."""
    if "*" in text:
        return f"{quote(text)}: wildcards not yet supported"
    for number, part in enumerate(text.split("/")):
        is_os = number == 0 and bool(release.platform_os_pattern)
        pattern = release.platform_os_pattern if is_os else release.platform_part_pattern
        if not re.fullmatch(pattern.removeprefix("^").removesuffix("$"), part, re.ASCII):
            kind, named = ("OS component", "OSAndVersion") if is_os else ("component", "platform")
            words = f"{quote(part)} is an invalid {kind} of {quote(text)}"
            return f"{words}: {named} specifier component must match {quote(pattern)}"
    return ""


def dispatch_step(instruction: Instruction, state: StageState, release: BuilderRelease) -> DispatchResult:
    """Dispatch a step. Raises `BuildRefusedError`, with the line of the instruction."""
    try:
        return dispatch(instruction, state, release)
    except BuildRefusedError as refusal:
        raise refusal.on_line(instruction.start_line) from None
    except DataError as error:
        raise BuildRefusedError(error.what, line=instruction.start_line) from None


def cache_refusal(verdict: Verdict, line: int) -> BuildRefusedError:
    """Return the error of a verdict that ends the build: an error, a panic, or a lookup that never returns."""
    unanswered = next(of_divergence(verdict), None)
    if unanswered is not None:
        return BuildRefusedError(f"{unanswered.sentence} {unanswered.advice}", line=line, by="nobody")
    message = reported_message(verdict.error)
    what = "the daemon panics" if verdict.outcome is VerdictOutcome.PANIC else "the cache returns an error"
    return BuildRefusedError(f"{what}: {message}", message=message, line=line)


def refusing(read: Callable[[], T], message: str = "{}") -> T:
    """Return the result of ``read``. A refusal gets ``message``, with ``{}`` for the reason."""
    try:
        return read()
    except BuildRefusedError as refusal:
        full_message = message.format(refusal.message)
        raise BuildRefusedError(
            refusal.what, message=full_message, line=refusal.line, by=refusal.by, names_line=refusal.names_line
        ) from None
    except DataError as error:
        raise BuildRefusedError(error.what, message=message.format(error.what)) from None
