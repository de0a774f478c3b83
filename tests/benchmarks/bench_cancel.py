"""The longest time for which each kind of work does not check whether it was canceled, with the largest inputs.

``python tests/benchmarks/bench_cancel.py [KIND…]`` prints this time in seconds of processor time of the thread, how
long all of the work took, and the function that was running during the longest time.
``pytest tests/benchmarks/bench_cancel.py`` checks the limits.

Most work checks every 50 ms. A single call of a library cannot be stopped: pydantic-core decodes a document of at most
64 MB and 2.5 million values, and Aho-Corasick creates the automaton of the values that are removed from a suite.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import pytest

for _folder in ("layers", "stores", "stores/containerd", "stores/docker_engine"):
    sys.path.append(str(Path(__file__).parents[1] / _folder))
from bolt_writer import Tree, Writer  # noqa: E402
from engine_replay import Replay, load, serving  # noqa: E402
from layer_kit import Layers, entry, layer  # noqa: E402
from store_builder import blob_path, config, old_archive, tar_bytes  # noqa: E402

from cacheview.collector import paused_collector  # noqa: E402
from cacheview.dockerfile.context import CLIENTS, ContextSums, Entry, EntryKind, MemoryContext  # noqa: E402
from cacheview.dockerfile.context.folder import FolderContext  # noqa: E402
from cacheview.dockerfile.release import builder_release  # noqa: E402
from cacheview.engine import RULE_SETS, ImageCache, explain  # noqa: E402
from cacheview.engine.audit import audit  # noqa: E402
from cacheview.layers.files import LayerFiles  # noqa: E402
from cacheview.layers.tarstream import TarLayers  # noqa: E402
from cacheview.model import ContainerConfig, DataError, Image, ImageConfig, ImageStore, Probe, decode  # noqa: E402
from cacheview.model.effort import Effort  # noqa: E402
from cacheview.replay.checksums import ContextChecksums  # noqa: E402
from cacheview.replay.compose.document import read_document  # noqa: E402
from cacheview.replay.misses import misses  # noqa: E402
from cacheview.replay.options import BuildOptions  # noqa: E402
from cacheview.replay.replay import replay  # noqa: E402
from cacheview.replay.tar_context import TarContext  # noqa: E402
from cacheview.stores.blobs import digest_of  # noqa: E402
from cacheview.stores.open import open_store  # noqa: E402
from cacheview.stores.redact import Redaction  # noqa: E402

Work = Callable[[], object]
LIMIT = 0.4
IN_ONE_CALL = {
    "a suite of one case, 80,000 images": 1.2,
    "a document that is read leniently": 1.2,
    "an OCI index of 300,000 names": 1.2,
    "a data root of 600,000 names": 1.5,
    "a data root of 1,200,000 bad names": 1.5,
    "taking 20,000 values out of 30,000 images": 1.0,
}
"""The limits in seconds for kinds of work in which one call of a library takes longer."""
RULES = RULE_SETS["containerd-29"]
RELEASE = builder_release("29.6.0")
CONFIG = {"created": "2024-01-01T00:00:00Z", "container_config": {"Cmd": ["x" * 200]}, "rootfs": {"type": "layers"}}


class Watch:
    """Observes work: the longest time between two calls of `look`, and where the work was during that time."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.place = ""
        self._last = time.thread_time()
        self._since = time.monotonic()
        self._thread = threading.get_ident()
        self._seen = ""
        self._over = threading.Event()

    def look(self, *_: object) -> None:
        now = time.thread_time()
        if now - self._last > self.longest:
            self.longest, self.place = now - self._last, self._seen
        self._last, self._since, self._seen = now, time.monotonic(), ""

    def sample(self) -> None:
        while not self._over.wait(0.02):
            frame = sys._current_frames().get(self._thread)
            if frame is not None and time.monotonic() - self._since > 0.1:
                self._seen = _place(frame)

    def run(self, work: Work) -> float:
        """Do the work, and return the seconds that it took."""
        sampler = threading.Thread(target=self.sample, daemon=True)
        sampler.start()
        begun = self._last = time.thread_time()
        try:
            with paused_collector(), Effort(check_canceled=self.look).spent():
                work()
            self.look()
        finally:
            self._over.set()
            sampler.join()
        return time.thread_time() - begun


