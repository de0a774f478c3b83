"""Owners named by ``--chown``: a step that misses is refused if its base does not know them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from cacheview.cli import main

PASSWD = b"app:x:7:8::/:/bin/sh\n"


def archive_of(path: Path, files: dict[str, bytes]) -> None:
    """A ``docker save`` archive of ``base:1``, an image with one layer."""
    layer = tar_of(files)
    config = json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "config": {},
            "history": [{"created_by": "import"}],
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        }
    ).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["base:1"], "Layers": ["layer.tar"]}]).encode()
    path.write_bytes(tar_of({"layer.tar": layer, name: config, "manifest.json": manifest}))


def tar_of(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return target.getvalue()


@pytest.mark.parametrize(
    ("dockerfile", "refused", "line"),
    [
        ("FROM base:1\nCOPY --chown=app:8 a /a\n", "", 0),
        ("FROM base:1\nLABEL a=1\nCOPY --chown=who:8 a /a\nLABEL b=1\n", "no such user: who", 3),
        ("FROM base:1\nCOPY --chown=who:8 --from=base:1 /etc /x\n", "no such user: who", 2),
        # Only a build can tell how an earlier step changes the passwd and group files.
        ("FROM base:1\nCOPY passwd /etc/passwd\nCOPY --chown=who:8 a /a\n", "", 0),
        ("FROM scratch\nCOPY --chown=who a /a\n", "no such file or directory", 2),
    ],
)
def test_an_owner_unknown_to_the_base_ends_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dockerfile: str, refused: str, line: int
) -> None:
    archive_of(tmp_path / "base.tar", {"etc/passwd": PASSWD, "etc/group": b"app:x:8:\n"})
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(dockerfile)
    for name in ("a", "passwd"):
        (context / name).write_bytes(b"who:x:1:1:::\n")
    record = tmp_path / "record.jsonl"
    command = ["replay", str(context), "--store", str(tmp_path / "base.tar"), "--rules", "Docker 28.5.2, overlay2"]
    assert main([*command, "--json", "--record", str(record)]) == (2 if refused else 1)
    reported = json.loads(capsys.readouterr().out)
    assert (reported["refused"] or {"said": "", "line": 0})["said"].endswith(refused)
    assert (reported["refused"] or {"line": 0})["line"] == line
    assert main(["check", str(record)]) == 0  # a record knows the result without the layers
