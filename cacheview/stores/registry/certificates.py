"""The certificates that Docker trusts for a registry, and those it presents: the ``certs.d`` folders.

As in moby's ``loadTLSConfig`` (``registry/registry.go``): every ``.crt`` is trusted in addition to the system's
certificates, and every ``.cert`` with the ``.key`` of the same name is presented to the registry. Docker Hub has no
folder.
"""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path
from typing import Final

from cacheview.model import DataError, Problem
from cacheview.stores.files import open_regular, refusal

__all__ = ["certificate_folder", "tls_context"]

_SYSTEM_FOLDER: Final = "/etc/docker/certs.d"
_MAX_FILES: Final = 100
_MAX_FILE_BYTES: Final = 1024 * 1024


def certificate_folder(domain: str) -> Path | None:
    """Return the folder of a registry; None if there is none. A rootless engine's is among the user's own files."""
    if sys.platform == "win32":
        parents = [Path(os.environ.get("PROGRAMDATA", "C:\\ProgramData"), "docker", "certs.d")]
        domain = domain.replace(":", "")
    else:
        own = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
        parents = [Path(_SYSTEM_FOLDER), Path(own, "docker", "certs.d")]
    return next((parent / domain for parent in parents if os.path.isdir(parent / domain)), None)


def tls_context(folder: Path | None) -> tuple[ssl.SSLContext, tuple[Problem, ...]]:
    """Return a TLS context that checks every certificate, and the problems with files of the folder."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    problems: list[Problem] = []
    for path in _files(folder, problems):
        try:
            if path.suffix == ".crt":
                context.load_verify_locations(cadata=_text(path))
            elif path.suffix == ".cert":
                key = path.with_suffix(".key")
                _text(key)  # otherwise the certificate would seem to be wrong
                # The terminal must not prompt for the password of a key.
                context.load_cert_chain(path, key, password=lambda: "")
        except DataError as error:
            problems.append(Problem(str(path), f"is not used: {error}"))
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            problems.append(Problem(str(path), f"is not used: {error}"))
    return context, tuple(problems)


def _files(folder: Path | None, problems: list[Problem]) -> list[Path]:
    if folder is None:
        return []
    try:
        return sorted(folder / name for name in os.listdir(folder))[:_MAX_FILES]
    except OSError as error:
        problems.append(Problem(str(folder), str(refusal(error, ""))))
        return []


def _text(path: Path) -> str:
    with open_regular(path, "") as file:
        content = file.read(_MAX_FILE_BYTES + 1) or b""
    if len(content) > _MAX_FILE_BYTES:
        raise DataError(f"it is larger than {_MAX_FILE_BYTES:,} bytes, the limit for a certificate")
    return content.decode("ascii", "replace")
