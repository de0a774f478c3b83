"""Recovering the files of a ``COPY`` from its layer, laid out as the builder does it."""

from __future__ import annotations

import posixpath
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from layer_kit import Layers, entry, layer

from cacheview.dockerfile.context import CLIENTS, ContextSums
from cacheview.dockerfile.context.clients import Client
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.dispatch import CopySources
from cacheview.layers import step_files
from cacheview.layers.changes import FileState
from cacheview.layers.files import LayerFiles
from cacheview.layers.layer_memory import LayerMemory
from cacheview.layers.step_files import RecoveredFiles, recover_files
from cacheview.layers.tarstream import TarLayers
from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, RootFS

File = tuple[EntryKind, int, bytes]
"""Kind, mode, and content or link target."""

FILE, FOLDER, LINK = EntryKind.FILE, EntryKind.DIRECTORY, EntryKind.SYMLINK


def tree(**more: File) -> dict[str, File]:
    """A context. The keyword ``a__b`` is the path ``a/b``."""
    return {path.replace("__", "/"): file for path, file in more.items()}


def context_of(files: Mapping[str, File], owner: tuple[int, int] = (0, 0)) -> MemoryContext:
    entries = {
        path: Entry(
            path,
            kind,
            mode,
            size=len(data) if kind is FILE else 0,
            target=data.decode() if kind is LINK else "",
            uid=owner[0],
            gid=owner[1],
        )
        for path, (kind, mode, data) in files.items()
    }
    return MemoryContext(entries, {path: data for path, (kind, _, data) in files.items() if kind is FILE})


class CurrentContext:
    """The current context, in which the files of a step are looked up."""

    def __init__(self, context: MemoryContext) -> None:
        self._context = context

    def entries(self) -> Mapping[str, Entry]:
        return self._context.entries

    def headers(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return {}

    def states(self, paths: Iterable[str]) -> Mapping[str, FileState]:
        return {}

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, Iterable[bytes]]]:
        return ((path, self._context.read(path)) for path in paths)


def lay_out(files: Mapping[str, File], copy: CopySources, workdir: str = "/") -> bytes:
    """The layer of a step: its sources under the destination, all owned by root (``performCopyForInfo``)."""
    below = posixpath.normpath(posixpath.join(workdir, copy.destination)).lstrip("/")
    members = []
    for source in copy.sources:
        path = "" if source in (".", "./", "/") else source.strip("/").removeprefix("./")
        if not path or files[path][0] is FOLDER:
            members += [
                (posixpath.join(below, name[len(path) :].lstrip("/")), file)
                for name, file in files.items()
                if not path or name.startswith(f"{path}/")
            ]
        else:
            place = posixpath.join(below, posixpath.basename(path)) if copy.destination.endswith("/") else below
            members.append((place, files[resolve_links(files, path)]))
    kinds = {FILE: tarfile.REGTYPE, FOLDER: tarfile.DIRTYPE, LINK: tarfile.SYMTYPE}
    return layer(
        *(
            entry(
                name,
                data if kind is FILE else b"",
                kinds[kind],
                mode=mode,
                linkname=data.decode() if kind is LINK else "",
            )
            for name, (kind, mode, data) in sorted(dict(members).items())
        )
    )


def resolve_links(files: Mapping[str, File], path: str) -> str:
    """The path that a source's links lead to, which is copied instead of the link."""
    while files[path][0] is LINK:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), files[path][2].decode()))
    return path


def unpacked(sums: ContextSums, context: MemoryContext) -> dict[str, File]:
    """The context as the daemon sees it, with the modes that the client sent."""
    tree = sums.uploaded.tree
    entries = {path: node.entry for path in tree.paths() if (node := tree.get(path)) is not None}
    return {
        path: (entry.kind, entry.mode, entry.target.encode() if entry.kind is LINK else b"".join(context.read(path)))
        if entry.kind is not FOLDER
        else (FOLDER, entry.mode, b"")
        for path, entry in entries.items()
    }


