"""The files for desktops, shells and man match the program."""

from __future__ import annotations

import configparser
import fnmatch
import subprocess
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import shtab

from cacheview import __version__
from cacheview.cli import main
from cacheview.commands.table import COMMANDS, SHELLS
from cacheview.manual import manual
from cacheview.ui.stores.saving import suggested_path

ROOT = Path(__file__).parents[1]
DESKTOP = ROOT / "resources" / "desktop"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"


def test_the_manual_page_is_made_from_the_help() -> None:
    page = ROOT / "resources" / "man" / "cacheview.1"
    assert page.read_text(encoding="utf-8") == manual(), f"python -m cacheview.manual > {page.relative_to(ROOT)}"


def test_the_desktop_entry_starts_the_program() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(DESKTOP / "org.cacheview.cacheview.desktop", encoding="utf-8")
    entry = parser["Desktop Entry"]
    assert entry["Exec"].split()[0] in PROJECT["gui-scripts"]
    types = {
        found.attrib["type"] for found in ET.parse(DESKTOP / "org.cacheview.cacheview.xml").iter(f"{MIME}mime-type")
    }
    assert set(entry["MimeType"].strip(";").split(";")) == types


def test_the_desktop_metadata_matches_version_and_programs() -> None:
    root = ET.parse(DESKTOP / "org.cacheview.cacheview.metainfo.xml").getroot()
    assert next(release.attrib["version"] for release in root.iter("release")) == __version__ == PROJECT["version"]
    assert {found.text for found in root.iter("binary")} == {*PROJECT["scripts"], *PROJECT["gui-scripts"]}


def test_suggested_file_names_match_the_registered_file_type() -> None:
    globs = [found.attrib["pattern"] for found in ET.parse(DESKTOP / "org.cacheview.cacheview.xml").iter(f"{MIME}glob")]
    saved = suggested_path("demo:")
    assert any(fnmatch.fnmatch(Path(saved).name, pattern) for pattern in globs)


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_complete_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell in shtab.SUPPORTED_SHELLS
    assert main(["--print-completion", shell]) == 0
    script = capsys.readouterr().out
    assert [command.name for command in COMMANDS if command.name not in script] == []
    assert "print-completion" in script


def test_bash_completes_commands_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--print-completion", "bash"])
    script = capsys.readouterr().out
    ask = 'COMP_WORDS=(cacheview {}); COMP_CWORD={}; _shtab_cacheview; printf "%s\\n" "${{COMPREPLY[@]}}"'
    for words, expected in (("rep", "replay"), ("replay --cl", "--client"), ("audit --js", "--json")):
        given = ask.format(words, len(words.split()))
        done = subprocess.run(["bash", "-c", script + given], capture_output=True, text=True, check=True, timeout=30)
        assert done.stdout.split() == [expected]
