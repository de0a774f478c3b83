"""Long loops check for Cancel within a document, an instruction or an image, not only between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cacheview.dockerfile.dispatch import dispatch
from cacheview.dockerfile.document import parse
from cacheview.dockerfile.release import builder_release
from cacheview.dockerfile.state import StageState
from cacheview.model import ContainerConfig, Image, ImageConfig
from cacheview.model.effort import Effort
from cacheview.replay.compose.document import read_document
from cacheview.stores.budget import Budget
from cacheview.stores.containerd.groups import grouped
from cacheview.stores.containerd.records import ImageRecord
from cacheview.stores.limits import DEFAULT_LIMITS
from cacheview.stores.redact import Redaction
from cacheview.stores.repositories import read_repositories

COUNT = 5000
RELEASE = builder_release("29.6.0")
VARIABLES = "FROM scratch\nENV " + " \\\n".join(f"A{number}=x" for number in range(COUNT)) + "\n"


def read_compose_file(folder: Path) -> None:
    path = folder / "compose.yaml"
    path.write_text("services:\n a:\n  environment:\n" + "".join(f"   A{number}: b\n" for number in range(COUNT)))
    read_document(path)


def read_one_instruction(_: Path) -> None:
    parse(VARIABLES.encode(), RELEASE)


def take_one_instruction(_: Path) -> None:
    instruction = parse(VARIABLES.encode(), RELEASE).instructions[1]
    dispatch(instruction, StageState(ContainerConfig()), RELEASE)


def read_names(_: Path) -> None:
    names = {f"A{number}": "x" for number in range(COUNT)}
    read_repositories(json.dumps({"Repositories": {"a": names}}).encode(), Budget())


def put_records_together(_: Path) -> None:
    grouped((ImageRecord(f"a:{number}", "sha256:" + "a" * 64) for number in range(COUNT)), DEFAULT_LIMITS)


def redact_one_image(_: Path) -> None:
    values = ContainerConfig(Env=tuple(f"A{number}=secret-{number}" for number in range(COUNT)))
    image = Image(id="a", config=ImageConfig(config=values))
    Redaction([image], [], env=True, labels=True).image(image)


class Stop(Exception):  # noqa: N818 - a request, like Cancel
    """Stops the work."""


def stopping(looks: Iterator[int]) -> None:
    if next(looks) == 5:
        raise Stop


@pytest.mark.parametrize(
    "work",
    [
        read_compose_file,
        read_one_instruction,
        take_one_instruction,
        read_names,
        put_records_together,
        redact_one_image,
    ],
)
def test_work_on_many_values_can_be_canceled(work: Callable[[Path], None], tmp_path: Path) -> None:
    looks = iter(range(10))
    with pytest.raises(Stop), Effort(check_canceled=lambda: stopping(looks)).spent():
        work(tmp_path)
