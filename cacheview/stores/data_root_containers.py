"""The containers of a data root: ``containers/ID/config.v2.json``, as ``container/container.go`` of moby writes it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from cacheview.model import Container, DataError
from cacheview.stores.budget import Budget, LimitError
from cacheview.stores.driver_files import DriverFiles
from cacheview.stores.files import refusal
from cacheview.stores.limits import DEFAULT_LIMITS

__all__ = ["data_root_containers"]

_ID: Final = re.compile("[0-9a-f]{64}")
_MAX_CONTAINERS: Final = 10_000
_MAX_CONFIG_BYTES: Final = 1 << 20


class _EngineFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _ContainerImage(_EngineFile):
    Image: str = ""


class _State(_EngineFile):
    Running: bool = False


class _ContainerFile(_EngineFile):
    """The content of ``config.v2.json``. ``Image``: the image id; ``Driver``: the driver of that image."""

    Image: str = ""
    Driver: str = ""
    Config: _ContainerImage | None = None
    State: _State | None = None


def data_root_containers(folder: Path) -> tuple[Container, ...]:
    """Return the containers of one driver in a data root.

    Args:
        folder: ``image/<driver>`` of the data root.

    Raises:
        DataError: the containers cannot be read, or there are more than any engine has.
    """
    budget = Budget(DEFAULT_LIMITS)
    files = DriverFiles(folder.parent.parent, budget)
    try:
        if not files.has_folder("containers"):
            raise DataError("there is no containers folder", where=str(files.folder))
        ids = sorted(name for name in os.listdir(files.path("containers")) if _ID.fullmatch(name))
        if len(ids) > _MAX_CONTAINERS:
            raise DataError(f"there are more than {_MAX_CONTAINERS:,} containers", where=files.path("containers"))
        results = []
        for container_id in ids:
            content = files.read(f"containers/{container_id}/config.v2.json", _MAX_CONFIG_BYTES)
            if content is None:
                continue  # it is being created or removed
            document = budget.decode(_ContainerFile, content, where=f"container {container_id[:12]}")
            if document.Driver == folder.name:
                image = document.Config.Image if document.Config is not None else ""
                is_running = document.State is not None and document.State.Running
                results.append(Container(container_id, document.Image, image, is_running))
    except LimitError as error:
        raise DataError(str(error), where=str(files.folder)) from error
    except OSError as error:
        raise refusal(error, str(error.filename or files.folder)) from error
    return tuple(results)
