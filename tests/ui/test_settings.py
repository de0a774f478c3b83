"""Which settings are saved, and that invalid content of the file does not prevent a start."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from examples import examples
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QSettings

from cacheview.ui.names import start_folder
from cacheview.ui.settings import MAX_RECENT_STORES, Settings


def test_round_trip(tmp_path: Path, qapp: object) -> None:
    file = tmp_path / "settings.ini"
    first = Settings(file)
    assert (first.recent, first.geometry, first.splitter, first.hidden_columns) == ([], None, None, None)
    assert first.intermediate
    first.geometry = QByteArray(b"\x00\x01 bytes")
    first.splitter = [300, 400, 500]
    first.hidden_columns = ["id"]
    first.intermediate = False
    first.add_recent(str(file))
    first.save()
    again = Settings(file)
    assert again.geometry == QByteArray(b"\x00\x01 bytes")
    assert again.splitter == [300, 400, 500]
    assert again.hidden_columns == ["id"]
    assert not again.intermediate
    assert again.recent == [str(file)]


def test_an_empty_list_of_hidden_columns_is_saved(tmp_path: Path, qapp: object) -> None:
    settings = Settings(tmp_path / "s.ini")
    settings.hidden_columns = []
    settings.save()
    assert Settings(tmp_path / "s.ini").hidden_columns == []


def test_recent_files(tmp_path: Path, qapp: object) -> None:
    settings = Settings(tmp_path / "s.ini")
    files = [tmp_path / f"{i}, with a comma.tar" for i in range(MAX_RECENT_STORES + 3)]
    for file in files:
        file.touch()
        settings.add_recent(str(file))
    newest_first = [str(file) for file in reversed(files)][:MAX_RECENT_STORES]
    assert settings.recent == newest_first
    settings.add_recent(newest_first[4])
    assert settings.recent == [newest_first[4], *newest_first[:4], *newest_first[5:]]
    Path(newest_first[0]).unlink()
    assert newest_first[0] not in settings.recent
    settings.clear_recent()
    assert settings.recent == []


def test_settings_of_wrong_types_are_ignored(tmp_path: Path, qapp: object) -> None:
    file = tmp_path / "s.ini"
    file.write_text(
        "[General]\nrecent=@Invalid()\n[window]\ngeometry=abc\npanes=1, -2, x\n[images]\nhidden=@Rect(1 2 3 4)\n"
    )
    settings = Settings(file)
    assert settings.recent == []
    assert settings.geometry is None
    assert settings.splitter is None
    assert settings.hidden_columns == []
    assert settings.intermediate


@given(content=st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f"[window]\npanes={text}".encode()))
@given_settings(examples(0.75), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_can_be_read(content: bytes, tmp_path: Path, qapp: object) -> None:
    file = tmp_path / "any.ini"
    file.write_bytes(content)
    settings = Settings(file)
    assert isinstance(settings.recent, list)
    assert settings.splitter is None or len(settings.splitter) == 3
    assert settings.geometry is None or isinstance(settings.geometry, QByteArray)
    assert settings.intermediate in (True, False)


def test_forgetful_settings_are_not_written(tmp_path: Path, qapp: object) -> None:
    settings = Settings(forgetful=True)
    settings.add_recent(str(tmp_path))
    settings.splitter = [1, 2, 3]
    settings.save()
    assert settings.recent == [str(tmp_path)]
    assert settings.splitter == [1, 2, 3]
    assert Settings(forgetful=True).splitter is None
    settings.clear_recent()
    assert settings.recent == []
    assert list(tmp_path.iterdir()) == []


def test_file_dialogs_start_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert start_folder() == str(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir("/")
    assert start_folder() == str(tmp_path / "home")


def test_only_the_user_can_read_what_is_kept(tmp_path: Path, qapp: object) -> None:
    file = tmp_path / "settings.ini"
    file.write_text("[General]\nrecent=/secret/store\n")
    file.chmod(0o644)
    records = tmp_path / "contexts"
    records.mkdir(mode=0o755)
    settings = Settings(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert records.stat().st_mode & 0o777 == 0o700
    settings.add_recent("engine:")
    settings.save()
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    settings.add_recent("containerd:")
    settings.save()
    assert file.stat().st_mode & 0o777 == 0o600
    assert Settings(file).recent[0] == "containerd:"


def test_user_settings_are_stored_in_a_private_folder(
    tmp_path: Path, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = str(Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    folder = tmp_path / "cacheview"
    folder.mkdir(mode=0o755)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    settings = Settings()
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, own)
    settings.add_recent("engine:")
    settings.save()
    assert folder.stat().st_mode & 0o777 == 0o700
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
