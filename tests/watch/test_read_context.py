"""Reading a context sent to the engine: only the Dockerfile's content is kept, wherever it is in the tar."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from cacheview.dockerfile.context import UnknownError
from cacheview.replay.tar_context import TarContext
from cacheview.watch.prediction import read_context
from cacheview.watch.request import BuildRequest

TEXT = b"FROM scratch\nCMD x\n"


def context_of(members: dict[str, bytes | tuple[bytes, str]], dockerfile: str = "Dockerfile") -> TarContext:
    """What is kept of a tar. Members are contents, or a type and a link target."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, what in members.items():
            info = tarfile.TarInfo(name)
            content = what if isinstance(what, bytes) else b""
            if not isinstance(what, bytes):
                info.type, info.linkname = what
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    file.seek(0)
    stream: io.BufferedReader = io.BufferedReader(file)  # type: ignore[arg-type]
    return TarContext(read_context(stream, BuildRequest(dockerfile=dockerfile)), "the context")


@pytest.mark.parametrize(
    ("members", "dockerfile"),
    [
        ({"Dockerfile": TEXT}, "Dockerfile"),
        ({"dockerfile": TEXT}, "Dockerfile"),
        ({"Dockerfile": (b"2", "deploy/D"), "deploy/D": TEXT}, "Dockerfile"),
        ({"Containerfile": TEXT, "Dockerfile": (b"2", "Containerfile")}, "Dockerfile"),
        ({"a/D": TEXT, "b/l": (b"2", "/m"), "m": (b"2", "a/../a/D")}, "b/l"),
        ({"real/D": TEXT, "sub": (b"2", "real")}, "sub/D"),
        ({"sub": (b"2", "real"), "real/D": TEXT}, "./sub/D"),
        ({"first": TEXT, "Dockerfile": (b"1", "first")}, "Dockerfile"),
        ({"Dockerfile": b"FROM other\n", "b": TEXT, "./Dockerfile": (b"2", "b")}, "Dockerfile"),
    ],
)
def test_a_dockerfile_behind_links_is_kept(members: dict[str, bytes | tuple[bytes, str]], dockerfile: str) -> None:
    others = {f"other{number}": os.urandom(100) for number in range(20)}
    context = context_of({**others, **members, "z": b"last"}, dockerfile)
    assert context.dockerfile(dockerfile if dockerfile != "Dockerfile" else "") == TEXT
    assert not {each.header.name for each in context.members if each.data is not None} & {*others, "z"}


def test_the_smallest_files_are_kept_until_the_dockerfile_link_is_known() -> None:
    large = {f"large{number}": os.urandom(1 << 20) for number in range(6)}
    link = {"Dockerfile": (b"2", "D")}
    assert context_of({"D": TEXT, **large, **link}).dockerfile() == TEXT
    assert context_of({**large, "D": TEXT, **link}).dockerfile() == TEXT
    with pytest.raises(UnknownError):
        context_of({"D": TEXT + bytes(5 << 20), **large, **link}).dockerfile()
