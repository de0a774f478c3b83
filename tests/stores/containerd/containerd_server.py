"""A stand-in for containerd that serves a root folder, or a few of its images, over a socket and can misbehave."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
from containerd_samples import BLOBS

from cacheview.stores.containerd import client
from cacheview.stores.containerd.messages import message
from cacheview.stores.containerd.records import ImageRecord
from cacheview.stores.containerd.root import RootFolder, RootNamespace

Answer = Callable[[Any, Any], Any]
FILTER = re.compile(r'labels\."([^"]+)"')


class Server:
    """Serves a root folder on a socket, or only the images with these IDs.

    Attributes:
        called: The methods that were called, in order.
        instead: Replacements for the correct answers, by method.
        hanging: Hanging calls wait until this is set.
    """

    def __init__(self, root: Path, socket: Path, ids: Collection[str] = ()) -> None:
        self._ids = ids
        self._root = RootFolder(root)
        self._metadata = self._root.metadata()
        self.called: list[tuple[str, str]] = []
        self.instead: dict[str, Answer] = {}
        self.hanging = threading.Event()
        self._server = grpc.server(ThreadPoolExecutor(16))
        self._server.add_generic_rpc_handlers((_Handlers(self),))
        self._server.add_insecure_port(f"unix:{socket}")

    def __enter__(self) -> Server:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hanging.set()
        self._server.stop(0).wait()

    def hang(self, request: Any, context: Any) -> Any:
        """Wait instead of answering."""
        self.hanging.wait()
        context.abort(grpc.StatusCode.UNAVAILABLE, "stopped")

    def namespace(self, context: Any) -> RootNamespace:
        name = dict(context.invocation_metadata()).get("containerd-namespace", "")
        if not name:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "namespace is required")
        return RootNamespace(self._root, self._metadata, name)

    def records(self, name: str) -> Sequence[ImageRecord]:
        """The image records of a namespace."""
        return RootNamespace(self._root, self._metadata, name).records()[0]

    def blob(self, name: str, digest: str) -> bytes:
        """A blob of a namespace."""
        data = RootNamespace(self._root, self._metadata, name).read(digest)
        assert data is not None
        return data

    # Answers

    def version(self, request: Any, context: Any) -> Any:
        return message("Version")(version="1.7.99")

    def namespaces(self, request: Any, context: Any) -> Any:
        named = [message("Namespace")(name=name) for name in self._metadata.namespaces]
        return message("Namespaces")(namespaces=named)

    def images(self, request: Any, context: Any) -> Any:
        records = [one for one in self.namespace(context).records()[0] if not self._ids or one.digest in self._ids]
        target = message("Descriptor")
        return message("Images")(
            images=[
                message("Image")(
                    name=one.name,
                    labels=dict(one.labels),
                    target=target(media_type=one.media_type, digest=one.digest, size=one.size),
                )
                for one in reversed(records)
            ]
        )

    def plugins(self, request: Any, context: Any) -> Any:
        kind, name = "io.containerd.snapshotter.v1", "overlayfs"
        assert list(request.filters) == [f"type=={kind},id=={name}"]
        exports = {"root": str(self._root.path / f"{kind}.{name}")}
        return message("Plugins")(plugins=[message("Plugin")(type=kind, id=name, exports=exports)])

    def blobs(self, request: Any, context: Any) -> Iterator[Any]:
        (label,) = (FILTER.fullmatch(text)[1] for text in request.filters)  # type: ignore[index]
        namespace = self.namespace(context)
        for path in sorted((self._root.path / BLOBS).iterdir()):
            labels = dict(namespace.labels(digest := f"sha256:{path.name}"))
            if label in labels:
                yield message("Blobs")(blobs=[message("Blob")(digest=digest, labels=labels)])

    def read(self, request: Any, context: Any) -> Iterator[Any]:
        data = self.namespace(context).read(request.digest)
        if data is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"content {request.digest}: not found")
        assert data is not None
        data = data[request.offset : request.offset + request.size if request.size else None]
        for offset in range(0, len(data), 512):
            yield message("Chunk")(offset=offset, data=data[offset : offset + 512])


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, server: Server) -> None:
        self._server = server

    def service(self, details: Any) -> Any:
        server = self._server
        ways: dict[str, tuple[str, Answer, bool]] = {
            client.VERSION: ("Nothing", server.version, False),
            client.NAMESPACES: ("Nothing", server.namespaces, False),
            client.IMAGES: ("Nothing", server.images, False),
            client.PLUGINS: ("PluginsRequest", server.plugins, False),
            client.BLOBS: ("BlobsRequest", server.blobs, True),
            client.BLOB_READ: ("BlobRequest", server.read, True),
        }
        method = details.method
        if method not in ways:
            return None
        request, answer, streams = ways[method]
        answer = server.instead.get(method, answer)

        def noted(sent: Any, context: Any) -> Any:
            server.called.append((method, dict(context.invocation_metadata()).get("containerd-namespace", "")))
            return answer(sent, context)

        make = grpc.unary_stream_rpc_method_handler if streams else grpc.unary_unary_rpc_method_handler
        return make(
            noted,
            request_deserializer=message(request).FromString,
            response_serializer=lambda reported: (
                reported if isinstance(reported, bytes) else reported.SerializeToString()
            ),
        )
