"""Bubblewrap: the process sees a file system of its own, read-only but for what it may write.

Also its own process table (nobody outside can be seen or killed; when its first process dies, all die), an
empty /run (no sockets of the user's services) and its own /tmp. Run by root, bubblewrap keeps root's powers
unless told otherwise, and with them everything here could be mounted back; those that could are dropped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cockpit.cage.kinds import CageError

if TYPE_CHECKING:
    from cockpit.cage import Cage

MISSING = "bubblewrap is not installed; `apt install bubblewrap` (or dnf, pacman), or set [cage] kind in cockpit.toml"

OF_ROOT = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETUID", "SETGID")
"""What root may still do inside: own and change files that may be written, and be another user."""

RUN = ("/run/systemd/resolve", "/run/nscd", "/run/current-system", "/run/wrappers", "/run/opengl-driver")
"""What of /run programs need to find names and, on NixOS, programs; the rest is sockets."""

LOCK = ".lock"
"""How names of git's locks end; one that was shown in a cage would be there for as long as the cage is."""

THE_CHECKOUTS = frozenset(
    {"index", "ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "AUTO_MERGE"}
    | {"MERGE_MSG", "SQUASH_MSG", "COMMIT_EDITMSG"}
)
"""What git keeps of your checkout in its directory; a worktree has its own. Git puts another file in the place of one
whenever something lands there, and a cage that was just being made with the old one could not be made."""

SHARED_MEMORY = 256 * 1024 * 1024
"""Bytes of /dev/shm, which is memory."""


def wrap(cage: Cage, argv: Sequence[str], *, has_terminal: bool = False) -> list[str]:
    """The command line. Raises CageError where there is no bubblewrap."""
    program = shutil.which("bwrap")
    if program is None:
        raise CageError(MISSING)
    inner = ["setsid", "--ctty", *argv] if has_terminal else list(argv)
    return [program, *arguments(cage), "--", *inner]


def arguments(cage: Cage) -> list[str]:
    """Everything between `bwrap` and the command."""
    words = ["--ro-bind", "/", "/", "--dev", "/dev", "--size", str(SHARED_MEMORY), "--tmpfs", "/dev/shm"]
    words += ["--proc", "/proc", "--tmpfs", "/run"]
    for path in RUN:
        words += ["--ro-bind-try", path, path]
    words += ["--bind", cage.tmp, "/tmp"] if cage.tmp else ["--tmpfs", "/tmp"]
    words += [word for mount in mounts(cage) for word in mount]
    words += ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    words += [] if cage.network else ["--unshare-net"]
    words += _powers()
    return words + (["--chdir", cage.home] if cage.home else [])


def mounts(cage: Cage) -> list[tuple[str, ...]]:
    """The mounts over the read-only view, outer folders first, since what is mounted last covers what was before."""
    found: list[tuple[int, int, tuple[str, ...]]] = []
    kinds = ((cage.hidden, _hide), (cage.shown, _show), (cage.writable, _open), (cage.frozen, _show))
    for rank, (paths, make) in enumerate(kinds):
        for path in paths:
            if os.path.exists(path) and (make is not _show or rank == 3 or _is_covered(cage, path)):
                found.append((_depth(path), rank, make(path)))
    found += [(_depth(place), 5, ("--bind", source, place)) for place, source in cage.instead.items()]
    found += [(_depth(place), 6, ("--ro-bind", source, place)) for place, source in cage.beside.items()]
    for folder in cage.rebuilt:
        found += [(_depth(folder), 4, ("--tmpfs", folder)), *((_depth(p), -1, m) for p, m in _anew(cage, folder))]
    closed = [("--remount-ro", path) for path in cage.hidden if os.path.isdir(path)]
    return [*(mount for _, _, mount in sorted(found)), *closed]


def _depth(path: str) -> int:
    return path.rstrip("/").count("/")


def _anew(cage: Cage, folder: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What is in a folder, to be mounted into an empty one in its place."""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if path in cage.links or name in THE_CHECKOUTS or name.endswith(LOCK):
            continue
        if os.path.exists(path):
            yield path, _show(path)
    for path, target in cage.links.items():
        if os.path.dirname(path) == folder:
            yield path, ("--symlink", target, path)


def _is_covered(cage: Cage, path: str) -> bool:
    """Whether the nearest folder around it is hidden or replaced; elsewhere, or if it may be written, it is seen."""
    covers = [folder for folder in (*cage.hidden, "/tmp", "/run") if is_beneath(path, folder)]
    opens = [folder for folder in cage.writable if is_beneath(path, folder)]
    return bool(covers) and max(map(_depth, covers)) > max(map(_depth, opens), default=-1)


def is_beneath(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _hide(path: str) -> tuple[str, ...]:
    return ("--tmpfs", path) if os.path.isdir(path) else ("--ro-bind", "/dev/null", path)


def _show(path: str) -> tuple[str, ...]:
    return ("--ro-bind-try", path, path)  # it may be gone by then: git's files come and go


def _open(path: str) -> tuple[str, ...]:
    return ("--bind", path, path)


def _powers() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["--cap-drop", "ALL", *_each("--cap-add", (f"CAP_{name}" for name in OF_ROOT))]


def _each(option: str, values: Iterator[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
