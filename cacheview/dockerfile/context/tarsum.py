"""The sum of one file: moby's tarsum, version 1, of its tar header and its content (``pkg/tarsum``)."""

from __future__ import annotations

from cacheview.dockerfile.context.entry import Entry, Kind
from cacheview.dockerfile.context.gopath import raw

__all__ = ["header_bytes"]

_HARD_LINK = "1"
_TYPE_BITS = {
    Kind.FILE: 0o100000,
    Kind.DIRECTORY: 0o040000,
    Kind.SYMLINK: 0o120000,
    Kind.CHARACTER_DEVICE: 0o020000,
    Kind.BLOCK_DEVICE: 0o060000,
    Kind.FIFO: 0o010000,
}
_CAPABILITY_LENGTH = 20
_CAPABILITY_VERSION_AT = 3


def header_bytes(entry: Entry, *, type_bits: bool, hard_link_to: str | None = None) -> bytes:
    """What is summed before the content: the fields of the header by name, without times, owner names left empty.

    Args:
        entry: what the client sends; it sends it as root's.
        type_bits: the mode has the bits of the file's type.
        hard_link_to: the first name of the same file, where this is another.
    """
    mode = entry.mode | (_TYPE_BITS[entry.kind] if type_bits else 0)
    is_file = entry.kind is Kind.FILE
    fields = (
        ("name", entry.path + ("/" if entry.kind is Kind.DIRECTORY else "")),
        ("mode", str(mode)),
        ("uid", "0"),
        ("gid", "0"),
        ("size", str(entry.size if is_file and hard_link_to is None else 0)),
        ("typeflag", entry.kind.value if hard_link_to is None else _HARD_LINK),
        ("linkname", entry.target if hard_link_to is None else hard_link_to),
        ("uname", ""),
        ("gname", ""),
        ("devmajor", str(entry.device[0])),
        ("devminor", str(entry.device[1])),
    )
    header = raw("".join(name + value for name, value in fields))
    return header + (b"security.capability" + _sent_capability(entry.capability) if entry.capability else b"")


def _sent_capability(value: bytes) -> bytes:
    """As the client sends it: the third version, which names a root user, becomes the second."""
    if len(value) > _CAPABILITY_VERSION_AT and value[_CAPABILITY_VERSION_AT] == 3:
        return (value[:_CAPABILITY_VERSION_AT] + b"\x02" + value[_CAPABILITY_VERSION_AT + 1 :])[:_CAPABILITY_LENGTH]
    return value
