"""An image whose layers hide files of each other, in the format that ``docker load`` reads."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LAYERED", "Member", "archive", "layered_image"]

LAYERED = "live/layered:1"
_TIME = 1_700_000_000


@dataclass(frozen=True)
class Member:
    """An entry of a tar. ``link``: the target of a symlink; ``first``: the first name of a hard-linked file."""

    name: str
    content: bytes | None = None
    mode: int = 0o644
    link: str = ""
    first: str = ""
    owner: tuple[int, int] = (0, 0)


_LAYERS: Sequence[Sequence[Member]] = (
    (
        Member("etc", mode=0o755),
        Member("etc/kept", b"kept\n"),
        Member("etc/changed", b"below\n"),
        Member("etc/hidden", b"hidden\n"),
        Member("folder", mode=0o750),
        Member("folder/below", b"below\n"),
        Member("folder/deep", mode=0o755),
        Member("folder/deep/file", b"deep\n"),
        Member("opaque", mode=0o755),
        Member("opaque/below", b"below\n"),
        Member("data", mode=0o755),
        Member("data/file", b"file\n", mode=0o600),
        Member("data/set", b"set\n", mode=0o4755),
        Member("data/absolute", link="/data/file"),
        Member("data/relative", link="file"),
        Member("data/upwards", link="../../../etc/kept"),
        Member("data/other", link="/etc"),
        Member("linked", link="/data"),
        Member("broken", link="/nowhere/at/all"),
        Member("loop", link="/loop"),
        Member("first", b"two names\n"),
        Member("second", first="first"),
        Member("becomes-file", mode=0o755),
        Member("becomes-file/in", b"in\n"),
        Member("becomes-folder", b"file\n"),
    ),
    (
        Member("etc", mode=0o711),
        Member("etc/changed", b"above\n", mode=0o640),
        Member("etc/.wh.hidden", b""),
        Member("folder/.wh.below", b""),
        Member("folder/.wh.deep", b""),
        Member("opaque", mode=0o700),
        Member("opaque/.wh..wh..opq", b""),
        Member("opaque/above", b"above\n"),
        Member("becomes-file", b"file\n"),
        Member("becomes-folder", mode=0o755),
        Member("becomes-folder/in", b"in\n"),
        Member("second", b"a file of its own\n"),
    ),
    (
        Member("etc/hidden", b"shown again\n"),
        Member("folder/deep", mode=0o700),
        Member("without/entries/file", b"file\n"),
        Member("folder/deep/other", b"other\n"),
    ),
)


def archive(members: Sequence[Member]) -> bytes:
    """Return a tar of these members."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as made:
        for each in members:
            info = tarfile.TarInfo(each.name)
            info.mode, info.mtime = each.mode, _TIME
            info.uid, info.gid = each.owner
            if each.link:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, each.link, 0o777
            elif each.first:
                info.type, info.linkname = tarfile.LNKTYPE, each.first
            elif each.content is None:
                info.type = tarfile.DIRTYPE
            else:
                info.size = len(each.content)
            made.addfile(info, io.BytesIO(each.content or b""))
    return packed.getvalue()


def layered_image() -> bytes:
    """Return the image as a ``docker save`` archive, with the name `LAYERED`."""
    layers = [archive(members) for members in _LAYERS]
    config = json.dumps(
        {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": "2024-01-01T00:00:00Z",
            "config": {"Env": ["PATH=/bin"]},
            "rootfs": {
                "type": "layers",
                "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers],
            },
            "history": [{"created": "2024-01-01T00:00:00Z", "created_by": f"layer {number}"} for number in (1, 2, 3)],
        }
    ).encode()
    name = f"{hashlib.sha256(config).hexdigest()}.json"
    paths = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": name, "RepoTags": [LAYERED], "Layers": paths}]).encode()
    files = [*zip(paths, layers, strict=True), (name, config), ("manifest.json", manifest)]
    return archive([Member(path, content) for path, content in files])
