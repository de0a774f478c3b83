"""The build context as the client sends it, and the checksums of its files in ``COPY`` and ``ADD``."""

from cacheview.dockerfile.context.clients import (
    CLI_20_10,
    CLIENTS,
    DOCKER_CLI,
    Client,
    client_for_engine,
    client_named,
)
from cacheview.dockerfile.context.context import Context, ContextSource
from cacheview.dockerfile.context.entry import Entry, EntryKind
from cacheview.dockerfile.context.folder import FolderContext
from cacheview.dockerfile.context.memory import MemoryContext
from cacheview.dockerfile.context.sums import ContextSums, SourcesSum
from cacheview.dockerfile.context.unknown import UnknownError

__all__ = [
    "CLIENTS",
    "CLI_20_10",
    "DOCKER_CLI",
    "Client",
    "Context",
    "ContextSource",
    "ContextSums",
    "Entry",
    "EntryKind",
    "FolderContext",
    "MemoryContext",
    "SourcesSum",
    "UnknownError",
    "client_for_engine",
    "client_named",
]
