"""Dockerfiles composed of meaningful pieces, replayed with every release's builder."""

from __future__ import annotations

import random

import pytest
from build_kit import CONTAINERD, GRAPH_DRIVER, Daemon, context_of
from fuzzing import HOSTILE, Fuzz, damaged, fuzz, refused, shown

from cacheview.model import DataError
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.misses import misses
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.report.replays import replay_as_json, replay_as_text

_WORDS = (
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME "
    "WORKDIR AS as scratch base:1 a.txt d/ * ? [a] [^ --from=0 --from=a --chown=1:1 --platform=linux/arm64 --mount=x "
    "--interval=3s --timeout=1h --retries=3 --start-period=1ms CMD NONE A=b A B=$A ${A} ${A:-x} ${A:+y} ${A:?z} $ ${ } "
    '"x y" \'x\' \\ " \' ["a","b"] ["a" [] {} <<EOF EOF # #syntax=x #escape=` ` 80/tcp 1-9 99999999 /x ../x '
    "https://x/y http://x/y.tar.gz git@x:y.git , = := -- --x --x=y \t |1 \x0b \xa0"
)
WORDS = _WORDS.split(" ")
ENDS = ("\n", "\n", "\n", "\n", "\r\n", "\\\n", "\\ \n", "\n#x\n", "", "`\n", "\\\n\n", "\x00\n")
HEADS = (
    "FROM scratch\n",
    "FROM base:1\n",
    "FROM base:1 AS a\n",
    "ARG A=base:1\nFROM $A\n",
    "",
    "# escape=`\nFROM scratch\n",
    "\ufeffFROM scratch\n",
)
RELEASES = ("19.03.15", "20.10.24", "23.0.6", "24.0.7", "25.0.5", "26.1.5", "28.5.2")
FILES = {"a.txt": b"a", "d/b.txt": b"b", "d/.dockerignore": b"x", "Dockerfile": b""}


LINES = (
    "ENV A=@ B=@",
    "ENV A @",
    "ARG @=@",
    "ARG @",
    "LABEL @=@ b=@",
    "RUN @ @",
    'RUN ["@","@"]',
    "COPY a.txt @",
    "COPY d/* ./@/",
    "ADD @ /x/",
    "WORKDIR @",
    "USER @",
    "EXPOSE @ 80/tcp",
    'VOLUME ["@"]',
    "CMD @",
    'ENTRYPOINT ["@"]',
    "STOPSIGNAL @",
    "HEALTHCHECK --interval=3s CMD @",
    "ONBUILD RUN @",
    'SHELL ["@"]',
    "MAINTAINER @",
    "FROM a AS @",
)
VALUES = ("x", "/x", "${A}", "${A:-y}", "$B", '"a b"', "a\\ b", "'q'", "${UNKNOWN}", "A", "80", "SIGTERM", "ä", "")


def text(source: random.Random) -> str:
    """Return a Dockerfile; half of them are mostly valid."""
    if source.randrange(2):
        return junk(source)
    made = [source.choice(HEADS[:4])]
    for _ in range(source.randrange(1, 10)):
        line = source.choice(LINES)
        while "@" in line:
            odd = source.choice((*HOSTILE, *WORDS[18:])) if source.randrange(20) == 0 else source.choice(VALUES)
            line = line.replace("@", odd.replace("@", ""), 1)
        made.append(line + "\n")
    return "".join(made)


def junk(source: random.Random) -> str:
    made = [source.choice(HEADS)]
    for _ in range(source.randrange(1, 12)):
        made.append(source.choice(WORDS[:18]))
        for _ in range(source.randrange(6)):
            made += [source.choice((" ", " ", " ", "", "\t", "=")), source.choice(WORDS)]
        if source.randrange(20) == 0:
            made.append(source.choice(HOSTILE))
        made.append(source.choice(ENDS))
    return "".join(made)


def option(source: random.Random) -> dict[str, str]:
    if source.randrange(4):
        return {}
    return {source.choice(("A", "B", *HOSTILE)): source.choice(("1", *HOSTILE)) for _ in range(source.randrange(3))}


def test_dockerfiles(request: pytest.FixtureRequest) -> None:
    daemons = []
    for version in RELEASES:
        for kind in (GRAPH_DRIVER, CONTAINERD):
            try:
                daemon = Daemon(version=version, kind=kind)
                daemon.build("FROM scratch\nENV A=1\nCOPY a.txt /\n", files={"a.txt": b"a"})
            except AssertionError:  # there are no rules for such a store
                continue
            daemons.append((daemon, daemon.store, daemon.rules, daemon.release))
    assert daemons
    context = context_of(FILES)

    def one(run: Fuzz) -> None:
        source = run.random
        data = text(source).encode("utf-8", "surrogatepass")
        if source.randrange(8) == 0:
            data = damaged(data, source)
        _, store, rules, release = source.choice(daemons)
        options = BuildOptions(
            build_args=option(source),
            labels=option(source),
            target="" if source.randrange(10) else source.choice(("a", "0", *HOSTILE)),
            platform="" if source.randrange(10) else source.choice(("linux/arm64", *HOSTILE)),
        )
        with run.given((data, options, rules.name)):
            try:
                reported = replay(
                    data, ContextChecksums(context, "Dockerfile", release), store, rules, release, options
                )
            except DataError as error:
                refused(error)
                return
            run.read += reported.refused is None
            why = tuple(misses(reported, store, rules))
            if source.randrange(2):
                shown(replay_as_text(reported, store, why))
            else:
                shown(replay_as_json(reported, rules, why))

    fuzz(request, one)
