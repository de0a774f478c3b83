"""The platforms of images that a builder's platform accepts, in every Docker release."""

from __future__ import annotations

from cacheview.platforms.library import Library
from cacheview.platforms.matcher import Matcher
from cacheview.platforms.normal import HOST
from cacheview.platforms.parse import parse_specifier
from cacheview.platforms.rule import PlatformKey, PlatformRule
from cacheview.platforms.step import PlatformCheck, PlatformStep

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
