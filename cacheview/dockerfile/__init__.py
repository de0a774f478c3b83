"""A Dockerfile instruction turned into the probe that the builder would ask. No Qt."""

from cacheview.dockerfile.args import PREDEFINED_ARGS, BuildArgs
from cacheview.dockerfile.instruction import probe_config
from cacheview.dockerfile.texts import MOBY_71EBFC7, StepTexts

__all__ = [
    "MOBY_71EBFC7",
    "PREDEFINED_ARGS",
    "BuildArgs",
    "StepTexts",
    "probe_config",
]
