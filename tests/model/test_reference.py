"""References and what they resolve to."""

from __future__ import annotations

import pytest

from cacheview.model import DataError, Image, ImageConfig, ImageStore, parse_reference

HEX = "abcdef0123456789" * 4


@pytest.mark.parametrize(
    ("text", "name", "tag", "digest"),
    [
        ("app", "docker.io/library/app", "latest", ""),
        ("team/app:1", "docker.io/team/app", "1", ""),
        ("docker.io/app", "docker.io/library/app", "latest", ""),
        ("index.docker.io/a/b", "docker.io/a/b", "latest", ""),
        ("localhost/app", "localhost/app", "latest", ""),
        ("localhost:5000/app:x", "localhost:5000/app", "x", ""),
        ("127.0.0.1:5055/team/app:1", "127.0.0.1:5055/team/app", "1", ""),
        ("Registry/app", "Registry/app", "latest", ""),
        ("[::1]:5000/app", "[::1]:5000/app", "latest", ""),
        (f"app@sha256:{HEX}", "docker.io/library/app", "", f"sha256:{HEX}"),
        (f"app:1@sha256:{HEX}", "docker.io/library/app", "1", f"sha256:{HEX}"),
        (HEX, "", "", f"sha256:{HEX}"),
        (f"sha256:{HEX}", "", "", f"sha256:{HEX}"),
        ("sha256:abcd", "docker.io/library/sha256", "abcd", ""),
        ("a__b/c-d.e", "docker.io/a__b/c-d.e", "latest", ""),
    ],
)
def test_reading(text: str, name: str, tag: str, digest: str) -> None:
    reference = parse_reference(text)
    assert (reference.name, reference.tag, reference.digest) == (name, tag, digest)


@pytest.mark.parametrize(
    "text",
    ["", "App", "a:b:c", "a//b", "a/", "-a", "a_", "a..b", "app@sha256:12", f"app@sha256:{HEX.upper()}", "a b",
     "a:" + "t" * 129, "x" * 256, f"app@md5:{HEX[:32]}", "a\n"],
)  # fmt: skip
def test_an_invalid_reference_is_refused(text: str) -> None:
    with pytest.raises(DataError):
        parse_reference(text)


def image(digits: str, *names: str) -> Image:
    return Image(id=f"sha256:{digits}" + "0" * (64 - len(digits)), names=names, config=ImageConfig())


STORE = ImageStore(
    (
        image("abcd1", "docker.io/library/app:latest", "docker.io/team/app:2"),
        image("abcd2", "docker.io/library/abcd1:latest"),
        image("ff"),
    )
)
FIRST, SECOND, THIRD = STORE.images


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("app", FIRST),
        ("team/app:2", FIRST),
        ("abcd1", SECOND),  # a name takes precedence over the prefix of an id
        ("abcd10", FIRST),
        ("sha256:ff00", THIRD),
        (FIRST.id, FIRST),
        (FIRST.id[7:], FIRST),
        (f"app@{FIRST.id}", FIRST),
        (f"team/app@{FIRST.id}", FIRST),
    ],
)
def test_resolving(text: str, found: Image) -> None:
    assert STORE.resolve(text) is found


@pytest.mark.parametrize(
    "text", ["team/app", "abcd", "ff0", "ABCD1", f"other@{FIRST.id}", f"sha256:{HEX}", "", f"app@{THIRD.id}", "fff0"]
)
def test_an_unknown_name_does_not_resolve(text: str) -> None:
    with pytest.raises(DataError):
        STORE.resolve(text)


def test_ids_that_come_twice_are_reported() -> None:
    images, problems = ImageStore.unique([FIRST, THIRD, FIRST])
    assert images == (FIRST, THIRD)
    assert [problem.where for problem in problems] == [FIRST.id]
