"""Crash at every step: one real night, in which one process is killed at one of its fault points, then the morning.

    python -m tests.crashes                  every point of every process: what `scripts/crashes` runs
    python -m tests.crashes engine 40 90     the points of one sort of process, from one to another
    python -m tests.crashes engine 1 600 9   every ninth of them
    python -m tests.crashes approve          of a command that a person types: `add`, `run`, `repair` or `approve`

The night has three tasks and two agents: one passes at once, one fails its gate and mends it, one depends on the
first and leaves its work uncommitted. Whatever is killed, the same must be in git next morning, recorded once.
Where a command is killed, a person looks at the status and goes on as it says.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cockpit import commands, events
from cockpit.agents.stream import Spent, Tail
from cockpit.commands import Command
from cockpit.engine import desk
from cockpit.events import Recorded, dump
from cockpit.fold import fold
from cockpit.hosts import orphans, process
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.lock import engine_pid
from cockpit.places import Places
from cockpit.state import MergePolicy, State, TaskDraft, TaskState
from tests.e2e.desk import CLEAN, Desk, ended
from tests.e2e.scripts import Step, plan, scripted
from tests.fakes.driven import eventually
from tests.repos import git

SECONDS = 90.0
"""More than any night takes, also on a busy machine."""

SPEND: Step = {"spend": {"usd": 0.25, "tokens": 100}}
FIRST: list[Step] = [
    SPEND,
    {"run": "if [ $COCKPIT_TASK = T2 ]; then echo broken > T2.txt; else echo done > $COCKPIT_TASK.txt; fi"},
    {"run": "[ $COCKPIT_TASK = T3 ] || { git add -A && git commit -qm work; }"},
]
THEN: list[Step] = [SPEND, {"run": "echo done > $COCKPIT_TASK.txt"}, {"commit": "mend it"}]

PEOPLE = ("engine", "host", "agent", "guard")
"""The sorts of processes of a night; what commands are is in `commands`."""

TYPED = {
    "add": ("task", "add", "first thing"),
    "run": ("run", "PLAN.md", "--detach"),
    "repair": ("repair",),
    "approve": ("approve", "T1"),
}
"""What a person types in `Typed`, mostly where no engine runs; `repair` after everything was killed."""


@dataclass(frozen=True)
class Fault:
    """Who is killed, and at the how manyeth of its points."""

    who: str
    number: int

    def __str__(self) -> str:
        return f"{self.who}:*:{self.number}"

    @property
    def order(self) -> str:
        """As `cockpit.faults` takes it."""
        return f"{'command' if self.who in TYPED else self.who}:*:{self.number}"


class Place(Protocol):
    """Where a night was played."""

    root: Path

    @property
    def places(self) -> Places: ...


class Night:
    """One night in a folder of its own."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        notes = folder / "notes"  # what processes write down of the faults: agents as well, from within their cage
        notes.mkdir(exist_ok=True)
        cage = f'[cage]\nreadable = ["{folder}"]\nwritable = ["{notes}"]'
        more = f"[machine]\nfree_disk_mb = 0\n[night]\nlinger_hours = 0.001\n{cage}"
        gate = "! grep -q broken *.txt"
        self.root = scripted(folder, FIRST, THEN, THEN, gate=gate, count=2, more=more)
        config = self.root / "cockpit.toml"
        config.write_text(config.read_text().replace('"MY_*"', '"COCKPIT_FA*", "COCKPIT_FULL"'))
        home = folder / "home"
        home.mkdir(exist_ok=True)
        self.environ = {k: v for k, v in os.environ.items() if k in CLEAN} | {"HOME": str(home)}
        self.armed = self.environ | dict(environ or {})
        self.log = notes / "points"

    @property
    def places(self) -> Places:
        return Places(self.root)

    def gives(self, command: Command, environ: Mapping[str, str]) -> None:
        said = desk.give(self.places, command, "you", environ)
        assert said.ok, said.message

    def begins(self) -> None:
        """The plan, then the night; the engine that this starts is the one that a fault is meant for."""
        drafts = (
            TaskDraft("a", "first thing"),
            TaskDraft("b", "second thing"),
            TaskDraft("c", "third thing", depends_on=("a",)),
        )
        self.gives(commands.AddTasks(drafts), self.armed)
        with suppress(desk.DeskError):  # it was killed before it could begin, which is said; the next one begins
            self.gives(commands.StartNight(agents=2, target="main", merge=MergePolicy.AUTO, review=False), self.armed)

    def state(self) -> State:
        return fold(self.recorded())

    def recorded(self) -> list[Recorded]:
        ledger = SqliteLedger(self.places.folder, create=False)
        try:
            return ledger.read()
        finally:
            ledger.close()

    def goes_on(self) -> State:
        """Until the night has ended; an engine that died is started again, as `cockpit` does."""
        ledger, state = SqliteLedger(self.places.folder), State()
        until = time.monotonic() + SECONDS
        try:
            while True:
                state = fold(ledger.read(state.position), state)
                if engine_pid(self.places.folder) is None:
                    state = fold(ledger.read(state.position), state)  # its last words came before it let go of its lock
                    if state.night and state.night.ended and not desk.needs_engine(state):
                        return state
                    if state.night is None:
                        self.begins()
                    desk.ensure_engine(self.places, self.environ)
                assert time.monotonic() < until, f"the night did not end in {SECONDS:g} s"
                time.sleep(0.03)
        finally:
            ledger.close()

    def leaves(self) -> None:
        """Nothing may go on after the night."""
        process.kill_tree(str(self.places.folder), variable=process.HOUSE_MARK)

    def story(self) -> str:
        rows = [f"{r.position:>4} {r.stream:<12} {dump(r.event)[0]} {dump(r.event)[1][:160]}" for r in self.recorded()]
        log = self.places.engine_log
        return "\n".join([*rows, log.read_text()[-4000:] if log.exists() else ""])


