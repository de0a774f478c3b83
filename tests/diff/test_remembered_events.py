"""An engine's past events show when an image was removed and when a base was added."""

from __future__ import annotations

from datetime import UTC, datetime

from build_kit import Daemon
from diff_kit import Build, base, compared, recorded

from cacheview.diff.remembered_events import with_events
from cacheview.diff.words import answer_sentence
from cacheview.stores.docker_engine.past_events import ImageEvent

BUILD = Build("FROM base\nRUN make\nRUN test\n")
LATER = datetime(2026, 1, 1, 12, 1, 30, tzinfo=UTC)


def test_when_an_image_was_removed() -> None:
    daemon = Daemon()
    base(daemon)
    recorded(daemon, BUILD)
    recorded(daemon, Build("FROM base\nRUN other\n"))
    a = recorded(daemon, BUILD, 1)
    gone = next(image for image in daemon.images if image.instruction == "RUN test")
    daemon.images.remove(gone)
    diff = compared(a, recorded(daemon, BUILD, 2))
    assert not answer_sentence(with_events(diff, ())).endswith(":30.")
    other = ImageEvent(LATER, "delete", f"sha256:{'f' * 64}")
    untagged = ImageEvent(LATER, "untag", gone.id)
    assert with_events(diff, (other, untagged)) == diff
    reported = with_events(diff, (other, ImageEvent(LATER, "delete", gone.id)))
    assert [known.removed_at for known in reported.missing_images] == [LATER]
    assert f"was removed from the store at {LATER.astimezone():%Y-%m-%d %H:%M:%S}." in answer_sentence(reported)


def test_when_a_base_was_pulled_again() -> None:
    daemon = Daemon()
    base(daemon)
    recorded(daemon, BUILD)
    a = recorded(daemon, BUILD, 1)
    base(daemon, digit="b")
    diff = compared(a, recorded(daemon, BUILD, 2))
    events = (ImageEvent(LATER, "pull", "base:latest", "base"), ImageEvent(LATER, "pull", "other:latest", "other"))
    reported = with_events(diff, events)
    assert answer_sentence(reported).endswith(f"; it was pulled again at {LATER.astimezone():%Y-%m-%d %H:%M:%S}.")
    assert with_events(diff, events[1:]) == diff
