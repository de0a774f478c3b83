"""Creates the record of a build: a line of a replay file, which can be opened and checked on any machine."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cacheview.cases import Daemon
from cacheview.dockerfile.context import Client, ContextSource
from cacheview.dockerfile.context.gopath import clean
from cacheview.dockerfile.context.packed import IGNORE_FILE
from cacheview.dockerfile.context.tarsum import Member
from cacheview.dockerfile.gotext import printable
from cacheview.dockerfile.state import DEFAULT_PATH
from cacheview.model import ContainerConfig, DataError, ImageStore, Probe
from cacheview.model.recorded_store import recorded_kind
from cacheview.replay.check import replay_case
from cacheview.replay.file import ExpectedBuild, ExpectedStep, ReplayCase
from cacheview.replay.options import BuildOptions
from cacheview.replay.recorded import NO_IMAGE_FACTS, ImageFacts, RecordedMember, bytes_of, text_of
from cacheview.replay.result import Replay, Step
from cacheview.stores.line_pieces import line_pieces
from cacheview.stores.redact import Redaction
from cacheview.stores.save import write_suite
from cacheview.stores.secrets import dockerfile_values

__all__ = [
    "SentContext",
    "expected_of",
    "has_same_answers",
    "record_of",
    "redacted_record",
    "sent_context",
    "time_of",
    "time_text",
    "write_record",
]

_MAX_IGNORE_FILE_BYTES: Final = 1 << 20
_UNDECODED_BYTES: Final = re.compile("([\udc80-\udcff]+)")


@dataclass(frozen=True)
class SentContext:
    """A context as it was sent: members with their sums, and the content of those that the builder itself reads.

    Attributes:
        members: the members in the order of the tar.
        dockerfile_name: path of the Dockerfile on the daemon.
        dockerfile: content of the Dockerfile.
        dockerignore: content of ``.dockerignore``; None if there is none.
    """

    members: tuple[Member, ...]
    dockerfile_name: str
    dockerfile: bytes
    dockerignore: bytes | None


def sent_context(context: ContextSource, client: Client, dockerfile_name: str, dockerfile: bytes) -> SentContext:
    """Return the context as a client sends it. Every file is read, unless its sum is known.

    Raises:
        BuildRefusedError: the client refuses the context.
        DataError: the context cannot be read.
    """
    packed = context.packed(client, dockerfile_name, dockerfile)
    members: list[Member] = []
    dockerignore: bytes | None = None
    for member in packed.members:
        if clean(f"/{member.header.name}")[1:] == IGNORE_FILE and member.header.size <= _MAX_IGNORE_FILE_BYTES:
            dockerignore = b"".join(_content(context, member))
        digest = member.digest
        if not digest:
            hasher = hashlib.sha256(member.header.hashed_bytes())
            for piece in _content(context, member) if member.header.size else ():
                hasher.update(piece)
            digest = hasher.hexdigest()
        members.append(Member(member.header, digest=digest))
    return SentContext(tuple(members), packed.dockerfile, dockerfile, dockerignore)


def _content(context: ContextSource, member: Member) -> Iterable[bytes]:
    return (member.data,) if member.data is not None else context.read(member.source, follow=member.follows_links)


def record_of(
    context: SentContext,
    store: ImageStore,
    daemon: Daemon,
    options: BuildOptions,
    expect: ExpectedBuild,
    *,
    client: str,
    started: datetime,
    tags: Sequence[str] = (),
    image_facts: ImageFacts = NO_IMAGE_FACTS,
    with_store: bool = True,
    replayed: bool = False,
) -> ReplayCase:
    """Return one build as a line of a replay file.

    Args:
        context: the context of the build.
        store: the images before it, which are left out unless ``with_store``.
        daemon: the daemon that built it.
        options: options of the build.
        expect: its result.
        client: the client that sent it.
        started: its start time.
        tags: names of the image.
        image_facts: the facts from the layers of images.
        replayed: whether no daemon built it.

    Raises:
        DataError: a record cannot name these rules.
    """
    release = store.release
    version = daemon.version or str(daemon.rules.newest or (release.version if release else ""))
    commit = daemon.rules.commit
    case = ReplayCase(
        daemon=f"{daemon.title}{f', commit {commit}' if commit else ''}",
        engine=version,
        kind=recorded_kind(daemon.rules.store),
        images=store.images if with_store else None,
        layer_content=dict(store.layer_content) if with_store else {},
        engine_os=store.engine_os,
        engine_platform=store.platform,
        client=client,
        members=tuple(RecordedMember.of(member) for member in context.members),
        image_sums=image_facts.sums,
        image_owners=image_facts.owners,
        dockerfile=text_of(context.dockerfile),
        dockerfile_name=text_of(context.dockerfile_name.encode("utf-8", "surrogateescape")),
        dockerignore=text_of(context.dockerignore) if context.dockerignore is not None else None,
        build_args=dict(options.build_args),
        labels=dict(options.labels),
        cache_from=options.cache_from,
        target=printable(options.target),
        platform=printable(options.platform),
        no_cache=options.no_cache,
        pull=options.pull,
        tag=printable(tags[0]) if tags else "",
        tags=tuple(map(printable, tags[1:])),
        started=time_text(started),
        replayed=replayed,
        expect=expect,
    )
    if case.rules is not daemon.rules or case.release is not daemon.builder:
        what = f"the rules of {daemon.title} cannot be recorded; choose the rules of a release"
        raise DataError(what, where="record")
    return case


def expected_of(replayed: Replay) -> ExpectedBuild:
    """Return the prediction of a replay, in the form of a daemon's result."""
    history = replayed.history
    created_by = None if history is None or None in history else tuple(text or "" for text in history)
    return ExpectedBuild(
        ok=replayed.refused is None,
        error=replayed.refused.message if replayed.refused is not None else "",
        steps=tuple(map(_expected_step, replayed.steps)),
        created_by=created_by,
    )


