"""Whole Dockerfiles and words, compared with the results of each release's parser."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.document import parse, read_document
from cacheview.dockerfile.expand import CONNECTION_LOST, Lexer
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import MOBY_71EBFC7, RELEASES, BuilderRelease, builder_release
from cacheview.dockerfile.stages import read_stages, read_trigger
from cacheview.model import DataError

RECORDED = Path(__file__).parents[1] / "data" / "dockerfile" / "parsed.jsonl.gz"
ENV = {"A": "one", "B": "x y", "N": "", "P": "/a/b/c", "Q": "a*b\nc"}
NEWEST = RELEASES[-1][1]


def recorded(kind: str) -> list[dict[str, Any]]:
    records = map(json.loads, gzip.decompress(RECORDED.read_bytes()).splitlines())
    return [record for record in records if record["kind"] == kind]


def read(data: bytes, release: BuilderRelease) -> dict[str, Any]:
    try:
        document = parse(data, release)
        stages = read_stages(document, release)
    except BuildRefusedError as error:
        return {"refused": error.message}
    return {
        "escape": document.escape,
        "warnings": "".join(f"{line}\n" for line in document.warnings),
        "before_from": len(stages.before_from),
        "stages": [
            [plan.name, plan.base, plan.platform_flag, plan.original, [each.original for each in plan.commands]]
            for plan in stages.stages
        ],
        "lines": [[each.start_line, each.end_line] for each in document.instructions],
        "flags": [list(each.flags) for each in document.instructions],
        "json": [each.is_json for each in document.instructions],
        "heredocs": [[list(heredoc) for heredoc in each.heredocs] for each in document.instructions],
    }


def test_documents_are_read_as_by_each_release() -> None:
    records = recorded("document")
    assert len(records) > 500
    for record in records:
        for versions, outcome in record["outcomes"]:
            for version in versions:
                made = read(record["text"].encode(errors="surrogateescape"), builder_release(version))
                assert made == outcome, (version, record["text"])


def test_words_are_resolved_as_by_each_release() -> None:
    records = recorded("word")
    assert len(records) > 300
    for record in records:
        for versions, outcome in record["outcomes"]:
            for version in versions:
                lexer = Lexer(ENV, record["escape"], release=builder_release(version))
                made: dict[str, Any]
                try:
                    made = {"word": lexer.word(record["text"]), "words": lexer.words(record["text"])}
                except BuildRefusedError as error:
                    made = {"refused": "PANIC" if error.message.endswith(CONNECTION_LOST) else error.message}
                assert made == outcome, (version, record["text"])


@pytest.mark.parametrize(
    ("version", "data", "printed"),
    [
        ("28.5.2", b"", "the Dockerfile (Dockerfile) cannot be empty"),
        ("28.5.2", b"# a\n", "failed to parse Dockerfile: file with no instructions"),
        ("28.5.2", b"RUN a", "no build stage in current context"),
        ("20.10.24+dfsg1", b"FORM a", "dockerfile parse error line 1: unknown instruction: FORM"),
        ("28.5.2", b"form a", "dockerfile parse error on line 1: unknown instruction: form (did you mean from?)"),
        ("20.10.24", b"FROM a\nCOPY --link a b", "dockerfile parse error line 2: Unknown flag: link"),
        ("25.0.0", b"FROM a\nADD --from=x a b", "dockerfile parse error on line 2: unknown flag: from"),
        ("29.7.2-dev", b"FROM a\nADD --from=x a b", "dockerfile parse error on line 2: unknown flag: --from"),
        ("28.5.2", b"FROM a\nRUN <<E\n", "failed to parse Dockerfile: unterminated heredoc"),
        (
            "20.10.18",
            b"FROM a\nCOPY b",
            "dockerfile parse error line 2: COPY requires at least two arguments, but only one was provided. "
            "Destination could not be determined.",
        ),
        (
            "20.10.19",
            b"FROM a\nCOPY b",
            "dockerfile parse error line 2: COPY requires at least two arguments, but only one was provided. "
            "Destination could not be determined",
        ),
        ("20.10.24", b"FROM a\nRUN <<E\nx\nE", "dockerfile parse error line 3: unknown instruction: X"),
        (
            "28.5.2",
            b"FROM a\n#" + b"x" * 65_536,
            "failed to parse Dockerfile: dockerfile line greater than max allowed size of 65535",
        ),
        (
            "20.10.24",
            b"FROM a\nHEALTHCHECK --interval=0s CMD a",
            'dockerfile parse error line 2: Interval "interval" cannot be less than 1ms',
        ),
    ],
)
def test_a_refused_dockerfile_gets_the_message_of_the_release(version: str, data: bytes, printed: str) -> None:
    release = builder_release(version)
    with pytest.raises(BuildRefusedError) as caught:
        read_stages(read_document(data, release), release)
    assert caught.value.message == printed
    assert caught.value.names_line is printed.startswith("dockerfile parse error")


@pytest.mark.parametrize(
    ("version", "commit", "release"),
    [
        ("20.10.24+dfsg1", "", "20.10.19"),
        ("20.10.18", "", "20.10.6"),
        ("19.03.1", "", "20.10.0"),
        ("25.0.0-dev2", "71ebfc7c63", MOBY_71EBFC7.release),
        ("docker-v29.0.0-rc.1", "", "29.0"),
        ("29.x", "", "29.7.2"),
        ("99.1", "", NEWEST.release),
        ("dev", "", NEWEST.release),
    ],
)
def test_a_version_names_its_release(version: str, commit: str, release: str) -> None:
    assert builder_release(version, commit).release == release


def test_a_trigger_is_split_at_backslashes_and_keeps_the_dockerfile_escape() -> None:
    trigger = read_trigger("RUN a \\\n b", NEWEST, "`")
    assert (trigger.args, trigger.escape) == (("a  b",), "`")
    with pytest.raises(BuildRefusedError) as caught:
        read_trigger("RUN a\nRUN b", NEWEST)
    assert caught.value.message == "onbuild trigger should be a single expression"


def test_a_dockerfile_over_a_limit_is_refused_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    # Parsing the maximum number of instructions takes a second.
    monkeypatch.setattr("cacheview.dockerfile.document._MAX_INSTRUCTIONS", 1_000)
    for data, why in (
        (b"x" * (17 << 20), "the Dockerfile is larger than 16,777,216 bytes, the limit for a replay"),
        (
            b"FROM a\n" + b"RUN a\n" * 1_000,
            "the Dockerfile has more than 1,000 instructions, the limit for a replay",
        ),
        (b"FROM a\n" + b"ONBUILD " * 5_000, "nested more than 1,000 levels deep, so it is not replayed"),
    ):
        with pytest.raises(DataError, match=why):
            parse(data, NEWEST)
    assert len(parse(b"FROM a\n" + b"RUN a\n" * 999, NEWEST).instructions) == 1_000


@given(st.binary(), st.sampled_from([row for _, row in RELEASES]))
def test_any_bytes_are_a_document_or_a_data_error(data: bytes, release: BuilderRelease) -> None:
    try:
        document = read_document(b"FROM a\n" + data, release)
        stages = read_stages(document, release)
    except DataError:
        return
    assert sum(1 + len(plan.commands) for plan in stages.stages) == len(document.instructions)
