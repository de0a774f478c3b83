"""The trees that the captures in ``tests/data/clients`` were sent from; in memory, since tests cannot change owners."""

from __future__ import annotations

from cacheview.dockerfile.context import Entry, EntryKind, MemoryContext

__all__ = ["head", "ignored", "outside_dockerfile"]

OWNER = (5, 60)
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
_D60, _E60 = "d" * 60, "e" * 60

_IGNORED = """\
a.log keep.log bang.log sub/b.log sub/README.md sub/other.md sub/deep/other.md x.tmp p/q/x.tmp rooted.txt p/rooted.txt
trailing/f p/trailing/f build/a build/keep/me.txt build/keep/not.txt node_modules/m.js p/node_modules/m.js spaced.txt
q1.x q12.x a.cls c.cls #hash.txt #esc.txt norm.txt dotslash.txt deep/f p/deep/f p/deepest a|b a b brace1 brace{1,2}
plus+.c pluss.c par(en).c Makefile Makefile.am case.txt CASE.TXT keepme .git/config .github/x"""
_RULES = """\
# a comment
*.log
!keep.log
**/*.tmp
/rooted.txt
trailing/
build/**
!build/keep/me.txt
sub/*.md
!sub/README.md
node_modules
   spaced.txt   \n\
q?.x
[ab].cls
#hash.txt
\\#esc.txt
dots/../norm.txt
./dotslash.txt
**/deep
emptyign
! bang.log
a|b
brace{1,2}
plus+.c
par(en).c
Makefile*
CASE.TXT
linkdir
.git
"""


class _Tree:
    def __init__(self, owner: tuple[int, int]) -> None:
        self.owner = owner
        self.entries: dict[str, Entry] = {}
        self.contents: dict[str, bytes] = {}

    def file(
        self, path: str, content: str, mode: int = 0o644, *, owner: tuple[int, int] | None = None, inode: int = 0
    ) -> None:
        data = content.encode()
        uid, gid = owner or self.owner
        runs = bool(mode & 0o111)
        capability = CAPABILITY if path == "cap" else b""
        self.entries[path] = Entry(
            path,
            EntryKind.FILE,
            mode,
            size=len(data),
            uid=uid,
            gid=gid,
            is_executable=runs,
            inode=inode,
            capability=capability,
        )
        self.contents[path] = data
        above = path.rpartition("/")[0]
        while above and above not in self.entries:
            self.folder(above)
            above = above.rpartition("/")[0]

    def folder(self, path: str, mode: int = 0o755) -> None:
        uid, gid = self.owner
        self.entries[path] = Entry(path, EntryKind.DIRECTORY, mode, uid=uid, gid=gid, is_executable=True)

    def link(self, path: str, target: str) -> None:
        uid, gid = self.owner
        self.entries[path] = Entry(path, EntryKind.SYMLINK, 0o777, target=target, uid=uid, gid=gid)

    def context(self) -> MemoryContext:
        uid, gid = self.owner
        return MemoryContext(self.entries, self.contents, top=Entry("", EntryKind.DIRECTORY, 0o755, uid=uid, gid=gid))


def head(*, rooted: bool = False) -> MemoryContext:
    """Return a tree with every kind of header: modes, links, hard links, a capability, other owners, and odd names."""
    tree = _Tree((0, 0) if rooted else OWNER)
    tree.file("Dockerfile", "FROM scratch\nCOPY . /x/\n")
    for mode in (0o600, 0o644, 0o755, 0o777, 0o640, 0o444):
        group = (5, 100) if mode == 0o640 and not rooted else None
        tree.file(f"f0{mode:o}", f"0{mode:o}\n", mode, owner=group)
    tree.file("suid", "suid\n", 0o4755)
    tree.file("sgid", "sgid\n", 0o2755)
    for name, mode in (("sticky", 0o1777), ("d0700", 0o700), ("d0775", 0o775)):
        tree.folder(name, mode)
        tree.file(f"{name}/in", "in\n")
    tree.folder("empty")
    tree.file("zero", "")
    tree.file(".hidden", "hid\n")
    tree.file(".hid/y", "x\n")
    for name, target in (
        ("rel", "f0644"),
        ("abs", "/etc/hostname"),
        ("dangling", "nowhere"),
        ("out", "../outside/secret"),
        ("dirlink", "d0775"),
    ):
        tree.link(name, target)
    tree.file("hard1", "hard\n", inode=7)
    tree.file("hard2", "hard\n", inode=7)
    tree.file("ünï-日本.txt", "u\n")
    tree.file("with space", "s\n")
    tree.file(f"long/{'n' * 120}.txt", "l\n")
    tree.file(f"{_D60}/{_E60}/f", "l\n")
    tree.file("other", "o\n", owner=None if rooted else (54321, 54321))
    if not rooted:
        tree.file("cap", "cap\n", 0o755)
    return tree.context()


def ignored(rules: str = _RULES) -> MemoryContext:
    """Return a tree with a complicated ``.dockerignore``."""
    tree = _Tree(OWNER)
    for path in _IGNORED.split():
        tree.file(path, f"{path}\n")
    for folder in ("emptyign", "p/emptydir", "target"):
        tree.folder(folder)
    tree.file("target/in", "t\n")
    tree.link("linkdir", "target")
    tree.link("otherlink", "target")
    tree.file("Dockerfile", "FROM scratch\nCOPY . /x/\n")
    tree.file(".dockerignore", rules)
    return tree.context()


def outside_dockerfile() -> bytes:
    """Return a Dockerfile that is not in the context."""
    return b"FROM scratch\nCOPY f0644 /y\n"
