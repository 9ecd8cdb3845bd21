"""Chaos: a real night of the real Claude Code CLI in which one seed breaks what can break, then the morning.

    python -m tests.chaos 20               twenty seeds: what `scripts/chaos` runs
    python -m tests.chaos --seed 7         one of them, told step by step

The model is the scripted server, which refuses, cuts, mumbles and dawdles as the seed says, and keeps the bill.
Processes are killed or stopped, and the disk is full for a moment; then the night is brought back by commands that a
person would give. What must hold in the end is in `chaos_morning`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from cockpit.demo.model import ModelServer
from cockpit.demo.script import Answer, Fault, Play, Scene, Step, answer, bash, scene, step, turn, write
from cockpit.fold import fold
from cockpit.hosts import control, process
from cockpit.lock import engine_pid, engine_words
from cockpit.prices import price
from cockpit.state import State
from tests.chaos_morning import GATE, wrong
from tests.e2e import real
from tests.e2e.desk import Desk, configured, ended
from tests.fakes.driven import eventually
from tests.repos import git, make_repo

SECONDS = 240.0
"""More than any night takes, also on a busy machine."""
FAULTS = 5
"""Of processes and the disk, in one night."""
DISK_MB = 256
PLAN = ("1. Add a median", "2. Add a mode", "3. Add a spread (after 1)", "4. Describe the package")


def scenes() -> tuple[Scene, ...]:
    """Four tasks: a plain one, one that fails its gate first, one that follows the first, one that commits nothing."""
    median = real.files("median", real.MEDIAN, "median([3, 1, 2])", "2")
    mode = real.files("mode", real.WRONG_MODE, "mode([1, 2, 2])", "2")
    spread = real.files("spread", real.SPREAD, "spread([1, 2, 5])", "3")
    notes = step("Notes.", write("NOTES.md", "# Notes\n"), bash("ls"))
    mended = turn(*real.fix("mode.py", real.MODE), on="A gate failed")
    return (
        scene("Add a median", turn(*median, real.done()), answer(real.YES)),
        scene("Add a mode", turn(*mode, real.done()), mended, answer(real.YES)),
        scene("Add a spread", turn(*spread, real.done()), answer(real.YES)),
        scene("Describe the package", turn(notes, real.done()), answer(real.YES)),
    )


class Chaos:
    """One night, and all that the seed does to it."""

    def __init__(self, seed: int, folder: Path, *, has_own_disk: bool, tasks: int, faults: int) -> None:
        self.dice = random.Random(seed)
        self.tasks, self.faults = tasks, faults
        self.folder, self.has_own_disk = folder, has_own_disk
        self.cap = self.dice.choice((8.0, 25.0, 25.0))
        self.root = self._repository()
        self.model = ModelServer(Play(tuple(self._spoilt(one) for one in scenes())), pace=0.05)
        self.full = folder / "full"
        environ = real.talks_to(self.model.url) | ({} if has_own_disk else {"COCKPIT_FULL": str(self.full)})
        self.desk = Desk(self.root, environ)
        self.commits: set[str] = set()
        self.contents: dict[str, str] = {}
        """What lay uncommitted in a worktree when everything was dead."""
        self.told: list[str] = []

    def _repository(self) -> Path:
        root = make_repo(self.folder, {"README.md": "# Small\n", ".gitignore": "__pycache__/\n"})
        (root / "PLAN.md").write_text("\n".join(["# Small things", "", *PLAN[: self.tasks], ""]))
        return configured(
            root,
            f"""
