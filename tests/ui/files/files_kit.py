"""A build saved with its layers, and its context, which can be changed afterwards."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

from cacheview.dockerfile.context import FolderContext
from cacheview.dockerfile.release import builder_release
from cacheview.engine.rulesets.releases import choose
from cacheview.model import ImageStore, StoreKind
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay

DOCKERFILE = b"FROM scratch\nCOPY src /app/\n"
VERSION = "28.5.2"


def write_context(folder: Path) -> Path:
    """Creates a context of twelve files, two folders and a link."""
    files = {
        "Dockerfile": DOCKERFILE,
        "src/main.c": b"int main() {\n    return 0;\n}\n",
        "src/conf/app.ini": b"a=1\nb=2\n",
    }
    files |= {f"src/lib/{number:02}.c": b"int f%02d;\n" % number for number in range(8)}
    files |= {"src/logo.png": b"\x89PNG\0\1"}
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(0o644)
    (folder / "src" / "link").symlink_to("main.c")
    for place in (folder, *(each for each in folder.rglob("*") if each.is_dir())):
        place.chmod(0o755)
    return folder


def save_build(context: Path, archive: Path) -> Path:
    """Writes what ``docker save`` writes after a build of `DOCKERFILE`: one image with one layer."""
    release, choice = builder_release(VERSION), choose(VERSION, StoreKind.GRAPH_DRIVER)
    assert choice is not None
    checksums = ContextChecksums(FolderContext(context), "Dockerfile", release)
    step = replay(DOCKERFILE, checksums, ImageStore(()), choice.rules, release, BuildOptions()).steps[1]
    assert step.probe is not None
    layer = _layer(context / "src")
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "docker_version": VERSION,
        "config": {"Env": list(step.probe.config.Env or ())},
        "container_config": json.loads(step.probe.config.model_dump_json(exclude_defaults=True)),
        "history": [{"created": "2026-01-01T00:00:00Z", "created_by": step.created_by}],
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
    }
    text = json.dumps(config).encode()
    name = f"{_digest(text)[7:]}.json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["shop:1"], "Layers": ["1/layer.tar"]}]).encode()
    with tarfile.open(archive, "w") as tar:
        for path, data in ((name, text), ("1/layer.tar", layer), ("manifest.json", manifest)):
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return archive


def _layer(source: Path) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(source.rglob("*")):
            info = tar.gettarinfo(path, f"app/{path.relative_to(source)}")
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            if info.isreg():
                with path.open("rb") as file:
                    tar.addfile(info, file)
            else:
                tar.addfile(info)
    return target.getvalue()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
