"""All sentences of the engine are in one package; no other module of the engine or of platforms contains one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import cacheview

ENGINE = Path(cacheview.__file__).parent / "engine"
WORDS = ENGINE / "words"
PLATFORMS = ENGINE.parent / "platforms"
OF_THE_DAEMON = ("known_cache.py", "restore.py")  # the daemon's own errors, verbatim
OF_ROWS = ("ruleset.py", "rulesets/*.py")  # the titles, sources and notes of rules
OF_NAMES = ("check.py",)  # the names of checks
OF_PLATFORMS = ("rules.py", "library.py", "parse.py")  # titles and sources of rules; containerd's own errors
ALLOWED = frozenset(
    (
        *(path for pattern in (*OF_THE_DAEMON, *OF_ROWS, *OF_NAMES) for path in ENGINE.glob(pattern)),
        *(PLATFORMS / name for name in OF_PLATFORMS),
    )
)
MOST_WORDS = 2


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """The texts of more than two words with their lines, except docstrings and values of enumerations."""
    tree = ast.parse(source)
    skipped = {id(inner) for node in ast.walk(tree) for inner in _skipped(node)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        match node:
            case ast.Constant(value=str(text)):
                pass
            case ast.JoinedStr():
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
            case _:
                continue
        if len(re.findall(r"(?<!\S)[\w'-]+(?=[\s,.:;!?]|$)", text)) > MOST_WORDS:
            yield node.lineno, text


def _skipped(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Expr(value=ast.Constant()):
            yield node.value  # a docstring, also one of a variable
        case ast.JoinedStr():
            yield from node.values
        case ast.ClassDef() if any(isinstance(base, ast.Name) and base.id.endswith("Enum") for base in node.bases):
            yield from (each.value for each in node.body if isinstance(each, ast.Assign))


def test_the_check_finds_sentences_in_code() -> None:
    source = '''
"""A docstring of four words."""

class Kind(Enum):
    NAME = "not reached at all"

def note(count):
    """Another docstring of five words."""
    if count == "two words":
        return f"there are {count}"
    return "there is none"
'''
    assert sorted(sentences(source)) == [(10, "there are x"), (11, "there is none")]


def test_the_sentence_checker_finds_sentences_in_its_folders() -> None:
    assert any(list(sentences(path.read_text(encoding="utf-8"))) for path in WORDS.glob("*.py"))
    assert all(any(sentences((ENGINE / name).read_text(encoding="utf-8"))) for name in OF_THE_DAEMON)


def test_no_other_module_of_the_engine_holds_a_sentence() -> None:
    modules = (*ENGINE.rglob("*.py"), *PLATFORMS.rglob("*.py"))
    others = [path for path in modules if path not in ALLOWED and WORDS not in path.parents]
    held = {
        str(path.relative_to(ENGINE.parent)): texts
        for path in others
        if (texts := sorted(sentences(path.read_text(encoding="utf-8"))))
    }
    assert held == {}
