"""Looking up ``COPY --from`` in stores that come with layers, for real builds by real daemons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from data_root_archives import unpack_data_root

from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.dockerfile.release import builder_release
from cacheview.engine.rulesets import RULE_SETS
from cacheview.layers.files import LayerFiles
from cacheview.layers.opening import open_layers
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.misses import misses
from cacheview.replay.options import BuildOptions
from cacheview.replay.past_misses import replay_past_misses
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay, StepStatus
from cacheview.stores.open import open_store

DOCKERFILE = b"""FROM shop/base:1 AS files
COPY schema.sql /out/schema.sql
FROM shop/base:1
ARG RELEASE
ENV MODE=production \\
    DB_URL="postgres://db/shop?sslmode=disable" \\
    RELEASE=${RELEASE:-none}
LABEL org.example.app="api" description="an \\"api\\" with 2 stages"
COPY --from=files /out/ /srv/api/
COPY --from=%s /out/schema.sql /srv/api/
"""


@pytest.mark.parametrize(
    ("engine", "rules", "version", "commit"),
    [
        ("28.5.2-c8d", "containerd-28.5.2", "28.5.2", ""),
        ("29x-c8d", "containerd-29", "29.7.2", ""),
        ("71ebfc7c63-c8d", "containerd-71ebfc7", "25.0.0", "71ebfc7c63"),
    ],
)
def test_files_of_a_stage_are_hashed_as_the_daemon_did(
    tmp_path: Path, engine: str, rules: str, version: str, commit: str
) -> None:
    unpack_data_root(engine, tmp_path)
    store = open_store(f"data-root:{tmp_path}").cases[0].store
    release = builder_release(version, commit)
    stored = next(
        entry.created_by for image in store.images for entry in image.history if " in /srv/api/ " in entry.created_by
    )
    schema = next(image for image in store.images if image.history[-1].created_by.endswith(" in /out/schema.sql "))
    sums = {"schema.sql": schema.history[-1].created_by.split("file:")[1].split()[0]}

    class Known(ContextChecksums):
        """The file is missing in the context, but its checksum is known."""

        def sum(self, copy):  # type: ignore[no-untyped-def]
            from cacheview.dockerfile.context import SourcesSum

            return SourcesSum(f"file:{sums[copy.sources[0]]}", ())

    files = StoreImageFiles(lambda: LayerFiles(open_layers(store)), release)
    reported = replay(
        DOCKERFILE.replace(b"%s", schema.id.encode()),
        Known(MemoryContext({}, {}), "", release),
        store,
        RULE_SETS[rules],
        release,
        BuildOptions(build_args={"RELEASE": "2.3"}),
        image_files=files,
    )
    copies = [step for step in reported.steps if "--from" in step.text]
    assert copies[0].created_by == stored
    assert copies[0].status is StepStatus.HIT
    assert copies[1].status is StepStatus.MISS
    assert StepStatus.UNKNOWN not in {step.status for step in reported.looked_up}


@pytest.mark.parametrize("stages", [b"", b"FROM files AS more\nENV X=1\n"])
def test_past_a_miss_files_copied_from_a_stage_are_unknown(tmp_path: Path, stages: bytes) -> None:
    """The image assumed for a missed step need not contain the files that the step creates."""
    unpack_data_root("28.5.2-c8d", tmp_path)
    store = open_store(f"data-root:{tmp_path}").cases[0].store
    release, rules = builder_release("28.5.2"), RULE_SETS["containerd-28.5.2"]
    files = StoreImageFiles(lambda: LayerFiles(open_layers(store)), release)
    checksums = ContextChecksums(MemoryContext({}, {}), "", release)
    last = b"more" if stages else b"files"
    dockerfile = DOCKERFILE[: DOCKERFILE.index(b"COPY --from=%s")].replace(b"--from=files", b"--from=" + last)
    dockerfile = dockerfile.replace(b"COPY schema.sql /out/schema.sql\n", b"LABEL made=here\n" + stages)
    options = BuildOptions(build_args={"RELEASE": "2.3"})

    def play(assumed: Mapping[int, str]) -> Replay:
        return replay(dockerfile, checksums, store, rules, release, options, image_files=files, assumed=assumed)

    reported = replay_past_misses(play, store, rules)
    assert reported.steps[1].assumed
    assert reported.refused is None
    copy = reported.steps[-1]
    assert copy.status is StepStatus.UNKNOWN
    assert copy.reason.endswith("part of which has to be built")


def test_the_changed_file_of_a_copy_is_proven_by_the_layer(tmp_path: Path) -> None:
    unpack_data_root("28.5.2-c8d", tmp_path)
    store = open_store(f"data-root:{tmp_path}").cases[0].store
    release, rules = builder_release("28.5.2"), RULE_SETS["containerd-28.5.2"]
    files = StoreImageFiles(lambda: LayerFiles(open_layers(store)), release)
    entry = Entry("logo.svg", EntryKind.FILE, 0o644, size=7)
    checksums = ContextChecksums(MemoryContext({"logo.svg": entry}, {"logo.svg": b"changed"}), "", release)
    dockerfile = b"FROM scratch\nLABEL part=assets\nCOPY logo.svg /logo.svg\n"
    reported = replay(dockerfile, checksums, store, rules, release, BuildOptions(), image_files=files)
    (miss,) = misses(reported, store, rules, None, checksums, files)
    assert miss.files == (
        "The files differ from those that shop/assets:1 was built from: logo.svg: content changed.",
        "Proven: the files in the image's layer produce the stored checksum.",
    )
    (unread,) = misses(reported, store, rules, None, checksums)
    assert "only a checksum is stored" in unread.files[0]
