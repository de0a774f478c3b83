"""A context that was built once, and is replayed after changes."""

from __future__ import annotations

from pathlib import Path

from build_kit import Daemon, image_of

from cacheview.dockerfile.context import FolderContext
from cacheview.dockerfile.context.clients import DOCKER_CLI, Client
from cacheview.dockerfile.context.record import Record
from cacheview.model import Image, ImageConfig, Timestamp
from cacheview.replay.misses import Miss, misses
from cacheview.replay.options import BuildOptions
from cacheview.replay.remembering import remember_files
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, StepStatus
from cacheview.replay.summer import ContextSummer

__all__ = ["Built", "tree"]


class Built:
    """A folder, an image that a client's build made of it, and a record of what went in."""

    def __init__(self, folder: Path, records: Path | None, client: Client = DOCKER_CLI) -> None:
        self.folder, self.records = folder, records
        self.daemon = Daemon("20.10.24")
        self.daemon.add(image_of("base:1"))
        self.told = self.replay(client)
        step = self.told.steps[1]
        assert step.probe is not None
        self.daemon.add(
            Image(
                id="sha256:" + "c" * 64,
                names=("docker.io/library/made:1",),
                parent=self.daemon.images[0].id,
                config=ImageConfig(created=Timestamp(1_700_000_000, 0, None), container_config=step.probe.config),
            )
        )

    def replay(self, client: Client) -> Replay:
        daemon = self.daemon
        context = FolderContext(self.folder)
        self.summer = ContextSummer(context, "", daemon.release, client)
        dockerfile = b"FROM base:1\nCOPY src /src\n"
        told = replay(dockerfile, self.summer, daemon.store, daemon.rules, daemon.release, BuildOptions())
        self.record = Record.load(self.records, context.title) if self.records else Record("", "")
        self.missed = tuple(misses(told, daemon.store, daemon.rules, self.record, self.summer))
        if self.records and remember_files(self.record, told, self.summer):
            self.record.save()
        return told

    def told_after(self, client: Client = DOCKER_CLI) -> str:
        assert self.replay(client).steps[1].status is StepStatus.MISS
        return "\n".join(self.miss.files)

    @property
    def miss(self) -> Miss:
        (miss,) = self.missed
        return miss


def tree(root: Path) -> Path:
    (root / "src" / "d").mkdir(parents=True)
    for path, data in (("a.c", b"int a;"), ("d/b.c", b"int b;"), ("empty", b"")):
        (root / "src" / path).write_bytes(data)
        (root / "src" / path).chmod(0o644)
    (root / "src" / "link").symlink_to("d")
    for folder in (root / "src", root / "src" / "d"):
        folder.chmod(0o755)
    return root
