"""Random suites, and sessions that show them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import strategies as st
from strategies import CHANCE, IDS, LACKED, configs, stores
from suites_kit import Silent

from cacheview.engine import RULE_SETS
from cacheview.engine.build_cache import with_new_id
from cacheview.engine.verdict import Verdict
from cacheview.engine.walk import PREVIOUS
from cacheview.model import Expectation, Platform, SuiteCase, SuiteProbe
from cacheview.ui.document import Place
from cacheview.ui.loaded import OpenedStore, ShownPlace
from cacheview.ui.opening import open_work
from cacheview.ui.session import Session

RULES = (*RULE_SETS, "Docker 28.5.2, overlay2", "24.0.7, graph driver", "Docker 29.x containerd", "graphdriver-99.0")
platforms = st.none() | st.sampled_from([Platform(os="linux", architecture="arm64"), Platform(os="windows")])
expectations = st.none() | st.sampled_from([Expectation(outcome="miss"), Expectation(outcome="hit", image=IDS[1])])
probes = st.builds(
    SuiteProbe,
    name=st.sampled_from(["", "", "same", "1"]),
    parent=st.sampled_from([PREVIOUS, PREVIOUS, "", *IDS, LACKED, "@other"]),
    config=configs,
    cache_from=st.none() | st.lists(st.sampled_from([*IDS, *"abcdef", "sha256:aaaa"]), max_size=2).map(tuple),
    platform=platforms,
    sources=st.none() | st.just(()) | st.just((IDS[0],)),
    expect=expectations,
)


@st.composite
def cases(draw: st.DrawFn) -> SuiteCase:
    """A case whose probes often look up what is in its store."""
    store = draw(stores())
    stored = [image.config.container_config for image in store.images if image.config.container_config]
    return SuiteCase(
        rules=draw(st.sampled_from(RULES)),
        name=draw(st.sampled_from(["", "same"])),
        platform=draw(platforms),
        images=store.images,
        probes=tuple(
            probe.model_copy(update={"config": draw(st.sampled_from(stored))})
            if bool(stored) and draw(CHANCE)
            else probe
            for probe in draw(st.lists(probes, min_size=1, max_size=4))
        ),
        walk=draw(st.booleans()),
        layer_content=draw(
            st.dictionaries(st.sampled_from(["sha256:1", "sha256:2"]), st.sampled_from(["missing", "empty"]))
        ),
    )


def write(path: Path, suite: Sequence[SuiteCase]) -> None:
    path.write_text("".join(case.model_dump_json(exclude_defaults=True) + "\n" for case in suite))


def loaded(path: Path, shown_place: Callable[[], ShownPlace | None] = lambda: None) -> OpenedStore:
    result = open_work(str(path), "", "", lambda: None, shown_place)(Silent())
    assert isinstance(result, OpenedStore)
    return result


def reloaded(path: Path, session: Session) -> OpenedStore:
    return loaded(path, lambda: session.places.shown)


def opened(path: Path) -> Session:
    session = Session(loaded(path))
    session.begin()
    return session


def shown(session: Session) -> Verdict:
    """The answer that the session shows, with the id that a walk gives to a new image."""
    assert session.answer is not None
    verdict = session.answer.explanation.verdict
    return with_new_id(verdict, session.probe_number) if session.case.walk else verdict


def go(session: Session, place: Place) -> None:
    session.places.choose_case(place[0])
    session.places.choose_probe(place[1])
