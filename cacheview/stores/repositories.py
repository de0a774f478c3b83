"""Reads ``repositories.json`` in Docker's data root, which records the names of images."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import Field

from cacheview.model import DataError, Problem
from cacheview.model.base import Model
from cacheview.model.effort import paced
from cacheview.stores.budget import Budget
from cacheview.stores.names import full_name
from cacheview.stores.problems import Problems

__all__ = ["REPOSITORIES", "read_repositories"]

REPOSITORIES = "repositories.json"

_ID = re.compile("sha256:[a-f0-9]{64}")


class _Repositories(Model):
    """For each repository, its references and the ids they point to, all in the short form (``shop/web:1.0``)."""

    repositories: dict[str, dict[str, str]] | None = Field(None, alias="Repositories")


def read_repositories(content: bytes, budget: Budget) -> tuple[Mapping[str, Sequence[str]], Problems]:
    """Return the full names of each image id, and the problems with the file.

    The format is that of ``reference/store.go`` in moby 28.5.2. A pulled image has a name by digest as well as one by
    tag.

    Raises:
        DataError: the content is not such a document. Docker does not start with it either.
    """
    names: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    problems = Problems()
    for references in (budget.decode(_Repositories, content).repositories or {}).values():
        for reference, image_id in paced(references.items()):
            try:
                name = full_name(reference)
                if not _ID.fullmatch(image_id):
                    raise DataError(f"it does not map to an image ID: {image_id[:100]!r}")
                if owners.setdefault(name, image_id) != image_id:
                    raise DataError(f"{name} occurs more than once; the first entry is used")
            except DataError as error:
                problems.append(Problem(f"{REPOSITORIES}, {reference[:200]!r}", f"the name is ignored: {error}"))
                continue
            names.setdefault(image_id, []).append(name)
    return names, problems
