"""What is shared with all agents: findings and files in `.cockpit/context/`, as the ledger knows them.

Part of the vocabularies of `events`, `commands` and `state`, which have all of it. The files themselves lie in the
folder, where agents read them and nobody but the engine and the user writes.
"""

from __future__ import annotations

import re

from cockpit.value import Value, frozen

MOST_BYTES = 1_000_000
"""The largest file that may be shared."""

MOST_FILES = 200

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""How a shared file may be called: nothing that leads elsewhere or must be quoted."""


@frozen
class Shared(Value):
    """One shared file."""

    name: str
    title: str = ""
    """What is in it, in a line."""
    task: str = ""
    """The exploration whose answer it is; empty for a file of the user's."""
    by: str = ""
    at: float = 0.0
    removed: bool = False
    """It was there once; an exploration's answer does not come back by itself."""


@frozen
class ContextShared(Value):
    """A file is in the shared context."""

    name: str
    title: str = ""
    task: str = ""
    by: str = ""


@frozen
class ContextRemoved(Value):
    """A file is in the shared context no more, or could not be put there."""

    name: str
    by: str = ""
    task: str = ""


@frozen
class ShareContext(Value):
    """Say that a file was put into the shared context."""

    name: str
    title: str = ""


@frozen
class RemoveContext(Value):
    """Take a file out of the shared context."""

    name: str


def finding_name(task: str, title: str) -> str:
    """`T3-where-time-is-lost.md`."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-")
    return f"{task}{f'-{words}' if words else ''}.md"