def _place(frame: FrameType) -> str:
    for one in reversed(traceback.extract_stack(frame)):
        if "cacheview" in one.filename and "benchmarks" not in one.filename:
            return f"{Path(one.filename).name}:{one.lineno} {one.name}"
    return ""


LOOKS: list[Watch] = []  # the last one is in use: opening a store reports its progress there


def _opened(location: str | Path) -> object:
    watch = LOOKS[-1]
    return open_store(location, progress=lambda done, total, what: watch.look(done, total, what))


def _image(number: int) -> dict[str, object]:
    return {"id": f"sha256:{number:064x}", "parent": f"sha256:{number // 3:064x}" if number else "", "config": CONFIG}


# Stores


def one_case(folder: Path) -> Work:
    path = folder / "suite"
    path.write_text(json.dumps({"rules": "graphdriver-25.0.5", "images": [_image(number) for number in range(80_000)]}))
    return lambda: _opened(path)


def many_cases(folder: Path) -> Work:
    path = folder / "suite"
    line = json.dumps({"rules": "graphdriver-25.0.5", "images": [_image(number) for number in range(20)]})
    path.write_text(f"{line}\n" * 5000)
    return lambda: _opened(path)


def wrong_values(folder: Path) -> Work:
    path = folder / "suite"
    path.write_text(
        '{"rules":"containerd-29","images":[{"id":"a","config":{"config":{"Env":[' + "1," * 2_000_000 + "1]}}}]}"
    )
    return lambda: _refused(path)


def lenient(folder: Path) -> Work:
    """A document that is read a second time, as Go would read it, because of a null in a list."""
    path = folder / "suite"
    images = [*(_image(number) for number in range(70_000)), None]
    path.write_text(json.dumps({"rules": "graphdriver-25.0.5", "images": images}))
    return lambda: _refused(path)


def _refused(path: Path) -> None:
    with suppress(DataError):
        _opened(path)


def docker_archive(folder: Path) -> Work:
    content = config(1)
    path = folder / "save.tar"
    path.write_bytes(tar_bytes(old_archive([(content, [f"a:{number}" for number in range(400_000)], "")])))
    return lambda: _opened(path)


def many_configs(folder: Path) -> Work:
    path = folder / "save.tar"
    path.write_bytes(tar_bytes(old_archive([(config(number), [f"a:{number}"], "") for number in range(20_000)])))
    return lambda: _opened(path)


def oci_index(folder: Path) -> Work:
    content = json.dumps(CONFIG).encode()
    manifest = json.dumps({"config": {"digest": digest_of(content)}, "layers": []}).encode()
    named = [
        {"digest": digest_of(manifest), "annotations": {"io.containerd.image.name": f"docker.io/library/a:{number}"}}
        for number in range(300_000)
    ]
    members = {
        blob_path(digest_of(content)): content,
        blob_path(digest_of(manifest)): manifest,
        "index.json": json.dumps({"manifests": named}).encode(),
    }
    path = folder / "oci.tar"
    path.write_bytes(tar_bytes(members))
    return lambda: _opened(path)


def _data_root(folder: Path, names: dict[str, str]) -> Work:
    content = json.dumps(CONFIG | {"rootfs": {"type": "layers", "diff_ids": []}}).encode()
    database = folder / "image" / "overlay2"
    (database / "imagedb" / "content" / "sha256").mkdir(parents=True)
    (database / "imagedb" / "content" / "sha256" / digest_of(content)[7:]).write_bytes(content)
    named = {name: image_id or digest_of(content) for name, image_id in names.items()}
    (database / "repositories.json").write_text(json.dumps({"Repositories": {"r": named}}))
    return lambda: _opened(f"data-root:{folder}")


