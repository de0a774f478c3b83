"""Every public module, class, function, method and property says what it is."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import types
from collections.abc import Iterator
from functools import cached_property

import pytest

import cacheview


def without_docstring(module: types.ModuleType) -> Iterator[str]:
    """The public names of a module that have no docstring; ``module`` for its own."""
    if not module.__doc__:
        yield "module"
    for name, value in vars(module).items():
        is_public = name.isidentifier() and not name.startswith("_")  # pydantic adds ``RootModel[int]``
        if not is_public or getattr(value, "__module__", "") != module.__name__:
            continue
        if inspect.isclass(value):
            if not written_docstring(value):
                yield name
            yield from (f"{name}.{member}" for member in members_without(value))
        elif inspect.isfunction(value) and not value.__doc__:
            yield name


def written_docstring(kind: type) -> str:
    """The docstring of a class; empty for the one that ``dataclass`` and ``NamedTuple`` make up."""
    text = (kind.__doc__ or "") if "__doc__" in vars(kind) else ""
    return "" if text.startswith(f"{kind.__name__}(") else text


def members_without(kind: type) -> Iterator[str]:
    """The public methods and properties without a docstring, except those that a base class has too."""
    fields = getattr(kind, "__dataclass_fields__", {})
    for name, value in vars(kind).items():
        member = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if name.startswith("_") or name in fields or any(name in vars(base) for base in kind.__mro__[1:]):
            continue
        if (inspect.isfunction(member) or isinstance(member, property | cached_property)) and not member.__doc__:
            yield name


def modules() -> Iterator[types.ModuleType]:
    for info in pkgutil.walk_packages(cacheview.__path__, "cacheview."):
        if not info.name.endswith("__main__"):  # importing it runs the program
            yield importlib.import_module(info.name)


@pytest.mark.slow
def test_every_public_name_has_a_docstring() -> None:
    found = list(modules())
    assert len(found) > 600
    assert not [f"{module.__name__}: {name}" for module in found for name in without_docstring(module)]


SOURCE = '''
from dataclasses import dataclass
def f(): pass
def _g(): pass
class A:
    def f(self): pass
    @property
    def p(self): pass
    @classmethod
    def c(cls): pass
    def _private(self): pass
class B(A):
    """There."""
    def f(self): pass
    def g(self): pass
@dataclass
class C:
    x: object = lambda: 1
'''


def test_missing_docstrings_are_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("made")
    monkeypatch.setitem(sys.modules, "made", module)  # dataclass looks it up
    exec(SOURCE, vars(module))
    assert list(without_docstring(module)) == ["module", "f", "A", "A.f", "A.p", "A.c", "B.g", "C"]
