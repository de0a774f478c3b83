"""Models without a ``__dict__`` work like other models."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from pydantic import ValidationError

from cacheview.model import ContainerConfig, Image, ImageConfig, Platform
from cacheview.stores.manifests import Manifest


def test_a_value_cannot_be_changed() -> None:
    config = ContainerConfig(User="root")
    with pytest.raises(FrozenInstanceError):
        config.User = "nobody"  # type: ignore[misc]
    assert not hasattr(config, "__dict__")


def test_a_model_copy_has_the_updated_and_all_other_values() -> None:
    config = ContainerConfig(User="root", Env=("A=1",))
    assert config.model_copy(update={"User": "nobody"}) == ContainerConfig(User="nobody", Env=("A=1",))
    assert config.model_copy() == config


def test_a_model_copy_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(AttributeError):
        ContainerConfig().model_copy(update={"Usr": "nobody"})


def test_a_key_with_a_dot_is_read_and_written() -> None:
    platform = Platform.model_validate({"os": "windows", "os.version": "10.0"})
    assert platform == Platform(os="windows", os_version="10.0")
    assert platform.model_dump_json(exclude_defaults=True) == '{"os":"windows","os.version":"10.0"}'


def test_values_are_strict_and_refuse_other_keys() -> None:
    for fields in ({"User": 1}, {"Usr": "root"}):
        with pytest.raises(ValidationError):
            ContainerConfig.model_validate(fields)


def test_a_document_may_have_other_keys() -> None:
    assert Manifest.model_validate({"mediaType": "x", "subject": {"digest": 1}}) == Manifest(mediaType="x")


def test_models_are_created_from_nested_dictionaries() -> None:
    image = Image.model_validate({"id": "sha256:1", "config": {"config": {"Cmd": ("make",)}}})
    assert image == Image(id="sha256:1", config=ImageConfig(config=ContainerConfig(Cmd=("make",))))
