"""``cacheview save`` writes what *Save store as suite* writes, without a window."""

from __future__ import annotations

import gzip
import json
import stat
from pathlib import Path

import pytest

from cacheview.cases import daemon_of
from cacheview.cli import main
from cacheview.stores.open import open_store

SECRET = "s3cret-token-of-the-build"


def suite(folder: Path, rules: str = "Docker 20.10.24, overlay2") -> Path:
    config = {"config": {"Env": [f"TOKEN={SECRET}"], "Labels": {"org.label": "value-of-a-label"}}}
    image = {"id": f"sha256:{'1' * 64}", "names": ["app:latest"], "config": config}
    path = folder / "given.jsonl"
    path.write_text(json.dumps({"rules": rules, "images": [image]}) + "\n")
    return path


def test_the_file_opens_as_the_store_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, saved = suite(tmp_path), tmp_path / "saved.jsonl"
    assert main(["save", str(given), str(saved)]) == 0
    assert capsys.readouterr().out == f"{saved}: 1 image\n"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    [before], [after] = open_store(str(given)).cases, open_store(str(saved)).cases
    assert after.store.images == before.store.images
    assert daemon_of(after).answers_as(daemon_of(before))
    assert daemon_of(after).version == "20.10.24"


def test_values_are_redacted_on_request(tmp_path: Path) -> None:
    given, saved = suite(tmp_path), tmp_path / "saved.jsonl.gz"
    assert main(["save", str(given), str(saved), "--redact", "env"]) == 0
    reported = gzip.decompress(saved.read_bytes()).decode()
    assert SECRET not in reported
    assert "value-of-a-label" in reported
    assert main(["save", str(given), str(saved), "--redact", "labels", "--redact", "env"]) == 0
    assert "value-of-a-label" not in gzip.decompress(saved.read_bytes()).decode()


def test_the_store_itself_is_not_written_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = suite(tmp_path)
    before = given.read_bytes()
    assert main(["save", str(given), str(given)]) == 2
    assert "is part of the open store" in capsys.readouterr().err
    assert given.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["demo:", "out.jsonl", "--redact", "everything"], "invalid choice: 'everything'"),
        (["demo:", "out.jsonl", "--case", "none"], "no case 'none'"),
        (["demo:", "out.jsonl", "--rules", "none"], "none"),
        (["nowhere.tar", "out.jsonl"], "nowhere.tar"),
        (["demo:", "missing/out.jsonl"], "cannot be written"),
        (["demo:", "-"], "a store cannot be saved to standard output; specify a file"),
    ],
)
def test_a_refused_save_states_the_reason(
    arguments: list[str],
    printed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["save", *arguments]) == 2
    assert printed in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