class Typed(Night):
    """One night that a person begins and approves at the command line, where one command may be killed."""

    def __init__(self, folder: Path, who: str, environ: Mapping[str, str]) -> None:
        super().__init__(folder)
        self.who, self.struck = who, environ
        config = self.root / "cockpit.toml"
        config.write_text(config.read_text().replace('policy = "auto"', 'policy = "ask"'))
        plan(self.root, "second thing", "third thing")
        self.desk = Desk(self.root, self.environ)

    def begins(self) -> None:
        """A task, the plan, and the night, which ends when nobody comes to approve."""
        if self._was_killed("add") and not (self._sees()["tasks"]["total"] or self._sees()["given"]):
            self.desk.ok(*TYPED["add"])
        if self._was_killed("run"):
            self._sees()
            self.desk.ok(*TYPED["run"])
        if self.who == "repair":
            self._mends()
        self.desk.sees(lambda state: ended(state) and len(state.in_state(TaskState.READY)) == 3, SECONDS)
        self._leaves()

    def _mends(self) -> None:
        """The power goes and comes back."""
        self.desk.sees(lambda state: state.in_state(TaskState.TESTING, TaskState.READY), SECONDS)
        self.leaves()
        self._leaves()
        if self._was_killed("repair"):
            self._sees()
            self.desk.ok(*TYPED["repair"])
        self.desk.ok("run", "--detach")

    def goes_on(self) -> State:
        """Everything is approved; where the status says that no engine runs, one is started."""
        if self._was_killed("approve"):
            self._sees()
        self.desk.ok("approve", "--all-green")
        state = self.desk.sees(lambda state: ended(state) and len(state.in_state(TaskState.LANDED)) == 3, SECONDS)
        self._leaves()
        assert "nothing is wrong" in self.desk.ok("repair", "--check")
        return state

    def _was_killed(self, command: str) -> bool:
        done = self.desk.types(*TYPED[command], **(self.struck if command == self.who else {}))
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode != 0

    def _sees(self) -> dict[str, Any]:
        """The status as it is after a command was killed."""
        done = self.desk.types("status", "--json")
        assert done.returncode in (0, 10, 30), done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def _leaves(self) -> None:
        eventually(lambda: engine_pid(self.places.folder) is None, "the engine's end", SECONDS)


def wrong(night: Night, state: State) -> Iterator[str]:
    """What is not as it must be in the morning."""
    yield from _tasks(night, state)
    yield from _git(night)
    yield from _money(night, state)
    yield from left(night)


def _tasks(night: Night, state: State) -> Iterator[str]:
    for task in state.tasks.values():
        if task.state is not TaskState.LANDED:
            yield f"{task.id} is {task.state}: {task.reason}"
    if len(state.tasks) != 3:
        yield f"there are {len(state.tasks)} tasks"
    counts = Counter(r.event.task for r in night.recorded() if isinstance(r.event, events.TaskLanded))
    if any(count != 1 for count in counts.values()):
        yield f"a landing was recorded more than once: {dict(counts)}"
    if not night.places.report.exists() or "Landed" not in night.places.report.read_text():
        yield "there is no report"


