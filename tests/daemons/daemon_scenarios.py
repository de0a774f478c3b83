"""Dockerfiles and contexts that are built several times, with edits in between."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cacheview.replay.options import BuildOptions

__all__ = [
    "FILES",
    "NO_CACHE",
    "OVER_A_BASE",
    "RUN",
    "SCENARIOS",
    "STAGES",
    "TWICE",
    "Build",
    "Link",
    "Scenario",
    "arguments_of",
    "write",
]

Edit = Callable[[Path], object]


@dataclass(frozen=True)
class Link:
    """A symlink in a context."""

    target: str


@dataclass(frozen=True)
class Build:
    """One build of a scenario.

    Attributes:
        message: a description for test reports.
        edit: the edit of the context before the build.
        options: the build options.
        tag: the name of the built image; by default, that of the scenario.
        cached: the number of steps that must be cached for the scenario to be meaningful.
        file: the argument of ``-f``, relative to the context; empty if not given.
        refused: part of the daemon's error; empty if the build succeeds.
        asks_itself: whether a local match without a parent is checked against itself. Engines that do so never answer,
            so the build does not run there: see ``test_daemon_unanswered.py``.
    """

    message: str
    cached: int
    edit: Edit | None = None
    options: BuildOptions = field(default_factory=BuildOptions)
    tag: str = ""
    file: str = ""
    refused: str = ""
    asks_itself: bool = False


@dataclass(frozen=True)
class Scenario:
    """A Dockerfile and its files, built several times."""

    name: str
    dockerfile: str
    files: Mapping[str, bytes | Link]
    builds: tuple[Build, ...]


def write(folder: Path, scenario: Scenario) -> None:
    """Write the context to disk, with modes that do not depend on the umask."""
    folder.mkdir()
    for name, content in {"Dockerfile": scenario.dockerfile.encode(), **scenario.files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content.target)
        else:
            path.write_bytes(content)
            path.chmod(0o644)
    for place, _, _ in os.walk(folder):
        os.chmod(place, 0o755)


def arguments_of(options: BuildOptions) -> list[str]:
    """Return these options as arguments of ``docker build``."""
    pairs = [
        *(("--build-arg", name if value is None else f"{name}={value}") for name, value in options.build_args.items()),
        *(("--label", f"{name}={value}") for name, value in options.labels.items()),
        *(("--cache-from", reference) for reference in options.cache_from),
    ]
    if options.target:
        pairs.append(("--target", options.target))
    if options.platform:
        pairs.append(("--platform", options.platform))
    return [*(word for pair in pairs for word in pair), *(["--no-cache"] if options.no_cache else [])]


def _put(name: str, content: bytes) -> Edit:
    return lambda folder: (folder / name).write_bytes(content)


def _dockerfile(old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        path = folder / "Dockerfile"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


def _touch(name: str) -> Edit:
    return lambda folder: os.utime(folder / name, (1_000_000_000, 1_000_000_000))


def _mode(name: str, mode: int) -> Edit:
    return lambda folder: (folder / name).chmod(mode)


def _archive(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


FIRST = Build("for the first time", 0)

SETTINGS = Scenario(
    "settings",
    """\
# what is asked of each kind of instruction
FROM scratch
ARG VERSION=1
ARG UNUSED
MAINTAINER replay@example.com
LABEL "org.example.a b"='single' org.example.version=$VERSION \\
      # a comment inside of it
      empty=""
