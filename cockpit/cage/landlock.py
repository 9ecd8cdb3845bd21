"""Landlock: rules that the kernel holds a process and all its children to; for machines without bubblewrap.

    python -I -S landlock.py CAGE_AS_JSON -- COMMAND…

This file is both a module and the program that puts the rules on itself and then becomes the command, so it
imports nothing of ours at its top. The rules only ever allow: what is hidden is hidden by allowing everything
around it, so files that appear later beside something hidden can't be read either. What it can't do: hide
names of files, keep from sockets that lie in the file system, keep a file in a writable folder as it is. A process
can read nothing about processes in /proc, but the agent's own first about itself.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cockpit.cage import Cage

LEAST = 3
"""The first version that keeps a process from cutting files short; it came with Linux 6.2."""

SIGNALS_SINCE, DEVICES_SINCE, NETWORK_SINCE = 6, 5, 4

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""Numbers of the system calls, the same on every machine."""

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_MAKE_DEVICES = (1 << 6) | (1 << 11)

READ = EXECUTE | READ_FILE | READ_DIR
WRITE = ((1 << 15) - 1) & ~_MAKE_DEVICES
"""All that may be done in a writable folder, making device files excepted."""
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""What a rule about a single file may hold."""

_CONNECT_TCP = 1 << 1
_SCOPES = 0b11
"""Abstract sockets and signals of processes outside."""

DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm")
"""Of /dev, what may be written to."""

REFUSED = 125
"""The exit code where the rules could not be put in force, and so nothing was run."""

_PR_SET_NO_NEW_PRIVS = 38


def wrap(cage: Cage, argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` under the rules."""
    from cockpit import codec

    rules = json.dumps(codec.encode(cage))
    return [sys.executable, "-I", "-S", os.path.abspath(__file__), rules, "--", *argv]


def version() -> int:
    """Which version of Landlock the kernel has; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(_CREATE, None, 0, 1)))


# ── the program ──────────────────────────────────────────────────────────────────────────────────────


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


def main(arguments: list[str]) -> int:
    """Put the rules in force and become the command; comes back only where that failed."""
    given, dashes, *command = arguments
    if dashes != "--" or not command:
        print("usage: landlock.py CAGE -- COMMAND…", file=sys.stderr)
        return 2
    try:
        restrict(json.loads(given))
    except (OSError, ValueError) as error:
        print(f"the cage (landlock) could not be made: {error}", file=sys.stderr)
        return REFUSED
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
    return 127


def restrict(cage: dict[str, Any]) -> None:
    """Put the rules in force for this process and all it will start. Raises OSError."""
    abi = version()
    if abi < LEAST:
        raise OSError(errno.ENOSYS, f"the kernel has Landlock {abi}, and {LEAST} is needed")
    handled = WRITE | _MAKE_DEVICES | (IOCTL_DEV if abi >= DEVICES_SINCE else 0)
    network = _CONNECT_TCP if not cage.get("network", True) else 0
    if network and abi < NETWORK_SINCE:
        raise OSError(errno.ENOSYS, f"the kernel has Landlock {abi}, and {NETWORK_SINCE} is needed to cut the network")
    rules = _Rules(handled, network, _SCOPES if abi >= SIGNALS_SINCE else 0)
    size = 24 if abi >= SIGNALS_SINCE else (16 if abi >= NETWORK_SINCE else 8)
    ruleset = _call(_CREATE, ctypes.byref(rules), size, 0)
    try:
        for path, allowed in grants(cage):
            _allow(ruleset, path, allowed & handled)
        for port in cage.get("ports", ()) if network else ():
            _call(_ADD, ruleset, 2, ctypes.byref(_Port(_CONNECT_TCP, port)), 0)
        if _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl failed")
        _call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def grants(cage: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Every path that something is allowed for, and what."""
    hidden, shown = tuple(cage.get("hidden", ())), tuple(cage.get("shown", ()))
    yield "/", READ_DIR
    for path in _around("/", (*hidden, *_processes())):
        yield path, READ
    yield f"/proc/{os.getpid()}", READ  # the command will be this process
    for path in shown:
        if any(_is_in(path, folder) for folder in hidden):
            for part in _around(path, [other for other in hidden if other != path and _is_in(other, path)]):
                yield part, READ
    for name in DEVICES:
        yield f"/dev/{name}", WRITE | IOCTL_DEV
    tmp = cage.get("tmp")
    for path in (*cage.get("writable", ()), *([tmp] if tmp else ())):
        yield path, READ | WRITE


def _around(folder: str, hidden: Sequence[str]) -> Iterator[str]:
    """The largest folders and files in `folder` that hold nothing hidden."""
    if not any(_is_in(path, folder) for path in hidden):
        yield folder
        return
    if folder in hidden:
        return
    try:
        names = os.listdir(folder)
    except OSError:
        return  # what we can't list is not ours to show
    for name in names:
        yield from _around(os.path.join(folder, name), hidden)


def _processes() -> tuple[str, ...]:
    """The folders of processes, whose environments hold whatever their users keep there; ptrace rules don't help."""
    try:
        return tuple(f"/proc/{name}" for name in os.listdir("/proc") if name.isdigit())
    except OSError:
        return ()


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _allow(ruleset: int, path: str, allowed: int) -> None:
    """Allow it beneath the path; a path that is not there, or is a symlink, is passed over."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISLNK(mode):
            return
        if not stat.S_ISDIR(mode):
            allowed &= OF_FILES
        if allowed:
            _call(_ADD, ruleset, 1, ctypes.byref(_Beneath(allowed, fd)), 0)
    finally:
        os.close(fd)


def _call(number: int, *arguments: Any) -> int:
    result = int(_libc().syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
