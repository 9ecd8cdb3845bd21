"""The host of a terminal agent: owns the pseudo-terminal that the user's command runs in.

A turn is one run of the command. What it is told lies in a file (`agents.terminal`); its exit code says
whether the turn ended well. The host stays between turns, and so do the screens that look at its terminal.
A program killed from outside (SIGKILL) takes its host along, as every agent does.
"""

from __future__ import annotations

import math
import os
import selectors
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace

from cockpit import redact
from cockpit.agents import LaunchError, terminal
from cockpit.agents.stream import Ended, Spent, Started, Told
from cockpit.cage import BUBBLEWRAP
from cockpit.hosts import process
from cockpit.hosts.caged import caged
from cockpit.hosts.host import Host
from cockpit.hosts.launch import Control
from cockpit.hosts.leaving import Step
from cockpit.hosts.program import READ, Program
from cockpit.hosts.progress import Progress
from cockpit.hosts.screens import Screens
from cockpit.hosts.terminal_log import TerminalLog
from cockpit.terminal_text import last_lines

REPAINT_SECONDS = 0.1
"""How long a terminal is one row too small, so that a program sees two changes and draws itself afresh."""

PIECES = 4
"""How often output is taken in before the host's other duties have their turn."""

HOLD_SECONDS = 0.05
"""How long output is held back that may be the beginning of a secret."""

EVIDENCE_LINES = 20
EVIDENCE_BYTES = 16_384
"""Of what was printed last, when a turn failed."""

FATAL = frozenset({126, 127})
"""Exit codes by which a shell says that there is no such program: trying again can't help."""


