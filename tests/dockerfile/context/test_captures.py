"""What real clients sent to the classic builder, compared entry by entry with what is computed for the same trees."""

from __future__ import annotations

import gzip
import io
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from client_trees import head, ignored, outside_dockerfile

from cacheview.dockerfile.context import CLIENTS, Client, ContextSums, MemoryContext, client_named
from cacheview.dockerfile.context.java_packing import TestcontainersJavaPacking
from cacheview.dockerfile.context.tar_fs_packing import DockerodePacking
from cacheview.replay.tar_context import TarContext
from cacheview.stores.tar import TarError, headers

CAPTURES = Path(__file__).parents[2] / "data" / "clients"
_DRAWN = re.compile(r"\.dockerfile\.[0-9a-f]+")
_OPTIONS = ("-list-", "-files-", "-dot-head")  # tested separately below
_IGN3 = "Dockerfile\n.dockerignore\n*.log\n"
_PROGRAMS = (
    ("aws-sam-cli-", "aws-sam-cli 1.170.0"),
    ("cli-20.10-", "docker CLI 20.10.24"),
    ("cli-26-", "docker CLI 26.1.5"),
    ("cli-28", "docker CLI 28.2.2"),
    ("compose-1.", "docker-compose 1.29.2"),
    ("compose-2.", "docker-compose 2.26.1"),
    ("docker-java-", "docker-java 3.7.1"),
    ("docker-py-", "docker-py 7.2.0"),
    ("dockerode-", "dockerode 5.0.1"),
    ("testcontainers-go-", "testcontainers-go 0.44.0"),
    ("testcontainers-java-", "testcontainers-java 2.0.5"),
    ("testcontainers-node", "testcontainers-node 12.0.4"),
    ("testcontainers-python-", "testcontainers-python 4.15.0"),
)


class Sent(NamedTuple):
    """A member of a tar. Random parts that the client generates are removed from its name and content."""

    name: str
    mode: str
    owner: tuple[int, int]
    size: int
    kind: str
    link: str
    xattrs: tuple[tuple[str, bytes], ...]
    content: str


def _undrawn(name: str, content: bytes) -> tuple[str, str]:
    return _DRAWN.sub(".dockerfile.X", name), _DRAWN.sub(".dockerfile.X", content.decode("latin-1"))


def captured(name: str) -> list[Sent]:
    """Return what a client sent. Some captures lack the blocks that end a tar."""
    packed = (CAPTURES / f"{name}.tar.gz").read_bytes()
    stream: io.BufferedReader = io.BufferedReader(io.BytesIO(gzip.decompress(packed)))
    found = []
    with suppress(TarError):
        for header in headers(stream):
            content = stream.read(header.size) if header.kind == "0" else b""
            shown, text = _undrawn(header.name, content)
            xattrs = tuple(sorted(header.xattrs.items()))
            owner = (header.uid, header.gid)
            found.append(Sent(shown, oct(header.mode), owner, header.size, header.kind, header.link, xattrs, text))
    return sorted(found)


def computed(
    client: Client, context: MemoryContext, dockerfile: str = "Dockerfile", text: bytes | None = None
) -> list[Sent]:
    found = []
    for member in client.pack(context, dockerfile, text).members:
        header = member.header
        content = member.data or b""
        if header.type == "0" and header.size and member.data is None:
            content = b"".join(context.read(member.source, follow=member.follows_links))
        shown, printed = _undrawn(header.name, content)
        owner = (header.uid, header.gid)
        found.append(
            Sent(shown, oct(header.mode), owner, header.size, header.type, header.link, header.xattrs, printed)
        )
    return sorted(found)


def client_of(name: str) -> Client:
    if name.startswith("rooted-"):
        name = name.removeprefix("rooted-")
    program = next(program for beginning, program in _PROGRAMS if name.startswith(beginning))
    umask = re.search(r"umask([0-7]{3})", name)
    return client_named(f"{program} umask {umask[1]}" if umask else program)


def tree_of(name: str) -> MemoryContext:
    if name.startswith("rooted-"):
        return head(rooted=True)
    if "-ign3" in name:
        return ignored(_IGN3)
    return ignored() if "-ign" in name else head()


NAMES = sorted(path.name.removesuffix(".tar.gz") for path in CAPTURES.glob("*.tar.gz"))


@pytest.mark.parametrize("name", [name for name in NAMES if not any(each in name for each in _OPTIONS)])
def test_a_context_is_sent_as_the_client_sent_it(name: str) -> None:
    sent = captured(name)
    dockerfile, text = "Dockerfile", None
    if "other-dockerfile" in name:
        dockerfile, text = "../outside/Other.Dockerfile", outside_dockerfile()
    elif "stdin-dockerfile" in name:
        dockerfile, text = "-", outside_dockerfile()
        sent = [each if "X" not in each.name else replace_content(each, outside_dockerfile()) for each in sent]
    assert len(sent) > 15
    assert computed(client_of(name), tree_of(name), dockerfile, text) == sent


@pytest.mark.parametrize("name", [name for name in NAMES if "dockerfile" not in name and "-java-" not in name])
def test_a_captured_tar_has_the_checksum_of_its_tree(name: str) -> None:
    def opened() -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO((CAPTURES / f"{name}.tar.gz").read_bytes()))

    client = client_of(name)
    if "-list-" in name:
        pytest.skip("the program passed its own list of files to dockerode")
    ours = ContextSums(tree_of(name), client=client).of_sources(["."], add=False, destination="/")
    theirs = ContextSums(TarContext.read_from(opened, name)).of_sources(["."], add=False, destination="/")
    assert theirs == ours


def replace_content(sent: Sent, content: bytes) -> Sent:
    return sent._replace(content=content.decode(), size=len(content))


@pytest.mark.parametrize("name", ["dockerode-5.0.1-dot-head"])
def test_dockerode_sends_the_folder_itself(name: str) -> None:
    assert computed(client_of(name), head()) == captured(name)


@pytest.mark.parametrize(
    ("name", "src"),
    [
        ("dockerode-5.0.1-list-head", ("Dockerfile", "f0644", "sticky", "dirlink", "hard1", "hard2")),
        ("dockerode-5.0.1-list-ign", ("Dockerfile", "p", "build", "a.log", "sub/other.md")),
    ],
)
def test_dockerode_filters_the_names_that_the_program_lists(name: str, src: tuple[str, ...]) -> None:
    client = client_of(name)
    assert isinstance(client.packing, DockerodePacking)
    listing = replace(client, packing=replace(client.packing, src=src))
    assert computed(listing, tree_of(name)) == captured(name)


def test_testcontainers_java_sends_files_under_the_names_that_the_program_gives() -> None:
    files = (("Dockerfile", b"FROM scratch"), ("app", "d0775"), ("f.sh", "f0755"))
    client = replace(CLIENTS["testcontainers-java"], packing=TestcontainersJavaPacking(files))
    sent = captured("testcontainers-java-2.0.5-files-head")
    content = next(each.content for each in sent if each.name == "Dockerfile")
    files = (("Dockerfile", content.encode()), *files[1:])
    client = replace(client, packing=TestcontainersJavaPacking(files))
    assert computed(client, head()) == sent


def test_testcontainers_java_sends_link_targets() -> None:
    """Files outside the context are left out: they were on the machine of the capture, and are not in memory."""
    name = "testcontainers-java-2.0.5-dot-head"
    inside = [each for each in captured(name) if "../" not in each.name]
    links = ("./abs", "./out")  # they lead out of the context, where nothing exists in memory
    assert [each for each in computed(client_of(name), head()) if each.name not in links] == inside