[agents]
kind = "claude"
command = "{real.need_cli()}"
count = 2
heartbeat = 0.5
environment = ["COCKPIT_FULL"]
[[gates]]
name = "unittest"
command = "{GATE}"
[merge]
policy = "auto"
[budget]
night_usd = {self.cap}
[night]
linger_hours = 0.001
[watch]
silent_seconds = 10
jitter_seconds = 0.0
[machine]
free_disk_mb = 0
free_memory_mb = 0
""",
        )

    def _spoilt(self, one: Scene) -> Scene:
        """The same scene, in which some answers go wrong at first."""
        turns = tuple(replace(t, steps=tuple(self._spoilt_step(s) for s in t.steps)) for t in one.turns)
        return replace(one, turns=turns, answers=tuple(self._spoilt_answer(a) for a in one.answers))

    def _spoilt_step(self, one: Step) -> Step:
        return replace(one, fault=self._trouble()) if self.dice.random() < 0.3 else one

    def _spoilt_answer(self, one: Answer) -> Answer:
        return replace(one, fault=self._trouble()) if self.dice.random() < 0.2 else one

    def _trouble(self) -> Fault:
        """What the service does: it limits, is overloaded, breaks off, is slow, or asks for a long pause."""
        often = self.dice.choice((1, 1, 2))
        return self.dice.choice(
            (
                Fault(status=429, retry_after=1, times=often),
                Fault(status=429, retry_after=900, message="You've hit your session limit"),
                Fault(status=529, times=often),
                Fault(status=500, times=often),
                Fault(cut=True),
                Fault(garbage=True),
                Fault(hang=2.0, times=often),
            )
        )

    # what happens

    def plays(self) -> State:
        """The night with its faults, until it is over."""
        self.desk.ok("run", "PLAN.md", "--detach")
        until = time.monotonic() + SECONDS
        for _ in range(self.faults):
            if ended(self.goes_on(self.dice.randint(1, 14))):
                break
            self.strikes()
            self.brings_back()
        while not (ended(state := self.goes_on(1000)) and engine_pid(self.desk.places.folder) is None):
            assert time.monotonic() < until, f"the night did not end in {SECONDS:g} s"
            self.brings_back()
        return state

    def goes_on(self, count: int) -> State:
        """Until so many events later, or the night is over; or for a while, if it waits for something."""
        goal, until = self.state().position + count, time.monotonic() + (6.0 if count < 1000 else 3.0)

        def there() -> State | None:
            state = self.state()
            is_over = ended(state) and engine_pid(self.desk.places.folder) is None
            return state if is_over or state.position >= goal or time.monotonic() > until else None

        state = eventually(there, "more events")
        self.sees_git()
        return state

    def strikes(self) -> None:
        """One fault."""
        deeds = (
            self.kills_engine,
            self.kills_hosts,
            self.kills_agents,
            self.kills_guards,
            self.kills_all,
            self.stops_agents,
            self.stops_hosts,
            self.fills_disk,
        )
        deed = self.dice.choice(deeds)
        self.told.append(f"after event {self.state().position}: {deed.__name__}")
        deed()

    def kills_engine(self) -> None:
        """Alone; the hosts and their agents go on."""
        if pid := engine_pid(self.desk.places.folder):
            _signal(pid, signal.SIGKILL)
            eventually(lambda: engine_pid(self.desk.places.folder) is None, "the engine's death")

    def kills_hosts(self) -> None:
        """Every host; agents die with them."""
        for pids in self._living():
            _signal(pids["pid"], signal.SIGKILL)

    def kills_agents(self) -> None:
        """Every agent; hosts live on."""
        for pids in self._living():
            _signal(pids["agent_pid"], signal.SIGKILL)

    def kills_guards(self) -> None:
        """The parents of the hosts."""
        for pids in self._living():
            with suppress(OSError, ValueError):
                stat = Path(f"/proc/{pids['pid']}/stat").read_text()
                _signal(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)

    def kills_all(self) -> None:
        """As if the power had gone: engine, guards, hosts, agents, gates."""
        folder = self.desk.places.folder
        self.kills_engine()
        assert not process.kill_tree(str(folder), variable=process.HOUSE_MARK)
        eventually(lambda: engine_pid(folder) is None, "the engine's death")
        self.sees_git()
        self._sees_files()

    def stops_agents(self) -> None:
        """For a moment: the laptop is busy with something else."""
        for pids in self._living():
            self._rests(process.stop_tree(str(pids["folder"])))

    def stops_hosts(self) -> None:
        """A moment, or so long that they are taken for dead."""
        pids = [pids["pid"] for pids in self._living()]
        for pid in pids:
            _signal(pid, signal.SIGSTOP)
        self._rests(pids, 12.0 if self.dice.random() < 0.2 else 1.0)

    def fills_disk(self) -> None:
        """To the last byte, until the engine says so or a moment later; then there is room again."""
        if self.has_own_disk:
            with suppress(OSError), self.full.open("wb", buffering=0) as file:
                while file.write(bytes(65_536)):
                    continue
        else:
            self.full.touch()
        try:
            self._waits(lambda: engine_words(self.desk.places.folder), 3.0)
        finally:
            self.full.unlink()

    def _rests(self, pids: object, seconds: float = 1.0) -> None:
        try:
            self._waits(lambda: engine_pid(self.desk.places.folder) is None, seconds)
        finally:
            for pid in pids:  # type: ignore[attr-defined]
                _signal(pid, signal.SIGCONT)

    def _waits(self, look: object, seconds: float) -> None:
        with suppress(AssertionError):
            eventually(look, "a moment", seconds)  # type: ignore[arg-type]

    def _living(self) -> list[dict[str, int | Path]]:
        folders = [f for f in self.desk.places.folder.glob("runs/*") if control.is_alive(f)]
        return [pids | {"folder": f} for f in folders if (pids := control.read_pids(f)).get("agent_pid")]

    def brings_back(self) -> None:
        """What a person does who looks in: mend, go on, don't wait for a limit that is over."""
        state = self.state()
        if engine_pid(self.desk.places.folder) is None and not ended(state):
            if self.dice.random() < 0.5:
                self._gives("repair")
            self._gives("run", "--detach")
        if state.halt is not None:
            self._gives("resume", "--all")
        elif state.breaker or state.windows or any(task.parked for task in state.tasks.values()):
            self._gives("resume", "--now")

    def _gives(self, *words: str) -> None:
        done = self.desk.types(*words)
        self.told.append(f"cockpit {' '.join(words)}: {done.returncode} {(done.stdout + done.stderr)[-300:].strip()}")
        assert "Traceback" not in done.stderr, done.stderr

    # what is seen

    def state(self) -> State:
        return fold(self.desk.log())

    def sees_git(self) -> None:
        """Every commit that a branch or an agent's worktree is at now; a merge that is being tried is nobody's work."""
        heads = git(self.root, "for-each-ref", "--format=%(objectname)").split()
        trees = [tree.splitlines() for tree in git(self.root, "worktree", "list", "--porcelain").split("\n\n")]
        theirs = {tree[1].split()[1] for tree in trees if tree[1:] and "/agent-" in tree[0]}
        self.commits |= (set(heads) | theirs) - {"0" * 40}

    def _sees_files(self) -> None:
        for tree in sorted((self.folder / "repo.worktrees").glob("agent-*")):
            for line in git(tree, "status", "--porcelain", "-uall").splitlines():
                if (path := tree / line[3:]).is_file() and path.stat().st_size:
                    self.contents[git(tree, "hash-object", str(path))] = f"{tree.name}/{line[3:]}"

    def story(self) -> str:
        """The ledger and the engine's words."""
        return self.desk.story() if (self.desk.places.folder / "ledger.db").exists() else ""

    def bill(self) -> float:
        """What the service charges for all that it answered, whole or cut."""
        return sum(price(answer["model"], answer["usage"]).usd or 0.0 for answer in self.model.billed)


