"""A simulated daemon: images that a build would create are added to its store, so that the next replay finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.dockerfile.release import BuilderRelease, builder_release
from cacheview.engine.ruleset import RuleSet
from cacheview.engine.rulesets.releases import choose
from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, RootFS, StoreKind, Timestamp
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.finished_stages import FinishedStages
from cacheview.replay.options import BuildOptions
from cacheview.replay.prober import CHECKSUM_PLACEHOLDER
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, StepStatus

__all__ = ["CONTAINERD", "GRAPH_DRIVER", "Daemon", "image_of", "statuses"]

CONTAINERD = StoreKind.CONTAINERD
GRAPH_DRIVER = StoreKind.GRAPH_DRIVER

_MODE = 0o644


def context_of(files: Mapping[str, bytes]) -> MemoryContext:
    entries = {path: Entry(path, EntryKind.FILE, _MODE, size=len(data)) for path, data in files.items()}
    for path in files:
        folder = path.rpartition("/")[0]
        if folder:
            entries[folder] = Entry(folder, EntryKind.DIRECTORY, 0o755)
    return MemoryContext(entries, files)


@dataclass
class Daemon:
    """An engine of a given version, with its store."""

    version: str = "28.5.2"
    kind: StoreKind = GRAPH_DRIVER
    commit: str = ""
    images: list[Image] = field(default_factory=list)
    builds: int = 0

    @property
    def rules(self) -> RuleSet:
        choice = choose(self.version, self.kind, self.commit)
        assert choice is not None
        return choice.rules

    @property
    def release(self) -> BuilderRelease:
        return builder_release(self.version, self.commit)

    @property
    def store(self) -> ImageStore:
        return ImageStore(tuple(self.images))

    def replay(
        self, dockerfile: str, files: Mapping[str, bytes] | None = None, options: BuildOptions | None = None
    ) -> Replay:
        """What cacheview predicts for a build."""
        checksums = ContextChecksums(context_of(files or {}), "", self.release)
        return replay(dockerfile.encode(), checksums, self.store, self.rules, self.release, options or BuildOptions())

    def build(
        self,
        dockerfile: str,
        files: Mapping[str, bytes] | None = None,
        options: BuildOptions | None = None,
        *,
        name: str = "",
        copied: str = "c" * 64,
    ) -> list[str]:
        """Build the steps that miss and name the last image. Returns the IDs of the new images in order.

        ``copied``: the checksum to use for files whose checksum a replay does not know.
        """
        self.builds += 1
        seen: list[FinishedStages] = []

        def begin(*arguments: Any) -> FinishedStages:
            seen.append(replace(FinishedStages(*arguments), drops_last_stage=False))
            return seen[0]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("cacheview.replay.replay.FinishedStages", begin)
            reported = self.replay(dockerfile, files, options)
        (build,) = seen
        assert reported.refused is None, reported.refused
        assert StepStatus.UNKNOWN not in {step.status for step in reported.looked_up}
        ids = {made.id: _id(f"{self.builds} {made.id}") for made in build.new_images}
        made = [_real(image, ids, copied) for image in (made.image for made in build.new_images)]
        (end,) = build.results[-1].images
        names = (f"docker.io/library/{name}",) if name else ()
        self.images = [
            image.model_copy(update={"names": (*image.names, *names)}) if image.id == ids.get(end, end) else image
            for image in (*self.images, *made)
        ]
        return [image.id for image in made]

    def add(self, image: Image) -> Image:
        self.images.append(image)
        return image


def image_of(
    name: str = "", *, os: str = "linux", digit: str = "a", created_by: str = "import", **config: object
) -> Image:
    """An image that was pulled or imported."""
    return Image(
        id=f"sha256:{digit * 64}",
        names=(f"docker.io/library/{name}",) if name else (),
        config=ImageConfig(
            os=os,
            architecture="amd64",
            created=Timestamp.parse("2025-01-01T00:00:00Z"),
            config=ContainerConfig.model_validate(config),
            history=(HistoryEntry(created_by="import"),),
        ),
    )


def statuses(reported: Replay) -> list[str]:
    """The statuses of all steps that are looked up in the cache, including triggers."""
    return [step.status.value for step in reported.looked_up]


def _id(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _real(image: Image, ids: Mapping[str, str], copied: str) -> Image:
    """A built image with its final ID and a checksum in place of the placeholder."""

    def text(value: str) -> str:
        return value.replace(CHECKSUM_PLACEHOLDER, f"file:{copied}")

    config, made_with = image.config, image.container_config
    assert made_with is not None
    history = tuple(entry.model_copy(update={"created_by": text(entry.created_by)}) for entry in config.history or ())
    command = tuple(text(word) for word in made_with.Cmd or ())
    parent = image.parent
    changes = {
        "id": ids[image.id],
        "parent": ids.get(parent, parent) if parent is not None else None,
        "config": config.model_copy(update={"history": history, "rootfs": _real_layers(image, ids)}),
        "container_config": made_with.model_copy(update={"Cmd": command}),
    }
    return image.model_copy(update=changes)


def _real_layers(image: Image, ids: Mapping[str, str]) -> RootFS:
    """The layers of a build as digests without any content."""
    known = [
        one if one.startswith("sha256:") else _id(f"layer {ids[one.removeprefix('layer of ')]}")
        for one in image.diff_ids
    ]
    return RootFS(type="layers", diff_ids=tuple(known))
