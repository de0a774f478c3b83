"""How the time of each kind of work grows with the size of its input.

``python tests/benchmarks/bench_growth.py`` prints the time at three sizes, the exponent of the growth, and its limit:
that of n log n between the same sizes, plus what the machine adds (see `growth`). Linear is 1, quadratic is 2.
``pytest tests/benchmarks/bench_growth.py`` fails for a kind that is above its limit in every round.

Each step of a build copies what the earlier steps set. A build that copies more than 200 million values is refused, so
the kinds in question go up to the largest build that is allowed: even there, copying takes less than the rest of a
step.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cacheview.dockerfile.context import CLIENTS, ContextSums, Entry, EntryKind, MemoryContext
from cacheview.dockerfile.refusal import BuildRefusedError
from cacheview.dockerfile.release import builder_release
from cacheview.engine import RULE_SETS, ImageCache, explain
from cacheview.engine.audit import audit
from cacheview.model import ContainerConfig, HistoryEntry, Image, ImageConfig, ImageStore, Probe, SuiteCase, Timestamp
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.misses import misses
from cacheview.replay.options import BuildOptions
from cacheview.replay.replay import replay
from cacheview.replay.tar_context import TarContext
from cacheview.report.explanations import as_text
from cacheview.report.replays import replay_as_json, replay_as_text
from cacheview.stores.containerd.bolt import Bolt
from cacheview.stores.redact import Redaction
from cacheview.ui.images.tree import forest

for _folder in ("layers", "stores/containerd"):
    sys.path.append(str(Path(__file__).parents[1] / _folder))
from bolt_writer import Writer  # noqa: E402
from growth import Work, measured  # noqa: E402
from layer_kit import Layers, entry, layer  # noqa: E402

RULES = RULE_SETS["containerd-29"]
GRAPH_DRIVER = RULE_SETS["graphdriver-29"]
RELEASE = builder_release("29.6.0")
ANCESTORS = next(each for each in RULE_SETS.values() if each.follows_ancestors)
EMPTY = ImageStore(())


# Dockerfiles


def _replayed(lines: list[str], store: ImageStore = EMPTY, options: BuildOptions | None = None) -> Work:
    text = "\n".join(lines).encode()
    files = {"a": Entry("a", EntryKind.FILE, 0o644)}

    def work() -> object:
        checksums = ContextChecksums(MemoryContext(files, {"a": b"x"}), "Dockerfile", RELEASE)
        reported = replay(text, checksums, store, RULES, RELEASE, options or BuildOptions())
        assert reported.refused is None, reported.refused
        why = tuple(misses(reported, store, RULES, None, checksums))
        return replay_as_text(reported, store, why), replay_as_json(reported, RULES, why)

    return work


def _added_to(kind: str, line: str) -> Callable[[int], Work]:
    """Instructions that change one value, after twice as many values that stay the same."""
    return lambda size: _replayed(
        ["FROM scratch", f"{kind} " + " \\\n".join(f"A{number}=x" for number in range(2 * size))]
        + [line.format(number) for number in range(size)]
    )


def _lines(line: str, *before: str, base: str = "FROM scratch") -> Callable[[int], Work]:
    return lambda size: _replayed([base, *before, *(line.format(number) for number in range(size))])


def stages(size: int) -> Work:
    """Stages of which each is a miss on scratch."""
    return _replayed([line for number in range(size) for line in (f"FROM scratch AS s{number}", f"LABEL a={number}")])


def stages_on_stages(size: int) -> Work:
    built = [line for number in range(size) for line in (f"FROM s{number} AS s{number + 1}", f"LABEL a={number}")]
    return _replayed(["FROM scratch AS s0", "LABEL a=b", *built])


def copies_from_stages(size: int) -> Work:
    copied = [f"COPY --from=s{number} /a /{number}" for number in range(size)]
    first = [line for number in range(size) for line in (f"FROM scratch AS s{number}", "COPY a /a")]
    return _replayed([*first, "FROM scratch", *copied])


def triggers(size: int) -> Work:
    """The base image has as many triggers."""
    base = _image(0, config=ContainerConfig(OnBuild=tuple(f"RUN {number}" for number in range(size))))
    return _replayed(["FROM base:1"], ImageStore((base.model_copy(update={"names": ("docker.io/library/base:1",)}),)))


def build_args(size: int) -> Work:
    args = {f"A{number}": "x" for number in range(size)}
    return _replayed(["FROM scratch", *(f"ARG {name}" for name in args)], options=BuildOptions(build_args=args))


def cached_steps(size: int) -> Work:
    """All steps are hits: RUN on an image with a short history each."""
    images = tuple(_image(number, number - 1 if number else None) for number in range(size))
    return _replayed(["FROM scratch", *(f"RUN {number}" for number in range(size))], ImageStore(images))


# Stores


def _image(number: int, parent: int | None = None, *, history: int = 1, config: ContainerConfig | None = None) -> Image:
    step = ContainerConfig(Cmd=("/bin/sh", "-c", f"{number}"), Env=("PATH=/bin", f"N={number}"))
    entries = tuple(
        HistoryEntry(created_by=f"/bin/sh -c {each}", created=Timestamp(1_700_000_000 + each, 0, 0))
        for each in range(number, number + history)
    )
    stored = ImageConfig(
        created=entries[0].created, history=entries, config=config or step, os="linux", architecture="amd64"
    )
    return Image(
        id=f"sha256:{number:064x}",
        parent=f"sha256:{parent:064x}" if parent is not None else None,
        from_scratch=parent is None,
        built_locally=True,
        config=stored,
        container_config=step,
    )


def _looked_at(images: tuple[Image, ...], probe: Probe) -> Work:
    """Look up and explain a probe as text under the rules of both kinds of store, and create the tree of the images."""

    def work() -> object:
        store = ImageStore(images)
        for rules in (RULES, GRAPH_DRIVER):
            as_text(explain(ImageCache(store, rules), probe))
        return forest(store)

    return work


def _probe(parent: str, *cache_from: str) -> Probe:
    return Probe(parent=parent, config=ContainerConfig(Cmd=("/bin/sh", "-c", "none")), cache_from=cache_from)


def children(size: int) -> Work:
    """Images with one parent."""
    images = (_image(0), *(_image(number, 0) for number in range(1, size)))
    return _looked_at(images, _probe(images[0].id))


def images(size: int) -> Work:
    """Images of builds with ten steps each, read from a suite."""
    store = tuple(
        _image(number, number - 1 if number % 10 else None, history=number % 10 + 1) for number in range(size)
    )
    case = SuiteCase(rules=RULES.name, images=store)
    lines = case.model_dump_json(by_alias=True, exclude_defaults=True)

    def work() -> object:
        read = SuiteCase.model_validate_json(lines).images
        return _looked_at(read, _probe(read[8].id))()

    return work


def deep_parents(size: int) -> Work:
    images = tuple(_image(number, number - 1 if number else None, history=3) for number in range(size))
    return _looked_at(images, _probe(images[-1].id, images[-1].id))


def sources(size: int) -> Work:
    """As many references, each to a separate image."""
    images = tuple(_image(number) for number in range(size))
    return _looked_at(images, _probe(images[0].id, *(image.id for image in images)))


def one_source_often(size: int) -> Work:
    images = (_image(0), _image(1, 0))
    return _looked_at(images, _probe(images[0].id, *[images[1].id] * size))


def history_length(size: int) -> Work:
    images = (_image(0, history=size), _image(1, history=size), _image(2, 0, history=size))
    return _looked_at(images, _probe(images[0].id, images[1].id))


def audited(size: int) -> Work:
    images = tuple(_image(number, number - 1 if number % 10 else None) for number in range(size))
    return lambda: audit(ImageStore(images), RULES)


def audited_children(size: int) -> Work:
    images = (_image(0), *(_image(number, 0) for number in range(1, size)))
    return lambda: audit(ImageStore(images), RULES)


def label_sets(size: int) -> Work:
    """Candidates of the same time, each with an empty label of its own.

    No probe differs from them by its labels alone.
    """
    created = Timestamp(1_700_000_000, 0, 0)

    def child(number: int) -> Image:
        step = ContainerConfig(Cmd=("c",), Labels={"a": f"{number // 2}", f"k{number}": ""})
        image = _image(number, 0)
        config = image.config.model_copy(update={"created": created})
        return image.model_copy(update={"config": config, "container_config": step})

    images = (_image(0), *(child(number) for number in range(1, size)))
    return lambda: audit(ImageStore(images), RULES)


def sources_in_a_line(size: int) -> Work:
    """As many references, each to an image built on the previous one, and a local match that none is built on."""
    images = tuple(_image(number, number - 1 if number else None) for number in range(size))
    other = _image(size, 0)
    store = ImageStore((*images, other))
    config = other.container_config or ContainerConfig()
    probe = Probe(parent=images[0].id, config=config, cache_from=tuple(image.id for image in images))
    return lambda: as_text(explain(ImageCache(store, ANCESTORS), probe))


def beginnings_of_ids(size: int) -> Work:
    images = tuple(_image(number) for number in range(size))
    probe = _probe(images[0].id, *(f"{number:012x}" for number in range(size)))
    return lambda: ImageCache(ImageStore(images), RULES).verdict(probe)


def redaction(size: int) -> Work:
    """As many values as texts that contain them."""
    config = ContainerConfig(Env=tuple(f"A{number}=secret-{number}" for number in range(size)))
    entries = tuple(HistoryEntry(created_by=f"/bin/sh -c use secret-{number}") for number in range(size))
    image = _image(0, config=config)
    image = image.model_copy(update={"config": image.config.model_copy(update={"history": entries})})
    return lambda: Redaction([image], [], env=True, labels=True).image(image)


def bolt_pages(size: int) -> Work:
    content = Writer().database({b"%08d" % number: b"x" * 50 for number in range(size)})
    return lambda: dict(Bolt(content).root.items())


# Contexts and layers


def _hashed(entries: dict[str, Entry], ignore: bytes) -> Work:
    entries |= {".dockerignore": Entry(".dockerignore", EntryKind.FILE, 0o644, size=len(ignore))}
    context = MemoryContext(entries, {".dockerignore": ignore})
    return lambda: ContextSums(context, client=CLIENTS["docker-cli"]).of_sources(["."], add=False, destination="/")


def context_files(size: int) -> Work:
    return _hashed({f"f{number}": Entry(f"f{number}", EntryKind.FILE, 0o644) for number in range(size)}, b"*.x\n")


def context_depth(size: int) -> Work:
    """The total length of the paths grows: that is what has to be read."""
    names = ["d"]
    while sum(map(len, names)) < size:
        names.append(f"{names[-1]}/d")
    return _hashed({name: Entry(name, EntryKind.DIRECTORY, 0o755) for name in names}, b"**/x\n")


def deep_paths(size: int) -> Work:
    """Folders above the files of a record, with paths as long as systems accept; the record does not list them."""
    sample = {f"{number}/{'d/' * 2000}f": {"type": "file", "text": "x"} for number in range(size // 2000)}
    return lambda: MemoryContext.from_sample(sample)


def copy_patterns(size: int) -> Work:
    entries = {f"f{number}": Entry(f"f{number}", EntryKind.FILE, 0o644) for number in range(100)}
    sums = ContextSums(MemoryContext(entries, {}), client=CLIENTS["docker-cli"])
    sources = [f"f*{number}*" for number in range(size)]

    def work() -> object:
        with suppress(BuildRefusedError):  # most patterns match no file
            sums.of_sources(sources, add=False, destination="/")
        return None

    return work


def long_pattern(size: int) -> Work:
    """A pattern that could be tried in very many ways."""
    name = "a" * size
    context = MemoryContext({name: Entry(name, EntryKind.FILE, 0o644)}, {})
    sums = ContextSums(context, client=CLIENTS["docker-cli"])

    def work() -> object:
        with suppress(BuildRefusedError):
            sums.of_sources(["a*" * 8 + "b"], add=False, destination="/")
        return None

    return work


def tar_members(size: int) -> Work:
    stream = layer(*(entry(f"d{number % 100}/f{number}") for number in range(size)))
    return lambda: TarContext.read_from(lambda: io.BufferedReader(io.BytesIO(stream)), "a tar").has("f0")  # type: ignore[arg-type]


def ignore_patterns(size: int) -> Work:
    entries = {f"f{number}": Entry(f"f{number}", EntryKind.FILE, 0o644) for number in range(100)}
    return _hashed(entries, b"".join(b"x%d*y\n" % number for number in range(size)))


def layer_files(size: int) -> Work:
    stream = layer(*(entry(f"d{number % 100}/f{number}") for number in range(size)))
    return lambda: Layers(stream).names()


def many_layers(size: int) -> Work:
    streams = [layer(entry(f"f{number}")) for number in range(size)]
    return lambda: Layers(*streams).names()


KINDS: dict[str, tuple[Callable[[int], Work], int]] = {
    "instructions": (_lines("RUN {}"), 1000),
    "instructions, cached": (cached_steps, 600),
    "ENV": (_lines("ENV A{}=x"), 1900),
    "ENV of one variable": (_lines("ENV A=$B{}"), 1000),
    "ENV after many": (_added_to("ENV", "ENV B={}"), 990),
    "labels": (_lines("LABEL a{}=x"), 1900),
    "labels after many": (_added_to("LABEL", "LABEL B={}"), 990),
    "ARG": (_lines("ARG a{}=x"), 1900),
    "variables": (_lines("ENV B=${{A:-{}}}$A$A", "ENV A=abc"), 1000),
    "ONBUILD": (_lines("ONBUILD RUN {}"), 1900),
    "COPY": (_lines("COPY a /{}"), 1000),
    "EXPOSE and VOLUME": (_lines("VOLUME /{}", "EXPOSE 80"), 1900),
    "triggers of the base": (triggers, 1000),
    "build args": (build_args, 1000),
    "stages": (stages, 30),
    "stages on stages": (stages_on_stages, 100),
    "COPY --from many stages": (copies_from_stages, 100),
    "images": (images, 3000),
    "children of one parent": (children, 3000),
    "depth of parents": (deep_parents, 10_000),
    "cache-from references": (sources, 1000),
    "one reference, repeated": (one_source_often, 2000),
    "history": (history_length, 20_000),
    "images, audited": (audited, 5000),
    "children, audited": (audited_children, 5000),
    "label sets of one instant": (label_sets, 1000),
    "sources in a line": (sources_in_a_line, 2000),
    "beginnings of ids": (beginnings_of_ids, 5000),
    "redaction": (redaction, 3000),
    "bolt pages": (bolt_pages, 20_000),
    "files of a context": (context_files, 3000),
    "depth of a context": (context_depth, 400_000),
    "deep paths": (deep_paths, 10_000),
    "ignore patterns": (ignore_patterns, 500),
    "COPY patterns": (copy_patterns, 500),
    "a pattern of many ways": (long_pattern, 20),
    "members of a tar": (tar_members, 3000),
    "files of a layer": (layer_files, 3000),
    "layers": (many_layers, 1000),
}


@pytest.mark.parametrize("kind", KINDS)
def test_work_grows_no_faster_than_n_log_n(kind: str) -> None:
    growth = measured(*KINDS[kind])
    assert not growth.is_worse, growth


if __name__ == "__main__":
    for kind in sys.argv[1:] or KINDS:
        growth = measured(*KINDS[kind])
        print(f"{kind:24} {growth}{', WORSE' if growth.is_worse else ''}", flush=True)
