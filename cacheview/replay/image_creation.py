"""The daemon's checks when a step is not a hit and its image has to be created.

Source: moby ``performCopy`` and ``parseChownFlag`` in ``builder/dockerfile``; ``daemon/container.go`` and
``mergeAndVerifyConfig`` in ``daemon/create.go``.
"""

from __future__ import annotations

from contextlib import suppress

from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.dispatch import CopySources, DispatchResult
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import ContainerConfig
from cacheview.replay.finished_stages import FinishedStages
from cacheview.replay.new_images import has_unknown_layer, reported_id, stored_config
from cacheview.replay.result import Step

__all__ = ["check_creation"]


def check_creation(
    build: FinishedStages, step: Step, dispatched: DispatchResult, config: ContainerConfig, base: str
) -> None:
    """Raise `BuildRefusedError` if the daemon cannot create the image of a step on the image ``base``."""
    if dispatched.copy is not None:
        _check_copy(build, step, dispatched.copy, base)
        return
    if config.WorkingDir and not config.WorkingDir.startswith("/"):  # that of the base: WORKDIR makes it absolute
        message = f"the working directory '{config.WorkingDir}' is invalid, it needs to be an absolute path"
        raise BuildRefusedError(message, message=message, line=step.line)
    if "" in dispatched.after.environment:
        nameless = next(entry for entry in config.Env or () if not entry.partition("=")[0])
        message = f"invalid environment variable: {nameless}"
        raise BuildRefusedError(f"a variable has no name: {nameless[:80]!r}", message=message, line=step.line)
    stored = stored_config(build.find(base))
    if not config.Cmd and not config.Entrypoint and not (stored and (stored.Cmd or stored.Entrypoint)):
        raise BuildRefusedError("there is nothing to run", message=build.release.no_command_message, line=step.line)


def _check_copy(build: FinishedStages, step: Step, copy: CopySources, base: str) -> None:
    build.mount(base, build.platform, f'failed to get destination image "{reported_id(base)}": {{}}')
    if copy.owner.count(":") > 1:
        message = f"invalid chown string format: {copy.owner}"
        what = "specify the owner as USER or USER:GROUP"
        message = f"unable to convert uid/gid chown string to host mapping: {message}"
        raise BuildRefusedError(what, message=message, line=step.line)
    if copy.owner and not has_unknown_layer(build.find(base)):
        with suppress(UnknownError):  # the step misses anyway; whether the daemon can create it is not known
            build.image_files.check_owner(build.image(base), copy.owner)
