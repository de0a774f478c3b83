"""The values of ``RUN --mount`` and ``RUN --device``. The classic builder refuses both, but with different messages.

The rules are those of BuildKit's ``frontend/dockerfile/instructions/commands_runmount.go`` and
``commands_rundevice.go``. A mount is checked before the first step, and again at its step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from cacheview.dockerfile.gotext import lower, quote
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import BuilderRelease
from cacheview.dockerfile.suggest import suggestion

__all__ = ["check_devices", "check_mounts"]

_MOUNT_TYPES: Final = ("bind", "cache", "secret", "ssh", "tmpfs")
_SHARING_MODES: Final = ("locked", "private", "shared")
_KEYS: Final = (
    *("type", "from", "source", "target", "readonly", "id", "sharing", "required", "mode", "uid", "gid", "src", "dst"),
    *("ro", "rw", "readwrite"),
)
_LATER_KEYS: Final = (*_KEYS, "size", "destination", "env")
_TRUE: Final = ("1", "t", "T", "TRUE", "true", "True")
_FALSE: Final = ("0", "f", "F", "FALSE", "false", "False")
_SIZE: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)? ?([kKmMgGtTpP])?([iI])?([bB])?")


def check_mounts(values: Iterable[str], release: BuilderRelease, expand: Callable[[str], str] | None = None) -> None:
    """Check the values of ``--mount``.

    Args:
        values: in order.
        release: the builder.
        expand: resolves variables at the step; None before the first step, when a release that resolves them checks
            little.

    Raises:
        BuildRefusedError: one is not a mount.
    """
    for value in values:
        _check_mount(value, release, expand)


@dataclass(slots=True)
class _Mount:
    """The known parts of a mount."""

    kind: str = "bind"
    from_: str = ""
    source: str = ""
    target: str = ""
    cache_id: str = ""
    sharing: str = ""
    limits: tuple[str, ...] = ()


def _check_mount(text: str, release: BuilderRelease, expand: Callable[[str], str] | None) -> None:
    mount = _Mount()
    early = expand is None and release.checks_mounts_at_dispatch
    for part in _fields(text, "mounts"):
        key, equals, value = part.partition("=")
        key = lower(key)
        if not equals:
            if early or key in ("readonly", "ro", "readwrite", "rw"):
                continue
            if key != "required":
                raise _no_pair(part)
            if mount.kind not in ("secret", "ssh"):
                raise _unexpected(key, mount)
            continue
        if expand is not None:
            value = expand(value)
        elif early:
            if key == "from" and re.search(r"\$.", value):
                message = f"'{key}' doesn't support variable expansion, define alias stage instead"
                raise BuildRefusedError(
                    "the from option does not accept variables; specify the name of a stage", message=message
                )
            continue
        _set_option(mount, part, key, value, release)
    if not early:
        _check_combination(mount)


def _set_option(mount: _Mount, part: str, key: str, value: str, release: BuilderRelease) -> None:
    if key == "type":
        if lower(value) not in _MOUNT_TYPES:
            near = suggestion(value, _MOUNT_TYPES) if release.suggests_mount_types else ""
            raise BuildRefusedError(
                f"{value[:40]!r} is not a mount type{near}", message=f"unsupported mount type {quote(value)}{near}"
            )
        mount.kind = lower(value)
    elif key == "from":
        mount.from_ = value
    elif key in ("source", "src"):
        mount.source = value
    elif key in ("target", "dst", "destination"):
        mount.target = value
    elif key in ("readonly", "ro", "readwrite", "rw"):
        _check_bool(key, value)
    elif key == "required":
        if mount.kind not in ("secret", "ssh"):
            raise _unexpected(key, mount)
        _check_bool(key, value)
    elif key == "size" and release.knows_mount_size:
        if mount.kind != "tmpfs":
            raise _unexpected(key, mount)
        if _SIZE.fullmatch(value) is None or value.startswith("-"):
            raise _invalid(key, value)
    elif key == "id":
        mount.cache_id = value
    elif key == "sharing":
        if lower(value) not in _SHARING_MODES:
            near = suggestion(value, _SHARING_MODES) if release.suggests_sharing_modes else ""
            raise BuildRefusedError(
                f"{value[:40]!r} is not a sharing mode{near}", message=f"unsupported sharing value {quote(value)}{near}"
            )
        mount.sharing = lower(value)
    elif key in ("mode", "uid", "gid"):
        base = 8 if key == "mode" else 10
        digits = "[0-7]+" if base == 8 else "[0-9]+"
        if re.fullmatch(digits, value) is None or int(value[:100], base) >= 1 << 32:
            raise BuildRefusedError(f"{value[:40]!r} is not a valid {key}", message=f"invalid value {value} for {key}")
        mount.limits += (key,)
    elif key != "env" or not release.knows_mount_env:
        near = (
            suggestion(key, _LATER_KEYS if release.knows_mount_env else _KEYS) if release.suggests_mount_types else ""
        )
        raise BuildRefusedError(
            f"{key[:40]!r} is not a mount option{near}", message=f"unexpected key '{key}' in '{part}'{near}"
        )


def _check_combination(mount: _Mount) -> None:
    if mount.kind not in ("secret", "ssh", "cache"):
        for key in ("mode", "uid", "gid"):
            if key in mount.limits:
                message = f'{key} not allowed for "{mount.kind}" type mounts'
                raise BuildRefusedError(f"a mount of type {mount.kind} does not support {key}", message=message)
    if mount.kind == "secret":
        if mount.from_:
            raise _refused("secret mount should not have a from")
        if mount.sharing:
            raise _refused("secret mount should not define sharing")
        if not mount.source and not mount.target and not mount.cache_id:
            raise _refused("invalid secret mount. one of source, target required")
        if mount.source and mount.cache_id:
            raise _refused("both source and id can't be set")
    if mount.sharing and mount.kind != "cache":
        raise _refused(f"invalid cache sharing set for {mount.kind} mount")


def check_devices(values: Iterable[str]) -> None:
    """Check the values of ``--device``.

    Raises:
        BuildRefusedError: one is not a device.
    """
    for text in values:
        name = ""
        for part in _fields(text, "devices"):
            key, equals, value = part.partition("=")
            key = lower(key)
            if key == "name" and equals:
                if name:
                    raise _refused(f"device name already set to {name}")
                name = value
            elif key == "required":
                if equals:
                    _check_bool(key, value)
            elif not name:
                name = part
            elif not equals:
                raise _no_pair(part)
            else:
                near = suggestion(key, ("name", "required"))
                raise _refused(f"unexpected key '{key}' in '{part}'{near}")


def _refused(message: str) -> BuildRefusedError:
    return BuildRefusedError(message, message=message)


def _no_pair(part: str) -> BuildRefusedError:
    return BuildRefusedError(f"{part[:40]!r} has no value", message=f"invalid field '{part}' must be a key=value pair")


def _unexpected(key: str, mount: _Mount) -> BuildRefusedError:
    return _refused(f"unexpected key '{key}' for mount type '{mount.kind}'")


def _invalid(key: str, value: str) -> BuildRefusedError:
    return BuildRefusedError(
        f"{value[:40]!r} is not a valid value for {key}", message=f"invalid value for {key}: {value}"
    )


def _check_bool(key: str, value: str) -> None:
    if value not in _TRUE and value not in _FALSE:
        raise _invalid(key, value)


def _fields(value: str, what: str) -> list[str]:
    """Return the fields of a line of CSV, like ``go-csvvalue``."""
    value = re.sub(r"\r?\n\Z", "", value)
    if not value:
        raise _no_csv(what, "EOF")
    fields: list[str] = []
    at = 0
    while True:
        if value[at : at + 1] != '"':
            end = value.find(",", at)
            end = len(value) if end < 0 else end
            mark = value.find('"', at, end)
            if mark >= 0:
                raise _no_csv(what, _place(value, mark, 'bare " in non-quoted-field'))
            fields.append(value[at:end])
        else:
            field, end = _quoted_field(value, at + 1, what)
            fields.append(field)
        if end >= len(value):
            return fields
        at = end + 1


def _quoted_field(value: str, at: int, what: str) -> tuple[str, int]:
    """Return the rest of a field in quotes, and the index of its end."""
    pieces: list[str] = []
    while True:
        end = value.find('"', at)
        if end < 0:
            raise _no_csv(what, _place(value, at, 'extraneous or missing " in quoted-field'))
        pieces.append(value[at:end])
        following = value[end + 1 : end + 2]
        if following in ("", ","):
            return "".join(pieces), end + 1
        if following != '"':
            raise _no_csv(what, _place(value, end, 'extraneous or missing " in quoted-field'))
        pieces.append('"')
        at = end + 2


def _place(value: str, at: int, problem: str) -> str:
    column = len(value[:at].encode(errors="surrogateescape")) + 1
    return f"parse error on line 1, column {column}: {problem}"


def _no_csv(what: str, problem: str) -> BuildRefusedError:
    message = f"failed to parse csv {what}: {problem}"
    return BuildRefusedError("it is not valid CSV; check its commas and quotes", message=message)
