"""containerd's socket: messages of its services with damaged protobuf, and with damaged JSON in blobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fuzzing import HOSTILE, Fuzz, damaged, damaged_json, examine, fuzz, refused
from store_builder import Layout, config

from cacheview.model import DataError
from cacheview.stores.containerd import client
from cacheview.stores.containerd.client import ContainerdClient
from cacheview.stores.containerd.messages import message
from cacheview.stores.containerd.opening import _open_socket
from cacheview.stores.reading import Reading


class _Answers(list[bytes]):
    def cancel(self) -> None:
        """Do nothing: all answers are already there."""


def test_grpc(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}

    def call(self: ContainerdClient, method: str, make: object) -> Any:
        run, blobs, images, given = state["run"], state["blobs"], state["images"], state["given"]

        def hurt(reported: bytes) -> bytes:
            if run.random.randrange(8) == 0:
                reported = damaged(reported, run.random)
            given.append((method, reported))
            return reported

        def answer(request: Any, **_: object) -> Any:
            match method:
                case client.VERSION:
                    return hurt(message("Version")(version="v1.7.24").SerializeToString())
                case client.NAMESPACES:
                    namespaces = [message("Namespace")(name=name) for name in ("moby", "k8s.io")]
                    return hurt(message("Namespaces")(namespaces=namespaces).SerializeToString())
                case client.IMAGES:
                    return hurt(message("Images")(images=images).SerializeToString())
                case client.BLOBS:
                    listed = [message("Blob")(digest=digest, labels={"a": "b"}) for digest in blobs]
                    return _Answers([hurt(message("Blobs")(blobs=listed).SerializeToString())])
                case _:
                    content = blobs.get(request.digest, b"")
                    half = len(content) // 2
                    chunks = (message("Chunk")(offset=at, data=content[at : at + half + 1]) for at in (0, half + 1))
                    return _Answers(hurt(chunk.SerializeToString()) for chunk in chunks)

        return answer

    monkeypatch.setattr(ContainerdClient, "_call", call)

    def one(run: Fuzz) -> None:
        made, images = Layout(), []
        given: list[Any] = []
        for number in range(run.random.randrange(1, 3)):
            document = config(number)
            entry = made.manifest(damaged_json(document, run.random) if run.random.randrange(2) else document)
            target = message("Descriptor")(media_type=entry["mediaType"], digest=entry["digest"], size=entry["size"])
            name = run.random.choice((f"docker.io/library/app:{number}", *HOSTILE))
            images.append(message("Image")(name=name, labels={"x": "y"}, target=target))
        blobs = {f"sha256:{name[-64:]}": content for name, content in made.files.items() if name.startswith("blobs/")}
        state.update(run=run, blobs=blobs, images=images, given=given)
        with run.given(given):
            try:
                opened = _open_socket(Path("/nowhere.sock"), "", "containerd:/nowhere.sock", Reading())
            except DataError as error:
                refused(error)
            else:
                examine(opened, run)

    fuzz(request, one)
