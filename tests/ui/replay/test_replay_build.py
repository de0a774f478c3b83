"""Which Dockerfile is replayed with which options, and which of these are saved."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from cacheview.model import DataError
from cacheview.ui.replay.build import (
    MAX_BUILDS,
    Build,
    build_at,
    forget_values,
    is_dockerfile,
    options_in_words,
    options_of,
    remembered,
    save_build,
    saved_builds,
)
from cacheview.ui.settings import Settings


@pytest.mark.parametrize("name", ["Dockerfile", "dockerfile", "Dockerfile.prod", "app.Dockerfile", "web.dockerfile"])
def test_known_by_its_name(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("")
    assert is_dockerfile(str(file))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# syntax=x\n\nFROM a\n", True),
        ("arg A=1\nfrom b\n", True),
        ("\ufefffrom b\n", True),
        ('{"from": 1}\n', False),
        ("from\n", False),
        ("", False),
        ("FROM a\0\n", False),
        ("RUN x\n", False),
    ],
)
def test_a_dockerfile_is_recognized_by_its_first_lines(tmp_path: Path, text: str, expected: bool) -> None:
    file = tmp_path / "build.txt"
    file.write_text(text)
    assert is_dockerfile(str(file)) is expected


def test_folders(tmp_path: Path) -> None:
    assert not is_dockerfile(str(tmp_path))
    assert not is_dockerfile(str(tmp_path / "nowhere"))
    (tmp_path / "dockerfile").write_text("FROM a")
    assert is_dockerfile(str(tmp_path))
    (tmp_path / "oci-layout").write_text("{}")
    assert not is_dockerfile(str(tmp_path))


def test_the_context_is_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "a" / "Dockerfile"
    file.parent.mkdir()
    file.write_text("FROM a")
    of_file, of_folder = build_at(file), build_at(file.parent)
    assert of_file == of_folder == Build(dockerfile=str(file), context=str(file.parent))
    assert of_file.title == "a/Dockerfile"
    other = tmp_path / "other"
    other.write_text("FROM b")
    build = build_at(file.parent, str(other))
    assert (build.dockerfile, build.context) == (str(other), str(file.parent))
    assert build.title == f"{other} for a"
    with pytest.raises(DataError, match="does not exist"):
        build_at(tmp_path)


def test_a_tar_is_its_own_context(tmp_path: Path) -> None:
    path = tmp_path / "context.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("Dockerfile"))
    build = build_at(path)
    assert (build.context, build.named, build.title) == (str(path), "", "context.tar")
    other = build_at(path, "sub/Other")
    assert (other.context, other.named, other.title) == (str(path), "sub/Other", "context.tar/sub/Other")
    assert options_in_words(other) == ("-f sub/Other",)


def test_options() -> None:
    build = Build(
        dockerfile="/d",
        context="/",
        build_args=("A=1", "B", "C", "D=x=y"),
        labels=("l=1", "m"),
        target="t",
        cache_from=("a", "b"),
        no_cache=True,
    )
    options = options_of(build, {"B": "of the environment"})
    assert options.build_args == {"A": "1", "B": "of the environment", "C": None, "D": "x=y"}
    assert options.labels == {"l": "1", "m": ""}
    assert (options.target, options.cache_from, options.no_cache, options.pull) == ("t", ("a", "b"), True, False)


@pytest.mark.parametrize("field", ["build_args", "labels"])
def test_an_option_without_a_name(field: str) -> None:
    build = Build(dockerfile="/d", context="/").model_copy(update={field: ("=x",)})
    with pytest.raises(DataError, match="no name"):
        options_of(build, {})


def test_saved_items_are_restored_and_invalid_ones_dropped(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    builds = []
    for number in range(MAX_BUILDS + 2):
        file = tmp_path / f"Dockerfile.{number}"
        file.write_text("FROM a")
        builds.append(build_at(file))
        save_build(settings, builds[-1])
    assert saved_builds(settings) == builds[::-1][:MAX_BUILDS]
    changed = builds[5].model_copy(update={"build_args": ("A",), "labels": ('a=ä, "x"',), "no_cache": True})
    save_build(settings, changed)
    settings.save()
    again = Settings(tmp_path / "s.ini")
    assert saved_builds(again)[0] == changed
    assert len(saved_builds(again)) == MAX_BUILDS
    assert remembered(again, builds[5]) == changed
    assert remembered(again, builds[0]) == builds[0]
    (tmp_path / "Dockerfile.5").unlink()
    assert changed not in saved_builds(again)


def test_unreadable_saved_builds_are_ignored(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    settings.builds = ["{", "[]", '{"dockerfile": 1}', '{"dockerfile": "/nowhere", "context": "/"}']
    assert saved_builds(settings) == []
    file = tmp_path / "Dockerfile"
    file.write_text("")
    save_build(settings, build_at(file))
    assert saved_builds(settings) == [build_at(file)]


def test_build_options_that_are_too_large_are_not_saved(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    file = tmp_path / "Dockerfile"
    file.write_text("")
    save_build(settings, build_at(file).model_copy(update={"labels": ("A=" + "x" * 200_000,)}))
    assert saved_builds(settings) == [build_at(file)]


def test_a_path_that_is_not_utf8_is_not_kept(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.ini")
    for folder in (tmp_path / "a", tmp_path / "\udcff"):
        folder.mkdir()
        (folder / "Dockerfile").touch()
        save_build(settings, build_at(folder))
    assert [build.context for build in saved_builds(settings)] == [str(tmp_path / "a")]


def test_no_value_of_a_build_argument_is_kept(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    file = tmp_path / "Dockerfile"
    file.write_text("")
    build = build_at(file).model_copy(update={"build_args": ("TOKEN=s3cret", "HTTP_PROXY", "EMPTY=")})
    save_build(settings, build)
    settings.save()
    assert "s3cret" not in (tmp_path / "s.ini").read_text()
    again = saved_builds(Settings(tmp_path / "s.ini"))[0]
    assert again.build_args == ("HTTP_PROXY", "EMPTY=")
    assert again.missing == ("TOKEN",)
    # A value given again makes it complete, but is not saved the next time either.
    reported = again.model_copy(update={"build_args": (*again.build_args, "TOKEN=other")})
    assert reported.missing == ()
    assert reported.without_values == again
    assert again.without_values == again


def test_values_saved_by_earlier_versions_are_removed(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "s.ini")
    file = tmp_path / "Dockerfile"
    file.write_text("")
    build = build_at(file).model_copy(update={"build_args": ("TOKEN=s3cret",)})
    settings.builds = [build.model_dump_json(), '{"dockerfile": "TOKEN=s3cret"}']
    forget_values(settings)
    assert "s3cret" not in str(settings.builds)
    assert saved_builds(settings)[0].missing == ("TOKEN",)


@pytest.mark.parametrize(("old", "client"), [(True, "docker-cli-20.10"), (False, "")])
def test_the_client_saved_by_earlier_versions_is_converted(tmp_path: Path, old: bool, client: str) -> None:
    settings = Settings(tmp_path / "s.ini")
    file = tmp_path / "Dockerfile"
    file.write_text("")
    settings.builds = [json.dumps({"dockerfile": str(file), "context": str(tmp_path), "old_client": old})]
    assert [build.client for build in saved_builds(settings)] == [client]


def test_options_in_words() -> None:
    build = Build(dockerfile="/d/Dockerfile", context="/d")
    assert options_in_words(build) == ()
    update = {
        "build_args": ("VERSION=2.0", "TOKEN"),
        "labels": ("a=b",),
        "cache_from": ("app:1", "app:2"),
        "target": "prod",
        "no_cache": True,
        "client": "docker-cli-20.10",
    }
    assert options_in_words(build.model_copy(update=update)) == (
        "--build-arg VERSION, TOKEN",
        "--target prod",
        "--cache-from app:1, app:2",
        "--label a",
        "--no-cache",
        "client: Docker CLI 20.10",
    )


def test_where_records_are_kept(tmp_path: Path) -> None:
    assert Settings(tmp_path / "s.ini").records == tmp_path / "contexts"
    assert Settings(forgetful=True).records is None
    own = Settings().records
    assert own is not None
    assert own.is_absolute()
