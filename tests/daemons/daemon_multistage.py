"""Multi-stage builds that copy from each other's stages and from an image of several layers."""

from __future__ import annotations

from pathlib import Path

from daemon_layered import LAYERED, Member, archive
from daemon_scenarios import Build, Link, Scenario

__all__ = ["MULTI_STAGE", "REMOVED"]

_FIRST = Build("for the first time", 0)
_FROM_IMAGE = (
    "/etc /etc/",
    "/etc/changed /changed",
    "/etc/hidden /hidden",
    "/folder /folder",
    "/opaque /opaque/",
    "/data/file /data/absolute /data/relative /data/upwards /links/",
    "/data/absolute /absolute",
    "/data/other /through-a-link",
    "/data/other/kept /kept",
    "/linked /folder-by-link/",
    "/linked/file /linked-file",
    "/d*/[fs]* /pattern/",
    "/becomes-f* /became/",
    "/first /second /names/",
    "/data /data",
    "/data/./../etc//kept /cleaned",
    "first /without-a-slash",
    "/without /without",
)

IMAGE = Scenario(
    "from-an-image",
    "FROM scratch\n" + "".join(f"COPY --from={LAYERED} {copy}\n" for copy in _FROM_IMAGE),
    {
        "Based": f"FROM {LAYERED} AS base\nCOPY one /etc/changed\nCOPY one /opaque/\n"
        "FROM scratch\nCOPY --from=base /etc /etc\nCOPY --from=base /opaque /opaque\n".encode(),
        "one": b"one\n",
        **{
            name: f"FROM scratch\nLABEL missing={name}\nCOPY --from={LAYERED} {copy}\n".encode()
            for name, copy in {
                "Gone": "/gone /x",
                "Below": "/folder/below /x",
                "Opaque": "/opaque/below /x",
                "Inside": "/becomes-file/in /x",
                "Broken": "/broken /x",
                "Loop": "/loop /x",
                "Through": "/broken/file /x",
                "Pattern": "/etc/nothing* /x",
                "Several": "/etc/kept /gone /x/",
                "Folder": "/etc/kept /first /x",
            }.items()
        },
    },
    (
        _FIRST,
        Build("once more", len(_FROM_IMAGE)),
        Build("with files over those of the image", 0, file="Based"),
        Build("once more", 4, file="Based"),
        Build("with another file over it", 0, lambda folder: (folder / "one").write_bytes(b"other\n"), file="Based"),
        Build("a file that is nowhere", 0, file="Gone", refused="gone"),
        Build("a file that is hidden", 0, file="Below", refused="folder/below"),
        Build("a file below an opaque folder", 0, file="Opaque", refused="opaque/below"),
        Build("a file in what is a file", 0, file="Inside", refused="becomes-file/in"),
        Build("a link to nowhere", 0, file="Broken", refused="broken"),
        Build("a link to itself", 0, file="Loop", refused="loop"),
        Build("through a link to nowhere", 0, file="Through", refused="broken"),
        Build("a pattern that fits nothing", 0, file="Pattern", refused="no source files"),
        Build("one that is there and one that is not", 0, file="Several", refused="gone"),
        Build("several to what is no folder", 0, file="Folder", refused="must be a directory"),
    ),
)

_UNPACKED = (
    Member("un", mode=0o755),
    Member("un/file", b"file\n", mode=0o640),
    Member("un/second", first="un/file"),
    Member("un/absolute", link="/un/file"),
    Member("un/outside", link="/../../un"),
    Member("un/empty", mode=0o700),
)