ENV HOME_OF=/srv/$VERSION OTHER="two words"
ENV OLD the old form
WORKDIR $HOME_OF
WORKDIR relative/
EXPOSE 443 80/udp 8000-8002
VOLUME /data [/not-json
USER ${WHO:-1000}:${WHO:+2}1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --retries=10 CMD curl "x"
SHELL ["/noop", "-c"]
HEALTHCHECK --timeout=1m30s CMD ["/ok", "\\u00e9"]
ENTRYPOINT exec /web $VERSION
CMD ["serve", "--port", "80"]
ONBUILD env LATER=1
""",
    {},
    (
        FIRST,
        Build("once more", 18),
        Build("with an argument that it has anyway", 18, options=BuildOptions(build_args={"VERSION": "1"})),
        Build("with another argument", 3, options=BuildOptions(build_args={"VERSION": "2"})),
        Build("with an argument without a value", 18, options=BuildOptions(build_args={"UNUSED": None})),
        Build("with another user", 10, _dockerfile("${WHO:-1000}", "${WHO:-1001}")),
    ),
)

FILES = Scenario(
    "files",
    """\
FROM scratch
COPY one.txt /one
COPY one.txt two.txt /both/
COPY *.txt [f]older/?.bin glob/
COPY folder /folder
ADD --chown=1:2 folder/sub/ /sub/
COPY --chown=3 link /link
COPY . .
""",
    {
        "one.txt": b"1\n",
        "two.txt": b"2\n",
        "folder/a.bin": b"\0\1",
        "folder/b.bin": b"\0\2",
        "folder/sub/deep/file": b"deep\n",
        "folder/link": Link("a.bin"),
        "link": Link("folder/sub/deep/file"),
        "broken": Link("nowhere"),
    },
    (
        FIRST,
        Build("once more", 7),
        Build("with another time on a file", 7, _touch("two.txt")),
        Build("with one byte that is another", 1, _put("two.txt", b"3\n")),
        Build("with the byte of before", 7, _put("two.txt", b"2\n")),
        Build("with another mode", 2, _mode("folder/b.bin", 0o600)),
        Build("with another mode on a folder", 3, _mode("folder/sub/deep", 0o700)),
        Build(
            "with another name",
            1,
            lambda folder: (folder / "two.txt").rename(folder / "three.txt"),
            refused="two.txt: file does not exist",
        ),
    ),
)

IGNORED = Scenario(
    "ignored",
    "FROM scratch\nCOPY . /all/\nADD docs /docs/\nLABEL done=yes\n",
    {
        ".dockerignore": b"# not sent\n**/*.log\n.git\ndocs/*\n!docs/*.md\n!docs/keep\nDockerfile\n.dockerignore\n",
        "a.log": b"log\n",
        "src/b.log": b"log\n",
        "src/main": b"main\n",
        ".git/HEAD": b"ref\n",
        "docs/readme.md": b"# read\n",
        "docs/draft.txt": b"draft\n",
        "docs/keep/deep.txt": b"kept\n",
    },
    (
        FIRST,
        Build("with other files that are ignored", 3, _put("src/b.log", b"another\n")),
        Build("with another Dockerfile, which is ignored", 2, _dockerfile("done=yes", "done=no")),
        Build("with another file that is put back", 0, _put("docs/keep/deep.txt", b"changed\n")),
        Build("with a file that is no longer ignored", 0, _put(".dockerignore", b"docs/draft.txt\n")),
    ),
)

ARCHIVE = Scenario(
    "archive",
    "FROM scratch\nADD files.tar /\nCOPY files.tar /\n",
    {"files.tar": _archive(a=b"1", b=b"2")},
    (
        FIRST,
        Build("once more", 2),
        Build("with a file in the archive that is another", 0, _put("files.tar", _archive(a=b"1", b=b"3"))),
    ),
)

STAGES = Scenario(
    "stages",
    """\
ARG BASE=scratch
FROM ${BASE} AS files
ARG BASE
COPY one /one
LABEL stage=files
FROM files AS Middle
COPY two /two
FROM scratch
COPY --from=files /one /one
ENV A=1
COPY --from=1 /two /two
CMD ["/two"]
""",
    {"one": b"1\n", "two": b"2\n", "Base": b"FROM scratch\nCMD stages\n"},
    (
        FIRST,
        Build("once more", 8),
        Build("up to a stage", 4, options=BuildOptions(target="middle")),
        Build("with another file in the middle", 5, _put("two", b"3\n")),
        Build("with another file at the start", 1, _put("one", b"4\n")),
        Build("up to no stage", 0, options=BuildOptions(target="nothing"), refused="nothing"),
        Build("a base", 0, file="Base", tag="live/stages-base"),
        Build("on it", 0, options=BuildOptions(build_args={"BASE": "live/stages-base"}, target="files")),
        Build("once more", 3, options=BuildOptions(build_args={"BASE": "live/stages-base:latest"}, target="files")),
    ),
)

TWICE = Scenario(
    "twice",
    """\
FROM scratch AS a
COPY one /one
ENV A=1
CMD ["a"]
FROM scratch AS b
COPY one /one
ENV A=1
CMD ["b"]
FROM a
LABEL a=a
FROM scratch
ADD one /one
""",
    {"one": b"once and again\n"},
    (Build("for the first time", 2), Build("once more", 8), Build("with another file", 2, _put("one", b"\n"))),
)

TRIGGERS = Scenario(
    "triggers",
    'FROM scratch\nENV APP=/app\nONBUILD ARG LEVEL=1\nONBUILD COPY app $APP/\nONBUILD ENV MODE=$LEVEL\nSHELL ["/sh"]\n',
    {"app/main": b"main\n", "Child": b"FROM live/triggers-base\nLABEL child=yes\n"},
    (
        Build("the base", 0, tag="live/triggers-base"),
        Build("what is built on it", 0, file="Child"),
        Build("once more", 4, file="Child"),
        Build("with another argument", 2, file="Child", options=BuildOptions(build_args={"LEVEL": "2"})),
        Build("with another file", 1, _put("app/main", b"other\n"), file="Child"),
        Build("the base once more", 5, tag="live/triggers-base"),
        Build("without a cache", 0, file="Child", options=BuildOptions(no_cache=True)),
    ),
)

NO_CACHE = Scenario(
    "no-cache",
    "FROM scratch\nENV A=no-cache\nCOPY one /\nENV B=2\nENTRYPOINT []\n",
    {"one": b"no cache\n"},
    (
        Build("for the first time", 0, tag="live/first"),
        Build("without a cache", 0, tag="live/second", options=BuildOptions(no_cache=True)),
        Build("once more, where the newest wins", 4),
        Build("with the cache of the first", 4, options=BuildOptions(cache_from=("live/first",)), asks_itself=True),
        Build("with the cache of both", 4, options=BuildOptions(cache_from=("live/second", "live/first:latest"))),
        Build("with a cache that is not there", 0, options=BuildOptions(cache_from=("live/nothing:1",))),
        Build(
            "with a part that is new",
            2,
            _dockerfile("B=2", "B=3"),
            options=BuildOptions(cache_from=("live/first",)),
            asks_itself=True,
        ),
    ),
)

OVER_A_BASE = Scenario(
    "over-a-base",
    "FROM live/over-base\nENTRYPOINT []\nHEALTHCHECK NONE\nCMD none\n",
    {
        "Health": b"FROM live/over-base\nHEALTHCHECK --interval=7s CMD true\n",
        "Whole": b"FROM live/over-base\nHEALTHCHECK --interval=7s --timeout=7s --start-period=7s --retries=7 CMD x\n",
        "Base": b'FROM scratch\nENTRYPOINT ["/base"]\nHEALTHCHECK --timeout=9s CMD base\nENV A=1\nLABEL a=1\n',
        "Empty": b"FROM live/over-base\nLABEL empty=\nENV A= B=$A\nLABEL a=\n",
    },
    (
        Build("the base", 0, file="Base", tag="live/over-base"),
        FIRST,
        Build("once more, which an entrypoint of nothing prevents", 0),
        Build("a check with some fields", 0, file="Health"),
        Build("once more", 1, file="Health"),
        Build("a check with all fields", 0, file="Whole"),
        Build("once more", 1, file="Whole"),
        Build("with values that are empty", 0, file="Empty"),
        Build("once more", 3, file="Empty"),
    ),
)

LABELS = Scenario(
    "labels",
    'FROM scratch AS one\nLABEL b=1 a=2\nFROM one\nLABEL c="3 4"\n',
    {},
    (
        Build("for the first time", 0, options=BuildOptions(labels={"z": "1", "org.example.label": "two words"})),
        Build("once more", 4, options=BuildOptions(labels={"org.example.label": "two words", "z": "1"})),
        Build("without", 2),
        Build("with one alone", 2, options=BuildOptions(labels={"z": "1"})),
    ),
)

ESCAPED = Scenario(
    "escaped",
    '# escape=`\nFROM scratch\nENV A=1 `\n`\n  # c\n  B=\\x C=`$A\nCOPY ["with space", "/a b/"]\nWORKDIR c:\\x\n',
    {"with space": b" \n"},
    (FIRST, Build("once more", 3), Build("written otherwise", 3, _dockerfile("ENV A=1 `\n`\n  # c\n ", "env  A=1"))),
)

ELSEWHERE = Scenario(
    "elsewhere",
    "FROM scratch\nCOPY . /\n",
    {"sub/Other": b"FROM scratch\nLABEL sub=1\nCOPY sub /sub\n", "file": b"1\n"},
    (
        FIRST,
        Build("with the Dockerfile in a folder", 0, file="sub/Other"),
        Build("once more", 2, file="sub/Other"),
        Build(
            "with one that is outside",
            1,
            lambda folder: (folder.parent / "Outside").write_bytes(b"FROM scratch\nCOPY . /\nLABEL out=1\n"),
            file="../Outside",
        ),
    ),
)

REFUSED = Scenario(
    "refused",
    "FROM scratch\nLABEL refused=1\nCOPY one /\n",
    {
        "one": b"refused\n",
        "Unknown": b"FROM scratch\nLABEL a=1\nRUNN x\n",
        "Before": b"LABEL a=1\nFROM scratch\n",
        "Names": b"FROM scratch AS a\nLABEL refused=1\nFROM scratch AS A\nLABEL refused=1\n",
        "Case": b"FROM scratch\nLABEL refused=1\nFROM Upper/Case\n",
        "Missing": b"FROM scratch\nLABEL refused=1\nLABEL a=1\nCOPY missing /\nLABEL b=1\n",
        "Glob": b"FROM scratch\nLABEL refused=1\nADD missing* /\n",
        "Flag": b"FROM scratch\nCOPY --frm=x a b\n",
        "Here": b"FROM scratch\nCOPY <<EOF /x\nx\nEOF\n",
        "Stage": b"FROM scratch\nLABEL refused=1\nCOPY --from=0 a b\n",
        "Port": b"FROM scratch\nLABEL refused=1\nEXPOSE 80-70\n",
        "Signal": b"FROM scratch\nLABEL refused=1\nSTOPSIGNAL SIGNOTHING\n",
        "Variable": b"FROM scratch\nLABEL refused=1\nENV A=${B\n",
        "Operator": b"FROM scratch\nLABEL refused=1\nENV A=${B:?B-is-needed}\n",
        "Empty": b"# nothing\n",
        "Scratch": b"FROM scratch\n",
        "Multi": b"FROM scratch\nLABEL refused=1\nCOPY one Multi /not-a-folder\n",
        "Outside": b"FROM scratch\nLABEL refused=1\nCOPY ../one /\n",
    },
    (
        FIRST,
        Build("an unknown instruction", 0, file="Unknown", refused="unknown instruction"),
        Build("an instruction before FROM", 0, file="Before", refused="no build stage"),
        Build("a name that is taken", 1, file="Names", refused="already used"),
        Build("a base in capitals", 1, file="Case", refused="lowercase"),
        Build("a file that is not there", 1, file="Missing", refused="missing"),
        Build("a pattern that fits nothing", 1, file="Glob", refused="no source files"),
        Build("an unknown flag", 0, file="Flag", refused="nknown flag"),
        Build("a heredoc", 0, file="Here", refused="nknown instruction"),
        Build("files of the stage itself", 1, file="Stage", refused="current build stage"),
        Build("a range backwards", 1, file="Port", refused="nvalid"),
        Build("a signal that is none", 1, file="Signal", refused="SIGNOTHING"),
        Build("a variable that has no end", 1, file="Variable", refused="missing ':' in substitution"),
        Build("a variable that is needed", 1, file="Operator", refused="B"),
        Build("nothing", 0, file="Empty", refused="no instructions"),
        Build("nothing on scratch", 0, file="Scratch", refused="No image was generated"),
        Build("several to what is no folder", 1, file="Multi", refused="must be a directory"),
        Build("out of the context", 1, file="Outside", refused="forbidden path"),
    ),
)

PLATFORM = Scenario(
    "platform",
    "FROM live/platform-base\nLABEL platform=1\n",
    {"Base": b"FROM scratch\nLABEL base=platform\n"},
    (
        Build("a base", 0, file="Base", tag="live/platform-base"),
        FIRST,
        Build("for this platform", 1, options=BuildOptions(platform="linux/amd64")),
        Build("for another, which is passed over", 1, options=BuildOptions(platform="linux/arm64/v8")),
        Build("for none", 0, options=BuildOptions(platform="li*nux"), refused="li*nux"),
    ),
)

RUN = Scenario(
    "run",
    """\
FROM scratch
COPY noop ./noop
SHELL ["/noop", "-c"]
RUN make all
ARG VERSION=1
ARG ABSENT
RUN make $VERSION
ENV VERSION=3
RUN ["/noop", "json"]
""",
    {},
    (
        FIRST,
        Build("once more", 8),
        Build("with another argument", 5, options=BuildOptions(build_args={"VERSION": "2"})),
        Build("with an argument that is hidden by then", 5, options=BuildOptions(build_args={"ABSENT": ""})),
        Build("with an argument that all have", 2, options=BuildOptions(build_args={"http_proxy": "http://p"})),
    ),
)
"""The context must contain the program that does nothing as ``noop``. No other test builds its first step."""

SCENARIOS = (
    SETTINGS,
    FILES,
    IGNORED,
    ARCHIVE,
    STAGES,
    TWICE,
    TRIGGERS,
    NO_CACHE,
    OVER_A_BASE,
    LABELS,
    ESCAPED,
    ELSEWHERE,
    REFUSED,
    PLATFORM,
)
