"""The files of a missed ``COPY --from``, compared by layers with those that the nearest image was built from."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from build_kit import Daemon, image_of
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.context.checksum_record import ChecksumRecord
from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.layers.changes import FileChange
from cacheview.layers.files import LayerFiles
from cacheview.layers.tarstream import TarLayers
from cacheview.model import ContainerConfig, HistoryEntry, RootFS
from cacheview.replay.causes import FileCauseKind
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.file_comparison import FileComparison
from cacheview.replay.image_files import StoreImageFiles
from cacheview.replay.misses import Miss, misses
from cacheview.replay.options import BuildOptions
from cacheview.replay.remembering import remember_files
from cacheview.replay.replay import replay
from cacheview.replay.result import Replay

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FOLDER, LINK = tarfile.DIRTYPE, tarfile.SYMTYPE


@dataclass(frozen=True)
class File:
    """A file of a layer. With ``target``, it is a link."""

    content: bytes = b""
    mode: int = 0o644
    owner: tuple[int, int] = (0, 0)
    target: str = ""
    is_folder: bool = False


FILES: Mapping[str, File] = {
    "out": File(mode=0o750, is_folder=True),
    "out/a": File(b"one\ntwo\n"),
    "out/b": File(b"b" * 2000, 0o755),
    "out/sub": File(mode=0o755, is_folder=True),
    "out/sub/c": File(b"c\n"),
    "out/link": File(target="a"),
    "out/away": File(target="/etc/conf"),
    "etc": File(mode=0o755, is_folder=True),
    "etc/conf": File(b"conf\n"),
    "short": File(target="/out"),
}


def tar_of(files: Mapping[str, File]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as tar:
        for name, file in files.items():
            info = tarfile.TarInfo(name)
            info.mode, (info.uid, info.gid) = file.mode, file.owner
            info.type = FOLDER if file.is_folder else LINK if file.target else tarfile.REGTYPE
            info.linkname, info.size = file.target, len(file.content)
            tar.addfile(info, io.BytesIO(file.content))
    return target.getvalue()


def copied(files: Mapping[str, File], below: Mapping[str, str]) -> dict[str, File]:
    """The files as ``COPY --from`` copies them: renamed, and owned by root."""
    return {
        new + path[len(old) :]: replace(file, owner=(0, 0))
        for old, new in below.items()
        for path, file in files.items()
        if path == old or path.startswith(f"{old}/")
    }


class Store:
    """An engine with the image ``files:1`` and an image that a step built from it on scratch."""

    def __init__(self, version: str) -> None:
        self.daemon = Daemon(version)
        self.layers: dict[str, bytes] = {}

    def add(self, name: str, files: Mapping[str, File], created_by: str) -> None:
        layer = tar_of(files)
        diff_id = f"sha256:{hashlib.sha256(layer).hexdigest()}"
        self.layers[diff_id] = layer
        image = image_of(name, digit=str(len(self.layers)))
        config = ContainerConfig(Env=(PATH,), Cmd=("/bin/sh", "-c", f"#(nop) {created_by}"))
        update = {
            "container_config": config,
            "history": (HistoryEntry(created_by=f"/bin/sh -c #(nop) {created_by}"),),
            "rootfs": RootFS(type="layers", diff_ids=(diff_id,)),
        }
        image = image.model_copy(update={"config": image.config.model_copy(update=update), "built_locally": True})
        self.daemon.add(image)

    def open(self, diff_id: str, _budget: object) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self.layers[diff_id]))

    def replay(self, copy: str, record: ChecksumRecord | None = None) -> tuple[Replay, Miss]:
        """Replay a ``COPY --from`` that misses. Returns the replay and the miss."""
        daemon = self.daemon
        files = StoreImageFiles(lambda: LayerFiles(TarLayers(self.open)), daemon.release)
        checksums = ContextChecksums(MemoryContext({}, {}), "", daemon.release)
        dockerfile = f"FROM scratch\nCOPY --from=files:1 {copy}\n".encode()
        reported = replay(
            dockerfile, checksums, daemon.store, daemon.rules, daemon.release, BuildOptions(), image_files=files
        )
        assert reported.refused is None
        (miss,) = misses(reported, daemon.store, daemon.rules, record, checksums, files)
        if record is not None:
            remember_files(record, reported, checksums, files)
        return reported, miss


@dataclass(frozen=True)
class Replayed:
    """What a replay reports about the only step that misses."""

    sentences: str
    comparison: FileComparison

    @property
    def files(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        return {
            change.path: (change.mark.value, tuple(aspect.value for aspect in change.aspects))
            for change in self.comparison.differing
        }

    @property
    def evidence(self) -> str:
        return self.comparison.evidence.value


def sentences_of(
    copy: str,
    before: Mapping[str, File],
    now: Mapping[str, File],
    made: Mapping[str, File],
    version: str = "28.5.2",
    record: ChecksumRecord | None = None,
) -> Replayed:
    """Compute checksums of an image's old files, then replay with its current files."""
    first = Store(version)
    first.add("files:1", before, "import")
    reported, _ = first.replay(copy, record)
    created_by = (reported.steps[1].created_by or "").removeprefix("/bin/sh -c #(nop) ")
    second = Store(version)
    second.add("files:1", now, "import")
    second.add("made:1", made, created_by)
    _, miss = second.replay(copy, record)
    assert miss.comparison is not None
    return Replayed("\n".join(miss.files), miss.comparison)


