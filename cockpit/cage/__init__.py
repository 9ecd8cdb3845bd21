"""Cages: what an agent's process may write, read and reach, enforced by the kernel.

A `Cage` says it in paths, whatever holds it up: bubblewrap (a view of the file system of its own, and a process
table of its own), Landlock (rules of the kernel, where there is no bubblewrap), macOS' sandbox-exec, or nothing.
`wrap` turns a command line into the same command line inside the cage. A cage that can't be made means that
the command does not run: nothing ever falls back to less than was asked for.

Knows nothing of runs, agents and git, and imports nothing heavy: every host carries it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from cockpit.cage.kinds import BUBBLEWRAP, LANDLOCK, NONE, SEATBELT, CageError, Kind

__all__ = ["BUBBLEWRAP", "LANDLOCK", "NONE", "SEATBELT", "Cage", "CageError", "Kind", "wrap"]


@dataclass(frozen=True, slots=True)
class Cage:
    """What a process may do. All paths are absolute and without symlinks; one that does not exist is left out."""

    kind: Kind = NONE
    home: str = ""
    """Where the process begins."""
    writable: tuple[str, ...] = ()
    """Files and folders, with all beneath, that may be written."""
    frozen: tuple[str, ...] = ()
    """What of these may not; only bubblewrap can hold it."""
    hidden: tuple[str, ...] = ()
    """Files and folders that can't be read."""
    shown: tuple[str, ...] = ()
    """What of the hidden can be read nevertheless."""
    rebuilt: tuple[str, ...] = ()
    """Folders in which files may be made that only the process itself sees; only bubblewrap can do it."""
    links: Mapping[str, str] = field(default_factory=dict)
    """In these folders, what is a link to somewhere else instead of what it is."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """In the place of these folders, others that may be written; only bubblewrap can do it."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """Where folders are seen, to be read only, that lie elsewhere; only bubblewrap can do it."""
    tmp: str = ""
    """Its own folder for temporary files; in bubblewrap it is /tmp."""
    network: bool = True
    """Whether it reaches anything beyond its own loopback."""
    ports: tuple[int, ...] = ()
    """Without a network: ports of this machine that Landlock lets through."""


def wrap(cage: Cage, argv: Sequence[str], *, has_terminal: bool = False) -> list[str]:
    """The command line that runs `argv` in the cage. Raises CageError where that is impossible.

    `has_terminal`: its stdin is a terminal that no session leads yet, and which it shall lead.
    """
    match cage.kind:
        case "none":
            return list(argv)
        case "bubblewrap":
            from cockpit.cage import bubblewrap

            return bubblewrap.wrap(cage, argv, has_terminal=has_terminal)
        case "landlock":
            from cockpit.cage import landlock

            return landlock.wrap(cage, argv)
        case "sandbox-exec":
            from cockpit.cage import seatbelt

            return seatbelt.wrap(cage, argv)
        case _:
            assert_never(cage.kind)
