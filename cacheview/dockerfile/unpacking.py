"""How the daemon of a release unpacks a build context, as far as releases differ (``Unpack`` of moby's go-archive)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["IN_CHROOT", "IN_ROOT", "IN_ROOT_29_7_0", "IN_ROOT_29_7_1", "Unpacking"]


@dataclass(frozen=True, slots=True)
class Unpacking:
    """The rules of a release.

    Attributes:
        in_root: files are created through Go's ``os.Root``, and paths that lead out of the context are refused.
            Otherwise, files are created in a chroot, where such paths end at its root.
        creates_folders_of_folders: a folder may be sent without the folders above it.
        follows_absolute_links: a path may go through a link with an absolute target, and through one whose target does
            not exist yet.
        accepts_absolute_hard_links: the target of a hard link may be absolute.
    """

    in_root: bool = True
    creates_folders_of_folders: bool = True
    follows_absolute_links: bool = True
    accepts_absolute_hard_links: bool = True

    @property
    def creates_link_targets(self) -> bool:
        """Whether a member below a link creates the folders that the link leads to."""
        return self.in_root and self.follows_absolute_links


IN_CHROOT: Final = Unpacking(in_root=False)
IN_ROOT: Final = Unpacking()
IN_ROOT_29_7_1: Final = Unpacking(accepts_absolute_hard_links=False)
IN_ROOT_29_7_0: Final = Unpacking(
    creates_folders_of_folders=False, follows_absolute_links=False, accepts_absolute_hard_links=False
)