def recovered(
    before: Mapping[str, File],
    now: Mapping[str, File],
    copy: CopySources,
    *,
    client: str = "docker-cli",
    owner: tuple[int, int] = (0, 0),
    workdir: str = "/",
    dockerfile: str = "",
) -> RecoveredFiles:
    """Build with one context, then recover the step's files with another context at hand."""
    context = context_of(before, owner)
    sums = ContextSums(context, dockerfile, client=CLIENTS[client])
    stored = sums.of_sources(copy.sources, add=copy.name == "ADD", destination=copy.destination).text
    layers = Layers(lay_out(unpacked(sums, context), copy, workdir))
    image = Image(
        id="sha256:" + "a" * 64,
        config=ImageConfig(
            config=ContainerConfig(WorkingDir=workdir),
            history=(HistoryEntry(created_by="COPY"),),
            rootfs=RootFS(type="layers", diff_ids=layers.diff_ids),
        ),
    )
    return recover_files(layers.files, image, copy, stored, CurrentContext(context_of(now, owner)))


CONTEXT = tree(
    conf=(FOLDER, 0o750, b""),
    conf__a=(FILE, 0o644, b"one"),
    conf__sub=(FOLDER, 0o755, b""),
    conf__sub__b=(FILE, 0o600, b"two"),
    conf__link=(LINK, 0o777, b"a"),
    top=(FILE, 0o755, b"three"),
    other=(FILE, 0o644, b"four"),
)


@pytest.mark.parametrize(
    "copy",
    [
        CopySources("COPY", ("conf/",), "/etc/web/"),
        CopySources("COPY", ("conf",), "/etc/web"),
        CopySources("COPY", ("./conf/sub/",), "x/"),
        CopySources("COPY", (".",), "/x/"),
        CopySources("COPY", (".",), "."),
        CopySources("COPY", ("top",), "/renamed"),
        CopySources("COPY", ("top", "other"), "./"),
        CopySources("ADD", ("top", "conf"), "/x/"),
    ],
    ids=lambda copy: f"{copy.name} {' '.join(copy.sources)} {copy.destination}",
)
@pytest.mark.parametrize(
    ("client", "owner"), [("docker-cli", (0, 0)), ("docker-cli-20.10", (0, 0)), ("docker-py", (1000, 1000))]
)
def test_what_was_sent_is_proven(copy: CopySources, client: str, owner: tuple[int, int]) -> None:
    found = recovered(CONTEXT, CONTEXT, copy, client=client, owner=owner, workdir="/srv")
    assert found.is_proven
    assert client in {each.name for each in found.clients}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("owner", "ignored"), [((0, 0), b""), ((4321, 99), b"other\n")])
def test_the_sending_client_is_found_from_the_files(client: str, owner: tuple[int, int], ignored: bytes) -> None:
    before = CONTEXT | tree(Dockerfile=(FILE, 0o644, b"FROM scratch"), conf__empty=(FOLDER, 0o755, b""))
    before |= {".dockerignore": (FILE, 0o644, ignored)} if ignored else {}
    now = before | {"conf/a": (FILE, 0o644, b"edited")}
    copy = CopySources("COPY", ("conf",), "/x/")
    found = recovered(before, now, copy, client=client, owner=owner, dockerfile="Dockerfile")
    assert found.is_proven
    assert client in {each.name for each in found.clients}
    context = context_of(before, owner)
    assert {sends_type_bits(each, context) for each in found.clients} == {sends_type_bits(CLIENTS[client], context)}


def sends_type_bits(client: Client, context: MemoryContext) -> bool:
    (sends,) = {member.header.mode > 0o7777 for member in client.pack(context, "Dockerfile").members}
    return sends


def test_files_copied_by_a_pattern_are_recovered_from_the_layer() -> None:
    files = tree(**{"a.py": (FILE, 0o644, b"1"), "b.py": (FILE, 0o644, b"2"), "c.txt": (FILE, 0o644, b"3")})
    sent = {name: file for name, file in files.items() if name != "b.py"}
    copy = CopySources("COPY", ("*.py",), "/x/")
    context = ContextSums(context_of(files), "")
    stored = context.of_sources(copy.sources, add=False, destination=copy.destination).text
    members = [entry("x/a.py", b"1"), entry("x/b.py", b"2")]
    layers = Layers(layer(*members))
    image = Image(
        id="sha256:" + "a" * 64,
        config=ImageConfig(
            history=(HistoryEntry(created_by="COPY"),), rootfs=RootFS(type="layers", diff_ids=layers.diff_ids)
        ),
    )
    found = recover_files(layers.files, image, copy, stored, CurrentContext(context_of(sent)))
    assert found.is_proven
    assert sorted(found.entries) == ["a.py", "b.py"]


