"""The files that differ: between the layers of two images, and between a step's layer and a build's context."""

from __future__ import annotations

import tarfile
from dataclasses import replace

import pytest
from build_kit import Daemon
from diff_kit import Build, base, recorded, side
from layer_kit import Layers, entry, layer

from cacheview.cases import Daemon as Whose
from cacheview.cases import DaemonBasis
from cacheview.diff.causes import Cause, CauseKind, CauseOrigin
from cacheview.diff.compare import BuildDiff, StepPair, compare_builds
from cacheview.diff.image_side import side_of_image
from cacheview.diff.side import BuildSide
from cacheview.diff.words import answer_sentence
from cacheview.layers.changes import change_in_words
from cacheview.model import Doubt, Image, RootFS
from cacheview.replay.file import ReplayCase
from cacheview.replay.recorded import RecordedSum

FILES = {"src/a": b"one", "src/b": b"two", "src/sub/c": b"three"}
BUILD = Build("FROM base\nWORKDIR /srv\nCOPY src /app/\nRUN make\n", FILES)
BELOW = layer(entry("etc", kind=tarfile.DIRTYPE))
RUN = layer(entry("made", b"by make"))
WORKDIR = layer(entry("srv", kind=tarfile.DIRTYPE))


def digest(stream: bytes) -> str:
    [diff_id] = Layers(stream).diff_ids
    return diff_id


def with_layers(image: Image, rootfs: RootFS) -> Image:
    return image.model_copy(update={"config": image.config.model_copy(update={"rootfs": rootfs})})


class Place:
    """A store with the images of some builds, the layers with the copied files, and the records of the builds."""

    def __init__(self) -> None:
        self.daemon = Daemon()
        base(self.daemon)
        self.streams = [BELOW, RUN, WORKDIR]

    def image(
        self, build: Build, *, keeps_parents: bool = True, top: str = "app/", client: str = "docker-cli"
    ) -> Image:
        """Build, and return the image with its layers."""
        case = recorded(self.daemon, replace(build, client=client))
        copied = layer(
            entry("app", kind=tarfile.DIRTYPE),
            *(
                entry(f"{top}{path.removeprefix('src/')}", data, mode=build.modes.get(path, 0o644))
                for path, data in build.files.items()
            ),
            *(entry(f"{top}sub", kind=tarfile.DIRTYPE) for path in build.files if "/sub/" in path),
        )
        self.streams.append(copied)
        ids = {"COPY": copied, "RUN": RUN, "WORKDIR": WORKDIR}
        made: Image | None = None
        for step in (case.expect.steps or ())[1:]:
            images = self.daemon.images
            number = next(number for number, image in enumerate(images) if step.image in (image.id, image.short_id))
            texts = [each.created_by for each in images[number].history if not each.empty_layer]
            streams = [
                next((data for name, data in ids.items() if f" {name} " in f"{text} "), RUN) for text in texts[1:]
            ]
            rootfs = RootFS(type="layers", diff_ids=tuple(map(digest, (BELOW, *streams))))
            made = images[number] = with_layers(images[number], rootfs)
        assert made is not None
        if keeps_parents:
            return made
        pulled = made.model_copy(update={"id": f"sha256:{'d' * 64}", "parent": None, "container_config": None})
        return self.daemon.add(pulled)

    def side(self, image: Image, *, reads: bool = True) -> BuildSide:
        whose = Whose(self.daemon.rules, self.daemon.release, DaemonBasis.CASE, self.daemon.version)
        layers = Layers(*self.streams)
        return side_of_image(self.daemon.store, image, whose, image.title, (lambda: layers.files) if reads else None)


@pytest.fixture
def place() -> Place:
    return Place()


def with_files(build: Build, **files: bytes) -> Build:
    return replace(build, files={**build.files, **{f"src/{name}": data for name, data in files.items()}})


def of_copy(diff: BuildDiff) -> tuple[StepPair, Cause]:
    [row] = [row for row in diff.rows if row.text.startswith("COPY")]
    return row, row.causes[0]


def differing(row: StepPair) -> dict[str, str]:
    assert row.files is not None
    return {change.path: change_in_words(change, with_mark=True) for change in row.files.differing}


def test_two_images_differ_in_the_files_of_their_layers(place: Place) -> None:
    a = place.image(BUILD)
    changed = replace(with_files(BUILD, a=b"ONE", new=b"x"), modes={"src/b": 0o600})
    diff = compare_builds(place.side(a), place.side(place.image(changed)))
    row, cause = of_copy(diff)
    assert differing(row) == {
        "app/a": "changed: content",
        "app/b": "changed: mode 600, was 644",
        "app/new": "added",
    }
    assert (cause.kind, cause.origin) == (CauseKind.FILES, CauseOrigin.OWN)


