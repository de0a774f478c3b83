"""The base classes of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self, TypeVar, dataclass_transform

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, SchemaSerializer, SchemaValidator

__all__ = ["AnyModel", "FailFast", "Model", "Value", "document", "value"]

T = TypeVar("T")

_COLLECTION_TYPES: Final = ("dict", "list", "tuple")  # their names in the schemas of pydantic-core
_CONFIG: Final = ConfigDict(extra="forbid", strict=True, populate_by_name=True, serialize_by_alias=True)


class FailFast:
    """A base class for models that stop validating a list or map at the first invalid value.

    pydantic needs 600 bytes for each error, and a document can consist of nothing but errors.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = _with_fail_fast(handler(source))
        return schema


def _with_fail_fast(schema: Any) -> Any:
    if isinstance(schema, dict):
        changed = {key: _with_fail_fast(value) for key, value in schema.items()}
        return changed | {"fail_fast": True} if changed.get("type") in _COLLECTION_TYPES else changed
    return [_with_fail_fast(part) for part in schema] if isinstance(schema, list) else schema


def _from_mappings(schema: Any) -> Any:
    """Let a dataclass be built from dictionaries, like a strict model. A strict dataclass accepts only JSON objects."""
    return schema | {"strict": False} if schema.get("type") == "dataclass" else schema


class Model(FailFast, BaseModel):
    """A frozen, strict model: a number is not accepted as a string. `decode` handles unknown keys as Go does."""

    model_config = ConfigDict(**_CONFIG, frozen=True)


class Value(FailFast):
    """A model for objects that a store has very many of. It is used like a `Model`, with a third of the memory.

    A pydantic model has a dictionary and a set of the fields that were given; this class has slots instead. Create
    subclasses with `value`.
    """

    __slots__ = ()

    __pydantic_validator__: ClassVar[SchemaValidator]
    __pydantic_serializer__: ClassVar[SchemaSerializer]
    model_fields: ClassVar[Mapping[str, FieldInfo]]
    """The fields in order, as in any pydantic model."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = _from_mappings(super().__get_pydantic_core_schema__(source, handler))
        return schema

    @classmethod
    def model_validate(cls, fields: Any) -> Self:
        """Create the model from a dictionary. Raises `pydantic.ValidationError`."""
        model: Self = cls.__pydantic_validator__.validate_python(fields)
        return model

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Return a copy with some fields changed. The new values are not validated."""
        copy: Self = object.__new__(type(self))
        for name in self.model_fields:
            object.__setattr__(copy, name, getattr(self, name))
        for name, changed in (update or {}).items():
            object.__setattr__(copy, name, changed)
        return copy

    def model_dump(
        self, *, mode: str = "python", include: set[str] | None = None, exclude_defaults: bool = False
    ) -> dict[str, Any]:
        """Return the fields as a dictionary."""
        fields: dict[str, Any] = self.__pydantic_serializer__.to_python(
            self, mode=mode, include=include, exclude_defaults=exclude_defaults
        )
        return fields

    def model_dump_json(self, *, indent: int | None = None, exclude_defaults: bool = False) -> str:
        """Return the fields as a JSON object."""
        return self.__pydantic_serializer__.to_json(self, indent=indent, exclude_defaults=exclude_defaults).decode()


AnyModel = BaseModel | Value
"""Any model that can be read from JSON."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
def value(cls: type[T]) -> type[T]:
    """Turn a class with annotated fields into a `Value`. Unknown keys are invalid."""
    return _as_value(cls, _CONFIG)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
def document(cls: type[T]) -> type[T]:
    """Turn a class with annotated fields into a `Value` that ignores unknown keys."""
    return _as_value(cls, ConfigDict(**{**_CONFIG, "extra": "ignore"}))


def _as_value(cls: type[T], config: ConfigDict) -> type[T]:
    result: Any = dataclass(config=config, frozen=True, slots=True, kw_only=True)(cls)
    result.model_fields = result.__pydantic_fields__
    return result  # type: ignore[no-any-return]
