"""Correct but unexpected effects of a client on a build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from cacheview.dockerfile.context import Client
from cacheview.dockerfile.context.packed import IGNORE_FILE
from cacheview.replay.checksums import ContextChecksums
from cacheview.replay.client_options import dropped
from cacheview.replay.hazards import StepHazard
from cacheview.replay.options import BuildOptions
from cacheview.replay.result import Replay, Step
from cacheview.wording import all_of, plural

__all__ = ["client_hazards"]

_SECRET_NAMES: Final = (
    ".env",
    ".env.*",
    ".npmrc",
    ".pypirc",
    ".netrc",
    ".git-credentials",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
)
"""Names of files that usually contain a secret."""
_SECRET_PATHS: Final = (".aws/credentials", ".docker/config.json", ".kube/config", ".git/config")
_PUBLIC_NAMES: Final = (".env.example", ".env.sample", ".env.template", ".env.dist")
_MAX_NAMED: Final = 3


def client_hazards(
    client: Client, options: BuildOptions, replay: Replay, checksums: ContextChecksums
) -> tuple[StepHazard, ...]:
    """Return the hazards of a build that a client sends.

    Args:
        client: the client that sends it.
        options: the given options, including those that the client drops.
        replay: the replay of the build, including a refusal by the client.
        checksums: the checksums of its files.
    """
    if replay.refused is not None and not replay.steps:
        return ()
    all_hazards = [*_of_options(client, options), *_of_session(client, replay)]
    all_hazards += _of_left_out(checksums)
    if not checksums.is_packed:
        all_hazards += [*_of_random_name(client, replay, checksums), *_of_umask(client, replay)]
    return (*all_hazards, *_of_secrets(client, replay, checksums))


def _of_options(client: Client, options: BuildOptions) -> Iterator[StepHazard]:
    for name in dropped(client, options):
        yield StepHazard(
            "option not sent",
            f"{client.program} does not send {name}, so the daemon builds without it.",
            f"Leave out {name}, or build with a client that sends it.",
        )


def _of_session(client: Client, replay: Replay) -> Iterator[StepHazard]:
    label = client.session_label
    step = next((step for step in replay.steps if label and step.added_label == label), None)
    if step is not None:
        yield StepHazard(
            "session label",
            f"{client.program} adds the label {client.session_label} with a new value in each session, so "
            f"step {step.number} and the label steps after it never hit.",
            f"Earlier steps are not affected. If {client.program} has an option to keep the image, turn on that "
            "option, so that no labels are added.",
        )


def _of_random_name(client: Client, replay: Replay, checksums: ContextChecksums) -> Iterator[StepHazard]:
    if not checksums.has_random_ignore_file:
        return
    steps = [step for step in _copying(replay) if step.sources and _has(step, IGNORE_FILE)]
    if steps:
        numbers, count = _numbers(steps)
        yield StepHazard(
            "Dockerfile outside of the context",
            f"For each build, {client.program} gives the Dockerfile a new random name and adds that name to "
            f"{IGNORE_FILE}. Because {IGNORE_FILE} is copied too, {numbers} never {plural(count, 'hits', 'hit')}.",
            f"List {IGNORE_FILE} in {IGNORE_FILE} itself, or move the Dockerfile into the context.",
        )


def _of_left_out(checksums: ContextChecksums) -> Iterator[StepHazard]:
    problems = checksums.problems
    if problems:
        named = "; ".join(str(problem)[:200] for problem in problems[:_MAX_NAMED])
        more = f"; and {len(problems) - _MAX_NAMED:,} more" if len(problems) > _MAX_NAMED else ""
        yield StepHazard(
            "left out of the context",
            f"{named}{more}.",
            f"In {IGNORE_FILE}, exclude the files that the build does not need.",
        )


def _named(paths: Sequence[str]) -> str:
    """Return the first few paths, and how many more there are."""
    more = f" and {len(paths) - _MAX_NAMED:,} more" if len(paths) > _MAX_NAMED else ""
    return f"{', '.join(path[:120] for path in paths[:_MAX_NAMED])}{more}"


def _of_umask(client: Client, replay: Replay) -> Iterator[StepHazard]:
    steps = list(_copying(replay))
    if client.has_umask and steps:
        numbers, count = _numbers(steps)
        yield StepHazard(
            "umask",
            f"The file modes that {client.program} sends depend on the umask of its process, "
            f"which is {client.umask:03o} here. With a different umask, {numbers} {plural(count, 'misses', 'miss')}.",
            f"Build with the same umask everywhere, or replay with the umask that the build uses, for example "
            f"--client {client.key}:002.",
        )


def _of_secrets(client: Client, replay: Replay, checksums: ContextChecksums) -> Iterator[StepHazard]:
    paths = dict.fromkeys(path for step in _copying(replay) if step.sources for path, _ in step.sources.files)
    secrets = [path for path in paths if _is_secret(path)]
    if not secrets:
        return
    what = plural(len(secrets), "a secret and is", "secrets and are")
    it = plural(len(secrets), "it", "them")
    if checksums.is_packed:
        why, advice = f"{plural(len(secrets), 'it is', 'they are')} in the tar file", f"Leave {it} out of the tar file."
    elif not client.reads_ignore_file:
        why = f"{client.program} does not read {IGNORE_FILE}"
        advice = "Copy only the files that the build needs, each by name."
    elif not checksums.has_ignore_file:
        why, advice = f"there is no {IGNORE_FILE}", "Create one that excludes the files that the build does not need."
    else:
        why, advice = f"{IGNORE_FILE} does not exclude {it}", f"Add {it} to {IGNORE_FILE}."
    yield StepHazard(
        "secret in the image",
        f"{_named(secrets)} may contain {what} copied into the image, because {why}.",
        advice,
    )


def _copying(replay: Replay) -> Iterator[Step]:
    """Yield the steps that copy files of the context."""
    return (step for step in replay.looked_up if step.copy is not None and not step.copy.from_)


def _has(step: Step, path: str) -> bool:
    return step.sources is not None and any(each == path for each, _ in step.sources.files)


def _is_secret(path: str) -> bool:
    name = path.rpartition("/")[2]
    if name in _PUBLIC_NAMES:
        return False
    return any(f"/{path}".endswith(f"/{each}") for each in _SECRET_PATHS) or any(
        fnmatchcase(name, pattern) for pattern in _SECRET_NAMES
    )


def _numbers(steps: Iterable[Step]) -> tuple[str, int]:
    """Return the numbers of steps as the subject of a sentence, and how many steps these are."""
    numbers = list(dict.fromkeys(str(step.number) for step in steps))
    return f"{plural(len(numbers), 'step')} {all_of(numbers)}", len(numbers)
