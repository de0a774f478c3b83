"""Turns one Dockerfile instruction into the container config that the classic builder looks up in the cache."""

from __future__ import annotations

import difflib

from cacheview.dockerfile.args import BuildArgs
from cacheview.dockerfile.dispatch import copy_config, dispatch
from cacheview.dockerfile.files import checksum_and_destination
from cacheview.dockerfile.instruction_checks import check
from cacheview.dockerfile.parse import INSTRUCTIONS, Instruction, parse_instruction
from cacheview.dockerfile.release import NEWEST_RELEASE, BuilderRelease
from cacheview.dockerfile.state import StageState
from cacheview.model import ContainerConfig, DataError, Image

__all__ = ["probe_config"]

_NO_ARGS = BuildArgs()


def probe_config(
    instruction: str,
    parent: Image | None,
    *,
    args: BuildArgs = _NO_ARGS,
    release: BuilderRelease = NEWEST_RELEASE,
    containerd: bool = True,
) -> ContainerConfig:
    """Return the container config that the builder would look up for an instruction on top of an image.

    Args:
        instruction: one Dockerfile instruction, which may span several lines. For ``COPY`` and ``ADD``, the checksum of
            the files replaces the sources, as in image history.
        parent: the image that the step builds on; its config contains the environment, the shell and so on. None
            means scratch.
        args: build arguments in force; they are expanded, and affect ``RUN``.
        release: the builder.
        containerd: whether it builds in a containerd store.

    Raises:
        DataError: the builder would refuse the instruction or never look it up, or the line alone does not show what it
            would look up; the message says what to do.
    """
    parsed = parse_instruction(instruction, release)
    try:
        if parsed.name not in INSTRUCTIONS or parsed.name == "FROM":
            raise DataError(_why_not(parsed.name))
        if parent is not None and (parent.config.os or "linux").lower() != "linux":
            raise DataError(
                f"Docker on Linux cannot build on the parent, which is an image for {parent.config.os[:40]}; choose "
                "another parent"
            )
        check(parsed, release)
        return _config(parsed, StageState.begin(parent, args, containerd=containerd), release)
    except DataError as error:
        raise error.at(parsed.name[:40]) from None


def _config(parsed: Instruction, state: StageState, release: BuilderRelease) -> ContainerConfig:
    if parsed.name not in ("ADD", "COPY"):
        return dispatch(parsed, state, release).probe
    checksum, destination = checksum_and_destination(parsed, state.lexer(parsed.escape, release))
    return copy_config(parsed, state, release, checksum, destination)


def _why_not(name: str) -> str:
    if name == "FROM":
        return "the builder never looks up FROM in the cache; choose the image as the parent instead"
    near = difflib.get_close_matches(name, INSTRUCTIONS, n=1)
    return "no such instruction" + (
        f"; did you mean {near[0]}?" if near else f"; the instructions are {', '.join(sorted(INSTRUCTIONS))}"
    )
