"""Docker's data root as a store: what its files say, while they may change, vanish, or be nonsense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from data_root_samples import ENGINES, Root, read, snapshot, unpack
from store_samples import Truth

from cacheview.cli import main
from cacheview.model import DataError, ImageConfig, decode


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("form", ["", "image", "image/overlay2"])
def test_sample_is_the_truth(engine: str, form: str, tmp_path: Path) -> None:
    root = unpack(engine, tmp_path)
    before = snapshot(root)
    store = read(root / form)
    assert store.problems == ()
    truth = Truth(engine)
    assert truth.kind == "graphdriver"
    assert [image.id for image in store.images] == [true["id"] for true in truth.images]
    for image, true in zip(store.images, truth.images, strict=True):
        assert true.keys() <= {"id", "names", "parent", "built_locally", "config"}
        assert image.names == tuple(true["names"])
        assert image.parent == true.get("parent")
        assert image.built_locally is true["built_locally"]
        assert image.config == decode(ImageConfig, json.dumps(true["config"]))
        assert image.config_digest == image.id
        assert image.container_config is None
        assert not image.from_scratch
        assert image.doubts == ()
    assert any(image.built_locally for image in store.images) is (engine == "28.5.2-gd")
    assert snapshot(root) == before


def test_explain_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = unpack("28.5.2-gd", tmp_path / "root")
    child = next(image for image in read(root).images if image.parent is not None and image.config.container_config)
    assert child.config.container_config is not None
    asked = tmp_path / "config.json"
    asked.write_text(child.config.container_config.model_dump_json(by_alias=True))
    command = ["explain", f"data-root:{root}", "--parent", child.parent or "", "--config", str(asked), "--json"]
    assert main(command) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"]["image"]["id"] == child.id


def test_bad_digest_is_a_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    root = Root(tmp_path)
    bad, good = root.image(1, "shop/bad:1"), root.image(2, "shop/good:1")
    root.file(bad).write_bytes(root.file(good).read_bytes())
    store = read(tmp_path)
    assert [image.id for image in store.images] == [good]
    (problem,) = store.problems
    assert bad in problem.where
    assert "shop/bad:1" in problem.where
    assert "bad digest" in problem.what


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="empty"):
        read(tmp_path)
