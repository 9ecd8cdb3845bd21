"""The host: starts one agent's process, feeds it, reads its stream, reports, and sees to it that it ends.

One thread and one selector. Signals wake it through a pipe: SIGUSR1 (look at `control.jsonl`), SIGCHLD
(somebody exited), SIGTERM, SIGINT and SIGHUP (bring the agent to its end). The stream file is polled, for
a stat costs next to nothing: every 20 ms while it grows, ever less often while it is silent.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from cockpit import agents, codec, durable, faults, redact
from cockpit.agents.stream import Answered, Breached, Ended, Exited, Garbled, Spent, StreamEvent, Told, ToolReturned
from cockpit.cage import door
from cockpit.hosts import process, stand_in
from cockpit.hosts.bound import Bound
from cockpit.hosts.bounds import Bounds, Breach
from cockpit.hosts.caged import tried, wrapped
from cockpit.hosts.feed import Feed
from cockpit.hosts.journal import Journal
from cockpit.hosts.launch import Control, Launch
from cockpit.hosts.leaving import Ladder, Step
from cockpit.hosts.lines import LineReader, end_last_line
from cockpit.hosts.progress import Progress
from cockpit.hosts.raw import RawErrors, RawStream
from cockpit.hosts.session_file import write
from cockpit.text import plain

QUICK, SLOW = 0.02, 0.25
"""Seconds between two looks at the stream: while it grows, and after a long silence."""

SESSION_SECONDS = 0.1
"""The session file is written at most this often."""

POLL_SECONDS = 0.5
"""An agent is asked for its cost at most this often."""

PATIENCE_SECONDS = 6 * 3600.0
"""How long a host whose agent is gone waits for room on the disk, to tell what became of it."""

REASON_CHARS = 2_000
"""Of the agent's stderr in `Exited`."""

