"""What all models share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self, TypeVar, dataclass_transform

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator

__all__ = ["AnyModel", "Hasty", "Model", "Value", "document", "value"]

T = TypeVar("T")

_MANY: Final = ("dict", "list", "tuple")  # what the schemas of pydantic-core call them
_CONFIG: Final = ConfigDict(extra="forbid", strict=True, populate_by_name=True, serialize_by_alias=True)


class Hasty:
    """A base of models whose lists and maps are left at the first value that is wrong.

    For each error pydantic takes 600 bytes, and a document can be made of nothing else.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = _hasty(handler(source))
        return schema


def _hasty(schema: Any) -> Any:
    if isinstance(schema, dict):
        changed = {key: _hasty(value) for key, value in schema.items()}
        return changed | {"fail_fast": True} if changed.get("type") in _MANY else changed
    return [_hasty(part) for part in schema] if isinstance(schema, list) else schema


def _from_mappings(schema: Any) -> Any:
    """A strict dataclass would be made of JSON objects and not of dictionaries; a strict model is made of both."""
    return schema | {"strict": False} if schema.get("type") == "dataclass" else schema


class Model(Hasty, BaseModel):
    """A frozen value. Strict: a number is not a string; unknown keys are for `decode` to judge, as Go would."""

    model_config = ConfigDict(**_CONFIG, frozen=True)


class Value(Hasty):
    """A model of which a store holds very many: the same to use, in a third of the memory.

    A pydantic model has a dictionary, and a set of the fields that were given. This has slots, and neither. Subclasses
    are made with `value`.
    """

    __slots__ = ()

    __pydantic_validator__: ClassVar[SchemaValidator]
    __pydantic_serializer__: ClassVar[SchemaSerializer]
    model_fields: ClassVar[Mapping[str, FieldInfo]]
    """The fields in order, as of any pydantic model."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = _from_mappings(super().__get_pydantic_core_schema__(source, handler))
        return schema

    @classmethod
    def model_validate(cls, fields: Any) -> Self:
        """From a dictionary. Raises `pydantic.ValidationError`."""
        made: Self = cls.__pydantic_validator__.validate_python(fields)
        return made

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """The same with other values, which are not validated."""
        copy: Self = object.__new__(type(self))
        for name in self.model_fields:
            object.__setattr__(copy, name, getattr(self, name))
        for name, changed in (update or {}).items():
            object.__setattr__(copy, name, changed)
        return copy

    def model_dump(
        self, *, mode: str = "python", include: set[str] | None = None, exclude_defaults: bool = False
    ) -> dict[str, Any]:
        """As a dictionary."""
        fields: dict[str, Any] = self.__pydantic_serializer__.to_python(
            self, mode=mode, include=include, exclude_defaults=exclude_defaults
        )
        return fields

    def model_dump_json(self, *, indent: int | None = None, exclude_defaults: bool = False) -> str:
        """As JSON."""
        return self.__pydantic_serializer__.to_json(self, indent=indent, exclude_defaults=exclude_defaults).decode()


AnyModel = BaseModel | Value
"""What is read from JSON."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
def value(cls: type[T]) -> type[T]:
    """Makes a `Value` of a class with annotated fields."""
    return _made(cls, _CONFIG)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
def document(cls: type[T]) -> type[T]:
    """The same of a document that may have other keys, which mean nothing here."""
    return _made(cls, ConfigDict(**{**_CONFIG, "extra": "ignore"}))


def _made(cls: type[T], config: ConfigDict) -> type[T]:
    made: Any = dataclass(config=config, frozen=True, slots=True, kw_only=True)(cls)
    made.model_fields = made.__pydantic_fields__
    return made  # type: ignore[no-any-return]
