"""Names in ``--chown``, looked up in the image's files as each release does."""

from __future__ import annotations

import tarfile

import pytest
from layer_kit import Layers, entry, layer

from cacheview.dockerfile.context.unknown import UnknownError
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import builder_release
from cacheview.layers.image_sums import ImageSums
from cacheview.layers.owner_names import UNNAMED_ROOT, check_owner

_SAID = "unable to convert uid/gid chown string to host mapping: can't find "


def error_of(owner: str, *streams: bytes, version: str = "28.5.2") -> str:
    """The builder's error message, or "" if it knows the owner."""
    layers, release = Layers(*streams), builder_release(version)
    try:
        check_owner(owner, ImageSums(layers.files, layers.diff_ids, release), release)
    except BuildRefusedError as refusal:
        return refusal.message
    return ""


def etc(passwd: bytes = b"app:x:7:8::/:/bin/sh\n", group: bytes = b"web:x:8:\n") -> bytes:
    return layer(entry("etc", kind=tarfile.DIRTYPE), entry("etc/passwd", passwd), entry("etc/group", group))


@pytest.mark.parametrize(
    ("owner", "why"),
    [
        ("app:web", ""),
        ("app:8", ""),
        ("7:web", ""),
        ("7:8", ""),
        ("+7:-8", ""),
        ("app", "gid for group app: no such group: app"),
        ("nobody", "uid for user nobody: no such user: nobody"),
        ("app:nobody", "gid for group nobody: no such group: nobody"),
        ("nobody:nobody", "uid for user nobody: no such user: nobody"),
        ("APP:web", "uid for user APP: no such user: APP"),
        (":web", "uid for user : no such user: "),
        ("app:", "gid for group : no such group: "),
        ("9223372036854775808:8", "uid for user 9223372036854775808: no such user: 9223372036854775808"),
        ("0x7:8", "uid for user 0x7: no such user: 0x7"),
        ("\u0667:8", "uid for user \u0667: no such user: \u0667"),
    ],
)
@pytest.mark.parametrize("version", ["20.10.24", "29.5.3"])
def test_a_name_is_looked_up_and_a_number_is_not(owner: str, why: str, version: str) -> None:
    assert error_of(owner, etc(), version=version) == (why and _SAID + why)


@pytest.mark.parametrize("owner", ["7:8", "7"])
def test_numbers_need_no_files(owner: str) -> None:
    assert error_of(owner) == ""


def test_a_missing_passwd_file_is_reported_with_a_placeholder_root() -> None:
    missing = "no such file or directory"
    assert error_of("app") == f"{_SAID}uid for user app: open {UNNAMED_ROOT}/etc/passwd: {missing}"
    assert error_of("7:web") == f"{_SAID}gid for group web: open {UNNAMED_ROOT}/etc/group: {missing}"
    folder = layer(entry("etc/passwd", kind=tarfile.DIRTYPE))
    assert error_of("app", folder).endswith(f"read {UNNAMED_ROOT}/etc/passwd: is a directory")


def test_links_are_resolved_inside_the_image_and_upper_layers_win() -> None:
    below = layer(
        entry("etc/passwd", kind=tarfile.SYMTYPE, linkname="/../lib/passwd"),
        entry("lib/passwd", b"old:x:1:1:::\n"),
        entry("etc/group", b"web:x:8:\n"),
    )
    above = layer(entry("lib/passwd", b"new:x:1:1:::\n"))
    assert error_of("new:web", below, above) == ""
    assert error_of("old:web", below, above).endswith("no such user: old")
    assert error_of("old:web", below, layer(entry("etc/.wh.group"))).endswith("/etc/group: no such file or directory")
    loop = layer(entry("etc/passwd", kind=tarfile.SYMTYPE, linkname="passwd"))
    with pytest.raises(UnknownError, match="the path /etc/passwd in the image cannot be followed"):
        error_of("app", loop)


@pytest.mark.parametrize(
    ("group", "before", "since"),
    [
        (b"  web:x:8:\n", "web", ""),
        (b"web:x:8:\r\n", "", ""),
        (b"#web:x:8:\n", "web", "web"),
        (b"web\n", "", ""),
        (b"a:x:1:" + b"b," * 40_000 + b"\nweb:x:8:\n", "too long", ""),
        (b"web:x:8:", "", ""),
    ],
)
def test_group_file_lines_are_parsed_like_each_release(group: bytes, before: str, since: str) -> None:
    words = {"": "", "web": "no such group: web", "too long": "bufio.Scanner: token too long"}
    assert error_of("7:web", etc(group=group), version="20.10.24").endswith(words[before])
    assert bool(error_of("7:web", etc(group=group), version="20.10.24")) == bool(before)
    assert error_of("7:web", etc(group=group), version="23.0.0").endswith(words[since])
    assert bool(error_of("7:web", etc(group=group), version="23.0.0")) == bool(since)


def test_a_comment_in_groups_is_not_a_name_since_23() -> None:
    group = b"#web:x:8:\n"
    assert error_of("7:#web", etc(group=group), version="20.10.24") == ""
    assert error_of("7:#web", etc(group=group), version="23.0.0").endswith("no such group: #web")
    passwd = b"  #app:x:7:8\n"
    assert error_of("#app:8", etc(passwd=passwd), version="29.5.3") == ""
