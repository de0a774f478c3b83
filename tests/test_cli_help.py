"""The help texts on how to specify a store."""

from __future__ import annotations

import pytest

from cacheview.cli import main


def test_help_names_every_kind_of_store(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["explain", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        reported = capsys.readouterr().out
        for name in ("engine:", "engine:NAME", "engine:URL", "containerd:PATH", "data-root:PATH", "demo:"):
            assert f"  {name} " in reported
    assert "'{{json .Config}}'" in reported