def _expected_step(step: Step) -> ExpectedStep:
    return ExpectedStep(
        instruction=step.text,
        cached=step.cached,
        image=step.image,
        triggers=tuple(trigger.cached for trigger in step.triggers),
    )


def redacted_record(case: ReplayCase, *, env: bool, labels: bool) -> ReplayCase:
    """Return a record without the values of environment variables and build arguments, or of labels; see `Redaction`.

    They are also replaced in the Dockerfile, in ``.dockerignore``, in the lookups in images, and in the daemon's
    messages. The names and sums of the context's files stay.
    """
    images = case.images or ()
    option_values = ContainerConfig(
        Env=tuple(f"{name}={value}" for name, value in case.build_args.items() if value), Labels=dict(case.labels)
    )
    in_dockerfile = dockerfile_values(_lenient(case.dockerfile), env=env, labels=labels)
    redaction = Redaction(
        images, (Probe(config=option_values),), env=env, labels=labels, kept=(DEFAULT_PATH,), more=in_dockerfile
    )
    text, expect = redaction.text, case.expect
    arguments = {name: value and redaction.value(value, whole=env) for name, value in case.build_args.items()}
    steps = expect.steps and tuple(
        step.model_copy(update={"instruction": text(step.instruction)}) for step in expect.steps
    )
    history = expect.created_by and tuple(map(text, expect.created_by))
    by_key = {"error": text(expect.error), "steps": steps, "created_by": history}
    return case.model_copy(
        update={
            "images": None if case.images is None else tuple(map(redaction.image, images)),
            "dockerfile": _redacted_text(case.dockerfile, text),
            "dockerignore": case.dockerignore and _redacted_text(case.dockerignore, text),
            "image_sums": tuple(
                each.model_copy(
                    update={
                        "sources": tuple(map(text, each.sources)),
                        "destination": text(each.destination),
                        "refused": text(each.refused),
                    }
                )
                for each in case.image_sums
            ),
            "image_owners": tuple(
                each.model_copy(update={"owner": text(each.owner), "refused": text(each.refused)})
                for each in case.image_owners
            ),
            "build_args": arguments,
            "labels": {text(name): redaction.value(value, whole=labels) for name, value in case.labels.items()},
            "expect": expect.model_copy(update=by_key),
        }
    )


def _redacted_text(text: str, redact: Callable[[str], str]) -> str:
    """Redact a text written by `text_of`, including one that is not UTF-8."""
    parts = _UNDECODED_BYTES.split(_lenient(text))  # every second part is bytes
    result = "".join(part if number % 2 else redact(part) for number, part in enumerate(parts))
    return text_of(result.encode("utf-8", "surrogateescape"))


def _lenient(text: str) -> str:
    """Return the text that `text_of` encoded. Text that is not base64 is returned unchanged."""
    try:
        return bytes_of(text).decode("utf-8", "surrogateescape")
    except DataError:
        return text


def has_same_answers(case: ReplayCase, redacted: ReplayCase) -> bool:
    """Whether the redacted record gets the same answers: a placeholder may also replace other text."""
    if case.images is None:
        return True
    before, after = replay_case(case), replay_case(redacted)
    answers = [[(step.status, step.image) for step in value.looked_up] for value in (before, after)]
    return answers[0] == answers[1]


def write_record(path: str | os.PathLike[str], case: ReplayCase, *, opened: str = "") -> None:
    """Write a record to its own file as `write_suite` does. Raises `DataError` if it cannot be written."""
    write_suite(path, line_pieces(case), opened=opened)


def time_text(at: datetime | None) -> str:
    """Return a time as in records (RFC 3339); empty for None."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at is not None else ""


def time_of(text: str) -> datetime | None:
    """Return the time in a record (RFC 3339); None if the text is not one."""
    try:
        result = datetime.fromisoformat(text)
    except ValueError:
        return None
    return result if result.tzinfo is not None else None
