"""Sums of many files, read by several threads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from cacheview.dockerfile.context.entry import Context
from cacheview.dockerfile.context.tree import Node

__all__ = ["Hasher"]


class Hasher:
    """Reads files and sums them."""

    def sums(self, context: Context, nodes: Iterable[Node]) -> dict[str, str]:
        """The sum of each entry by path."""
        return {node.entry.path: self._sum(context, node) for node in nodes}

    def _sum(self, context: Context, node: Node) -> str:
        digest = hashlib.sha256(node.header)
        if node.has_content:
            for piece in context.read(node.entry.path):
                digest.update(piece)
        return digest.hexdigest()
