"""Explains in one line why Qt cannot start. Imports no Qt."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["explain_import_error", "explain_no_plugin", "missing_display"]

_PACKAGES: Final = {
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libOpenGL.so.0": ("libopengl0", "libglvnd-opengl"),
    "libGLX.so.0": ("libglx0", "libglvnd-glx"),
    "libxkbcommon.so.0": ("libxkbcommon0", "libxkbcommon"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libfreetype.so.6": ("libfreetype6", "freetype"),
    "libglib-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libgthread-2.0.so.0": ("libglib2.0-0", "glib2"),
    "libX11.so.6": ("libx11-6", "libX11"),
    "libX11-xcb.so.1": ("libx11-xcb1", "libX11-xcb"),
    "libxcb.so.1": ("libxcb1", "libxcb"),
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxcb-randr.so.0": ("libxcb-randr0", "libxcb"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-shm.so.0": ("libxcb-shm0", "libxcb"),
    "libxcb-sync.so.1": ("libxcb-sync1", "libxcb"),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0", "libxcb"),
    "libxcb-render.so.0": ("libxcb-render0", "libxcb"),
    "libwayland-client.so.0": ("libwayland-client0", "libwayland-client"),
    "libwayland-cursor.so.0": ("libwayland-cursor0", "libwayland-cursor"),
    "libwayland-egl.so.1": ("libwayland-egl1", "libwayland-egl"),
}
"""The system libraries that Qt loads, with their packages in Debian and Ubuntu, and in Fedora."""

_LIBRARY: Final = re.compile(r"(?P<name>lib[\w.+-]+\.so(?:\.[0-9]+)*)")
_WITHOUT_DISPLAY: Final = (
    "use `cacheview explain` or `cacheview check`, or `cacheview STORE --screenshot FILE` to save the window as a PNG"
)


def missing_display(environment: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return why there is no display, and what to do; empty if the environment shows one."""
    if not platform.startswith(("linux", "freebsd", "openbsd", "netbsd")):
        return ""
    if any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return ""
    return (
        "no display: neither DISPLAY nor WAYLAND_DISPLAY is set, so no window can be opened. Set one of them "
        f"(for example, with `ssh -X`), or set QT_QPA_PLATFORM to use a different Qt platform. Without a display, "
        f"{_WITHOUT_DISPLAY}"
    )


def explain_import_error(error: ImportError) -> str:
    """Return the system libraries that Qt lacks, and what to install."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in ("PySide6", "shiboken6"):
        return "PySide6, which draws the window, is not installed. Run `pip install PySide6-Essentials`"
    match = _LIBRARY.search(str(error))
    if match is None:
        return f"Qt cannot be loaded: {error}. `pip install --force-reinstall PySide6-Essentials` may help"
    return _missing(match["name"])


def explain_no_plugin(plugins: Path, environment: Mapping[str, str], entry: str) -> str:
    """Return why Qt cannot connect to the display.

    Args:
        plugins: the folder of Qt's platform plugins.
        entry: Qt's message.
    """
    plugin_name = environment.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if not plugin_name:
        plugin_name = "xcb" if environment.get("DISPLAY") else "wayland"
    plugin = plugins / f"libq{plugin_name}.so"
    if not plugin.exists():
        results = sorted(path.name.removeprefix("libq").removesuffix(".so") for path in plugins.glob("libq*.so"))
        return f"Qt has no platform plugin {plugin_name!r}. Set QT_QPA_PLATFORM to one of: {', '.join(results)}"
    import ctypes  # not needed for a successful start

    try:
        ctypes.CDLL(os.fspath(plugin))
    except OSError as error:
        match = _LIBRARY.search(str(error))
        if match is not None and match["name"] != plugin.name:
            return _missing(match["name"])
    display = environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY") or "no display"
    entry = " ".join(entry.split())[:200]
    return (
        f"the display {display!r} cannot be used ({entry}). Check that it exists. Without a display, {_WITHOUT_DISPLAY}"
    )


def _missing(library: str) -> str:
    packages = _PACKAGES.get(library)
    if packages is None:
        return f"Qt needs the system library {library}, which is missing. Install the package that provides it"
    debian, fedora = packages
    return (
        f"Qt needs the system library {library}, which is missing. Run `apt install {debian}` (Debian, Ubuntu) "
        f"or `dnf install {fedora}` (Fedora)"
    )
