"""The docker CLI: what it sends, and what it prints during a build by the classic builder."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cacheview.dockerfile.context import CLI_20_10, DOCKER_CLI, Client

__all__ = ["BuiltStep", "DockerCli", "Outcome", "docker_programs", "outcome_of"]

_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")
_STEP = re.compile(r"^Step (\d+)/(\d+) : (.*)$", re.MULTILINE)
_STATE = re.compile(r"^ ---> ([0-9a-f]{12})$", re.MULTILINE)
_USING_CACHE = " ---> Using cache\n"
_TRIGGERS = re.compile(r"^# Executing (\d+) build triggers?$", re.MULTILINE)
_SECONDS = 60


@dataclass(frozen=True)
class BuiltStep:
    """A line ``Step n/m`` and the output that follows it.

    Attributes:
        text: the instruction as printed.
        image: the first 12 digits of the state after it; empty if none was printed.
        cached: whether ``Using cache`` was printed for the step itself.
        triggers: for a ``FROM``, whether each trigger was cached.
    """

    text: str
    image: str
    cached: bool
    triggers: tuple[bool, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The result of a build. ``error``: its last output if it failed; ``total``: the reported number of steps."""

    steps: tuple[BuiltStep, ...]
    total: int
    error: str = ""


class DockerCli:
    """A docker program connected to an engine, without the user's settings."""

    def __init__(self, program: Path, url: str, settings: Path) -> None:
        self._program = program
        self.settings = settings
        self._env = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(settings),
            "DOCKER_CONFIG": str(settings),
            "DOCKER_HOST": url,
            "DOCKER_BUILDKIT": "0",
        }
        self.version = self._run("version", "--format", "{{.Client.Version}}").stdout.strip()

    @property
    def sends_as(self) -> Client:
        """How it creates the tar of a context."""
        return CLI_20_10 if int(self.version.split(".")[0]) < 23 else DOCKER_CLI

    def build(
        self,
        context: Path | str,
        arguments: Sequence[str],
        given: bytes | None = None,
        *,
        seconds: float = _SECONDS,
    ) -> Outcome:
        """Run ``docker build`` on a context. ``given``: the standard input; ``seconds``: the time limit."""
        done = self._run("build", *arguments, str(context), given=given, seconds=seconds)
        return outcome_of(done.stdout, "" if done.returncode == 0 else _complaint(done.stderr))

    def remove(self, *names: str) -> None:
        """Remove names, and the images that have no other name."""
        self._do("image", "rm", *names)

    def log_in(self, host: str, user: str, password: str) -> None:
        """Run ``docker login``, which writes the credentials to the settings."""
        self._do("login", "--username", user, "--password-stdin", host, given=password.encode())

    def push(self, name: str) -> None:
        """Run ``docker push``."""
        self._do("push", "--quiet", name)

    def pull(self, name: str, *options: str) -> None:
        """Run ``docker pull``."""
        self._do("pull", "--quiet", *options, name)

    def cannot_pull(self, name: str) -> str:
        """Return why ``docker pull`` fails, or an empty text if it succeeds."""
        done = self._run("pull", "--quiet", name)
        return _complaint(done.stderr) if done.returncode else ""

    def _do(self, *arguments: str, given: bytes | None = None) -> None:
        done = self._run(*arguments, given=given)
        assert done.returncode == 0, done.stderr

    def run(self, *arguments: str) -> str:
        """Run any other command, which has to succeed, and return its output."""
        done = self._run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        """Run a command that the daemon refuses, and return its message."""
        done = self._run(*arguments)
        assert done.returncode != 0, done.stdout
        return _complaint(done.stderr)

    def _run(
        self, *arguments: str, given: bytes | None = None, seconds: float = _SECONDS
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            (str(self._program), *arguments),
            env=self._env,
            input=given or b"",
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        output = (each.decode("utf-8", "surrogateescape") for each in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, *output)


def docker_programs() -> Iterator[Path]:
    """Yield each docker CLI of this machine once."""
    folders = dict.fromkeys((*os.environ.get("PATH", "").split(os.pathsep), *_FOLDERS))
    found = (Path(folder, "docker") for folder in folders if folder)
    yield from dict.fromkeys(path.resolve() for path in found if os.access(path, os.X_OK) and path.is_file())


def outcome_of(printed: str, error: str = "") -> Outcome:
    """Return the result of a build from what the builder printed."""
    places = list(_STEP.finditer(printed))
    ends = [*(place.start() for place in places[1:]), *([len(printed)] if places else [])]
    steps = tuple(_step(place[3], printed[place.end() : end]) for place, end in zip(places, ends, strict=True))
    return Outcome(steps, int(places[0][2]) if places else 0, error)


def _step(text: str, reported: str) -> BuiltStep:
    states = _STATE.findall(reported)
    image = states[-1] if states else ""
    triggers = _TRIGGERS.search(reported)
    if triggers is None:
        return BuiltStep(text, image, _USING_CACHE in reported)
    hits, count = reported.count(_USING_CACHE), int(triggers[1])  # after the first miss, nothing is looked up
    return BuiltStep(text, image, False, (True,) * hits + (False,) * (count - hits))


def _complaint(stderr: str) -> str:
    """Return the daemon's error message, or else the last line of the output."""
    daemon = stderr.find("Error response from daemon: ")
    if daemon >= 0:
        return stderr[daemon:].removeprefix("Error response from daemon: ").strip()
    lines = [line for line in stderr.strip().splitlines() if line.strip()]
    return lines[-1] if lines else ""
