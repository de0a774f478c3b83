"""Small screens, also with large fonts: every dock is opened, and nothing is out of reach or cut off.

Size and scale of a screen must be set before the application exists, so each screen has its own process.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest
from forked import DOCKS, run_forked

_SCREENS: Final = {
    "1024x768": ((1024, 768), {}),
    "1366x768": ((1366, 768), {}),
    "1280x720 at 120 dpi": ((1280, 720), {"QT_FONT_DPI": "120"}),
    "1280x720 at 144 dpi": ((1280, 720), {"QT_FONT_DPI": "144"}),
    "1920x1080 scaled by 2": ((1920, 1080), {"QT_SCALE_FACTOR": "2"}),
    "1280x720 scaled by 2": ((1280, 720), {"QT_SCALE_FACTOR": "2"}),
}
_TINY: Final = 800
"""Logical pixels: a narrower screen lacks space for all words, and shows fewer rows."""
_WALK: Final = Path(__file__).with_name("screen_walk.py")


@pytest.fixture(scope="module", params=_SCREENS)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is visible on one of the screens, after each dock was opened and after all were closed."""
    (width, height), scale = _SCREENS[request.param]
    folder = tmp_path_factory.mktemp("screen")
    screen = {"name": "screen", "x": 0, "y": 0, "width": width, "height": height, "dpr": 1}
    screen |= {"logicalDpi": 96, "logicalBaseDpi": 96}
    (folder / "screen.json").write_text(json.dumps({"screens": [screen]}))
    platform = f"offscreen:configfile={folder / 'screen.json'}"
    environment = {**os.environ, **scale, "QT_QPA_PLATFORM": platform}
    walk = f"import runpy\nrunpy.run_path({str(_WALK)!r}, run_name='__main__')"
    run = run_forked(walk, str(folder), modules=DOCKS, environment=environment)
    assert run.returncode == 0, run.stderr
    reported: dict[str, Any] = json.loads(run.stdout)
    return reported


def test_the_window_stays_as_it_was(seen: dict[str, Any]) -> None:
    for place in seen["places"]:
        assert place["window"] == seen["places"][0]["window"], place["name"]


def test_the_window_is_on_the_screen_with_its_frame(seen: dict[str, Any]) -> None:
    width, height = seen["places"][0]["window"]
    assert width <= seen["screen"][0]
    assert height <= seen["screen"][1] - 28


def test_no_widget_is_outside_the_window_on_small_screens(seen: dict[str, Any]) -> None:
    assert {place["name"]: place["outside"] for place in seen["places"] if place["outside"]} == {}


def test_no_words_are_cut_off(seen: dict[str, Any]) -> None:
    assert {place["name"]: place["cut"] for place in seen["places"] if place["cut"]} == {}


def test_docks_and_panes_show_rows_on_small_screens(seen: dict[str, Any]) -> None:
    least = 1 if seen["screen"][0] < _TINY else 2
    for place in seen["places"]:
        assert all(rows >= least for rows in place["rows"].values()), (place["name"], place["rows"])


def test_the_parent_has_room_for_a_name(seen: dict[str, Any]) -> None:
    if seen["screen"][0] < _TINY:
        return  # the name is elided
    narrow = {place["name"]: place["parent"] for place in seen["places"] if place["parent"][0] < place["parent"][1]}
    assert narrow == {}