SCRATCH = Scenario(
    "from-scratch-stages",
    """\
FROM scratch AS one
COPY tree /tree/
COPY top /top
FROM one AS two
COPY tree/a /tree/b
COPY tree/sub /tree/new/
ADD files.tar /
WORKDIR /made/here
FROM scratch AS nothing
FROM scratch
COPY --from=one /tree /one
COPY --from=two /tree /two
COPY --from=two /un /un
COPY --from=two /un/absolute /un/second /files/
COPY --from=two /un/outside/file /outside
COPY --from=0 /t* /pattern/
COPY --from=TWO /tree/s*/* /deeper/
COPY --from=two /made /made
COPY --from=two / /all/
""",
    {
        "tree/a": b"a\n",
        "tree/b": b"b\n",
        "tree/sub/c": b"c\n",
        "tree/sub/link": Link("../a"),
        "tree/sub/absolute": Link("/top"),
        "top": b"top\n",
        "files.tar": archive(_UNPACKED),
        "Empty": b"FROM scratch AS nothing\nFROM scratch\nLABEL a=1\nCOPY --from=nothing / /x\n",
        "None": b"FROM scratch AS nothing\nFROM scratch\nLABEL a=1\nCOPY --from=nothing /a /x\n",
    },
    (
        _FIRST,
        Build("once more", 15),
        Build("with another file in a later layer", 0, lambda folder: (folder / "top").write_bytes(b"other\n")),
        Build("once more", 15),
        Build("with another mode in the archive", 0, lambda folder: (folder / "tree/a").chmod(0o600)),
        Build("a file of a stage without files", 0, file="None", refused="a"),
    ),
)

OWNED = Scenario(
    "owned",
    """\
FROM scratch AS one
COPY --chown=5:6 top /owned
ADD owned.tar /
FROM scratch
COPY --from=one --chown=7 /owned /again
COPY --from=one /folder /folder
""",
    {
        "top": b"top\n",
        "owned.tar": archive([Member("folder", mode=0o755, owner=(1234, 1234)), Member("folder/a", b"a")]),
    },
    (_FIRST, Build("once more", 4), Build("with another file", 0, lambda folder: (folder / "top").write_bytes(b"2\n"))),
)
"""Before 24.0, Docker includes the names of owners on its host in the checksum."""


def _sub(folder: Path) -> None:
    (folder / "Dockerfile").write_text((folder / "Dockerfile").read_text().replace("/etc/kept", "/first"))


REMOVED = Scenario(
    "removed",
    f"""\
FROM {LAYERED} AS one
COPY remove /remove
RUN ["/remove", "/etc/kept"]
RUN ["/remove", "/folder/deep/other"]
FROM scratch
COPY --from=one /etc /etc
COPY --from=one /folder /folder
""",
    {
        "Missing": f'FROM {LAYERED} AS one\nCOPY remove /remove\nRUN ["/remove", "/etc/kept"]\n'
        "FROM scratch\nLABEL a=1\nCOPY --from=one /etc/kept /x\n".encode()
    },
    (
        _FIRST,
        Build("once more", 5),
        Build("with another file removed", 1, _sub),
        Build("once more", 5),
        Build("a file that a command removed", 2, file="Missing", refused="etc/kept"),
    ),
)
"""The context must contain the program that removes a file as ``remove``."""

NAMED = Scenario(
    "named-owners",
    """\
FROM live/named-base
USER app
COPY --chown=app:app top /named
COPY --chown=app /top /user
COPY --chown=7:8 top /numbers
WORKDIR /home/app
USER 7:8
""",
    {
        "top": b"top\n",
        "passwd": b"app:x:7:8::/home/app:/bin/sh\n",
        "group": b"app:x:8:\n",
        "Base": b"FROM scratch\nCOPY passwd group /etc/\n",
        "User": b"FROM live/named-base\nLABEL a=1\nCOPY --chown=who:app top /x\n",
        "Group": b"FROM live/named-base\nCOPY --chown=app:who top /x\nLABEL a=1\n",
        "Scratch": b"FROM scratch\nCOPY --chown=app top /x\n",
        "Number": b"FROM scratch\nCOPY --chown=+7:8 top /x\n",
    },
    (
        Build("a base", 0, file="Base", tag="live/named-base"),
        _FIRST,
        Build("once more", 6),
        Build(
            "the base with another number for the name",
            0,
            lambda folder: (folder / "passwd").write_bytes(b"app:x:9:8::/home/app:/bin/sh\n"),
            file="Base",
            tag="live/named-base",
        ),
        Build("on the other base", 0),
        Build("once more", 6),
        Build("a user that the base does not know", 0, file="User", refused="no such user: who"),
        Build("a group that the base does not know", 0, file="Group", refused="no such group: who"),
        Build("a name where there are no files with names", 0, file="Scratch", refused="no such file"),
        Build("numbers where there are no files with names", 0, file="Number"),
    ),
)
"""The cache is asked with the owner names as written; a step that misses looks them up in the base."""

MULTI_STAGE = (IMAGE, SCRATCH, OWNED, NAMED)
