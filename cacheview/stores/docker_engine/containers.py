"""The containers of an engine, which keep images from being removed. They are requested only when that matters."""

from __future__ import annotations

import re
from typing import Final

from cacheview.model import Container, DataError, decode
from cacheview.stores.docker_engine.client import KNOWN_API, EngineClient, version_key
from cacheview.stores.docker_engine.contexts import find_endpoint
from cacheview.stores.docker_engine.documents import ContainerDocument, ContainerListDocument
from cacheview.stores.docker_engine.engine import read_version
from cacheview.stores.docker_engine.errors import NoAnswerError, RefusedRequestError

__all__ = ["ask_containers"]

_MAX_LIST_BYTES: Final = 64 << 20
_MAX_CONTAINER_BYTES: Final = 1 << 20
_MAX_CONTAINERS: Final = 10_000
_ID: Final = re.compile("[0-9a-f]{64}")
_RUNNING: Final = frozenset(("running", "paused", "restarting"))


def ask_containers(target: str, *, by_name: bool) -> tuple[Container, ...]:
    """Return all containers of an engine. Raises `DataError` if the engine does not list them.

    Args:
        target: the part of a location after ``engine:``.
        by_name: whether to find the image name that each container was created from, which the list does not always
            report.
    """
    with EngineClient(find_endpoint(target)) as client:
        newest = read_version(client).ApiVersion
        try:
            version = f"1.{min(version_key(newest), version_key(KNOWN_API))}"
        except ValueError as error:
            raise NoAnswerError(f"does not report its API version: {error}", where=client.where) from error
        return _list(client, version, by_name=by_name)


def _list(client: EngineClient, version: str, *, by_name: bool) -> tuple[Container, ...]:
    content = client.get(f"/v{version}/containers/json", {"all": "1"}, limit=_MAX_LIST_BYTES)
    entries = decode(ContainerListDocument, content).root
    if len(entries) > _MAX_CONTAINERS:
        raise DataError(f"there are more than {_MAX_CONTAINERS:,} containers", where=client.where)
    results = []
    for each in entries:
        if not _ID.fullmatch(each.Id):
            raise DataError(
                f"a container has no valid ID: {each.Id[:100]!r}. Is Docker Engine listening there?", where=client.where
            )
        image = each.Image
        if by_name:
            try:
                one = client.get(f"/v{version}/containers/{each.Id}/json", limit=_MAX_CONTAINER_BYTES)
            except RefusedRequestError as error:
                if error.status == 404:
                    continue  # it was removed in the meantime
                raise
            config = decode(ContainerDocument, one).Config
            image = config.Image if config is not None else image
        results.append(Container(each.Id, each.ImageID, image, each.State in _RUNNING))
    return tuple(results)
