"""Which rules are found for the version that is typed, and what the dialog shows about them."""

from __future__ import annotations

import pytest

from cacheview.cases import daemon_of
from cacheview.engine.rulesets.releases import store_kind
from cacheview.model import ImageStore
from cacheview.stores.opened_location import OpenedCase
from cacheview.ui.rules.lookup import DRIVERS, find


@pytest.mark.parametrize(
    ("version", "driver", "rules"),
    [
        ("24.0.7", "overlay2", "graphdriver-24.0.7"),
        (" v25.0.2 ", "vfs", "graphdriver-25.0.2"),
        ("28.5.2", "containerd", "containerd-28.5.2"),
        ("28.5.2", "OverlayFS", "containerd-28.5.2"),
        ("20.10.24+dfsg1", "overlay2", "graphdriver-24.0.7"),
    ],
)
def test_rules_are_found_by_version_and_driver(version: str, driver: str, rules: str) -> None:
    found = find(version, driver)
    assert found.rules is not None
    assert (found.rules.name, found.text, found.note) == (rules, found.rules.title, "")
    daemon = daemon_of(OpenedCase("", ImageStore(()), ""), found.name)
    assert (daemon.rules, daemon.version) == (found.rules, version.strip().removeprefix("v"))


def test_found_by_the_commit() -> None:
    found = find("", "containerd", "71ebfc7c63")
    assert found.rules is not None
    assert found.rules.name == found.name == "containerd-71ebfc7"
    other = find("", "containerd", "abcdef0")
    assert other.rules is None
    assert "Enter the version" in other.text


def test_the_newest_rules_are_suggested_for_a_future_version() -> None:
    found = find("99.0", "overlay2")
    assert found.rules is not None
    assert "the newest release" in found.note


@pytest.mark.parametrize(
    ("version", "driver", "reported"),
    [
        ("17.06", "overlay2", "oldest known rules are for v20.10.0-beta1"),
        ("20.10.24", "containerd", "oldest known rules are for v24.0.3"),
        ("latest", "overlay2", "Enter a version such as 24.0.7."),
        ("24.0.7", "floppy", "Unknown storage driver “floppy”"),
        ("24.0.7" * 1000, "f" * 1000, "Unknown storage driver"),
    ],
)
def test_a_version_without_rules_has_a_reason(version: str, driver: str, reported: str) -> None:
    found = find(version, driver)
    assert found.rules is None
    assert not found.is_unfinished
    assert reported in found.text
    assert len(found.text) < 250


@pytest.mark.parametrize(("version", "driver"), [("", "overlay2"), ("24.0.7", " ")])
def test_an_empty_version_is_unfinished_and_not_an_error(version: str, driver: str) -> None:
    found = find(version, driver)
    assert found.rules is None
    assert found.is_unfinished


def test_every_driver_of_the_list_is_known() -> None:
    assert all(store_kind(driver) is not None for driver in DRIVERS)