NAMES = st.sampled_from(["a", "b", "c", "dir", "x.txt"])
MODES = st.sampled_from([0o644, 0o600, 0o755, 0o640])


@st.composite
def contexts(draw: st.DrawFn) -> dict[str, File]:
    files: dict[str, File] = {"src": (FOLDER, draw(st.sampled_from([0o755, 0o700])), b"")}
    files["src/always"] = (FILE, draw(MODES), draw(st.binary(max_size=20)))
    for _ in range(draw(st.integers(0, 6))):
        above = draw(st.sampled_from([path for path, file in files.items() if file[0] is FOLDER]))
        path = f"{above}/{draw(NAMES)}"
        if path in files:
            continue
        match draw(st.integers(0, 4)):
            case 0:
                files[path] = (FOLDER, draw(st.sampled_from([0o755, 0o775])), b"")
            case 1:
                files[path] = (LINK, 0o777, draw(st.sampled_from([b"always", b"./always", b"none"])))
            case _:
                files[path] = (FILE, draw(MODES), draw(st.binary(max_size=20)))
    files["top"] = (FILE, draw(MODES), draw(st.binary(max_size=20)))
    return files


STEPS = (
    CopySources("COPY", ("src/",), "/to/"),
    CopySources("COPY", ("src",), "to"),
    CopySources("COPY", (".",), "/to"),
    CopySources("ADD", ("src", "top"), "./"),
    CopySources("COPY", ("top",), "/renamed"),
    CopySources("COPY", ("src/always", "top"), "/to/"),
)
CLIENT_NAMES = st.sampled_from(["docker-cli", "docker-cli-20.10", "docker-py", "dockerode", "docker-java"])


@examples(0.5)
@given(contexts(), st.sampled_from(STEPS), CLIENT_NAMES, st.sampled_from([(0, 0), (1000, 1000)]))
def test_the_context_checksum_is_recovered_from_a_layer(
    before: dict[str, File], copy: CopySources, client: str, owner: tuple[int, int]
) -> None:
    before = before | tree(Dockerfile=(FILE, 0o644, b"FROM scratch"))
    found = recovered(before, before, copy, client=client, owner=owner, workdir="/srv", dockerfile="Dockerfile")
    assert found.is_proven
    assert client in {each.name for each in found.clients}


def edited(files: dict[str, File], path: str, edit: str) -> set[str]:
    """Change one file. Returns the paths that differ afterwards."""
    kind, mode, data = files[path]
    match edit:
        case "byte" if data:
            files[path] = (kind, mode, bytes([data[0] ^ 1]) + data[1:])
        case "byte" | "length":
            files[path] = (kind, mode, data + b"!")
        case "bit":
            files[path] = (kind, mode ^ 0o040, data)
        case "name":
            files[f"{path}.new"] = files.pop(path)
            return {path, f"{path}.new"}
        case "link":
            files[path] = (LINK, 0o777, b"elsewhere")
            return {path, f"{path.rpartition('/')[0]}/elsewhere"}
        case "gone":
            del files[path]
    return {path}


@examples(0.5)
@given(contexts(), st.sampled_from(STEPS[:2]), st.data())
def test_any_single_change_is_the_one_that_differs(
    before: dict[str, File], copy: CopySources, data: st.DataObject
) -> None:
    leading = {link for link, (kind, _, _) in before.items() if kind is LINK}
    now = dict(before)
    changed = data.draw(st.sampled_from([path for path, file in before.items() if file[0] is FILE and path != "top"]))
    edit = data.draw(st.sampled_from(["byte", "length", "bit", "name", "link", "gone"]))
    expected = edited(now, changed, edit)
    found = recovered(before, now, copy)
    assert found.is_proven
    sums = ContextSums(context_of(now), "").of_sources(copy.sources, add=False, destination=copy.destination)
    old, new = dict(found.sources.files), dict(sums.files)
    differing = {path for path in old.keys() | new.keys() if old.get(path) != new.get(path)}
    # A link is hashed as its target, so it changes with the target.
    assert changed in differing
    assert differing - leading <= expected