SIGNALS = (signal.SIGUSR1, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Host:
    """One host; `run` returns when the agent is gone."""

    def __init__(self, run_dir: str, launch: Launch) -> None:
        """Opens the run's files. The caller holds the run's lock."""
        self._dir = run_dir
        self._launch = launch
        self._adapter = agents.find(launch.adapter)
        self._poll_line: Callable[[], str | None] | None = getattr(self._adapter, "poll", None)
        self._translator = self._adapter.translator(launch.spec)
        self._journal = Journal(self._path("events.jsonl"))
        self._control = LineReader(self._path("control.jsonl"))
        self._ladder = Ladder(self._push_out)
        self._bounds = Bounds(run_dir, launch.memory_mb, launch.processes, launch.cpu_percent, launch.nice)
        self._breach = ""
        self._selector = selectors.DefaultSelector()
        self._exit_code: int | None = None
        self._said: set[str] = set()
        """Messages by id that the agent was told."""
        self._silence = QUICK
        self._next_poll = 0.0
        self._wants_poll = False
        self._next_session = self._next_heartbeat = 0.0
        self._is_dirty = True
        self._session_fails = False
        self._bound = Bound(launch.spec)
        self._open()

    def _open(self) -> None:
        """What lies between us and the agent: pipes and files."""
        for name in ("stream.jsonl", "stderr.log"):
            end_last_line(self._path(name))
        most = self._launch.log_bytes
        self._stream = RawStream(self._path("stream.jsonl"), most)
        self._errors = RawErrors(self._path("stderr.log"), most)
        self._feed = Feed(self._path("input"))

    def _path(self, name: str) -> str:
        return os.path.join(self._dir, name)

    # Starting

    def start(self) -> None:
        """Start the agent's process and say the first thing to it. Raises LaunchError or OSError."""
        self._catch_signals()
        process.adopt_orphans()
        faults.reach("spawn.before")
        self._agent = self._spawn()
        faults.reach("spawn.after")
        for end in (self._feed, self._stream, self._errors):
            end.release_child()
        self._write_pids()
        self._progress = Progress(self._launch, self._agent.pid, time.time(), self._journal.spent)
        if self._launch.spec.resume:
            self._send_poll()  # the cost that this process begins with
        self._say(Control("say", self._launch.prompt, self._launch.message))
        self._write_session(time.monotonic())

    def _catch_signals(self) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)
        self._wakeup = reading
        self._selector.register(reading, selectors.EVENT_READ, lambda _: self._note_signals())

    def _spawn(self) -> subprocess.Popen[bytes]:
        spec, parent = self._launch.spec, os.getpid()
        environment = {**self._adapter.environment(spec), **self._launch.environment, process.MARK: self._dir}
        told, cage, way = stand_in.beside({**os.environ, **environment}, self._launch)
        environment |= told
        redact.learn({**os.environ, **environment})
        os.environ.update(environment)  # the adapter looks for its CLI where the agent itself would
        argv = self._adapter.argv(spec)
        fds = (way.fileno(),) if way is not None else ()
        self._bounds.prepare()

        def first() -> None:
            process.die_with_parent(parent)
            self._bounds.enter()

        with way or nullcontext(), tried(cage):
            return subprocess.Popen(
                wrapped(cage, door.through(*fds, argv) if fds else argv),
                stdin=self._feed.child,
                stdout=self._stream.child,
                stderr=self._errors.child,
                cwd=spec.worktree,
                env=environment,
                start_new_session=True,
                pass_fds=fds,
                preexec_fn=first,
            )

    def _write_pids(self) -> None:
        pids = {"pid": os.getpid(), "agent_pid": self._agent.pid, "guard_pid": os.getppid()}
        data: dict[str, Any] = {
            k: v for name, pid in pids.items() for k, v in ((name, pid), (f"{name}_started", process.started(pid)))
        }
        data |= {f"{name}_birth": process.birth(pid) for name, pid in pids.items()}
        durable.replace(self._path("host.json"), json.dumps(data).encode())

    # The loop

    def run(self) -> None:
        """Serve until the agent's process is gone, then clear up."""
        while self._exit_code is None:
            self._wait()
            self._reap()
            self._obey()
            self._look()
            self._act_in_time()
        self._finish()

    def _wait(self) -> None:
        now = time.monotonic()
        self._watch_feed()
        for key, events in self._selector.select(max(0.0, min(self._due(now)) - now)):
            key.data(events)

    def _due(self, now: float) -> list[float]:
        """When something is to be done though nothing happens."""
        due = [now + self._silence, self._next_heartbeat, self._bounds.due(now)]
        if self._is_dirty:
            due.append(self._next_session)
        if self._ladder.due is not None:
            due.append(self._ladder.due)
        elif self._bound.due is not None:
            due.append(self._bound.due)
        return due

    def _watch_feed(self) -> None:
        registered = self._feed.fd in self._selector.get_map()
        if self._feed.is_full and not registered:
            self._selector.register(self._feed.fd, selectors.EVENT_WRITE, lambda _: self._feed.flush())
        elif registered and not self._feed.is_full:
            self._selector.unregister(self._feed.fd)

    def _note_signals(self) -> None:
        numbers = os.read(self._wakeup, 1024)
        asked = sum(numbers.count(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        if asked > 1 or (asked and self._ladder.has_begun):
            self._ladder.skip_to_kill(time.monotonic())
        elif asked:
            self._begin_end()

    def _reap(self) -> None:
        """Collect the agent's exit code, and orphans that we adopted."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._agent.pid:
                self._agent.returncode = os.waitstatus_to_exitcode(status)
                self._left(self._agent.returncode)

    def _left(self, code: int) -> None:
        """The agent's process has ended, and so does its host."""
        self._exit_code = code

    def _look(self) -> None:
        """Read on in the stream."""
        self._errors.pump()
        before = self._stream.offset
        lines, broken = self._stream.read()
        for line in lines:
            self._translate(line)
        for start in broken:
            self._emit(Garbled(f"a line of more than a megabyte: {start}"))
        if self._stream.offset > before:
            self._silence = QUICK
            self._progress.last_activity = time.time()
            self._is_dirty = True
        else:
            self._silence = min(SLOW, self._silence * 1.25)

    def _translate(self, line: str) -> None:
        try:
            for event in self._translator.read(line):
                self._emit(event)
        except Exception as error:  # whatever an agent prints, its host lives
            traceback.print_exc()
            self._emit(Garbled(f"{type(error).__name__} while reading: {line[:200]}"))

    def _emit(self, event: StreamEvent) -> None:
        shown = self._journal.append(self._bound.seen(event))
        if shown is None:
            return
        self._progress.see(shown)
        self._is_dirty = True
        self._wants_poll |= isinstance(event, ToolReturned)
        if isinstance(event, Spent) and self._bound.is_reached(self._journal.now_usd):
            self._interrupt()
        if isinstance(event, Ended):
            self._next_session = 0.0  # whoever waits for the turn's end shall not wait longer

    def _act_in_time(self) -> None:
        now = time.monotonic()
        if self._ladder.due is not None and now >= self._ladder.due:
            self._ladder.climb(now)
        if self._bound.is_ignored(now) and not self._ladder.has_begun:
            self._begin_end()  # it goes on though it was told to end its turn
        if (breach := self._bounds.look(now, self._silence < SLOW)) is not None and not self._breach:
            self._end_at_once(breach)
        if self._wants_poll and now >= self._next_poll and not self._ladder.has_begun:
            self._send_poll()
        if now >= self._next_heartbeat or (self._is_dirty and now >= self._next_session):
            self._write_session(now)

    def _end_at_once(self, breach: Breach) -> None:
        """The agent took too much of the machine: nobody is asked, and it is said why."""
        self._breach = breach.why
        process.stop_tree(self._dir, os.getpid())  # whoever is stopped forks no more
        process.kill_tree(self._dir, root=os.getpid())
        self._emit(Breached(breach.what, breach.why))

    def _send_poll(self) -> None:
        self._wants_poll = False
        self._next_poll = time.monotonic() + POLL_SECONDS
        line = self._poll_line() if self._poll_line else None
        if line:
            self._feed.put(line)

    def _write_session(self, now: float) -> None:
        self._is_dirty = False
        self._next_session = now + SESSION_SECONDS
        self._next_heartbeat = now + self._launch.heartbeat_seconds
        if self._journal.is_behind:
            self._journal.write()
        try:
            write(self._launch.session_file, self._progress.session(time.time()))
            self._session_fails = False
        except OSError as error:
            if not self._session_fails:
                print(f"the session file can't be written: {error}", file=sys.stderr, flush=True)
            self._session_fails = True  # a full disk must not kill the agent; the heartbeat tries again

    # What the engine wants

    def _obey(self) -> None:
        lines, _ = self._control.read()
        for line in lines:
            try:
                what = codec.decode(Control, codec.parse(line))
            except ValueError as error:
                print(f"a control line that can't be read: {error}", file=sys.stderr, flush=True)
                continue
            self._do(what)
            self._is_dirty = True

    def _do(self, what: Control) -> None:
        match what.op:
            case "say" if what.text and not self._ladder.has_begun and self._bound.cut_at:
                self._emit(self._bound.refusal())  # another process, with more money, may be told
            case "say" if what.text and not self._ladder.has_begun:
                self._say(what)
            case "answer" if not self._ladder.has_begun:
                self._answer(what)
            case "interrupt":
                self._interrupt()
            case "pause":
                process.stop_tree(self._dir, os.getpid())
                self._progress.pause(True)
            case "resume":
                self._go_on()
            case "status":
                self._progress.show(what.text, what.phase)
            case "end":
                self._begin_end()
            case "kill":
                self._ladder.skip_to_kill(time.monotonic())
            case _:
                print(f"ignored: {what}", file=sys.stderr, flush=True)

    def _answer(self, what: Control) -> None:
        """Answer what the agent asked; nothing where it no longer waits, or was answered already."""
        answer = getattr(self._translator, "answer", None)
        line = answer(agents.Reply(what.id, what.answers, what.allow, what.note)) if answer else None
        if line is not None:
            answered = Answered(what.id, what.text, what.by)
            self._feed.put(line, lambda: self._emit(answered))

    def _say(self, what: Control) -> None:
        if what.id and what.id in self._said:
            return  # an engine that died could not know that it had said so
        self._said.add(what.id)
        told = Told(what.text, what.id, what.by)
        self._feed.put(self._adapter.say(what.text, what.id), lambda: self._emit(told))

    def _interrupt(self) -> None:
        self._feed.put(self._adapter.interrupt())

    def _go_on(self) -> None:
        process.continue_tree(self._dir, os.getpid())
        self._progress.pause(False)

    def _begin_end(self) -> None:
        self._go_on()  # a stopped process can't leave
        self._ladder.begin(time.monotonic())

    def _push_out(self, step: Step) -> None:
        """One step of the ladder."""
        if step.name == "ask":
            self._feed.put(self._adapter.end())
        elif step.name == "kill":
            process.kill_tree(self._dir, root=os.getpid())
        elif self._agent.returncode is None:
            os.kill(process.inmost(self._agent.pid), step.signal)

    # The end

    def _finish(self) -> None:
        """Leave nothing behind: no process, no line unread, no end untold."""
        left = process.kill_tree(self._dir, root=os.getpid())
        if left:
            print(f"processes that could not be killed: {left}", file=sys.stderr, flush=True)
        self._reap()
        self._bounds.release()
        self._read_to_the_end()
        self._emit(Exited(self._exit_code, self._breach or self._last_words()))
        until = time.monotonic() + PATIENCE_SECONDS
        while self._journal.is_behind and time.monotonic() < until and not self._journal.write():
            time.sleep(0.25)
        self._write_session(time.monotonic())

    def _read_to_the_end(self) -> None:
        before = -1
        while self._stream.offset > before:
            before = self._stream.offset
            self._look()
        if rest := self._stream.rest():
            self._translate(rest)
        finish = getattr(self._translator, "finish", None)
        for event in finish() if finish else ():
            self._emit(event)

    def _last_words(self) -> str:
        return plain(self._errors.last().decode("utf-8", "replace")).strip()[-REASON_CHARS:]

    def abandon(self, reason: str) -> None:
        """The host itself failed: kill what runs and say so, as far as that can be said."""
        process.kill_tree(self._dir, root=os.getpid())
        try:
            self._emit(Exited(None, f"its host failed: {reason}"))
            self._write_session(time.monotonic())
        except (OSError, AttributeError):
            traceback.print_exc()