def _signal(pid: object, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(int(pid), number)  # type: ignore[call-overload]


@contextmanager
def disk(folder: Path) -> Iterator[tuple[Path, bool]]:
    """A small disk of its own, where one may be mounted."""
    place = folder / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "none", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        yield place, False
        return
    try:
        yield place, True
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def play(seed: int, tasks: int = len(PLAN), faults: int = FAULTS) -> tuple[list[str], str]:
    """The night of a seed: what is wrong in the morning, and its story."""
    folder = Path(tempfile.mkdtemp(prefix="cockpit-chaos-"))
    try:
        with disk(folder) as (place, has_own_disk):
            night = Chaos(seed, place, has_own_disk=has_own_disk, tasks=tasks, faults=faults)
            with night.model:
                found = _played(night)
            return found, "\n".join([*night.told, *([night.story()] if found else [])])
    finally:
        shutil.rmtree(folder)


def _played(night: Chaos) -> list[str]:
    try:
        return list(wrong(night, night.plays()))
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    finally:
        night.full.unlink(missing_ok=True)
        process.kill_tree(str(night.desk.places.folder), variable=process.HOUSE_MARK)


def main() -> int:
    """Seeds one after the other; 1 where any went wrong."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("nights", nargs="?", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seed", type=int, help="only this one")
    given = parser.parse_args()
    bad = 0
    for seed in [given.seed] if given.seed is not None else range(given.first, given.first + given.nights):
        begin = time.monotonic()
        found, story = play(seed)
        bad += bool(found)
        print(f"{'✗' if found else '✓'} seed {seed}, {time.monotonic() - begin:.0f} s  {'; '.join(found)}", flush=True)
        if found or given.seed is not None:
            print(story, flush=True)
    return min(1, bad)


if __name__ == "__main__":
    sys.exit(main())