def _git(night: Night) -> Iterator[str]:
    root = night.root
    for name in ("T1", "T2", "T3"):
        path = root / f"{name}.txt"
        if not path.exists() or path.read_text() != "done\n":
            yield f"{path.name} is not what it was to be"
    if found := git(root, "status", "--porcelain"):
        yield f"the checkout is not clean: {found}"
    merges = git(root, "log", "--first-parent", "--format=%s", "main").splitlines()
    if len(merges) != 4:
        yield f"main has {merges}"
    for line in git(root, "fsck", "--no-dangling", "--no-progress").splitlines():
        yield f"git fsck: {line}"


def _money(night: Night, state: State) -> Iterator[str]:
    """The ledger knows every cent that the hosts saw."""
    seen = 0.0
    for run in state.runs:
        spent = [line.event.usd for line in Tail(night.places.stream(run)).read() if isinstance(line.event, Spent)]
        seen += max(spent, default=0.0)
    if abs(seen - state.spent_usd) > 1e-9:
        yield f"the hosts saw ${seen} spent, the ledger ${state.spent_usd}"


def left(night: Place) -> Iterator[str]:
    """What is still there though the night is over."""
    root = night.root
    for orphan in orphans.find(night.places.folder):
        yield f"process {orphan.pid} is left: {orphan.what}"
    until = time.monotonic() + 5  # guards are the last to leave
    while found := process.tree(str(night.places.folder), variable=process.HOUSE_MARK):
        if time.monotonic() > until:
            yield f"processes are left: {found}"
            break
        time.sleep(0.02)
    for path in (root / ".git").rglob("*.lock"):
        yield f"{path.relative_to(root)} is left"
    trees = [line for line in git(root, "worktree", "list").splitlines() if "/agent-" not in line]
    if len(trees) != 1:
        yield f"worktrees are left: {trees}"


def play(fault: Fault | None, log: bool = False, keep: bool = False) -> tuple[list[str], Counter[str], str]:
    """One night with one fault: what is wrong in the morning, how many points each sort of process had, the story."""
    folder = Path(tempfile.mkdtemp(prefix="cockpit-crash-"))
    armed = {"COCKPIT_FAULT_LOG": str(folder / "notes" / "points")} if log else {}
    if fault is not None:
        armed |= {"COCKPIT_FAULT": fault.order, "COCKPIT_FAULT_ONCE": str(folder / "notes" / "struck")}
    night = Typed(folder, fault.who, armed) if fault is not None and fault.who in TYPED else Night(folder, armed)
    try:
        night.begins()
        found = list(wrong(night, night.goes_on()))
    except Exception as error:
        found = [f"{type(error).__name__}: {error}"]
    finally:
        night.leaves()
    has_story = bool(found) and (night.places.folder / "ledger.db").exists()
    points, story = _points(folder / "notes" / "points"), night.story() if has_story else ""
    if not (keep and found):
        shutil.rmtree(folder)
    return found, points, story


def _points(path: Path) -> Counter[str]:
    """The most points that one process of each sort reached."""
    most: Counter[str] = Counter()
    for line in path.read_text().splitlines() if path.exists() else ():
        who, number, _ = line.split(" ", 2)
        most[who] = max(most[who], int(number))
    return most


def sweep(faults: Sequence[Fault], workers: int) -> int:
    """Play a night for each; how many ended otherwise than they must."""
    bad = 0
    with ThreadPoolExecutor(workers) as pool:
        for fault, (found, _, story) in zip(faults, pool.map(lambda f: play(f, keep=True), faults), strict=True):
            if found:
                bad += 1
                print(f"\n✗ {fault}: " + "; ".join(found), f"\n{story}", flush=True)
            else:
                print(f"✓ {fault}", end="  ", flush=True)
    print(f"\n{len(faults)} nights, {bad} of them not as they must be")
    return bad


def main(arguments: list[str]) -> int:
    """Every point, or those that are asked for."""
    workers = int(os.environ.get("COCKPIT_CRASH_WORKERS", "2"))
    points: Counter[str] = Counter()
    for who in [w for w in TYPED if w in arguments or not arguments] + [""] * (not set(TYPED) & set(arguments)):
        found, seen, story = play(Fault(who, 0) if who else None, log=True)
        if found:
            print("a night without any fault is wrong already:", *found, story, sep="\n")
            return 1
        points |= Counter({who: seen["command"]}) if who else Counter({w: seen[w] for w in PEOPLE})
    print("points of one process:", json.dumps(points))
    if arguments:
        who, numbers = arguments[0], [int(word) for word in arguments[1:]]
        first, last, step = [*numbers, *(1, points[who], 1)[len(numbers) :]]
        return min(1, sweep([Fault(who, n) for n in range(first, last + 1, step)], workers))
    return min(1, sweep([Fault(who, n) for who in (*PEOPLE, *TYPED) for n in range(1, points[who] + 1)], workers))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
