"""The initial size of the window, from a small laptop to 4K."""

from __future__ import annotations

import pytest

from cacheview.ui.window_size import MIN_SIZE, first_size


@pytest.mark.parametrize(
    ("room", "size"),
    [
        ((3840, 2160), (2304, 1512)),  # 4K without scaling
        ((1920, 1080), (1320, 840)),  # 4K scaled by 2, or full HD
        ((2560, 1440), (1536, 1007)),  # 4K scaled by 1.5
        ((1366, 768), (1320, 732)),
        ((1280, 720), (1280, 684)),
        ((853, 480), (853, 444)),  # 1280 × 720 scaled by 1.5
        ((320, 200), MIN_SIZE),
    ],
)
def test_the_first_window_size_depends_on_the_screen(room: tuple[int, int], size: tuple[int, int]) -> None:
    assert first_size(room) == size
