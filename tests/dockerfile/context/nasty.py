"""Creates a context on disk with every oddity that a context can have."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["IGNORES", "make_nasty"]

ONE, TWO = "One.Dockerfile", "Two.Dockerfile"
DOCKERFILES = {
    ONE: b'FROM scratch\nARG A\nARG D\nCOPY ["$A", "$D"]\n',
    TWO: b'FROM scratch\nARG A\nARG B\nARG D\nCOPY ["$A", "$B", "$D"]\n',
}

IGNORES = {
    "nothing": b"",
    "put back": b"*\n!dir/sub/deeper/file.txt\n!*.Dockerfile\n!links\n",
    "the build's own": b"**/*.Dockerfile\n.dockerignore\n",
    "texts": b"\xef\xbb\xbf  **/*.txt\t\n# a comment\n!dir/**/file.txt\n /empty/ \n",
    "alternative": b"d|k*\n!dir/sub\n",
    "of a parent": b"dir\n!dir/sub\ndir/sub/deeper\n",
    "brackets": b"[[:alpha:]-]*\n![a-k]*\n**/\\[z]\n",
    "links": b"links/*\nwide\nto-*\n",
    "malformed": b"fine\n!\n",
}
"""``.dockerignore`` files, by a description of their content."""

_FILES = {
    "dir/a.txt": 0o644,
    "dir/b": 0o600,
    "dir/sub/deeper/file.txt": 0o755,
    "dir/sub/deeper/other.txt": 0o644,
    "dir/[z]": 0o644,
    "dir/Dockerfile": 0o644,
    "nothing": 0o644,
    "every one": 0o777,
    "suid": 0o4755,
    "sticky": 0o1644,
    "locked": 0o400,
    "new\nline": 0o644,
    "\udcff\udcfe": 0o644,
    "é😀": 0o644,
    "[z]": 0o644,
    "back\\slash": 0o644,
    "star*": 0o644,
    "-dash": 0o644,
    "..dots": 0o644,
    ".hidden": 0o644,
    "keep.md": 0o644,
    "wide/" + "w" * 150 + "/" + "v" * 90: 0o644,
    "deep/" + "d/" * 64 + "end": 0o644,
}
_FOLDERS = {"empty": 0o755, "dir/sub": 0o2750, "sticky-dir": 0o1777, "links": 0o700}
_LINKS = {
    "to-file": "dir/a.txt",
    "to-dir": "dir",
    "to-dir-slash": "dir/sub/",
    "to-root": "/",
    "to-absolute": "/dir/sub/deeper",
    "to-outside": "../../../dir/a.txt",
    "to-parent": "..",
    "to-link": "to-dir",
    "broken": "nowhere/at/all",
    "loop": "loop-back",
    "loop-back": "loop",
    "self": "self",
    "links/up": "../dir/b",
    "links/broken": "nowhere",
    "links/loop": "loop",
    "links/dir": "../dir/sub",
    "links/root": "..",
    "through-file": "keep.md/x",
}


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def make_nasty(folder: Path, ignore: bytes) -> None:
    """Fill an empty folder."""
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True)
    for number, (name, mode) in enumerate(_FILES.items()):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"" if name == "nothing" else name.encode("utf-8", "surrogateescape") * (number + 1))
        place.chmod(mode)
    for name, data in DOCKERFILES.items():
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o644)
    for above, names, _ in os.walk(folder):
        for name in names:
            (Path(above) / name).chmod(0o755)
    for name, mode in _FOLDERS.items():
        (folder / name).chmod(mode)
    for name, target in _LINKS.items():
        (folder / name).symlink_to(target)
    (folder / "hard-a").write_bytes(b"hard")
    (folder / "hard-a").chmod(0o640)
    (folder / "hard-b").hardlink_to(folder / "hard-a")
    (folder / "dir" / "hard-c").hardlink_to(folder / "hard-a")
    os.link(folder / "to-dir", folder / "hard-link-to-link", follow_symlinks=False)
    os.mkfifo(folder / "links" / "pipe")
    (folder / "links" / "pipe").chmod(0o644)
    with _inside(folder), socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
    if ignore:
        (folder / ".dockerignore").write_bytes(ignore)
        (folder / ".dockerignore").chmod(0o644)
