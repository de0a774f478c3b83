"""The classic builder does what a replay predicted for a context that is a tar, whatever the tar contains."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable

import pytest
from daemon_builds import Builder
from daemon_client import DockerCli, Outcome, outcome_of
from daemon_predictions import differences
from daemon_start import EngineDaemon
from daemon_stores import opened
from daemon_tars import TARS, Entry, OddTar, tar_of
from docker.errors import APIError

from cacheview.cases import daemon_of
from cacheview.dockerfile.context import DOCKER_CLI
from cacheview.layers.files import LayerFiles
from cacheview.layers.opening import open_layers
from cacheview.replay.build_input import open_build_input
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay
from cacheview.stores.opened_location import OpenedCase

ON_EVERY_ENGINE = True

pytestmark = pytest.mark.usefixtures("emptied")


def predicted(case: OpenedCase, data: bytes, file: str) -> Replay:
    daemon = daemon_of(case)
    given = open_build_input("-", file, daemon.builder, stdin=io.BytesIO(data))
    if given.refused is not None:
        return Replay((), 0, None, given.refused)
    return replay(
        given.dockerfile,
        given.checksums(daemon.builder, DOCKER_CLI),
        case.store,
        daemon.rules,
        daemon.builder,
        BuildOptions(),
        name=given.name,
        image_files=StoreImageFiles(lambda: LayerFiles(open_layers(case.store)), daemon.builder),
    )


def built(builder: Builder, tar: OddTar) -> Outcome:
    """Build the tar with the Engine's API."""
    printed = ""
    try:
        for message in builder.client.build(
            fileobj=io.BytesIO(tar.data), custom_context=True, dockerfile=tar.file or None, decode=True, tag="tar/odd"
        ):
            if "error" in message:
                return outcome_of(printed, message["error"])
            printed += message.get("stream", "")
    except APIError as error:
        return outcome_of("", error.explanation or "")
    return outcome_of(printed)


def test_builds_of_unusual_tars_are_predicted(engine: EngineDaemon, builder: Builder) -> None:
    wrong = []
    case = opened(engine.location("engine"))
    for tar in TARS:
        reported = predicted(case, tar.data, tar.file)
        truth = built(builder, tar)
        wrong += [f"{tar.name}: {found}" for found in differences(reported, truth, builder)]
        if bool(tar.refused) != bool(truth.error) or tar.refused not in truth.error:
            wrong.append(f"{tar.name}: the builder said {truth.error!r}")
        if not truth.error:
            case = opened(engine.location("engine"))
            if not predicted(case, tar.data, tar.file).all_cached:
                wrong.append(f"{tar.name}: its own image is not a hit")
    assert wrong == []


@pytest.mark.parametrize(
    "compress", [bytes, gzip.compress, bz2.compress, lzma.compress], ids=lambda each: each.__name__
)
def test_a_context_from_standard_input_is_predicted(
    compress: Callable[[bytes], bytes], engine: EngineDaemon, builder: Builder, client: DockerCli
) -> None:
    entries = [Entry("D", b"FROM scratch\nCOPY a /a\nENV of=D\n"), Entry("a", b"a\n", owner=(7, 8))]
    data = compress(tar_of(entries))
    for _ in range(2):
        reported = predicted(opened(engine.location("engine")), data, "D")
        truth = client.build("-", ["--file", "D"], data)
        assert list(differences(reported, truth, builder)) == []
    assert reported.all_cached


def test_a_dockerfile_on_standard_input_is_predicted(engine: EngineDaemon, builder: Builder, client: DockerCli) -> None:
    data = b"FROM scratch\nCOPY Dockerfile /\nENV of=stdin\n"
    for _ in range(2):
        reported = predicted(opened(engine.location("engine")), data, "")
        truth = client.build("-", [], data)
        assert list(differences(reported, truth, builder)) == []
    assert reported.all_cached
