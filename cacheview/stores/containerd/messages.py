"""The messages of containerd's API that are needed to read images, built from a table of field numbers.

The numbers are those of containerd's ``api/services/{images,content,introspection,namespaces,version}/v1`` and
``api/types`` (1.6 to 2.x). Fields that are not listed here are skipped, as protobuf does with unknown fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

__all__ = ["count", "message"]

_PACKAGE: Final = "cacheview.containerd"

_KINDS: Final = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "bytes": FieldDescriptorProto.TYPE_BYTES,
    "int64": FieldDescriptorProto.TYPE_INT64,
}

# Message → field → number and kind. "*" before a kind: repeated. "map": strings to strings.
_MESSAGES: Final[Mapping[str, Mapping[str, tuple[int, str]]]] = {
    "Nothing": {},
    "Version": {"version": (1, "string")},
    "Descriptor": {"media_type": (1, "string"), "digest": (2, "string"), "size": (3, "int64")},
    "Image": {"name": (1, "string"), "labels": (2, "map"), "target": (3, "Descriptor")},
    "Images": {"images": (1, "*Image")},
    "Namespace": {"name": (1, "string")},
    "Namespaces": {"namespaces": (1, "*Namespace")},
    "BlobRequest": {"digest": (1, "string"), "offset": (2, "int64"), "size": (3, "int64")},
    "Blob": {"digest": (1, "string"), "labels": (5, "map")},
    "BlobsRequest": {"filters": (1, "*string")},
    "Blobs": {"blobs": (1, "*Blob")},
    "PluginsRequest": {"filters": (1, "*string")},
    "Plugin": {"type": (1, "string"), "id": (2, "string"), "exports": (5, "map")},
    "Plugins": {"plugins": (1, "*Plugin")},
    "Chunk": {"offset": (1, "int64"), "data": (2, "bytes")},
}


@cache
def message(name: str) -> type[Any]:
    """Return the class of a message in the table, with protobuf's own methods."""
    return GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


def count(data: bytes, limit: int) -> int:
    """Count the top-level fields of a message without decoding it, up to ``limit`` + 1.

    The memory for a decoded list of messages depends on their number, and an empty message has only two bytes.
    """
    at = result = 0
    while at < len(data) and result <= limit:
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                _, at = _varint(data, at)
            case 1:
                at += 8
            case 2:
                size, at = _varint(data, at)
                at += size
            case 5:
                at += 4
            case _:
                break  # a group, which protobuf rejects or skips as one field
        result += 1
    return result


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number and where it ends. Malformed data still advances the position."""
    value = 0
    for place, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    return value, at + 10


def _pool() -> DescriptorPool:
    file = FileDescriptorProto(name="cacheview/containerd.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message_type = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            _add_field(message_type, field, number, kind)
    pool = DescriptorPool()
    pool.Add(file)
    return pool


def _add_field(message_type: DescriptorProto, name: str, number: int, kind: str) -> None:
    field = message_type.field.add(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
    if kind == "map":
        entry = message_type.nested_type.add(name=f"{name.title()}Entry")
        entry.options.map_entry = True
        _add_field(entry, "key", 1, "string")
        _add_field(entry, "value", 2, "string")
        kind = f"*{message_type.name}.{entry.name}"
    if kind.startswith("*"):
        field.label, kind = FieldDescriptorProto.LABEL_REPEATED, kind[1:]
    if kind in _KINDS:
        field.type = _KINDS[kind]
    else:
        field.type, field.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"


_POOL = _pool()
