"""Turns Dockerfile instructions into the probes that the builder would look up. No Qt."""

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
