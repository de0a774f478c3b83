"""The parts of a step that a user can write, unlike checksums of files and ids of earlier steps."""

from __future__ import annotations

import re
from typing import Final

from cacheview.engine.check import Check
from cacheview.engine.history import created_by
from cacheview.model import SCRATCH, ContainerConfig, ImageStore, Probe

__all__ = ["BUILD_ARGUMENTS", "argument_of", "checksum_in", "is_same_but_for_files", "is_writable"]

_STEP_OF_FILES: Final = re.compile(
    r"(?:^|#\(nop\) +)(?:COPY|ADD) (?:--chown=\S*? ?)?(?P<sum>(?:(?:file|dir|multi):)?[0-9a-f]{64}) in "
)
"""A command as moby's builder/dockerfile/internals.go writes it. The checksum of an ``ADD`` download has no kind."""
BUILD_ARGUMENTS: Final = re.compile(r"\|([0-9]{1,9})")
"""The first word of the command of a ``RUN`` with build arguments. This many words for them follow."""
_NOP: Final = "#(nop) "


def checksum_in(command: str) -> str:
    """Return the checksum of the files in the command of a ``COPY`` or ``ADD``; empty: it is another step."""
    match = _STEP_OF_FILES.search(command)
    return match["sum"] if match is not None else ""


def is_same_but_for_files(probe_value: object, image_value: object) -> bool:
    """Return whether two commands are the same step with different files."""
    if not isinstance(probe_value, str) or not isinstance(image_value, str) or probe_value == image_value:
        return False
    of_probe, of_image = _STEP_OF_FILES.search(probe_value), _STEP_OF_FILES.search(image_value)
    if of_probe is None or of_image is None:
        return False
    return _around(of_probe) == _around(of_image)


def _around(checksum: re.Match[str]) -> tuple[str, str]:
    """Return the parts of a command before and after its checksum."""
    return checksum.string[: checksum.start("sum")], checksum.string[checksum.end("sum") :]


def _is_nameable(parent: str, config: ContainerConfig, store: ImageStore) -> bool:
    """Return whether a ``FROM`` can name a parent for a step: an image with a name, or scratch if nothing runs."""
    if parent == SCRATCH:
        return not _is_run(config)
    image = store.by_id.get(parent)
    return image is not None and bool(image.names)


def is_writable(before: Probe, after: Probe, store: ImageStore) -> bool:
    """Return whether a user can turn one probe into another with a Dockerfile or on the command line."""
    if after.parent != before.parent and not _is_nameable(after.parent, after.config, store):
        return False
    if before.config.Cmd and not after.config.Cmd:
        return False  # every instruction has a command, even if it only records the instruction
    return checksum_in(created_by(after.config)) in ("", checksum_in(created_by(before.config)))


def _is_run(config: ContainerConfig) -> bool:
    """Return whether the command is one that runs, rather than the record of another instruction."""
    return bool(config.Cmd) and _NOP not in created_by(config)


def argument_of(check: Check, config: ContainerConfig) -> str:
    """Return the name of the build argument whose values a check compares; empty: it compares something else.

    ``config`` is that of the probe.
    """
    words = config.Cmd or ()
    marker = BUILD_ARGUMENTS.fullmatch(words[0]) if words else None
    match check.path:
        case ("Cmd", int(index)) if marker is not None and 1 <= index <= int(marker[1]):
            name, is_argument, _ = str(check.probe).partition("=")
            return name if is_argument and str(check.image).startswith(f"{name}=") else ""
    return ""
