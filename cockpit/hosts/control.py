"""The engine's end of a host: start one, tell it something, see whether it lives, wait until it is gone."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import cockpit
from cockpit import codec, durable, faults, private, redact
from cockpit.agents import LaunchError
from cockpit.hosts import process
from cockpit.hosts.launch import Control, Launch


class HostDied(LaunchError):
    """The host was killed before it could start its agent; another one may do."""


START_SECONDS = 20.0
"""How long a host may take until its agent's process exists."""

Folder = str | os.PathLike[str]


class Waiting:
    """A process that has imported what a host needs, and waits to be told that it is one.

    It holds nothing and is nothing yet: who goes away without a word to it, or dies, leaves nothing behind.
    """

    def __init__(self, run_dir: Folder, adapter: str) -> None:
        """Start it. Raises OSError; comes back at once."""
        folder = Path(os.path.abspath(run_dir))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._ready, ready = os.pipe()
        go, self._go = os.pipe()
        home = str(Path(cockpit.__file__).parent.parent)
        words = [str(folder), adapter, "--ready", str(ready), "--go", str(go)]
        try:
            with open(folder / "host.log", "ab", opener=private.open_log) as log:
                self._child = subprocess.Popen(
                    [sys.executable, "-P", "-m", "cockpit.hosts", *words],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={**os.environ, "PYTHONPATH": home},
                    pass_fds=(ready, go),
                    start_new_session=True,
                )
        except OSError:
            os.close(self._ready)
            os.close(self._go)
            raise
        finally:
            os.close(ready)
            os.close(go)

    def go(self, variables: Mapping[str, str]) -> str | None:
        """Have it be the host, with these variables; what it says of itself, None where it says nothing in time."""
        try:
            with os.fdopen(self._go, "wb") as pipe:
                self._go = -1
                pipe.write(json.dumps(dict(variables)).encode() + b"\n")
        except BrokenPipeError:
            pass  # it was killed: it says nothing
        ready, _, _ = select.select([self._ready], [], [], START_SECONDS)
        said = os.read(self._ready, 4096).decode(errors="replace").strip() if ready else None
        if said is None:
            self._child.kill()
        self.dismiss()
        return said

    def dismiss(self) -> None:
        """Let it go, if it was told nothing; what it has become otherwise is nobody's child any more."""
        for fd in (self._go, self._ready):
            if fd >= 0:
                os.close(fd)
        self._go = self._ready = -1
        self._child.wait()


def start(
    run_dir: Folder, launch: Launch, secrets: Mapping[str, str] | None = None, waiting: Waiting | None = None
) -> int:
    """Start a host, detached; its pid, once it holds the lock and its agent's process exists.

    `secrets` are variables for the host alone; they are in no file. `waiting` is its process, where there is one.

    Raises LaunchError with the reason in words: the agent's CLI is missing, a host lives already, …
    Blocks for some tens of milliseconds: call it in a thread.
    """
    folder = Path(os.path.abspath(run_dir))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if is_alive(folder):
        raise LaunchError(f"a host already runs {launch.spec.run}")
    if (folder / "host.json").exists():
        process.kill_tree(str(folder))  # what an earlier host that was killed left behind
    faults.reach("launch.before")
    redact.learn(launch.environment)
    hidden = redact.secret_names(launch.environment)
    shown = {name: value for name, value in launch.environment.items() if name not in hidden}
    written = replace(launch, environment=shown, hidden=tuple(sorted(hidden)), prompt=redact.text(launch.prompt))
    _write_private(folder / "launch.json", json.dumps(codec.encode(written)))
    _write_private(folder / "control.jsonl", "")
    kept_back = {name: launch.environment[name] for name in hidden}
    pid = _answer(folder, waiting or _waiting(folder, launch.adapter), {**(secrets or {}), **kept_back})
    faults.reach("launch.after")
    return pid


def _write_private(path: Path, text: str) -> None:
    durable.replace(path, text.encode("utf-8", "surrogateescape"))


def _waiting(folder: Path, adapter: str) -> Waiting:
    try:
        return Waiting(folder, adapter)
    except OSError as error:
        raise LaunchError(f"no host could be started: {error}") from error


def _answer(folder: Path, waiting: Waiting, variables: Mapping[str, str]) -> int:
    said = waiting.go(variables)
    if said is not None and said.isdigit():
        return int(said)
    if not is_alive(folder):
        process.kill_tree(str(folder))
    if said is None:
        raise LaunchError(f"the host did not start within {START_SECONDS:g} seconds; see {folder / 'host.log'}")
    if not said:
        raise HostDied(f"the host died at once; see {folder / 'host.log'}")
    raise LaunchError(said)


def send(run_dir: Folder, what: Control) -> bool:
    """Tell the run's host something; False where none lives to hear it."""
    folder = Path(run_dir)
    host = read_pids(folder)
    pid = int(host.get("pid", 0))
    if not is_alive(folder) or not pid or process.birth(pid) != host.get("pid_birth"):
        return False
    faults.reach(f"tell.before {what.op}")
    with (folder / "control.jsonl").open("ab", buffering=0) as file:
        file.write(redact.json_line(json.dumps(codec.encode(what))).encode() + b"\n")
    try:
        os.kill(pid, signal.SIGUSR1)
    except ProcessLookupError:
        return False
    faults.reach(f"tell.after {what.op}")
    return True


def read_pids(run_dir: Folder) -> dict[str, Any]:
    """What `host.json` says: pid, pid_started, pid_birth, agent_pid, agent_pid_started; empty where there is none."""
    try:
        data = codec.parse((Path(run_dir) / "host.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def is_alive(run_dir: Folder) -> bool:
    """Whether a host holds the run's lock now."""
    try:
        fd = os.open(Path(run_dir) / "host.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def kill_host(run_dir: Folder) -> None:
    """Kill (SIGKILL) a host that does not answer; its agent dies with it."""
    host = read_pids(run_dir)
    pid = int(host.get("pid", 0))
    if process.is_running(pid, float(host.get("pid_started", 0.0))):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_gone(run_dir: Folder, seconds: float) -> bool:
    """Wait until no host holds the run's lock; False where one still does after `seconds`."""
    until = time.monotonic() + seconds
    while is_alive(run_dir):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
