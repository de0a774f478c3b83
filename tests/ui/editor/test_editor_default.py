"""Which program the desktop opens text files with."""

from __future__ import annotations

from pathlib import Path

import pytest

from cacheview.ui.editor.default import default_editor


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    write(tmp_path / "data/applications/kate.desktop", "[Desktop Entry]\nName=K\nExec=kate -b %U\nTerminal=false\n")
    write(tmp_path / "data/applications/vim.desktop", "[Desktop Entry]\nExec=vim %F\nTerminal=true\n")
    write(tmp_path / "system/applications/gedit.desktop", '[Desktop Entry]\nExec="/opt/g edit/gedit" %U\n')
    return {
        "XDG_CONFIG_HOME": f"{tmp_path}/config",
        "XDG_CONFIG_DIRS": f"{tmp_path}/etc",
        "XDG_DATA_HOME": f"{tmp_path}/data",
        "XDG_DATA_DIRS": f"relative:{tmp_path}/system",
        "XDG_CURRENT_DESKTOP": "X-Other:KDE",
    }


def listed(path: Path, name: str, kind: str = "text/plain") -> None:
    write(path, f"[Added Associations]\n{kind}=other.desktop\n\n[Default Applications]\n{kind}={name}\n")


def test_the_first_installed_editor_is_the_default(environment: dict[str, str], tmp_path: Path) -> None:
    assert default_editor(environment, str(tmp_path)) == ()
    listed(tmp_path / "system/applications/mimeapps.list", "gone.desktop;gedit.desktop;")
    assert default_editor(environment, str(tmp_path)) == ("/opt/g edit/gedit",)
    listed(tmp_path / "config/mimeapps.list", "kate.desktop")
    assert default_editor(environment, str(tmp_path)) == ("kate", "-b")
    listed(tmp_path / "config/kde-mimeapps.list", "gedit.desktop")
    assert default_editor(environment, str(tmp_path)) == ("/opt/g edit/gedit",)
    listed(tmp_path / "etc/mimeapps.list", "kate.desktop", "text/x-dockerfile")
    assert default_editor(environment, str(tmp_path)) == ("kate", "-b")


def test_a_default_editor_that_needs_a_terminal_is_ignored(environment: dict[str, str], tmp_path: Path) -> None:
    listed(tmp_path / "config/mimeapps.list", "vim.desktop")
    assert default_editor(environment, str(tmp_path)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "no group",
        "[Default Applications]\ntext/plain=../../evil.desktop\n",
        "[x\n",
        "\0\xff",
        "[Default Applications]\n=\n",
    ],
)
def test_an_invalid_mimeapps_file_is_ignored(text: str, environment: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "config/mimeapps.list", text)
    write(tmp_path / "evil.desktop", "[Desktop Entry]\nExec=evil\n")
    listed(tmp_path / "system/applications/mimeapps.list", "kate.desktop")
    assert default_editor(environment, str(tmp_path)) == ("kate", "-b")
