"""A context that was built once and is replayed after changes."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

from build_kit import Daemon, image_of

from cacheview.dockerfile.context import FolderContext
from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.dockerfile.context.clients import DOCKER_CLI, Client
from cacheview.layers.files import LayerFiles
from cacheview.layers.tarstream import TarLayers
from cacheview.model import HistoryEntry, Image, ImageConfig, RootFS, Timestamp
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.misses import Miss, misses
from cacheview.replay.options import BuildOptions
from cacheview.replay.remembering import remember_files
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, StepStatus

__all__ = ["Built", "tree"]


class Built:
    """A folder, the image and layer that a client built from it, and optionally a record of the hashed files."""

    def __init__(self, folder: Path, records: Path | None, client: Client = DOCKER_CLI, *, layer: bool = False) -> None:
        self.folder, self.records = folder, records
        stream = layer_of(folder / "src") if layer else b""
        self.diff_ids = (f"sha256:{hashlib.sha256(stream).hexdigest()}",) if layer else ()
        source = TarLayers(lambda *_: io.BufferedReader(io.BytesIO(stream)))  # type: ignore[arg-type]
        self.layers = LayerFiles(source) if layer else None
        self.daemon = Daemon("20.10.24")
        self.daemon.add(image_of("base:1"))
        self.reported = self.replay(client)
        step = self.reported.steps[1]
        assert step.probe is not None
        self.daemon.add(
            Image(
                id="sha256:" + "c" * 64,
                names=("docker.io/library/made:1",),
                parent=self.daemon.images[0].id,
                config=ImageConfig(
                    created=Timestamp(1_700_000_000, 0, None),
                    container_config=step.probe.config,
                    history=(HistoryEntry(created_by=step.created_by or ""),),
                    rootfs=RootFS(type="layers", diff_ids=self.diff_ids),
                ),
            )
        )

    def replay(self, client: Client) -> Replay:
        daemon = self.daemon
        context = FolderContext(self.folder)
        self.checksums = ContextChecksums(context, "", daemon.release, client)
        dockerfile = b"FROM base:1\nCOPY src /src\n"
        reported = replay(dockerfile, self.checksums, daemon.store, daemon.rules, daemon.release, BuildOptions())
        self.record = ChecksumRecord.load(self.records, context.title) if self.records else ChecksumRecord("", "")
        layers = self.layers
        files = StoreImageFiles(lambda: layers, daemon.release) if layers is not None else None
        self.missed = tuple(misses(reported, daemon.store, daemon.rules, self.record, self.checksums, files))
        if self.records and remember_files(self.record, reported, self.checksums):
            self.record.save()
        return reported

    def sentences_after(self, client: Client = DOCKER_CLI) -> str:
        assert self.replay(client).steps[1].status is StepStatus.MISS
        return "\n".join(self.miss.files)

    @property
    def miss(self) -> Miss:
        (miss,) = self.missed
        return miss


def layer_of(source: Path) -> bytes:
    """The layer of ``COPY src /src``: the contents of a folder, all owned by root."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in (source, *sorted(source.rglob("*"))):
            info = tar.gettarinfo(path, str(path.relative_to(source.parent)))
            info.uid = info.gid = 0
            with path.open("rb") if info.isreg() else io.BytesIO() as file:
                tar.addfile(info, file)
    return target.getvalue()


def tree(root: Path) -> Path:
    (root / "src" / "d").mkdir(parents=True)
    for path, data in (("a.c", b"int a;"), ("d/b.c", b"int b;"), ("empty", b"")):
        (root / "src" / path).write_bytes(data)
        (root / "src" / path).chmod(0o644)
    (root / "src" / "link").symlink_to("d")
    for folder in (root / "src", root / "src" / "d"):
        folder.chmod(0o755)
    return root