def names_of_a_data_root(folder: Path) -> Work:
    return _data_root(folder, {f"a{number}": "" for number in range(600_000)})


def bad_names_of_a_data_root(folder: Path) -> Work:
    return _data_root(folder, {f"A{number}": "x" for number in range(1_200_000)})


def bolt(folder: Path) -> Work:
    target: Tree = {b"digest": b"sha256:" + b"a" * 64}
    images: Tree = {b"docker.io/library/a:%d" % number: {b"target": target} for number in range(60_000)}
    path = folder / "io.containerd.metadata.v1.bolt" / "meta.db"
    path.parent.mkdir()
    path.write_bytes(Writer(4096, per_page=60, inline=600).database({b"v1": {b"moby": {b"images": images}}}))
    return lambda: _refused_at(f"containerd:{folder}")


def _refused_at(location: str) -> None:
    with suppress(DataError):
        _opened(location)


def engine(folder: Path) -> Work:
    """A list of 100,000 images, none of which can be read."""
    dumps = {"1.44": load("28.5.2-gd")["1.44"]}
    dumps["1.44"]["version"]["ApiVersion"] = "1.44"
    one = dumps["1.44"]["images"][0]
    images = json.dumps([{**one, "Id": f"sha256:{number:064x}"} for number in range(100_000)]).encode()

    def answer(path: str) -> tuple[int, bytes] | None:
        if path.endswith("/images/json"):
            return 200, images
        return (500, b"{}") if "sha256" in path else None

    def work() -> None:
        with serving(Replay(dumps, answer), folder / "docker.sock") as url:
            _opened(f"engine:{url}")

    return work


# Questions


def _store(count: int) -> ImageStore:
    images = tuple(decode(Image, json.dumps(_image(number))) for number in range(count))
    return ImageStore(images)


def audited(_: Path) -> Work:
    store = _store(100_000)
    return lambda: audit(store, RULES)


def explained(_: Path) -> Work:
    store = _store(100_000)
    probe = Probe(parent=store.images[0].id, config=ContainerConfig(Cmd=("none",)))
    return lambda: explain(ImageCache(store, RULES), probe)


def redacted(_: Path) -> Work:
    values = ContainerConfig(Env=tuple(f"A{number}=secret-{number}" for number in range(20_000)))
    image = Image(id="a", config=ImageConfig(config=values))
    store = _store(30_000)

    def work() -> None:
        redaction = Redaction([image, *store.images], [], env=True, labels=True)
        for each in store.images:
            redaction.image(each)

    return work


# Builds


def _replayed(lines: list[str]) -> Work:
    text = "\n".join(lines).encode()

    def work() -> object:
        checksums = ContextChecksums(MemoryContext({}, {}), "Dockerfile", RELEASE)
        result = replay(text, checksums, ImageStore(()), RULES, RELEASE, BuildOptions())
        return tuple(misses(result, ImageStore(()), RULES, None, checksums))

    return work


def many_steps(_: Path) -> Work:
    return _replayed(["FROM scratch", *(f"ENV A{number}=x" for number in range(19_000))])


def one_long_instruction(_: Path) -> Work:
    return _replayed(["FROM scratch", "ENV " + " \\\n".join(f"A{number}=$B{number}" for number in range(300_000))])


def files_of_a_context(folder: Path) -> Work:
    for number in range(60_000):
        if not number % 1000:
            below = folder / f"d{number}"
            below.mkdir()
        (below / f"f{number}").touch()
    (folder / ".dockerignore").write_text("*.x\n!y\n" * 20)
    return lambda: ContextSums(FolderContext(str(folder)), client=CLIENTS["docker-cli"]).of_sources(
        ["."], add=False, destination="/"
    )


