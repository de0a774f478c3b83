"""A store saved as a suite opens unchanged, with or without the values of variables and labels."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from data_root_samples import Root
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from store_builder import LAYER_TYPE, Layout, config, write_folder, write_tar

from cacheview.engine.builders import builder_note
from cacheview.model import (
    ContainerConfig,
    DataError,
    Doubt,
    Expectation,
    HealthConfig,
    HistoryEntry,
    Image,
    ImageConfig,
    ImageStore,
    Platform,
    Probe,
    Release,
    StoreKind,
)
from cacheview.stores.blobs import digest_of
from cacheview.stores.open import open_store
from cacheview.stores.opened_location import OpenedCase
from cacheview.stores.redact import Redaction
from cacheview.stores.save import suite_line, write_suite
from cacheview.ui.sizes import size_text

RULES = "containerd-71ebfc7"
SECRET = "hunter2-of-the-shop"


def image(*env: str, labels: dict[str, str] | None = None, cmd: tuple[str, ...] = ("run",)) -> Image:
    config = ContainerConfig(Env=env, Labels=labels, Cmd=cmd, Healthcheck=HealthConfig(Test=("CMD", *cmd)))
    history = (HistoryEntry(created_by=" ".join(cmd), comment=" ".join(cmd)),)
    return Image(
        id="sha256:" + "a" * 64,
        names=("docker.io/library/app:1",),
        config=ImageConfig(config=config, container_config=config, history=history),
        container_config=config,
        doubts=(Doubt(aspect="history.created", reason="seconds only", remedy="open the data root"),),
    )


def case(*images: Image) -> OpenedCase:
    return OpenedCase("shop", ImageStore(images), RULES)


def read(path: str | Path) -> OpenedCase:
    opened = open_store(path)
    assert opened.problems == ()
    return opened.cases[0]


def test_a_saved_suite_is_opened_unchanged(tmp_path: Path) -> None:
    whole = image("A=1", f"TOKEN={SECRET}", labels={"x": "y"})
    probe = Probe(parent="", config=whole.config.container_config or ContainerConfig(), cache_from=("app:1",))
    expect = Expectation(outcome="hit", image=whole.id)
    file = tmp_path / "shop.jsonl"
    write_suite(file, suite_line(case(whole), probe=probe, expect=expect))
    again = read(file)
    assert again.store.images == (whole,)  # including doubts
    assert (again.name, again.rules) == ("shop", RULES)
    assert again.probes[0].probe == probe
    assert again.probes[0].expect == expect
    assert list(tmp_path.iterdir()) == [file]


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "shop.jsonl"
    file.write_text("of an earlier version")
    file.chmod(0o644)
    write_suite(file, suite_line(case(image("A=1"))))
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_suite_is_compressed_if_its_name_ends_in_gz(tmp_path: Path) -> None:
    file = tmp_path / "shop.jsonl.gz"
    write_suite(file, suite_line(case(image("A=1"))))
    assert gzip.decompress(file.read_bytes()).startswith(b'{"rules"')
    assert len(read(file).store.images) == 1


def test_redaction_removes_values_and_keeps_names() -> None:
    secret = image(
        f"TOKEN={SECRET}",
        "WORDS=correct horse battery",
        "EMPTY=",
        "PLAIN",
        labels={"owner": "Miss Marple", "none": ""},
        cmd=("/bin/sh", "-c", f"curl -H {SECRET} --user Marple correct horse"),
    )
    probe = Probe(config=secret.config.config or ContainerConfig())
    line = "".join(suite_line(case(secret), probe=probe, redact_env=True))
    for word in (SECRET, "correct", "horse", "battery"):
        assert word not in line
    assert "Miss Marple" in line  # labels were not redacted
    both = "".join(suite_line(case(secret), redact_env=True, redact_labels=True))
    assert "Marple" not in both
    for kept in ('"TOKEN={', '"EMPTY="', '"PLAIN"', '"owner":"{', '"none":""', "curl -H {"):
        assert kept in both


def test_a_text_like_a_placeholder_is_not_confused_with_one() -> None:
    line = "".join(suite_line(case(image("A=secret", cmd=("{redacted-1}", "secret"))), redact_env=True))
    assert '"Cmd":["{redacted-1}","{redactedx-1}"]' in line


_WORDS = ("pass", "passage", "word", "pass word", "{redacted-1}", "{redacted-", "1}", "", "a", "age", "sword")


@given(
    values=st.lists(st.sampled_from(_WORDS), min_size=1, max_size=4),
    commands=st.lists(
        st.lists(st.sampled_from((*_WORDS, "passpass", "xpass", "pass1}")), max_size=4), min_size=2, max_size=4
    ),
)
@examples(1)
def test_redaction_preserves_equality_of_commands_and_history_texts(
    values: list[str], commands: list[list[str]]
) -> None:
    images = [image(*(f"V{i}={value}" for i, value in enumerate(values)), cmd=tuple(cmd)) for cmd in commands]
    redaction = Redaction(images, (), env=True, labels=True)
    reported = [redaction.image(one).config for one in images]
    for left, before in zip(reported, commands, strict=True):
        assert left.container_config is not None
        assert left.history is not None
        assert left.history[0].created_by == " ".join(left.container_config.Cmd or ())
        for right, other in zip(reported, commands, strict=True):
            assert right.container_config is not None
            assert right.history is not None
            assert (left.container_config.Cmd == right.container_config.Cmd) == (before == other)
            joined = left.history[0].created_by == right.history[0].created_by
            assert joined == (" ".join(before) == " ".join(other))


def test_the_open_store_is_never_written_to(tmp_path: Path) -> None:
    store = tmp_path / "layout"
    store.mkdir()
    file = tmp_path / "open.jsonl"
    file.write_text("kept")
    link = tmp_path / "link.jsonl"
    link.symlink_to(file)
    line = "".join(suite_line(case(image())))
    for target, opened in (
        (file, str(file)),
        (link, str(file)),
        (store / "x.jsonl", str(store)),
        (store / "x.jsonl", f"data-root:{store}"),
        (store / "x.jsonl", f"containerd:{store}#moby"),
    ):
        with pytest.raises(DataError, match="part of the open store"):
            write_suite(target, line, opened=opened)
    assert file.read_text() == "kept"
    assert list(store.iterdir()) == []
    write_suite(tmp_path / "new.jsonl", line, opened="engine:")


def test_a_failed_write_keeps_the_existing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text("kept")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left on device"):
        write_suite(file, suite_line(case(image())))
    assert file.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(DataError, match="is not a file"):
        write_suite(tmp_path, suite_line(case(image())))
    with pytest.raises(DataError, match="cannot be written"):
        write_suite(tmp_path / "none" / "x.jsonl", suite_line(case(image())))


def test_the_platform_of_the_engine_is_saved(tmp_path: Path) -> None:
    """Most images may be for a different platform than the one used for building."""
    arm = Platform(os="linux", architecture="arm64")
    image = Image(id="sha256:" + "a" * 64, config=ImageConfig(os="linux", architecture="amd64"))
    file = tmp_path / "saved.jsonl"
    write_suite(file, suite_line(OpenedCase("made", ImageStore((image,), platform=arm), "Docker 28.5.2, overlay2")))
    assert open_store(str(file)).cases[0].store.platform == arm


@pytest.mark.parametrize("release", [None, Release(StoreKind.GRAPH_DRIVER, "23.0.6"), Release(StoreKind.CONTAINERD)])
@pytest.mark.parametrize("os", ["", "linux", "windows"])
def test_the_engine_of_a_store_is_saved(tmp_path: Path, release: Release | None, os: str) -> None:
    store = ImageStore((image(),), release=release, engine_os=os, layer_content={"sha256:1": "empty"})
    file = tmp_path / "saved.jsonl"
    write_suite(file, suite_line(OpenedCase("made", store, RULES)))
    saved = read(file).store
    assert (saved.release, saved.engine_os, saved.layer_content) == (release, os, store.layer_content)
    assert builder_note(saved) == builder_note(store)


def sizes_of_layers(*sizes: int) -> dict[str, bytes]:
    """A layout whose manifest claims these layer sizes, alone and in an index."""
    layout = Layout()
    layers = [
        {"mediaType": LAYER_TYPE, "digest": f"sha256:{number:064x}", "size": size} for number, size in enumerate(sizes)
    ]
    layout.add(layout.manifest(config(1), layers=layers), "docker.io/library/one:1")
    layout.add(layout.index([layout.manifest(config(2), layers=layers)]), "docker.io/library/two:1")
    return layout.done()


def sizes_in_a_data_root(folder: Path) -> str:
    root = Root(folder)
    layers = [f"sha256:{number:064x}" for number in range(10)]
    root.image(1, "shop/one:1", rootfs={"type": "layers", "diff_ids": layers})
    chain = ""
    for layer in layers:
        chain = digest_of(f"{chain} {layer}".encode()) if chain else layer
        path = folder / "image" / root.folder.name / "layerdb" / "sha256" / chain[7:]
        path.mkdir(parents=True)
        (path / "size").write_text("9" * 18)
    return f"data-root:{folder}"


@pytest.mark.parametrize("kind", ["layout", "archive of a layout", "data root", "suite"])
def test_absurdly_large_sizes_survive_saving(kind: str, tmp_path: Path) -> None:
    """No size changes or disappears when saved, even if the sum is too large for Docker's numbers."""
    files = sizes_of_layers(2**63 - 1, 2**63 - 1, 10**400)
    place: str | Path = tmp_path / "store"
    if kind == "data root":
        place = sizes_in_a_data_root(tmp_path / "root")
    elif kind == "layout":
        write_folder(tmp_path / "store", files)
    elif kind == "suite":
        huge = [Image(id=f"sha256:{size % 97:064x}", config=ImageConfig(), size=size) for size in HUGE]
        (tmp_path / "store").write_text("".join(suite_line(case(*huge))))
    else:
        write_tar(tmp_path / "store", files)
    before = read(place)
    write_suite(tmp_path / "saved.jsonl", suite_line(before))
    after = read(tmp_path / "saved.jsonl")
    assert after.store.images == before.store.images
    images = [each for one in (before, after) for each in one.store.images]
    shown = [size_text(each.size) for each in images]
    shown += [size_text(variant.size) for each in images for variant in each.variants]
    assert set(shown) == {"too large"}


HUGE = (2**63, 10**400, 10**4000)
