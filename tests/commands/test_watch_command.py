"""``cacheview watch`` if nothing can be watched. For its output about builds, see tests/watch and tests/daemons."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cacheview.cli import main


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["--host", "unix:///nowhere/docker.sock"], "unix:///nowhere/docker.sock"),
        (
            ["--host", "ssh://user:password@host"],
            "ssh://user:password@host: ssh:// accepts only a user, a host",
        ),
        (["--context", "no-such-context"], "there is no Docker context 'no-such-context'"),
        (["--context", "a", "--host", "b"], "not allowed with argument"),
        (["--records", "missing"], "--records: missing: does not exist. Create the folder first"),
        (["--records", "n" * 300], "is not a folder that can be used"),
        (["--records", os.devnull], f"--records: {os.devnull}: is not a folder that can be used"),
        (["--host", "localhost:2375"], "--host: 'localhost:2375' is not a URL such as unix://…, tcp://… or ssh://…"),
    ],
)
def test_failing_to_watch_is_reported_with_the_reason(
    arguments: list[str],
    printed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert main(["watch", *arguments]) == 2
    reported = capsys.readouterr()
    assert printed in reported.err
    assert reported.err.count("\n") == 1
    assert reported.out == ""
