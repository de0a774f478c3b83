"""Syntax that only BuildKit accepts: the refusal says so before it quotes the classic builder."""

from __future__ import annotations

import pytest
from build_kit import Daemon, image_of, statuses

from cacheview.replay.options import BuildOptions

SETS = "BuildKit accepts this because it sets"
HEREDOC = "BuildKit accepts this, but Docker 20.10.19 reads the lines of the heredoc <<EOF, which begins on line 2, as"


@pytest.mark.parametrize(
    ("version", "dockerfile", "what", "printed"),
    [
        (
            "20.10.24",
            "FROM base:1\nRUN --mount=type=cache,target=/x y\n",
            "BuildKit accepts --mount",
            "requires BuildKit",
        ),
        ("20.10.24", "FROM base:1\nCOPY --link a /a\n", "BuildKit accepts --link", "Unknown flag: link"),
        ("28.5.2", "FROM base:1\nCOPY --parents a /a\n", "BuildKit accepts --parents", "unknown flag: --parents"),
        ("28.5.2", "FROM base:1\nCOPY --chmod=644 a /a\n", "BuildKit accepts --chmod", "requires BuildKit"),
        ("20.10.24", "FROM base:1\nRUN cat <<EOF\nset -e\nEOF\n", f"{HEREDOC}", "line 3: unknown instruction: SET"),
        ("20.10.24", "FROM base:1\nCOPY <<-'EOF' /a\nENV\nEOF\n", f"{HEREDOC}", "line 3: ENV requires at least one"),
        ("20.10.24", "FROM base:1\nRUN cat <<EOF\nLABEL a\nEOF\n", f"{HEREDOC}", "LABEL must have two arguments"),
        (
            "28.5.2",
            "FROM base:1\nCOPY <<EOF /a\nx\nEOF\n",
            "it can copy a heredoc as a file",
            "no source files",
        ),
        ("28.5.2", "FROM --platform=$BUILDPLATFORM base:1\n", f"{SETS} $BUILDPLATFORM", "failed to parse platform"),
        ("28.5.2", "FROM $TARGETOS\n", f"{SETS} $TARGETOS", "base name ($TARGETOS) should not be blank"),
        ("28.5.2", "FROM base:1\nCOPY a-${TARGETARCH:-} /\n", f"{SETS} $TARGETARCH", "stat a-: file does not exist"),
    ],
)
def test_a_refusal_of_buildkit_syntax_says_that_buildkit_accepts_it(
    version: str, dockerfile: str, what: str, printed: str
) -> None:
    daemon = Daemon(version)
    daemon.add(image_of("base:1"))
    refused = daemon.replay(dockerfile, {"a": b""}).refused
    assert refused is not None
    assert what in refused.what
    assert refused.what.startswith("BuildKit accepts")
    assert printed in refused.message
    assert "BuildKit accepts" not in refused.message


@pytest.mark.parametrize(
    ("version", "dockerfile"),
    [
        ("20.10.24", "FROM base:1\nFOO x\n"),
        ("20.10.24", "FROM base:1\nRUN echo <<<EOF\nFOO x\n"),
        ("28.5.2", "FROM base:1\nRUN cat <<EOF\nx\nEOF\nFOO x\n"),
        ("28.5.2", "FROM base:1\nARG TARGETARCH=x\nCOPY a-$TARGETARCH /\n"),
        ("28.5.2", "FROM base:1\nCOPY a-$TARGETARCHES /\n"),
        ("28.5.2", "FROM base:1\nCOPY --nothing a /\n"),
    ],
)
def test_another_refusal_does_not_name_buildkit(version: str, dockerfile: str) -> None:
    daemon = Daemon(version)
    daemon.add(image_of("base:1"))
    refused = daemon.replay(dockerfile, {"a": b""}).refused
    assert refused is not None
    assert "BuildKit" not in refused.what


def test_a_pull_caused_by_an_unset_platform_argument_is_explained() -> None:
    daemon = Daemon()
    daemon.add(image_of("base:1-amd64"))
    dockerfile = "ARG TARGETARCH\nFROM base:1-$TARGETARCH\nENV A=1\n"
    reported = daemon.replay(dockerfile)
    assert statuses(reported) == ["unknown"]
    assert f"{SETS} $TARGETARCH" in reported.steps[1].reason
    given = daemon.replay(dockerfile, options=BuildOptions(build_args={"TARGETARCH": "amd64"}))
    assert statuses(given) == ["miss"]
