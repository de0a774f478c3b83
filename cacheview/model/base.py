"""What all models share."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

__all__ = ["Hasty", "Model"]

_MANY: Final = ("dict", "list", "tuple")  # what the schemas of pydantic-core call them


class Hasty:
    """A base of models whose lists and maps are left at the first value that is wrong.

    Of each one pydantic would take 600 bytes to say so, and a document can be made of nothing else.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: CoreSchema = _hasty(handler(source))
        return schema


def _hasty(schema: Any) -> Any:
    if isinstance(schema, dict):
        changed = {key: _hasty(value) for key, value in schema.items()}
        return changed | {"fail_fast": True} if changed.get("type") in _MANY else changed
    return [_hasty(part) for part in schema] if isinstance(schema, list) else schema


class Model(Hasty, BaseModel):
    """A frozen value. Strict: a number is not a string; unknown keys are for `decode` to judge, as Go would."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        populate_by_name=True,
        serialize_by_alias=True,
    )
