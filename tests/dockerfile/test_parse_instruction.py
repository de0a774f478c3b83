"""Splitting an instruction into its parts."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cacheview.dockerfile.parse import INSTRUCTIONS
from cacheview.dockerfile.parse import parse_instruction as parse_of_any
from cacheview.dockerfile.release import MOBY_71EBFC7
from cacheview.model import DataError

parse_instruction = partial(parse_of_any, release=MOBY_71EBFC7)


@pytest.mark.parametrize(
    ("text", "name", "args", "is_json"),
    [
        ("RUN make", "RUN", ["make"], False),
        ("  run   make  all  ", "RUN", ["make  all"], False),
        ("RUN", "RUN", [], False),
        ('RUN ["a", "b c"]', "RUN", ["a", "b c"], True),
        ('CMD ["a"] what follows is passed over', "CMD", ["a"], True),
        ("CMD []", "CMD", [], True),
        ("CMD ['a']", "CMD", ["['a']"], False),
        ("CMD [a", "CMD", ["[a"], False),
        ('CMD ["a", NaN]', "CMD", ['["a", NaN]'], False),
        (r'CMD ["\ud800"]', "CMD", ["\ufffd"], True),
        ("VOLUME /a  /b", "VOLUME", ["/a", "/b"], False),
        ('VOLUME ["/a b"]', "VOLUME", ["/a b"], True),
        ("ENV A b  c", "ENV", ["A", "b  c"], False),
        ("ENV A=b C='d e' F=\"g\"", "ENV", ["A", "b", "C", "'d e'", "F", '"g"'], False),
        (r"ENV A=b\ c", "ENV", ["A", r"b\ c"], False),
        ("ENV A==b", "ENV", ["A", "=b"], False),
        ("LABEL 'a b'=c", "LABEL", ["'a b'", "c"], False),
        ("ARG A B=c", "ARG", ["A", "B=c"], False),
        ("HEALTHCHECK CMD  true  x", "HEALTHCHECK", ["CMD", "true  x"], False),
        ('HEALTHCHECK CMD ["true"]', "HEALTHCHECK", ["CMD", "true"], True),
        ("HEALTHCHECK NONE", "HEALTHCHECK", ["NONE"], False),
        ("onbuild env a=b", "ONBUILD", ["ENV", "a", "b"], False),
        ("USER a b", "USER", ["a b"], False),
    ],
)
def test_arguments_are_split_by_the_rules_of_each_instruction(
    text: str, name: str, args: list[str], is_json: bool
) -> None:
    parsed = parse_instruction(text)
    assert (parsed.name, list(parsed.args), parsed.is_json) == (name, args, is_json)


@pytest.mark.parametrize(
    ("text", "flags", "args"),
    [
        ("COPY --chown=1:2 a b", ["--chown=1:2"], ["a", "b"]),
        ("COPY --chown='a b' --link a b", ["--chown=a b", "--link"], ["a", "b"]),
        (r"COPY --chown=a\ b a b", ["--chown=a b"], ["a", "b"]),
        ("COPY -- --a b", [], ["--a", "b"]),
        ("RUN -x --y", [], ["-x --y"]),
        ("COPY --chown=é a b", ["--chown=Ã©"], ["a", "b"]),  # Docker reads bytes here
    ],
)
def test_leading_flags_are_taken_off(text: str, flags: list[str], args: list[str]) -> None:
    parsed = parse_instruction(text)
    assert (list(parsed.flags), list(parsed.args)) == (flags, args)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("RUN a \\\n  b", "RUN a   b"),
        ("RUN a \\  \n# no\n\n  # nor this\nb", "RUN a b"),
        ("\n# a comment\n  RUN a\n# another\n", "RUN a"),
        ("\\\nRUN a", "RUN a"),
        ("RUN a\\\\\n", "RUN a\\\\"),
        ("RUN a \\", "RUN a "),
        ("RUN a \\\r\n b\r\n", "RUN a  b"),
        ("\ufeffRUN a", "RUN a"),
        ("# escape=`\nRUN a\\ `\nb", "RUN a\\ b"),
    ],
)
def test_lines_are_joined(text: str, line: str) -> None:
    assert parse_instruction(text).line == line


@pytest.mark.parametrize(
    ("text", "heredocs", "args"),
    [
        ("RUN <<EOF\na\nb\nEOF\n", [("EOF", "a\nb\n")], ["<<EOF"]),
        ("RUN cat <<-E\n\ta\n\tE", [("E", "\ta\n")], ["cat <<-E"]),
        ("RUN <<'A' 3<<B\n1\nA\n2\nB", [("A", "1\n"), ("B", "2\n")], ["<<'A' 3<<B"]),
        ("RUN a << b", [], ["a << b"]),
        ("RUN <<- x", [], ["<<- x"]),
        ("RUN '<<A", [], ["'<<A"]),
        ('RUN ["<<A"]', [], ["<<A"]),
        ("CMD <<A", [], ["<<A"]),
        ("ONBUILD RUN <<A\nx\nA", [("A", "x\n")], ["RUN", "<<A"]),
    ],
)
def test_heredocs_are_read(text: str, heredocs: list[tuple[str, str]], args: list[str]) -> None:
    parsed = parse_instruction(text)
    assert (list(parsed.heredocs), list(parsed.args)) == (heredocs, args)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there are no instructions"),
        ("# only a comment\n", "there are no instructions"),
        ("RUN a\nRUN b", "'RUN b' follows"),
        ("RUN <<EOF\na", "<<EOF is unterminated"),
        ("CMD [1]", "only strings"),
        ("CMD " + "[" * 9_000 + "]" * 9_000, "only strings"),
        ("ENV A", "'A' has no value"),
        ("LABEL a=b c", "no '=' in 'c'"),
        ("ONBUILD ENV A", "ENV: 'A' has no value"),
        ("ONBUILD ONBUILD RUN a", "cannot be an ONBUILD"),
        ("ONBUILD " * 500, "cannot be an ONBUILD"),
        ("# escape=x\nRUN a", "neither"),
        ("RUN " + "a" * 65_536, "longer than 65,535 bytes"),
    ],
)
def test_an_unparsable_instruction_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason.replace("[", r"\[").replace("'='", ".=.")):
        parse_instruction(text)


@given(st.sampled_from(INSTRUCTIONS), st.text(st.sampled_from("ab \t\\\"'=$[],{}<-#\n`é\u2003")))
def test_any_text_is_read_or_is_a_data_error(name: str, rest: str) -> None:
    try:
        parsed = parse_instruction(f"{name} {rest}")
    except DataError:
        return
    assert parsed.name == name
    assert "\n" not in parsed.line