def test_files_are_found_again_without_reading_the_layer(tmp_path: Path) -> None:
    copy = CopySources("COPY", ("conf/",), "/etc/")
    sums = ContextSums(context_of(CONTEXT), "")
    stored = sums.of_sources(copy.sources, add=False, destination=copy.destination).text
    layers = Layers(lay_out(CONTEXT, copy))
    config = ImageConfig(
        history=(HistoryEntry(created_by="COPY"),), rootfs=RootFS(type="layers", diff_ids=layers.diff_ids)
    )
    opened = []
    for _ in range(2):
        memory = LayerMemory(tmp_path)
        files = LayerFiles(TarLayers(layers.open), memory)
        image = Image(id="sha256:" + "a" * 64, config=config)
        assert recover_files(files, image, copy, stored, CurrentContext(context_of(CONTEXT))).is_proven
        memory.save()
        opened.append(len(layers.opened))
    assert opened[0] == opened[1] > 0


@pytest.mark.parametrize("client", [name for name in CLIENTS if not name.endswith("java")])  # Java's links differ
def test_a_link_target_outside_the_copied_files_is_not_proven(client: str) -> None:
    before = tree(src=(FOLDER, 0o755, b""), src__l=(LINK, 0o777, b"../top"), top=(FILE, 0o644, b"x"))
    before |= tree(src__in=(LINK, 0o777, b"../other"), other=(FOLDER, 0o755, b""), other__f=(FILE, 0o644, b""))
    before |= tree(Dockerfile=(FILE, 0o644, b"FROM scratch"))
    for copy in (CopySources("COPY", ("src",), "/to/"), CopySources("COPY", ("src/l",), "/to")):
        found = recovered(before, before, copy, client=client, dockerfile="Dockerfile")
        assert found.is_proven
    found = recovered(before, before | tree(top=(FILE, 0o644, b"y")), CopySources("COPY", ("src",), "/to/"))
    assert not found.is_proven
    assert dict(found.sources.files)["src/l"] == "src/l"
    assert found.reason == "the checksum of a link covers the link's target, but the target of src/in was not copied"


def test_a_step_without_a_layer_has_no_files() -> None:
    image = Image(id="sha256:" + "a" * 64, config=ImageConfig(history=(HistoryEntry(empty_layer=True),)))
    with pytest.raises(UnknownError, match="does not record a layer"):
        recover_files(Layers().files, image, CopySources("COPY", ("a",), "/"), "file:", CurrentContext(context_of({})))


def test_a_different_file_at_the_destination_is_not_proven() -> None:
    found = recovered(CONTEXT, CONTEXT, CopySources("COPY", ("top",), "/renamed"))
    assert found.is_proven
    layers = Layers(layer(entry("renamed", b"somebody else's")))
    image = Image(
        id="sha256:" + "a" * 64,
        config=ImageConfig(
            history=(HistoryEntry(created_by="COPY"),), rootfs=RootFS(type="layers", diff_ids=layers.diff_ids)
        ),
    )
    copy = CopySources("COPY", ("top",), "/renamed")
    likely = recover_files(layers.files, image, copy, found.sources.text, CurrentContext(context_of(CONTEXT)))
    assert not likely.is_proven
    assert likely.reason


def test_a_layer_of_very_many_files_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_files, "_MAX_FILES", 200)
    members = [entry(f"to/{number}") for number in range(201)]
    layers = Layers(layer(*members))
    config = ImageConfig(history=(HistoryEntry(),), rootfs=RootFS(type="layers", diff_ids=layers.diff_ids))
    image = Image(id="sha256:" + "a" * 64, config=config)
    with pytest.raises(UnknownError, match="has 201 files, but at most 200 can be compared"):
        recover_files(layers.files, image, CopySources("COPY", ("src",), "/to"), "dir:", CurrentContext(context_of({})))