def one_large_file(folder: Path) -> Work:
    with open(folder / "large", "wb") as file:
        file.truncate(2 << 30)
    return lambda: ContextSums(FolderContext(str(folder)), client=CLIENTS["docker-cli"]).of_sources(
        ["."], add=False, destination="/"
    )


def ignore_patterns(_: Path) -> Work:
    entries = {
        f"d{number % 100}/f{number}": Entry(f"d{number % 100}/f{number}", EntryKind.FILE, 0o644)
        for number in range(30_000)
    }
    entries |= {f"d{number}": Entry(f"d{number}", EntryKind.DIRECTORY, 0o755) for number in range(100)}
    text = b"".join(b"**/x*%d*y\n" % number for number in range(3000))
    entries[".dockerignore"] = Entry(".dockerignore", EntryKind.FILE, 0o644, size=len(text))
    context = MemoryContext(entries, {".dockerignore": text})
    return lambda: ContextSums(context, client=CLIENTS["docker-cli"]).of_sources(["."], add=False, destination="/")


def tar_context(_: Path) -> Work:
    stream = layer(*(entry(f"d{number % 100}/f{number}") for number in range(100_000)))
    return lambda: TarContext.read_from(lambda: io.BufferedReader(io.BytesIO(stream)), "a tar").has("f0")  # type: ignore[arg-type]


def layer_files(_: Path) -> Work:
    stream = layer(*(entry(f"d{number % 100}/f{number}") for number in range(100_000)))
    layers = Layers(stream)
    return lambda: LayerFiles(TarLayers(layers.open), report=LOOKS[-1].look).root(layers.diff_ids)


def compose(folder: Path) -> Work:
    path = folder / "compose.yaml"
    path.write_text("services:\n  a:\n    build:\n      args:\n" + "".join(f"        A{n}: b\n" for n in range(90_000)))
    return lambda: read_document(path)


KINDS: dict[str, Callable[[Path], Work]] = {
    "a suite of one case, 80,000 images": one_case,
    "a suite of 5,000 cases": many_cases,
    "two million values of a wrong type": wrong_values,
    "a document that is read leniently": lenient,
    "a docker archive of one image, 400,000 names": docker_archive,
    "a docker archive of 20,000 images": many_configs,
    "an OCI index of 300,000 names": oci_index,
    "a data root of 600,000 names": names_of_a_data_root,
    "a data root of 1,200,000 bad names": bad_names_of_a_data_root,
    "a containerd database of 60,000 images": bolt,
    "an engine that lists 100,000 images": engine,
    "auditing 100,000 images": audited,
    "explaining, among 100,000 images": explained,
    "taking 20,000 values out of 30,000 images": redacted,
    "replaying 19,000 steps": many_steps,
    "replaying one step of 300,000 variables": one_long_instruction,
    "summing a folder of 60,000 files": files_of_a_context,
    "summing a file of 2 GiB": one_large_file,
    "3,000 ignore patterns": ignore_patterns,
    "a tar of 100,000 members as context": tar_context,
    "a layer of 100,000 files": layer_files,
    "a Compose file of 90,000 keys": compose,
}


def measured(kind: str) -> tuple[Watch, float]:
    with tempfile.TemporaryDirectory(prefix="cacheview-") as folder:
        work = KINDS[kind](Path(folder))
        LOOKS.append(Watch())
        seconds = LOOKS[-1].run(work)
    return LOOKS.pop(), seconds


@pytest.mark.parametrize("kind", KINDS)
def test_cancellation_is_checked_frequently(kind: str) -> None:
    watch, _ = measured(kind)
    assert watch.longest < IN_ONE_CALL.get(kind, LIMIT)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or KINDS:
        watched, taken = measured(chosen)
        print(f"{chosen:46} {watched.longest:6.2f} s of {taken:6.2f} s  {watched.place}", flush=True)
