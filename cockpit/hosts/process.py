"""Process trees: who belongs to a run, and stopping, continuing and killing all of them.

An agent's tools start sessions of their own, put children into the background and lose their parents, so
neither a process group nor a chain of parents holds them all. What does: every process of a run carries
`COCKPIT_RUN=<run dir>` in the environment it was started with. A run's tree is all that carry the mark,
and all their descendants. A host also adopts the orphans among its descendants (`adopt_orphans`), which
finds even those that wiped their environment.

Reads /proc where there is one, else asks `ps`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

MARK = "COCKPIT_RUN"
"""The variable whose value is the run's folder."""

HOUSE_MARK = "COCKPIT_FOLDER"
"""The variable whose value is the repository's `.cockpit`: engine, hosts, agents, gates and reviews all have it."""

SAME_SECONDS = 2.0
"""How far two readings of one process's start may lie apart; the clock may be set in between."""

ENOUGH_LOOKS = 2
"""In a row in which nobody was found."""

HAS_PROC = sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    marked: bool


def tree(marker: str, root: int = 0, variable: str = MARK) -> tuple[int, ...]:
    """The living processes whose `variable` is the folder `marker`, and the descendants of these and of `root`.

    Never holds the caller itself, nor `root`, nor zombies.
    """
    mark = f"{variable}={os.path.abspath(marker)}"
    table = _proc_table(mark) if HAS_PROC else _ps_table(mark)
    children: dict[int, list[int]] = {}
    for process in table:
        children.setdefault(process.parent, []).append(process.pid)
    todo = [process.pid for process in table if process.marked]
    if root:
        todo += children.get(root, [])
    found: set[int] = set()
    while todo:
        pid = todo.pop()
        if pid not in found:
            found.add(pid)
            todo += children.get(pid, [])
    return tuple(sorted(found - {os.getpid(), root}))


def stop_tree(marker: str, root: int = 0) -> tuple[int, ...]:
    """Stop (SIGSTOP) the whole tree; the pids. Looks again until nobody new was forked meanwhile."""
    stopped: set[int] = set()
    for _ in range(50):
        new = set(tree(marker, root)) - stopped
        if not new:
            break
        _signal(new, signal.SIGSTOP)
        stopped |= new
    return tuple(sorted(stopped))


def continue_tree(marker: str, root: int = 0) -> tuple[int, ...]:
    """Let a stopped tree go on; the pids."""
    pids = tree(marker, root)
    _signal(pids, signal.SIGCONT)
    return pids


def kill_tree(marker: str, seconds: float = 5.0, root: int = 0, variable: str = MARK) -> tuple[int, ...]:
    """Kill (SIGKILL) the whole tree until none is left; the pids that survived `seconds`, normally none.

    A process that is on its way out, or between two programs, shows no mark for a moment and may hold its locks still.
    So all that were seen must be gone, and two looks in a row must find nobody.
    """
    until = time.monotonic() + seconds
    seen, looks_without = dict[int, str](), 0
    while True:
        pids = tree(marker, root, variable)
        _signal(pids, signal.SIGKILL)
        seen |= {pid: birth(pid) for pid in pids if HAS_PROC and pid not in seen}
        seen = {pid: born for pid, born in seen.items() if born and birth(pid) == born}
        looks_without = 0 if pids or seen else looks_without + 1
        if looks_without == ENOUGH_LOOKS or time.monotonic() > until:
            return tuple(sorted({*pids, *seen}))
        time.sleep(0.005)


def kill_descendants(marker: str, seconds: float = 5.0) -> tuple[int, ...]:
    """Kill all descendants of the caller, until none is left; the pids that survived.

    Where the system gives us no orphans, all that carry the mark instead: then nobody else may run there.
    """
    if not HAS_PROC:
        return kill_tree(marker, seconds)
    until = time.monotonic() + seconds
    while (pids := descendants(os.getpid())) and time.monotonic() < until:
        _signal(pids, signal.SIGKILL)
        time.sleep(0.005)
    return pids


def descendants(root: int) -> tuple[int, ...]:
    """The living descendants of a process; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if HAS_PROC else ():
        if name.isdigit() and (fields := _stat(name)) is not None:
            children.setdefault(int(fields[1]), []).append(int(name))
    found, todo = list[int](), [root]
    while todo:
        new = children.get(todo.pop(), [])
        found += new
        todo += new
    return tuple(sorted(found))


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def environment(pid: int) -> dict[str, str]:
    """The variables that a process of ours was started with; none where that can't be seen."""
    if pid <= 0 or not HAS_PROC:
        return {}
    pairs = (os.fsdecode(entry).partition("=") for entry in _read(f"/proc/{pid}/environ").split(b"\0"))
    return {name: value for name, is_set, value in pairs if is_set}


def started(pid: int) -> float:
    """When the process was started, seconds since the epoch; 0.0 where there is none (a zombie is none)."""
    if pid <= 0:
        return 0.0
    if not HAS_PROC:
        return _ps_started(pid)
    fields = _stat(str(pid))
    if fields is None:
        return 0.0
    return _boot_time() + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def birth(pid: int) -> str:
    """What tells this process from every other that has its number, ever; empty where there is none.

    Unlike the time of its start it stays what it is when somebody sets the clock.
    """
    if pid <= 0:
        return ""
    if not HAS_PROC:
        return _ps("-o", "lstart=", "-p", str(pid)).strip()
    fields = _stat(str(pid))
    return "" if fields is None else fields[19].decode()


