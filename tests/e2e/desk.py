"""A person at a terminal: runs `cockpit` commands in a repository, and waits for things to come about.

Everything is real: the command line, the engine, the hosts, the agents' processes and git. Waiting follows
the ledger, with a bound; when it is over, the error shows the events and what the engine printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cockpit.events import Recorded, dump
from cockpit.fold import fold
from cockpit.hosts import control, process
from cockpit.ledger.bell import rings
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.lock import engine_pid
from cockpit.places import Places
from cockpit.state import State, Task
from tests.e2e import warm
from tests.fakes.driven import eventually

PATIENCE_SECONDS = 120.0

CLEAN = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


@dataclass
class Desk:
    """One repository and the commands given in it."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        home = self.root.parent / "home"
        home.mkdir(exist_ok=True)
        kept = {k: v for k, v in os.environ.items() if k in CLEAN}
        self.environ = kept | {"HOME": str(home), "IS_SANDBOX": "1"} | self.environ

    @property
    def places(self) -> Places:
        return Places(self.root)

    def types(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `cockpit WORDS`, without a terminal."""
        return warm.run(words, self.root, self.environ | more, PATIENCE_SECONDS * 2)

    def ok(self, *words: str) -> str:
        """The same; it must succeed."""
        done = self.types(*words)
        assert done.returncode == 0, f"cockpit {' '.join(words)} exited {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, *words: str, code: int = 2, **more: str) -> str:
        """The same; it must fail with `code` and say why on stderr, without a traceback."""
        done = self.types(*words, **more)
        assert done.returncode == code, f"exited {done.returncode}, not {code}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()
        return done.stderr

    def status(self) -> dict[str, Any]:
        """`cockpit status --json`."""
        found: dict[str, Any] = json.loads(self.types("status", "--json").stdout)
        return found

    def state(self) -> State:
        return self.sees(lambda _: True)

    def task(self, name: str) -> Task:
        return self.state().tasks[name]

    def log(self) -> list[Recorded]:
        ledger = SqliteLedger(self.places.folder, create=False)
        try:
            return ledger.read()
        finally:
            ledger.close()

    def sees(self, condition: Callable[[State], object], seconds: float = PATIENCE_SECONDS) -> State:
        """The state as soon as `condition` is true of it."""
        return asyncio.run(self.comes(condition, seconds))

    async def comes(self, condition: Callable[[State], object], seconds: float = PATIENCE_SECONDS) -> State:
        """The same, for tests with an event loop."""
        ledger, state = SqliteLedger(self.places.folder), State()
        try:
            async with asyncio.timeout(seconds):
                async for _ in rings(self.places.folder):
                    state = fold(ledger.read(state.position), state)
                    if condition(state):
                        return state
        except TimeoutError:
            raise AssertionError(f"it did not come about in {seconds:g} s\n{self.story()}") from None
        finally:
            ledger.close()
        raise AssertionError("the ledger ended")

    def engine_ends(self) -> None:
        """Wait until no engine runs."""
        eventually(lambda: engine_pid(self.places.folder) is None, "the engine's end")

    def kills_the_engine(self) -> None:
        """As the kernel would, at any moment."""
        engine = engine_pid(self.places.folder)
        assert engine
        os.kill(engine, signal.SIGKILL)
        self.engine_ends()

    def story(self) -> str:
        """The events and the engine's words, for an error message."""
        lines = [f"{r.position:>4} {r.stream:<12} {dump(r.event)[0]} {dump(r.event)[1][:200]}" for r in self.log()]
        log = self.places.engine_log
        return "\n".join([*lines[-80:], log.read_text() if log.exists() else ""])

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", "-C", str(self.root), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def leaves(self) -> None:
        """Stop whatever runs; nothing of ours may be left."""
        self.types("stop", "--now")
        for folder in (self.places.folder / "runs").glob("*"):
            assert not control.is_alive(folder), f"a host of {folder.name} is left"
            assert not process.tree(str(folder)), f"processes of {folder.name} are left"
        assert engine_pid(self.places.folder) is None, "an engine is left"


@contextmanager
def sits_down(root: Path, environ: Mapping[str, str] | None = None) -> Iterator[Desk]:
    """A desk that is left tidy, whatever happens."""
    desk = Desk(root, dict(environ or {}))
    try:
        yield desk
    finally:
        desk.leaves()


def configured(root: Path, text: str) -> Path:
    """Write `cockpit.toml` and keep it out of git's sight, so that the checkout stays clean."""
    (root / "cockpit.toml").write_text(text)
    with (root / ".git" / "info" / "exclude").open("a") as file:
        file.write("cockpit.toml\nPLAN.md\n")
    return root


def ended(state: State) -> bool:
    """The night is over."""
    return state.night is not None and bool(state.night.ended)
