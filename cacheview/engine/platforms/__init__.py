"""Platforms: which images a builder's platform takes, in every Docker release. Exact, pure, remembered."""

from __future__ import annotations

from cacheview.engine.platforms.library import Library
from cacheview.engine.platforms.matcher import Matcher
from cacheview.engine.platforms.normal import HOST
from cacheview.engine.platforms.parse import parse_specifier
from cacheview.engine.platforms.rule import PlatformKey, PlatformRule
from cacheview.engine.platforms.step import PlatformCheck, PlatformStep

__all__ = [
    "HOST",
    "Library",
    "Matcher",
    "PlatformCheck",
    "PlatformKey",
    "PlatformRule",
    "PlatformStep",
    "parse_specifier",
]