class TerminalHost(Host):
    """One host; `run` returns when the agent was brought to its end, or killed."""

    _program: Program | None = None
    """The command, while it runs."""

    def _open(self) -> None:
        self._log = TerminalLog(self._dir)
        self._screens = Screens(self._dir, self._log, self._selector, self._typed, self._seen)
        self._turn = self._turns_so_far()
        self._last_code: int | None = None
        self._printed = 0
        self._began = self._log.end
        self._size = self._screens.size
        self._repaint_due = math.inf
        self._log_fails = False
        self._flow = redact.ByteFlow()
        self._flush_due = math.inf
        self._silence = math.inf  # there is no stream to be polled

    def _turns_so_far(self) -> int:
        names = [name for name in os.listdir(self._dir) if name.startswith("prompt-") and name.endswith(".md")]
        numbers = [int(n) for name in names if (n := name[len("prompt-") : -len(".md")]).isdigit()]
        return max(numbers, default=0)

    # A turn

    def start(self) -> None:
        """Start the command on its first prompt. Raises LaunchError or OSError."""
        self._catch_signals()
        process.adopt_orphans()
        if self._turn and self._log.end:
            self._keep(self._log.at_rest() + b"\r\n")  # an earlier host was killed, and its program with it
        program = self._spawn_program(self._launch.prompt)
        self._progress = Progress(self._launch, program.process.pid, time.time(), self._journal.spent)
        self._emit(Started(self._launch.spec.session))
        self._begin(program, Told(self._launch.prompt, self._launch.message))

    def _spawn_program(self, prompt: str) -> Program:
        """Write the prompt's file and start the command on it."""
        spec = self._launch.spec
        self._turn += 1
        path = terminal.prompt_file(self._dir, self._turn)
        with open(path, "x", encoding="utf-8", errors="replace", opener=_private) as file:
            file.write(redact.text(prompt).rstrip() + "\n")
        environment = {**self._adapter.environment(spec), **self._launch.environment, **terminal.KIND_OF_TERMINAL}
        environment |= {process.MARK: self._dir, terminal.PROMPT_VARIABLE: path}
        redact.learn(environment)
        os.environ.update(environment)  # the command is looked for where it would look itself
        cage = self._launch.cage
        cage = replace(cage, shown=(*cage.shown, path))
        argv = caged(cage, terminal.command_line(spec.command, path), has_terminal=True)
        leads = cage.kind != BUBBLEWRAP  # else what is inside does
        self._bounds.prepare()
        return Program(argv, spec.worktree, environment, self._size, leads=leads, first=self._bounds.enter)

    def _begin(self, program: Program, told: Told) -> None:
        self._program, self._agent = program, program.process
        self._began = self._log.end
        self._write_pids()
        self._selector.register(program.fd, selectors.EVENT_READ, self._program_ready)
        self._emit(told)
        name = terminal.label(self._launch.spec.command)
        self._emit(Spent(0.0, 0, name, "unknown"))
        self._progress.runs(program.process.pid, self._step())
        self._write_session(time.monotonic())

    def _say(self, what: Control) -> None:
        """The next turn: rework, or to pick up what broke."""
        if self._program is not None:
            print(f"ignored, for nothing is typed into a terminal: {what.text[:200]}", file=sys.stderr, flush=True)
            return
        try:
            program = self._spawn_program(what.text)
        except (LaunchError, OSError) as error:
            self._emit(Told(what.text, what.id, what.by))
            self._emit(Ended(False, error=f"the command can't be started: {error}", fatal=True))
            return
        self._begin(program, Told(what.text, what.id, what.by))

    def _step(self) -> str:
        name = terminal.label(self._launch.spec.command)
        return f"{name} runs in a terminal; {self._printed // 1024} KB printed"

    def _left(self, code: int) -> None:
        """The command has ended: clear up after it and say what came of the turn."""
        program = self._program
        if program is None:
            return
        left = process.kill_tree(self._dir, root=os.getpid())
        if left:
            print(f"processes that could not be killed: {left}", file=sys.stderr, flush=True)
        self._program, self._last_code = None, code
        while data := program.read():
            self._took(data)
        self._let_go()
        self._ignore(program)
        program.close()
        evidence = self._evidence()
        self._keep(self._log.at_rest() + b"\r\n")
        self._screens.tell()
        self._progress.runs(0, self._step())
        if self._ladder.has_begun or code == -signal.SIGKILL:
            self._exit_code = code
        else:
            self._emit(_verdict(code, evidence))

    # Between the program and the screens

    def _program_ready(self, events: int) -> None:
        program = self._program
        if program is None:
            return
        if events & selectors.EVENT_WRITE:
            program.flush()
            self._watch_program(program)
        if events & selectors.EVENT_READ:
            for _ in range(PIECES):
                self._screens.catch_up()
                data = program.read()
                self._took(data)
                if len(data) < READ:
                    break
            if program.is_silent:  # it closed its terminal; its exit will come
                self._ignore(program)

    def _took(self, data: bytes) -> None:
        if not data:
            return
        self._keep(self._flow.feed(data))
        self._flush_due = time.monotonic() + HOLD_SECONDS if self._flow.holds else math.inf
        self._printed += len(data)
        self._progress.last_activity = time.time()
        self._is_dirty = True
        self._screens.tell()

    def _let_go(self) -> None:
        """What may have been the beginning of a secret, and has not gone on."""
        self._flush_due = math.inf
        self._keep(self._flow.flush())
        self._screens.tell()

    def _keep(self, data: bytes) -> None:
        try:
            self._log.append(data)
            self._log_fails = False
        except OSError as error:  # a full disk must not kill the agent
            if not self._log_fails:
                print(f"the terminal's log can't be written: {error}", file=sys.stderr, flush=True)
            self._log_fails = True

    def _typed(self, data: bytes) -> None:
        if self._program is not None:
            self._program.type(data)
            self._watch_program(self._program)

    def _watch_program(self, program: Program) -> None:
        if program.fd in self._selector.get_map():
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if program.is_full else 0)
            self._selector.modify(program.fd, events, self._program_ready)

    def _ignore(self, program: Program) -> None:
        if program.fd in self._selector.get_map():
            self._selector.unregister(program.fd)

    def _seen(self, is_new: bool) -> None:
        """Somebody begins or ceases to look, or changes size: have the program draw itself for all of them."""
        wanted = self._screens.size
        if wanted == self._size and is_new:
            columns, rows = wanted
            self._resize((columns, rows - 1 if rows > 1 else rows + 1))
            self._repaint_due = time.monotonic() + REPAINT_SECONDS
        elif wanted != self._size:
            self._size = wanted
            self._repaint_due = math.inf
            self._resize(wanted)
            self._screens.resized(wanted)

    def _resize(self, size: tuple[int, int]) -> None:
        if self._program is not None:
            self._program.resize(size)

    # The loop

    def _due(self, now: float) -> list[float]:
        return [*super()._due(now), self._repaint_due, self._flush_due]

    def _act_in_time(self) -> None:
        if time.monotonic() >= self._flush_due:
            self._let_go()
        if time.monotonic() >= self._repaint_due:
            self._repaint_due = math.inf
            self._resize(self._size)
        super()._act_in_time()

    def _look(self) -> None:
        """What the program prints comes by the selector."""

    def _watch_feed(self) -> None:
        """There is no pipe to it."""

    def _write_session(self, now: float) -> None:
        if self._program is not None:
            self._progress.runs(self._program.process.pid, self._step())
        super()._write_session(now)

    # The end

    def _interrupt(self) -> None:
        self._typed(self._adapter.interrupt().encode())

    def _push_out(self, step: Step) -> None:
        if self._program is None:
            self._exit_code = self._last_code or 0
        elif step.name == "ask":
            self._program.hang_up()
        else:
            super()._push_out(step)

    def _read_to_the_end(self) -> None:
        """All was read when the program ended; nothing more comes after this."""
        self._screens.close()
        with suppress(OSError):
            os.unlink(os.path.join(self._dir, "terminal.sock"))

    def _last_words(self) -> str:
        return self._evidence()

    def _evidence(self) -> str:
        return last_lines(self._log.tail(EVIDENCE_BYTES, self._began), EVIDENCE_LINES)


def _verdict(code: int, evidence: str) -> Ended:
    """What a command's exit code says of its turn."""
    if code == 0:
        return Ended(True, summary="the command left with code 0")
    how = f"left with code {code}" if code > 0 else f"was ended by {_signal_name(-code)}"
    last = f"; the last it printed:\n{evidence}" if evidence else "; it printed nothing"
    return Ended(False, error=f"the command {how}{last}", fatal=code in FATAL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
