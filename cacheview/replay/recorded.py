"""The part of a context and of images that a build record keeps: headers and checksums, but no content."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from cacheview.dockerfile.context import SourcesSum, UnknownError
from cacheview.dockerfile.context.gopath import clean
from cacheview.dockerfile.context.packed import IGNORE_FILE
from cacheview.dockerfile.context.tarsum import Header, Member
from cacheview.dockerfile.dispatch import CopySources
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.model import DataError, Image
from cacheview.model.base import Model
from cacheview.replay.image_files import ImageFiles

__all__ = [
    "NO_IMAGE_FACTS",
    "ImageFacts",
    "RecordedImageFiles",
    "RecordedMember",
    "RecordedOwner",
    "RecordedSum",
    "RecordingImageFiles",
    "bytes_of",
    "text_of",
]

_SUM: Final = r"^[0-9a-f]{64}$"


class RecordedMember(Model):
    """One member of the tar that was sent: its header and its checksum.

    Attributes:
        name, link: as sent; if they are not UTF-8, ``base64:`` and their bytes.
        mode, uid, gid, size, type, device: fields of the header. The type is its flag, ``0`` for a file.
        xattrs: extended attributes by name, in base64.
        sum: the tarsum v1 of header and content, 64 hexadecimal digits.
    """

    name: str
    mode: int
    uid: int = 0
    gid: int = 0
    size: int = Field(default=0, ge=0)
    type: str = Field(default="0", max_length=1)
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: dict[str, str] = Field(default_factory=dict)
    sum: str = Field(pattern=_SUM)

    @classmethod
    def of(cls, member: Member) -> RecordedMember:
        """Return the recorded form of a member whose sum is known."""
        header = member.header
        return cls(
            name=text_of(header.name.encode("utf-8", "surrogateescape")),
            mode=header.mode,
            uid=header.uid,
            gid=header.gid,
            size=header.size,
            type=header.type,
            link=text_of(header.link.encode("utf-8", "surrogateescape")),
            device=header.device,
            xattrs={name: base64.b64encode(value).decode() for name, value in header.xattrs},
            sum=member.digest,
        )

    def member(self, number: int, dockerignore: bytes) -> Member:
        """Return the member, with content only for ``.dockerignore``. Raises `DataError` if it is malformed."""
        name, link = _path_of(self.name), _path_of(self.link) if self.link else ""
        xattrs = self._xattrs(name) if self.xattrs else ()
        header = Header(name, self.mode, self.uid, self.gid, self.size, self.type, link, self.device, xattrs)
        data = dockerignore if IGNORE_FILE in name and clean(f"/{name}")[1:] == IGNORE_FILE else None
        return Member(header, str(number), False, data, (), self.sum)

    def _xattrs(self, name: str) -> tuple[tuple[str, bytes], ...]:
        try:
            return tuple((key, base64.b64decode(value, validate=True)) for key, value in self.xattrs.items())
        except (binascii.Error, ValueError):
            raise DataError("an extended attribute is not base64", where=name[:200]) from None


class RecordedSum(Model):
    """The checksum of a ``COPY --from`` an image, or the builder's message if it refuses."""

    image: str
    sources: tuple[str, ...]
    destination: str
    sum: str = ""
    refused: str = ""


class RecordedOwner(Model):
    """An owner that was looked up in an image, with the builder's message if it is refused (empty: it exists)."""

    image: str
    owner: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The facts that a replay read from the layers of a store."""

    sums: tuple[RecordedSum, ...] = ()
    owners: tuple[RecordedOwner, ...] = ()


NO_IMAGE_FACTS: Final = ImageFacts()


class RecordingImageFiles(ImageFiles):
    """Computes checksums through another object, and keeps the results for a record."""

    def __init__(self, files: ImageFiles) -> None:
        self._files = files
        self._sums: dict[tuple[str, tuple[str, ...], str], RecordedSum] = {}
        self._owners: dict[tuple[str, str], RecordedOwner] = {}

    @property
    def image_facts(self) -> ImageFacts:
        """The facts that were found so far."""
        return ImageFacts(tuple(self._sums.values()), tuple(self._owners.values()))

    def sum(self, image: Image | None, copy: CopySources) -> SourcesSum:
        key = _key(image, copy)
        try:
            result = self._files.sum(image, copy)
        except BuildRefusedError as refusal:
            self._sums[key] = RecordedSum(image=key[0], sources=key[1], destination=key[2], refused=refusal.message)
            raise
        self._sums[key] = RecordedSum(image=key[0], sources=key[1], destination=key[2], sum=result.text)
        return result

    def check_owner(self, image: Image | None, owner: str) -> None:
        key = (_id(image), owner)
        try:
            self._files.check_owner(image, owner)
        except BuildRefusedError as refusal:
            self._owners[key] = RecordedOwner(image=key[0], owner=owner, refused=refusal.message)
            raise
        self._owners[key] = RecordedOwner(image=key[0], owner=owner)


class RecordedImageFiles(ImageFiles):
    """The checksums of files in images, and the names of owners, from a record."""

    def __init__(self, recorded: ImageFacts) -> None:
        self._owners = {(each.image, each.owner): each for each in recorded.owners}
        self._sums: Mapping[tuple[str, tuple[str, ...], str], RecordedSum] = {
            (each.image, each.sources, each.destination): each for each in recorded.sums
        }

    def sum(self, image: Image | None, copy: CopySources) -> SourcesSum:
        result = self._sums.get(_key(image, copy))
        if result is None:
            raise UnknownError("the record does not contain the files of this image")
        if result.refused:
            raise BuildRefusedError(result.refused, message=result.refused)
        return SourcesSum(result.sum, ())

    def check_owner(self, image: Image | None, owner: str) -> None:
        result = self._owners.get((_id(image), owner))
        if result is None:
            raise UnknownError("the record does not contain the users and groups of this image")
        if result.refused:
            raise BuildRefusedError(result.refused, message=result.refused)


def _key(image: Image | None, copy: CopySources) -> tuple[str, tuple[str, ...], str]:
    return (_id(image), tuple(copy.sources), copy.destination)


def _id(image: Image | None) -> str:
    return image.id if image is not None else ""


_BASE64: Final = "base64:"


def text_of(data: bytes) -> str:
    """Return bytes as text for JSON: unchanged if they are UTF-8, otherwise as ``base64:`` and the bytes."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if (text or not data) and not text.startswith(_BASE64):
        return text
    return _BASE64 + base64.b64encode(data).decode()


def _path_of(text: str) -> str:
    """Decode as `bytes_of` does, with bytes that are not UTF-8 as surrogate escapes."""
    if text.isascii() and not text.startswith(_BASE64):
        return text
    return bytes_of(text).decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """Return the bytes that `text_of` encoded. Raises `DataError` if they are not base64."""
    if not text.startswith(_BASE64):
        return text.encode("utf-8", "surrogateescape")
    try:
        return base64.b64decode(text.removeprefix(_BASE64), validate=True)
    except (binascii.Error, ValueError):
        raise DataError("the value is not base64", where=text[:80]) from None