def is_running(pid: int, since: float) -> bool:
    """Whether the process `pid` that was started at `since` still lives; another one of its number doesn't count."""
    now = started(pid)
    return now > 0.0 and abs(now - since) <= SAME_SECONDS


def switches(pid: int) -> int:
    """How often the process was switched to because it had something to do; -1 where nobody can say."""
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith(b"voluntary_ctxt_switches:"):
            return int(line.split()[1])
    return -1


def read_text(path: str) -> str:
    """A small file's text; empty where it can't be read."""
    return _read(path).decode("utf-8", "replace")


def tasks() -> int:
    """Processes and threads of the whole machine, from one small file; 0 where nobody can say."""
    _, _, after = _read("/proc/loadavg").partition(b"/")
    return int(after.split(maxsplit=1)[0]) if after else 0


def weight(marker: str, host: int) -> tuple[int, float]:
    """How many processes a run's tree has, and the megabytes that are theirs alone."""
    pids = tree(marker, host)
    if not HAS_PROC:
        own = {str(pid) for pid in pids}
        lines = (line.split() for line in _ps("-A", "-o", "pid=,rss=").splitlines())
        return len(pids), sum(int(rss) for pid, rss in lines if pid in own) / 1024
    pages = 0
    for pid in pids:
        fields = _read(f"/proc/{pid}/statm").split()
        if len(fields) > 2:
            pages += max(0, int(fields[1]) - int(fields[2]))
    return len(pids), pages * os.sysconf("SC_PAGE_SIZE") / (1024 * 1024)


def total_memory_mb() -> float:
    """The machine's memory; 0.0 where nobody can say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1024 * 1024)
    except (ValueError, OSError):
        return 0.0


def free_memory_mb() -> float | None:
    """Memory that could be had without swapping; None where the system doesn't say."""
    _, _, after = _read("/proc/meminfo").partition(b"MemAvailable:")
    return int(after.split(maxsplit=1)[0]) / 1024 if after else None


def tools_seconds(marker: str, host: int, agent: int) -> float:
    """Processor seconds of a run's tools, of those that have ended too; the agent's own are not counted."""
    if not HAS_PROC:
        return _ps_seconds(set(tree(marker, host)) - {agent})
    ticks, agent = 0, inmost(agent)
    for pid in tree(marker, host):
        fields = _stat(str(pid))
        if fields is not None:  # its own time, and that of its children which have ended
            own = 0 if pid == agent else int(fields[11]) + int(fields[12])
            ticks += own + int(fields[13]) + int(fields[14])
    return ticks / os.sysconf("SC_CLK_TCK")


def _ps_seconds(pids: set[int]) -> float:
    """The same by `ps`, which counts in `minutes:seconds`."""
    total = 0.0
    for line in _ps("-A", "-o", "pid=,time=").splitlines():
        pid, _, spent = line.strip().partition(" ")
        if pid.isdigit() and int(pid) in pids:
            *longer, seconds = spent.strip().replace("-", ":").split(":")
            total += float(seconds) + sum(float(part) * 60 ** (len(longer) - n) for n, part in enumerate(longer))
    return total


def inmost(pid: int) -> int:
    """The program itself where `pid` is a cage around it: signals are for the program, a cage would just die."""
    for _ in range(3):
        if not HAS_PROC or _read(f"/proc/{pid}/comm").strip() != b"bwrap":
            break
        children = _read(f"/proc/{pid}/task/{pid}/children").split()
        if not children:
            break
        pid = int(children[0])
    return pid


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own; does nothing where the system can't."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill the calling process (SIGKILL) when `parent`, its parent, dies. For a new child."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(127)  # it died before we could ask


_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if not HAS_PROC:
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return  # the mark alone has to do


def _proc_table(mark: str) -> list[Process]:
    wanted = mark.encode(errors="surrogateescape")
    table = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or (fields := _stat(name)) is None:
            continue
        marked = wanted in _read(f"/proc/{name}/environ").split(b"\0")
        table.append(Process(int(name), int(fields[1]), marked))
    return table


def _stat(pid: str) -> list[bytes] | None:
    """The fields of /proc/<pid>/stat from the third (state) on; None for a zombie or nobody."""
    _, _, rest = _read(f"/proc/{pid}/stat").rpartition(b")")
    fields = rest.split()
    if len(fields) < 20 or fields[0] in (b"Z", b"X", b"x"):
        return None
    return fields


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def _boot_time() -> int:
    _, _, after = _read("/proc/stat").partition(b"\nbtime ")
    return int(after.split(maxsplit=1)[0]) if after else 0


def _ps_table(mark: str) -> list[Process]:
    return parse_ps(_ps("-A", "-E", "-ww", "-o", "pid=,ppid=,state=,command="), mark)


def parse_ps(text: str, mark: str) -> list[Process]:
    """The table in what `ps -E` prints: pid, parent, state, then the command with its environment."""
    table = []
    for line in text.splitlines():
        pid, parent, state, *command = line.split(maxsplit=3)
        if state.startswith("Z"):
            continue
        words = f"{command[0] if command else ''} "
        table.append(Process(int(pid), int(parent), f" {mark} " in words))
    return table


def _ps_started(pid: int) -> float:
    text = _ps("-o", "lstart=", "-p", str(pid)).strip()
    return time.mktime(time.strptime(text, "%a %b %d %H:%M:%S %Y")) if text else 0.0


def _ps(*arguments: str) -> str:
    import subprocess

    command = ["ps", *arguments]
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, check=False)
    return done.stdout
