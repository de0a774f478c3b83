"""A record of a build contains no file content, opens on its own, and gives the answers it gave when it was created."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
from build_kit import Daemon
from missing_layer import missing_layer, write_missing_layer

from cacheview.cli import main
from cacheview.model import DataError, Platform, Release, StoreKind, SuiteCase, SuiteEngine, decode
from cacheview.replay.check import build_result, store_of
from cacheview.replay.file import ReplayCase
from cacheview.replay.recorded import bytes_of, text_of
from cacheview.replay.records import redacted_record
from cacheview.stores.open import open_store

DOCKERFILE = "FROM scratch\nARG TOKEN\nCOPY a /a\nENV B=$TOKEN\n"
SECRET = "s3cret-value-of-the-token"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    for name, content in {"Dockerfile": DOCKERFILE, "a": "content of a\n", ".dockerignore": "ignored\n"}.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o644)
    (folder / "ignored").write_text("never sent")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> str:
    daemon = Daemon()
    daemon.build(DOCKERFILE.replace("$TOKEN", SECRET), {"a": b"content of a\n"}, name="app:1")
    path = tmp_path / "store.jsonl"
    case = SuiteCase(rules="Docker 28.5.2, overlay2", images=tuple(daemon.images))
    path.write_text(case.model_dump_json(by_alias=True, exclude_none=True) + "\n")
    return str(path)


def recorded(file: Path) -> ReplayCase:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return decode(ReplayCase, data)


def record(context: Path | str, store: str, file: Path, *more: str) -> ReplayCase:
    assert main(["replay", str(context), "--store", store, "--record", str(file), *more]) in (0, 1, 2, 3)
    return recorded(file)


def test_a_record_alone_predicts_what_the_replay_did(
    context: Path, store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "record.jsonl"
    case = record(context, store, file, "--build-arg", f"TOKEN={SECRET}", "-t", "app:2", "-t", "app:latest")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (case.tag, case.tags, case.client, case.replayed) == ("app:2", ("app:latest",), "docker-cli", True)
    assert [step.cached for step in case.expect.steps or ()] == [False, True, True, True]
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out.endswith("1 passed, 0 failed\n")


def test_a_record_has_no_file_content_except_what_the_builder_reads(context: Path, store: str, tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl.gz"
    case = record(context, store, file)
    assert [member.name for member in case.members or ()] == [".dockerignore", "Dockerfile", "a"]
    assert (case.dockerfile, case.dockerignore) == (DOCKERFILE, "ignored\n")
    assert b"content of a" not in gzip.decompress(file.read_bytes())
    assert len(file.read_bytes()) < 3000


def test_a_changed_file_in_a_record_fails_its_check(context: Path, store: str, tmp_path: Path) -> None:
    case = record(context, store, tmp_path / "record.jsonl", "--build-arg", f"TOKEN={SECRET}")
    assert build_result(case).passed
    members = tuple(
        each.model_copy(update={"sum": "0" * 64}) if each.name == "a" else each for each in case.members or ()
    )
    [first, *_] = build_result(case.model_copy(update={"members": members})).differences
    assert first.startswith("step 3 'COPY a /a': predicted a miss, but the daemon reported a hit")


def test_a_record_opens_as_the_store_before_the_build(context: Path, store: str, tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    case = record(context, store, file, "-t", "app:2")
    [opened] = open_store(str(file)).cases
    assert opened.store.images == open_store(store).cases[0].store.images
    assert opened.name == f"app:2, {case.started}"
    assert main(["replay", str(context), "--store", str(file), "--build-arg", f"TOKEN={SECRET}"]) == 0


def test_the_store_may_be_left_out(
    context: Path, store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "record.jsonl"
    case = record(context, store, file, "--record-without-store")
    assert case.images is None
    assert main(["check", str(file)]) == 1
    assert "the record does not contain the store" in capsys.readouterr().out
    with pytest.raises(DataError, match="this record does not contain the store"):
        open_store(str(file))


def test_a_tar_is_recorded_with_its_own_headers(store: str, tmp_path: Path) -> None:
    packed = tmp_path / "context.tar"
    with tarfile.open(packed, "w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in {"Dockerfile": DOCKERFILE.encode(), "a": b"content of a\n"}.items():
            member = tarfile.TarInfo(name)
            member.size, member.uid, member.mode = len(content), 1234, 0o640
            archive.addfile(member, io.BytesIO(content))
    case = record(packed, store, tmp_path / "record.jsonl")
    assert [(member.uid, member.mode) for member in case.members or ()] == [(1234, 0o640)] * 2
    assert build_result(case).passed


def test_names_that_are_not_utf8_are_recorded(context: Path, store: str, tmp_path: Path) -> None:
    os.close(os.open(os.fsencode(context) + b"/\xff", os.O_CREAT | os.O_WRONLY, 0o644))
    (context / "link").symlink_to(os.fsdecode(b"\xfe"))
    (context / "base64:x").write_text("")
    (context / "Dockerfile").write_bytes(b"FROM scratch\nLABEL a=\xfd\nCOPY . /x\n")
    case = record(context, store, tmp_path / "record.jsonl")
    assert {bytes_of(member.name) for member in case.members or ()} >= {b"\xff", b"link", b"base64:x"}
    assert case.text == b"FROM scratch\nLABEL a=\xfd\nCOPY . /x\n"
    assert build_result(case).passed


def test_options_that_are_not_utf8_are_recorded_as_the_daemon_reads_them(
    context: Path, store: str, tmp_path: Path
) -> None:
    name = os.fsdecode(b"D\xff")
    os.rename(context / "Dockerfile", context / name)
    odd = os.fsdecode(b"\xff\xfe")
    case = record(
        *(context, store, tmp_path / "x.jsonl", "-f", str(context / name), "--build-arg", f"TOKEN={odd}", "-t", odd),
        *("--label", f"{odd}={odd}", "--cache-from", odd),
    )
    assert case.dockerfile_path == name
    assert bytes_of(case.dockerfile_name) == b"D\xff"
    assert (case.build_args, case.labels) == ({"TOKEN": "\ufffd\ufffd"}, {"\ufffd\ufffd": "\ufffd\ufffd"})
    assert (case.cache_from, case.tag) == (("\ufffd\ufffd",), "\ufffd\ufffd")
    assert build_result(case).passed


@pytest.mark.parametrize("data", [b"", b"text", "é".encode(), b"\xff\0", b"base64:", b"base64:!!"])
def test_bytes_survive_the_conversion_to_text_and_back(data: bytes) -> None:
    assert bytes_of(text_of(data)) == data


def test_a_redacted_record_gives_the_same_result(context: Path, store: str, tmp_path: Path) -> None:
    given = ["--build-arg", f"TOKEN={SECRET}", "--label", "org.key=value-of-a-label"]
    plain = record(context, store, tmp_path / "plain.jsonl", *given)
    redacted = record(context, store, tmp_path / "redacted.jsonl", *given, "--redact", "env", "--redact", "labels")
    text = redacted.model_dump_json()
    assert SECRET not in text
    assert "value-of-a-label" not in text
    assert SECRET in plain.model_dump_json()
    assert build_result(redacted).passed
    cached = [[step.cached for step in build_result(case).replay.steps] for case in (plain, redacted)]
    assert cached[0] == cached[1] == [False, True, True, True, False]
    assert "value-of-a-label" in redacted_record(plain, env=True, labels=False).model_dump_json()


def test_a_value_that_is_a_name_too_is_reported(
    context: Path, store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(context, store, tmp_path / "r.jsonl", "--build-arg", "TOKEN=scratch", "--redact", "env")
    assert "so replaying the record will give different results" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "printed"),
    [
        ({"members": [{"name": "a", "mode": 0, "sum": "x"}]}, "members[0].sum"),
        ({"members": [{"name": "base64:!", "mode": 0, "sum": "0" * 64}]}, "is not base64"),
        ({"members": [{"name": "a", "mode": 0, "sum": "0" * 64, "xattrs": {"a": "!"}}]}, "is not base64"),
        ({"members": [{"name": "../../a", "mode": 0, "sum": "0" * 64}]}, ""),
        ({"dockerfile": "base64:!"}, "is not base64"),
        ({"kind": "floppy"}, "unknown kind of store"),
    ],
)
def test_a_malformed_record_is_an_error_and_not_a_fault(
    change: dict[str, Any], printed: str, context: Path, store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "record.jsonl"
    record(context, store, file)
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}) + "\n")
    assert main(["check", str(file)]) in (1, 2)
    assert printed in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "printed"),
    [
        (["--record", "missing/record.jsonl"], "cannot be written"),
        (["--record", "r.jsonl", "-f", "missing"], "missing"),
    ],
)
def test_a_refused_recording_states_the_reason(
    more: list[str], printed: str, context: Path, store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(context), "--store", store, *more]) == 2
    assert printed in capsys.readouterr().err


@pytest.mark.parametrize("field", ["members", "image_sums"])
def test_only_the_first_wrong_value_of_a_list_is_reported(field: str) -> None:
    """Reporting each would take more memory than reading them."""
    line = {"engine": "28.5.2", "kind": "graphdriver", "dockerfile": "FROM scratch", "expect": {"ok": True}}
    with pytest.raises(DataError) as caught:
        decode(ReplayCase, json.dumps(line | {field: [{}] * 5000}))
    assert caught.value.path.startswith(f"{field}[0].")
    assert "4999" not in caught.value.what
    assert len(caught.value.what) < 60


def test_a_record_keeps_the_engine(context: Path, tmp_path: Path) -> None:
    path, arm = tmp_path / "store.jsonl", Platform(os="linux", architecture="arm64")
    case = SuiteCase(rules="Docker 28.5.2, overlay2", engine=SuiteEngine(os="linux"), platform=arm)
    path.write_text(case.model_dump_json(by_alias=True, exclude_defaults=True) + "\n")
    kept = record(context, str(path), tmp_path / "record.jsonl")
    assert kept.engine_platform == arm
    assert kept.engine_os == "linux"
    opened = open_store(str(tmp_path / "record.jsonl")).cases[0].store
    assert (opened.platform, opened.engine_os) == (arm, "linux")
    assert opened.release == Release(StoreKind.GRAPH_DRIVER, "28.5.2")
    assert opened.release == store_of(kept).release


def test_a_record_keeps_the_state_of_layers(context: Path, tmp_path: Path) -> None:
    suite = write_missing_layer(tmp_path / "suite.jsonl", walk=False)
    layers = missing_layer(walk=False).layer_content
    kept = record(context, str(suite), tmp_path / "record.jsonl")
    assert kept.layer_content == layers
    assert store_of(kept).layer_content == layers
    assert kept.as_case.layer_content == layers
