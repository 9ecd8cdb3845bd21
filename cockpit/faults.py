"""Fault points: where a test may have this very process killed, or the disk be full, as it happens in real nights.

    COCKPIT_FAULT=engine:*:17          kill -9 of the engine at the 17th point that it reaches
    COCKPIT_FAULT=host:journal:3       of a host at the third point whose name begins with `journal`
    COCKPIT_FAULT_ONCE=FILE            and only where FILE is not there yet, so that the next of its kind lives
    COCKPIT_FAULT_LOG=FILE             write down every point that is reached: who, how manyeth, which
    COCKPIT_FULL=FILE                  as long as FILE is there, every write fails as on a full disk

Points stand before and after everything that outlives the process: an event in the ledger, a command of git, a
file put in place, a line for an agent. Without these variables `reach` does nothing, and costs as much.
"""

from __future__ import annotations

import errno
import os
import signal
import threading

_PLAN, _LOG, _FULL = (os.environ.get(name, "") for name in ("COCKPIT_FAULT", "COCKPIT_FAULT_LOG", "COCKPIT_FULL"))
_IS_ARMED = bool(_PLAN or _LOG or _FULL)

_lock = threading.Lock()
_who = "command"
_reached = 0
_met = 0


def process(who: str) -> None:
    """Say what sort of process this is: engine, host, guard, agent; `command` where nobody says."""
    global _who
    _who = who


def reach(point: str) -> None:
    """The process is at `point` now, such as `git.before update-ref`; the last thing it does, if a test wants that."""
    if _IS_ARMED:
        _count(point)


def _count(point: str) -> None:
    global _reached, _met
    with _lock:
        _reached += 1
        _note(point)
        who, wanted, number = (_PLAN or "nobody::0").rsplit(":", 2)
        if who == _who and (wanted == "*" or point.startswith(wanted)):
            _met += 1
            if _met == int(number) and _is_first():
                os.kill(os.getpid(), signal.SIGKILL)
    if _FULL and ".before" in point and not point.startswith("git") and os.path.exists(_FULL):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_first() -> bool:
    once = os.environ.get("COCKPIT_FAULT_ONCE", "")
    if not once:
        return True
    try:
        os.close(os.open(once, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    return True


def _note(point: str) -> None:
    if _LOG:
        fd = os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(fd, f"{_who} {_reached} {point}\n".encode("utf-8", "replace"))
        finally:
            os.close(fd)
