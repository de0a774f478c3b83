"""The pictures of the README: drawn by the program itself, off screen.

``pytest --update-screenshots`` writes them anew; every run draws them and looks whether they could be those.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from forked import PROGRAM, WINDOW, run_forked
from PySide6.QtGui import QImage

SCREENSHOTS = Path(__file__).parents[2] / "resources" / "screenshots"
SIZE = (1440, 900)
DOCKERFILE = """FROM alpine:3.19
RUN apk add --no-cache nginx
ENV MODE=staging
EXPOSE 8080
CMD ["nginx"]
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_readme_shows_the_window(scheme: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    file = tmp_path / f"window-{scheme}.png"
    context = tmp_path / "shop"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE)
    arguments = ["demo:", "--scheme", scheme, "--size", f"{SIZE[0]}x{SIZE[1]}", "--screenshot", str(file)]
    arguments += ["--replay", str(context)]
    drawn = run_forked(PROGRAM, *arguments, modules=WINDOW)
    assert (drawn.returncode, drawn.stderr) == (0, "")
    picture = QImage(str(file))
    assert (picture.width(), picture.height()) == SIZE
    # A window that was drawn has text and color; a blank one has a handful of colors.
    colors = {picture.pixel(x, y) for x in range(0, SIZE[0], 5) for y in range(0, SIZE[1], 5)}
    assert len(colors) > 100
    corner = picture.pixelColor(5, SIZE[1] // 2).lightness()
    assert corner > 200 if scheme == "light" else corner < 60
    kept = SCREENSHOTS / file.name
    if request.config.getoption("--update-screenshots"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(file.read_bytes())
    shown = QImage(str(kept))
    assert (shown.width(), shown.height()) == SIZE, "run pytest --update-screenshots"
