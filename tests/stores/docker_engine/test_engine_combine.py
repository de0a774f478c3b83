"""An engine is combined with containerd or a data root into one store if they belong together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from engine_fidelity import compare, true_images, truth_of
from engine_replay import Replay, load, serving

from cacheview.model import DataError, Image, ImageStore, Problem, StoreKind
from cacheview.stores.containerd.sockets import USUAL_SOCKETS
from cacheview.stores.docker_engine import combine
from cacheview.stores.docker_engine.combine import StorePlace, remedy_for, store_places
from cacheview.stores.docker_engine.contexts import Endpoint
from cacheview.stores.docker_engine.engine import Engine
from cacheview.stores.docker_engine.opening import open_target
from cacheview.stores.opened_location import OpenedCase, OpenedKind, OpenedLocation
from cacheview.stores.progress import Canceled
from cacheview.stores.reading import Reading

C8D, GD = "28.5.2-c8d", "28.5.2-gd"


@dataclass
class Stores:
    """The stores on the machine: images or an error by location. Other locations do not exist."""

    by_location: dict[str, Sequence[Image] | BaseException]
    problems: tuple[Problem, ...] = ()
    opened: list[str] = field(default_factory=list)

    def place(self, kind: StoreKind, target: str, path: str, needed: str) -> StorePlace:
        place = StorePlace(kind, target, path)
        if place.location in self.by_location:
            return place
        return replace(place, why_not=f"{path} does not exist on this machine", is_absent=True)

    def open(self, place: StorePlace, reading: Reading) -> OpenedLocation:
        location = place.location
        self.opened.append(location)
        found = self.by_location[location]
        if isinstance(found, BaseException):
            raise found
        store = ImageStore(tuple(found), location=location, problems=self.problems)
        return OpenedLocation(
            "", location, OpenedKind(location.partition(":")[0]), (OpenedCase("", store, ""),), self.problems
        )


SOCKET = "containerd:/run/docker/containerd/containerd.sock#moby"
SYSTEM = "containerd:/run/containerd/containerd.sock#moby"
FOLDER = "containerd:/var/lib/docker/containerd/daemon#moby"
ROOT = "data-root:/var/lib/docker/image/overlay2"


def read(
    engine: str, stores: Stores, folder: Path, monkeypatch: pytest.MonkeyPatch, reading: Reading | None = None
) -> tuple[OpenedLocation, Replay]:
    monkeypatch.setattr(combine, "containerd_sockets", lambda: [Path("/run/containerd/containerd.sock")])
    monkeypatch.setattr(combine, "_place", stores.place)
    monkeypatch.setattr(combine, "_open", stores.open)
    replay = Replay(load(engine))
    with serving(replay, folder / "docker.sock") as url:
        return open_target(url, reading or Reading()), replay


@pytest.mark.parametrize(("engine", "location"), [(C8D, SOCKET), (C8D, SYSTEM), (C8D, FOLDER), (GD, ROOT)])
def test_the_richer_store_replaces_requests_and_doubts(
    engine: str, location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partials: list[ImageStore] = []
    stores = Stores({location: true_images(engine)})
    opened, replay = read(engine, stores, tmp_path, monkeypatch, Reading(partial=lambda store: partials.append(store)))
    store = opened.cases[0].store
    comparison = compare(store, truth_of(engine))
    assert (comparison.doubted, comparison.differing) == ({}, {})
    assert opened.problems == ()
    assert any(location in note for note in store.notes)
    assert sorted(replay.paths()) == ["/images/json", "/info", "/version"]
    assert [len(partial.images) for partial in partials] == [len(store.images)]
    assert opened.title.startswith("Docker Engine 28.5.2")


def test_images_missing_in_the_richer_store_are_read_from_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = true_images(C8D)
    stores = Stores({SOCKET: true[2:]}, (Problem("blob x", "is missing"),))
    opened, replay = read(C8D, stores, tmp_path, monkeypatch)
    store = opened.cases[0].store
    comparison = compare(store, truth_of(C8D))
    assert comparison.uncovered == []
    assert set().union(*comparison.doubted.values()) == {image.id for image in true[:2]}
    assert sum("sha256:" in path for path in replay.paths()) == 4
    assert opened.problems == (Problem("blob x", "is missing"),)


def test_images_that_the_engine_does_not_list_are_there_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = true_images(C8D)
    more = true[0].model_copy(update={"id": "sha256:" + "0" * 64, "names": ()})
    opened, _ = read(C8D, Stores({SOCKET: [*true, more]}), tmp_path, monkeypatch)
    store = opened.cases[0].store
    assert more.id in store.by_id
    assert any(" has 1 image that the engine does not list" in note for note in store.notes)


def test_the_containerd_root_folder_is_tried_before_the_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = true_images(C8D)
    stores = Stores({FOLDER: true, SOCKET: true})
    read(C8D, stores, tmp_path, monkeypatch)
    assert stores.opened == [FOLDER]
    stores = Stores({FOLDER: DataError("is being written to constantly", where="x"), SOCKET: true})
    opened, _ = read(C8D, stores, tmp_path, monkeypatch)
    assert stores.opened == [FOLDER, SOCKET]
    assert compare(opened.cases[0].store, truth_of(C8D)).doubted == {}


def test_the_images_of_another_engine_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = Stores({SOCKET: true_images("29x-c8d")[5:9], SYSTEM: true_images(C8D)})
    opened, _ = read(C8D, stores, tmp_path, monkeypatch)
    assert stores.opened == [SOCKET, SYSTEM]
    store = opened.cases[0].store
    assert compare(store, truth_of(C8D)).doubted == {}
    assert any(SOCKET in note and "is not this engine's store" in note for note in store.notes)


def test_an_unreadable_richer_store_is_named_in_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stores = Stores({SOCKET: DataError("the daemon hangs", where="x")})
    opened, replay = read(C8D, stores, tmp_path, monkeypatch)
    store = opened.cases[0].store
    assert compare(store, truth_of(C8D)).uncovered == []
    doubt = store.images[0].doubt("container_config")
    assert doubt is not None
    assert "containerd:/run/docker/containerd/containerd.sock" in doubt.remedy
    assert "the daemon hangs" in doubt.remedy
    assert len(replay.requests) == 3 + 2 * len(store.images)


def test_canceling_while_the_richer_store_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Canceled):
        read(C8D, Stores({SOCKET: Canceled()}), tmp_path, monkeypatch)


class TestPlaces:
    @pytest.fixture(autouse=True)
    def real(self, monkeypatch: pytest.MonkeyPatch, no_local_stores: None) -> None:
        monkeypatch.undo()

    def engine(self, store: StoreKind, root: str, containerd: str = "") -> Engine:
        return Engine("28.5.2", "", "1.51", "1.44", store, root, containerd, driver="overlay2")

    @pytest.mark.parametrize("host", ["tcp://10.0.0.1:2375", "ssh://me@host", "npipe:////./pipe/docker_engine"])
    def test_remote_engines_have_no_local_store(self, host: str) -> None:
        engine = self.engine(StoreKind.CONTAINERD, "/var/lib/docker")
        assert store_places(engine, Endpoint("", host)) == []
        assert "On the Docker host, open" in remedy_for(engine, [])

    def test_an_existing_data_root_is_offered_as_a_store(self, tmp_path: Path) -> None:
        engine = self.engine(StoreKind.GRAPH_DRIVER, str(tmp_path))
        (absent,) = store_places(engine, Endpoint("", "unix:///x.sock"))
        assert "does not exist on this machine" in absent.why_not
        (tmp_path / "image" / "overlay2" / "imagedb").mkdir(parents=True)
        (place,) = store_places(engine, Endpoint("", "unix:///x.sock"))
        folder = f"{tmp_path}/image/overlay2"
        assert place == StorePlace(StoreKind.GRAPH_DRIVER, folder, folder)

    def test_containerd_locations_are_derived_from_the_engine_report(self, tmp_path: Path) -> None:
        engine = self.engine(StoreKind.CONTAINERD, str(tmp_path), f"unix://{tmp_path}/c.sock")
        (tmp_path / "c.sock").touch()
        folder = f"{tmp_path}/containerd/daemon"
        absent, socket, *_ = store_places(engine, Endpoint("", "unix:///x.sock"))
        assert absent.location == f"containerd:{folder}#moby"
        assert "does not exist on this machine" in absent.why_not
        assert socket == StorePlace(StoreKind.CONTAINERD, f"{tmp_path}/c.sock#moby", f"{tmp_path}/c.sock")
        database = tmp_path / "containerd" / "daemon" / "io.containerd.metadata.v1.bolt" / "meta.db"
        database.parent.mkdir(parents=True)
        database.touch()
        there, *_ = store_places(engine, Endpoint("", "unix:///x.sock"))
        assert there == StorePlace(StoreKind.CONTAINERD, f"{folder}#moby", folder, is_folder=True)

    def test_the_system_containerd_is_used_if_the_engine_reports_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        own, other = USUAL_SOCKETS
        monkeypatch.setattr(combine, "containerd_sockets", lambda: [Path(other)])
        monkeypatch.setattr(combine, "_place", lambda kind, target, path, _: StorePlace(kind, target, path))
        for reported, sockets in (("", [other]), (own, [own, other]), (other, [other])):
            places = store_places(self.engine(StoreKind.CONTAINERD, "/d", reported), Endpoint("", "unix:///x.sock"))
            folders = ["/var/lib/containerd", "/d/containerd/daemon"] if reported == own else ["/d/containerd/daemon"]
            assert [place.path for place in places] == [folders[0], *sockets, *folders[1:]]
            assert [place.path for place in places if place.is_folder] == folders
        # If there is no socket, the usual one is reported as missing.
        monkeypatch.setattr(combine, "containerd_sockets", list)
        assert own in [
            place.path for place in store_places(self.engine(StoreKind.CONTAINERD, "/d"), Endpoint("", "unix:///x"))
        ]

    def test_the_remedy_states_who_has_access(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        engine = self.engine(StoreKind.CONTAINERD, str(tmp_path), f"{tmp_path}/c.sock")
        (tmp_path / "c.sock").touch(0o600)
        monkeypatch.setattr(os, "access", lambda *_: False)  # denied even for root
        places = store_places(engine, Endpoint("", "unix:///x.sock"))
        remedy = remedy_for(engine, places)
        assert f"containerd:{tmp_path}/c.sock" in remedy
        # The socket comes first, because it may not need root.
        (tmp_path / "containerd" / "daemon" / "io.containerd.metadata.v1.bolt").mkdir(parents=True)
        (tmp_path / "containerd" / "daemon" / "io.containerd.metadata.v1.bolt" / "meta.db").touch()
        both = remedy_for(engine, store_places(engine, Endpoint("", "unix:///x.sock")))
        assert (
            0
            < both.index("permission to use " + f"{tmp_path}/c.sock")
            < both.index("permission to use " + f"{tmp_path}/containerd")
        )
        assert "not have permission" in remedy
        assert "only root can use it" in remedy

    @pytest.mark.parametrize("address", ["../../etc", "\x00", "relative.sock", "tcp://1.2.3.4:5"])
    def test_hostile_addresses_are_not_taken(self, address: str) -> None:
        engine = self.engine(StoreKind.CONTAINERD, "\x00", address)
        places = store_places(engine, Endpoint("", "unix:///x.sock"))
        assert not any(address in place.path for place in places)
