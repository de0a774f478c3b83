"""COPY from a context with every oddity, compared with what a real client sent and a real daemon computed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nasty import IGNORES, ONE, TWO, make_nasty

from cacheview.dockerfile.context import ContextSums, FolderContext
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import builder_release

pytestmark = pytest.mark.slow

DATA = json.loads((Path(__file__).parents[2] / "data" / "dockerfile" / "nasty-context.json").read_text())["builds"]


def printed(sums: ContextSums, sources: list[str], destination: str) -> str:
    try:
        return sums.of_sources(sources, add=False, destination=destination).text
    except BuildRefusedError as error:
        return error.message


@pytest.mark.parametrize("ignore", DATA)
def test_nasty_contexts_match_the_output_of_docker(ignore: str, tmp_path: Path) -> None:
    make_nasty(tmp_path, IGNORES[ignore])
    assert DATA[ignore]
    release = builder_release("20.10.24")
    one, two = (ContextSums(FolderContext(tmp_path), dockerfile, release=release) for dockerfile in (ONE, TWO))
    wrong = [
        (sources, destination, found, expected)
        for sources, destination, expected in DATA[ignore]
        if (found := printed(one if len(sources) == 1 else two, sources, destination)) != expected
    ]
    assert wrong == [], wrong