@pytest.mark.parametrize("is_image_a", [True, False])
@pytest.mark.parametrize("keeps_parents", [True, False])
def test_an_image_and_a_record_differ_in_what_was_sent(place: Place, is_image_a: bool, keeps_parents: bool) -> None:
    image = place.image(BUILD, keeps_parents=keeps_parents)
    edited = replace(with_files(BUILD, a=b"ONE", new=b"x"), modes={"src/b": 0o600})
    record = side(recorded(place.daemon, edited, 1))
    shown = place.side(image)
    diff = compare_builds(shown, record) if is_image_a else compare_builds(record, shown)
    row, cause = of_copy(diff)
    assert cause.kind is CauseKind.FILES
    assert row.files is not None
    assert row.files.doubt == ""
    mark, mode = ("added", "600, was 644") if is_image_a else ("removed", "644, was 600")
    assert differing(row) == {
        "src/a": "changed: content",
        "src/b": f"changed: mode {mode}",
        "src/new": mark,
    }
    assert "src/a: content changed" in answer_sentence(diff)


def test_the_client_that_sent_an_image_is_named(place: Place) -> None:
    image = place.image(BUILD, client="docker-cli-23")
    record = side(recorded(place.daemon, BUILD, 1))
    diff = compare_builds(place.side(image), record)
    _, cause = of_copy(diff)
    assert (cause.kind, cause.b) == (CauseKind.CLIENT, record.client)
    assert cause.a is not None
    assert "Docker CLI 23.0 or Docker CLI 20.10" in cause.a
    assert (
        f": A's context was sent by {cause.a} and B's by {record.client}, and these clients write different headers."
        in answer_sentence(diff)
    )


def test_file_differences_not_proven_by_the_layer_are_only_likely(place: Place) -> None:
    image = place.image(replace(BUILD, modes={"src/a": 0o600}))
    place.streams.append(layer(entry("app", kind=tarfile.DIRTYPE), entry("app/a", b"other")))
    ids = [digest(place.streams[-1]) if each == digest(place.streams[-2]) else each for each in image.diff_ids]
    other = with_layers(image, RootFS(type="layers", diff_ids=tuple(ids)))
    other = place.daemon.add(other.model_copy(update={"id": f"sha256:{'e' * 64}", "parent": None}))
    diff = compare_builds(place.side(other), side(recorded(place.daemon, BUILD, 1)))
    row, cause = of_copy(diff)
    assert row.files is not None
    assert row.files.doubt
    assert cause.detail.endswith(f"; this is likely but not proven: {row.files.doubt}")


def unreadable(place: Place, image: Image) -> BuildSide:
    place.streams = []
    return place.side(image)


def not_read(place: Place, image: Image) -> BuildSide:
    return place.side(image, reads=False)


def doubted(place: Place, image: Image) -> BuildSide:
    doubt = Doubt(aspect="history.empty_layer", reason="not reported", remedy="")
    return place.side(place.daemon.add(image.model_copy(update={"doubts": (doubt,), "parent": None})))


@pytest.mark.parametrize(
    ("side_without", "why"),
    [
        (unreadable, " is not here. To find out: Look elsewhere"),
        (not_read, "the image's layers were not read"),
        (doubted, "it is not known which layer of "),
    ],
)
@pytest.mark.parametrize("is_other_image", [True, False])
def test_unknown_differing_files_are_reported_as_unknown(
    place: Place, side_without: object, why: str, is_other_image: bool
) -> None:
    image = place.image(BUILD, keeps_parents=side_without is not doubted)
    edited = with_files(BUILD, a=b"ONE")
    other = place.side(place.image(edited)) if is_other_image else side(recorded(place.daemon, edited, 1))
    assert callable(side_without)
    diff = compare_builds(side_without(place, image), other)
    row, cause = of_copy(diff)
    assert row.files is None
    assert cause.kind is CauseKind.FILES
    assert why in answer_sentence(diff)
    assert "the files differ, but it is not known which ones: " in answer_sentence(diff)


def test_records_have_only_a_checksum_of_files_copied_from_an_image(place: Place) -> None:
    case = recorded(place.daemon, Build("FROM base\nRUN COPY\n"), 1)
    steps = case.expect.steps or ()
    copied = "COPY --from=other /x /y"

    def with_sum(digits: str) -> ReplayCase:
        found = RecordedSum(image="", sources=("/x",), destination="/y", sum=f"file:{digits * 64}")
        changed = (steps[0], steps[1].model_copy(update={"instruction": copied}))
        return case.model_copy(
            update={
                "dockerfile": f"FROM base\n{copied}\n",
                "image_sums": (found,),
                "expect": case.expect.model_copy(update={"steps": changed}),
            }
        )

    printed = answer_sentence(compare_builds(side(with_sum("a")), side(with_sum("b"))))
    assert (
        "not known which ones: a record contains only a checksum for files copied from a stage or an image" in printed
    )
    assert printed.endswith("To find out: compare the build contexts instead, each replayed against its own store.")


def test_relative_destinations_are_below_the_folder_of_that_step(place: Place) -> None:
    build = Build("FROM base\nWORKDIR /srv\nCOPY src app/\nWORKDIR /other\nRUN make\n", FILES)
    image = place.image(build, keeps_parents=False, top="srv/app/")
    diff = compare_builds(place.side(image), side(recorded(place.daemon, with_files(build, b=b"2"), 1)))
    row, _ = of_copy(diff)
    assert differing(row) == {"src/b": "changed: content"}
