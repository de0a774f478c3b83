"""A Dockerfile instruction turned into the probe that the builder would ask. No Qt."""

from cacheview.dockerfile.args import PREDEFINED_ARGS, BuildArgs
from cacheview.dockerfile.instruction import probe_config
from cacheview.dockerfile.release import MOBY_71EBFC7, BuilderRelease

__all__ = [
    "MOBY_71EBFC7",
    "PREDEFINED_ARGS",
    "BuildArgs",
    "BuilderRelease",
    "probe_config",
]
