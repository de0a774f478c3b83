"""The engine agrees with a simple implementation of the rules of all releases, on the vectors of every rule set."""

from __future__ import annotations

import pytest
from naive_releases import Release, State, ask, begin, releases
from vector_cases import VECTORS, some_cases

from cacheview.engine import RULE_SETS
from cacheview.engine.case_results import answers_to
from cacheview.engine.walk import PREVIOUS
from cacheview.model import ImageStore, SuiteCase

pytestmark = pytest.mark.slow

RELEASES = releases(lambda name: RULE_SETS[name].platform.matches)
EVERY = 34
"""One in this many cases is tested."""

Answer = tuple[str, str | None, dict[str, str], bool]


def naive_answers(release: Release, case: SuiteCase, images: ImageStore) -> list[Answer]:
    answers: list[Answer] = []
    state: State | None = None
    previous = ""
    new: dict[str, str] = {}
    for number, reported in enumerate(case.probes):
        cache_from = (case.probes[0] if case.walk else reported).cache_from or ()
        if state is None or not case.walk:
            state, previous, new = begin(release, images.images, cache_from, case.layer_content), "", {}
        parent = previous if reported.parent == PREVIOUS else reported.parent
        answer = ask(release, state, parent, reported.config, reported.platform, cache_from)
        previous = answer.image or previous
        if answer.image is not None and answer.image.startswith("new"):
            new.setdefault(answer.image, f"new:{number}" if case.walk else "new")
        moved = {new.get(child, child): new.get(of, of) for child, of in answer.set_parent.items()}
        image = answer.image if answer.image is None else new.get(answer.image, answer.image)
        answers.append((answer.outcome, image, moved, answer.created is not None))
    return answers


@pytest.fixture(scope="module")
def cases() -> list[SuiteCase]:
    return [case for path in VECTORS for case in some_cases(path, EVERY)]


@pytest.mark.parametrize("name", RELEASES)
def test_the_cache_agrees_with_the_naive_implementation(name: str, cases: list[SuiteCase]) -> None:
    for case in cases:
        images = ImageStore(ImageStore.unique(case.images)[0], layer_content=case.layer_content)
        verdicts = answers_to(images, RULE_SETS[name], case.probes, walk=case.walk)
        reported = [
            (v.outcome.value, v.image.id if v.image is not None else None, dict(v.set_parent), v.is_new)
            for _, v in verdicts
        ]
        assert reported == naive_answers(RELEASES[name], case, images), (case.rules, case.name)