EDITS: Mapping[str, tuple[Mapping[str, File | None], Mapping[str, tuple[str, tuple[str, ...]]]]] = {
    "content": ({"out/a": File(b"one\nTWO\n")}, {"out/a": ("changed", ("content",))}),
    "line ends": ({"out/a": File(b"one\r\ntwo\r\n")}, {"out/a": ("changed", ("content", "size"))}),
    "mode": ({"out/b": File(b"b" * 2000, 0o700)}, {"out/b": ("changed", ("mode",))}),
    "mode of the folder": ({"out": File(mode=0o755, is_folder=True)}, {"out": ("changed", ("mode",))}),
    "owner": ({"out/b": File(b"b" * 2000, 0o755, (7, 8))}, {"out/b": ("changed", ("owner",))}),
    "added": ({"out/new": File(b"new")}, {"out/new": ("added", ())}),
    "removed": ({"out/sub/c": None}, {"out/sub/c": ("removed", ())}),
    "renamed": (
        {"out/b": None, "out/z": File(b"b" * 2000, 0o755)},
        {"out/b": ("removed", ()), "out/z": ("added", ())},
    ),
    "link": ({"out/link": File(target="b")}, {"out/link": ("changed", ("link",))}),
    "type": ({"out/link": File(b"one\ntwo\n", 0o777)}, {"out/link": ("changed", ("type",))}),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(
    ("copy", "version"), [("/out /x", "23.0.6"), ("/short/ /x/", "28.5.2"), ("/ou* /x/", "25.0.5")]
)
def test_an_edit_of_an_image_is_named_and_proven(copy: str, version: str, edit: str) -> None:
    changes, expected = EDITS[edit]
    edited = {**FILES, **changes}
    now = {path: file for path, file in edited.items() if file is not None}
    # The layer contains the files of the folder, but not the folder's own mode.
    made = copied({path: file for path, file in FILES.items() if path != "out"}, {"out": "x"})
    reported = sentences_of(copy, FILES, now, made, version)
    assert reported.evidence == "proven", reported.sentences
    assert reported.files == expected
    causes = [cause.kind for cause in reported.comparison.causes]
    assert causes == ([FileCauseKind.LINE_ENDS] if edit == "line ends" else [])
    assert ".dockerignore" not in reported.sentences


def test_a_copied_link_is_replaced_by_its_target() -> None:
    now = {**FILES, "etc/conf": File(b"CONF\n")}
    made = {"x/away": FILES["etc/conf"], "x/a": FILES["out/a"]}
    reported = sentences_of("/out/away /short/a /x/", FILES, now, made)
    assert reported.evidence == "proven", reported.sentences
    assert reported.files == {"out/away": ("changed", ("what the link points to",))}


def test_owner_changes_not_visible_in_a_layer_are_only_likely() -> None:
    before = {**FILES, "out/a": File(b"one\ntwo\n", owner=(33, 33)), "out/b": File(b"b" * 2000, 0o755, (4, 5))}
    now = {**FILES, "out/sub/c": File(b"C\n"), "out/a": File(b"one\ntwo\n", owner=(1, 2))}
    made = copied({path: file for path, file in before.items() if path != "out"}, {"out": "x"})
    reported = sentences_of("/out /x", before, now, made)
    assert reported.evidence == "likely"
    assert reported.files["out/sub/c"] == ("changed", ("content",))
    assert "COPY does not keep the owners of the files that it copies from another image" in reported.sentences


def test_a_layer_without_the_copied_files_is_not_readable() -> None:
    now = {**FILES, "out/a": File(b"other")}
    reported = sentences_of("/out/a /x", FILES, now, {"y": File(b"one\ntwo\n")})
    assert reported.evidence == "not readable"
    assert "the step's layer contains none of the sources" in reported.sentences


def test_what_a_link_in_a_folder_leads_to_is_named() -> None:
    now = {**FILES, "etc/conf": File(b"CONF\n")}
    made = copied({path: file for path, file in FILES.items() if path != "out"}, {"out": "x"})
    reported = sentences_of("/out /x", FILES, now, made)
    assert reported.evidence == "likely"  # the layer does not contain the link's old target
    assert reported.files == {}
    record = ChecksumRecord("", "")
    reported = sentences_of("/out /x", FILES, now, {}, record=record)
    assert reported.evidence == "proven"
    assert reported.files == {"out/away": ("changed", ("what the link points to",))}
    assert "out/away: its target (/etc/conf) changed" in reported.sentences


def test_a_changed_owner_is_found_by_a_record() -> None:
    before = {**FILES, "out/a": File(b"one\ntwo\n", owner=(33, 33))}
    reported = sentences_of("/out /x", before, FILES, {}, record=ChecksumRecord("", ""))
    assert reported.evidence == "proven"
    assert reported.files == {"out/a": ("changed", ("owner",))}


def test_contents_are_read_from_the_layer_and_the_image() -> None:
    now = {**FILES, "out/a": File(b"one\nTWO\n")}
    made = copied({path: file for path, file in FILES.items() if path != "out"}, {"out": "x"})
    reported = sentences_of("/out /x", FILES, now, made)
    (change,) = reported.comparison.differing
    contents = reported.comparison.contents
    assert contents is not None
    found = contents(change, 100)
    assert (found.before, found.now, found.problem) == (b"one\ntwo\n", b"one\nTWO\n", "")
    assert contents(FileChange("nowhere", change.mark, (), change.before, change.now), 10).before is None


_NAMES = st.sampled_from(["a", "b", "é", "n" * 120, "x y", "\udcff"])
_MODES = st.sampled_from([0o644, 0o600, 0o755, 0o4755])


@st.composite
def images(draw: st.DrawFn) -> dict[str, File]:
    """Files of an image below ``out``."""
    files = {"out": File(mode=draw(st.sampled_from([0o755, 0o700])), is_folder=True)}
    files["out/always"] = File(draw(st.binary(max_size=20)), draw(_MODES))
    for _ in range(draw(st.integers(0, 8))):
        folder = draw(st.sampled_from([path for path, file in files.items() if file.is_folder]))
        path = f"{folder}/{draw(_NAMES)}"
        if path not in files:
            content, mode = draw(st.binary(max_size=600)), draw(_MODES)
            target = draw(st.sampled_from(["always", "/out/always", "none"]))
            files[path] = draw(
                st.sampled_from([File(content, mode), File(mode=0o755, is_folder=True), File(target=target)])
            )
    return files


@examples(0.5)
@given(images(), st.data(), st.sampled_from(["23.0.6", "28.5.2"]))
def test_any_single_change_is_the_one_that_is_named(before: dict[str, File], data: st.DataObject, version: str) -> None:
    path = data.draw(st.sampled_from([path for path, file in before.items() if not (file.is_folder or file.target)]))
    now, file = dict(before), before[path]
    expected: dict[str, str] = {path: "changed"}
    match data.draw(st.sampled_from(["byte", "longer", "bit", "owner", "name", "gone"])):
        case "byte" if file.content:
            now[path] = replace(file, content=bytes([file.content[0] ^ 1]) + file.content[1:])
        case "byte" | "longer":
            now[path] = replace(file, content=file.content + b"!")
        case "bit":
            now[path] = replace(file, mode=file.mode ^ 0o040)
        case "owner":
            now[path] = replace(file, owner=(7, 0))
        case "name":
            now[f"{path}.new"] = now.pop(path)
            expected = {path: "removed", f"{path}.new": "added"}
        case "gone":
            del now[path]
            expected = {path: "removed"}
    made = copied({each: kept for each, kept in before.items() if each != "out"}, {"out": "x"})
    reported = sentences_of("/out /x", before, now, made, version)
    assert reported.evidence == "proven", reported.sentences
    links = {each for each, kept in before.items() if kept.target and path == "out/always"}  # their target is gone
    assert {each: mark for each, (mark, _) in reported.files.items() if each not in links} == expected
