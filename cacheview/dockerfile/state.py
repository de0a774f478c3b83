"""The builder's state from one step of a stage to the next.

moby: ``dispatchState`` of ``builder/dockerfile/evaluator.go``. It is created from the base image once, at ``FROM``, and
never read from an image again: a hit changes only the id of the image.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from cacheview.dockerfile.args import BuildArgs
from cacheview.dockerfile.environment import Environment, Variables
from cacheview.dockerfile.expand import Lexer
from cacheview.dockerfile.release import BuilderRelease
from cacheview.model import ContainerConfig, Image

__all__ = ["DEFAULT_PATH", "DEFAULT_SHELL", "StageState", "stage_config"]

DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The value of ``PATH`` in every stage whose base does not set it, including ``FROM scratch``."""

DEFAULT_SHELL: Final = ("/bin/sh", "-c")

# The containerd store reads an image's config through the OCI type, which has only these fields.
_KEPT_FIELDS: Final = (
    "User",
    "ExposedPorts",
    "Env",
    "Cmd",
    "Healthcheck",
    "ArgsEscaped",
    "Volumes",
    "WorkingDir",
    "Entrypoint",
    "OnBuild",
    "Labels",
    "StopSignal",
    "Shell",
)


@dataclass(frozen=True, slots=True)
class StageState:
    """The state of a stage between two steps.

    Attributes:
        config: the run config; its ``Image`` is the id of the current image.
        args: the build arguments in force.
        maintainer: the author of images committed from now on.
        uses_backslashes: whether slashes in the destination of a ``COPY`` or ``ADD`` become backslashes.
        is_cmd_set: whether this stage has had a ``CMD``, which ``ENTRYPOINT`` then keeps.
        shared_environment: the last environment that was read; all states of a stage share it, unless they were
            created by `with_own_environment`.
    """

    config: ContainerConfig
    args: BuildArgs = field(default_factory=BuildArgs)
    maintainer: str = ""
    uses_backslashes: bool = False
    is_cmd_set: bool = False
    shared_environment: Environment = field(default_factory=Environment, compare=False, repr=False)

    @staticmethod
    def begin(base: Image | None, args: BuildArgs, *, containerd: bool) -> StageState:
        """Return the state after ``FROM``. ``base`` is None for scratch.

        A containerd store keeps fewer fields of the config.
        """
        stored = base.config.config if base is not None else None
        config = stage_config(stored, base.id if base is not None else "", containerd=containerd)
        return StageState(config, args, shared_environment=Environment(config.Env or ()))

    @property
    def environment(self) -> Environment:
        """The variables of the environment by name."""
        return self.shared_environment.of(self.config.Env or ())

    @property
    def variables(self) -> Variables:
        """The variables that a word can refer to: the environment hides build arguments of the same names."""
        return Variables(self.args, self.environment)

    def lexer(self, escape: str, release: BuilderRelease) -> Lexer:
        """Return the lexer that expands words here."""
        return Lexer(self.variables, escape, release=release)

    def with_own_environment(self) -> StageState:
        """Return the same state, with a separate environment, for a step that does not belong to the stage."""
        return replace(self, shared_environment=Environment(self.config.Env or ()))

    def on(self, image_id: str) -> StageState:
        """Return the same state on top of another image."""
        return replace(self, config=self.config.model_copy(update={"Image": image_id}))

    def without_triggers(self) -> StageState:
        """Return the same state without the triggers of the base, which have run."""
        return replace(self, config=self.config.model_copy(update={"OnBuild": None}))


def stage_config(stored: ContainerConfig | None, image_id: str, *, containerd: bool) -> ContainerConfig:
    """Return the run config at the beginning of a stage, from the config of the base image; None for scratch."""
    if stored is None:
        config = ContainerConfig()
    elif containerd:
        kept: dict[str, Any] = {name: getattr(stored, name) for name in _KEPT_FIELDS}
        config = ContainerConfig(**kept)
    else:
        config = stored.model_copy(update={"OpenStdin": False, "StdinOnce": False})
    env = config.Env or ()
    if "PATH" not in {entry.partition("=")[0] for entry in env}:
        env = (*env, f"PATH={DEFAULT_PATH}")
    return config.model_copy(update={"Env": env, "Image": image_id})
