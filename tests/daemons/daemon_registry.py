"""A private registry on the loopback interface that requires a login."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from daemon_process import Daemon, program

__all__ = ["PASSWORD", "USER", "RegistryDaemon", "start_registry"]

USER: Final = "ann"
PASSWORD: Final = "s3cret:word"
_HASH: Final = "$2y$05$abcdefghijklmnopqrstuu2JDQLR7mbHhdpill4/jMLDoVbsBhlUi"
"""The bcrypt hash of the password."""

_CONFIG: Final = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: "{folder}/data"}}}}
http: {{addr: "{host}"}}
auth: {{htpasswd: {{realm: tests, path: "{folder}/htpasswd"}}}}
"""


@dataclass(frozen=True)
class RegistryDaemon:
    """A running registry. ``host``: its host and port, as references begin."""

    process: Daemon
    host: str

    def document(self, path: str) -> dict[str, Any]:
        """Return a manifest or config by its path, such as ``shop/app/manifests/1``."""
        accept = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
        result: dict[str, Any] = json.loads(self._ask("GET", f"/v2/{path}", headers={"Accept": accept})[1])
        return result

    def put_blob(self, repository: str, content: bytes) -> dict[str, Any]:
        """Upload a config, and return the digest and size for its descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        place = self._ask("POST", f"/v2/{repository}/blobs/uploads/", b"")[0]["Location"]
        self._ask("PUT", f"{place}&digest={digest}", content, {"Content-Type": "application/octet-stream"})
        return {"digest": digest, "size": len(content)}

    def mount_blob(self, repository: str, digest: str, source: str) -> None:
        """Make a layer of one repository available in another one."""
        self._ask("POST", f"/v2/{repository}/blobs/uploads/?mount={digest}&from={source}", b"")

    def put_manifest(self, repository: str, tag: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """Upload a manifest or an index, and return its descriptor."""
        content, media_type = json.dumps(document).encode(), document["mediaType"]
        self._ask("PUT", f"/v2/{repository}/manifests/{tag}", content, {"Content-Type": media_type})
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, str], bytes]:
        url = path if "://" in path else f"http://{self.host}{path}"
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            url, body, {"Authorization": f"Basic {login}", **(headers or {})}, method=method
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.headers, answer.read()


def start_registry(folder: Path) -> RegistryDaemon:
    """Start an empty registry. Raises `DaemonError` with the reason if it does not start."""
    folder.mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    settings = folder / "config.yml"
    settings.write_text(_CONFIG.format(folder=folder, host=host))
    (folder / "htpasswd").write_text(f"{USER}:{_HASH}\n")
    command = (program("docker-registry") or "docker-registry", "serve", str(settings))
    return RegistryDaemon(Daemon(command, folder, lambda: _answers(host)).start(), host)


def _answers(host: str) -> bool:
    with suppress(urllib.error.URLError, OSError):
        try:
            urllib.request.urlopen(f"http://{host}/v2/", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return error.code == 401
    return False
