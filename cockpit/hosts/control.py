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


def start(run_dir: Folder, launch: Launch, secrets: Mapping[str, str] | None = None) -> int:
    """Start a host, detached; its pid, once it holds the lock and its agent's process exists.

    `secrets` are variables for the host alone; they are in no file.

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
    pid = _answer(folder, *_spawn(folder, {**(secrets or {}), **kept_back}))
    faults.reach("launch.after")
    return pid


def _write_private(path: Path, text: str) -> None:
    durable.replace(path, text.encode("utf-8", "surrogateescape"))


def _spawn(folder: Path, secrets: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """The host's first process, and the pipe on which the host says how it went."""
    reading, writing = os.pipe()
    home = str(Path(cockpit.__file__).parent.parent)
    command = [sys.executable, "-P", "-m", "cockpit.hosts", str(folder), "--ready", str(writing)]
    try:
        with open(folder / "host.log", "ab", opener=private.open_log) as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, **secrets, "PYTHONPATH": home},
                pass_fds=(writing,),
                start_new_session=True,
            )
    except OSError as error:
        os.close(reading)
        raise LaunchError(f"no host could be started: {error}") from error
    finally:
        os.close(writing)
    return child, reading


def _answer(folder: Path, child: subprocess.Popen[bytes], reading: int) -> int:
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        ready, _, _ = select.select([pipe], [], [], START_SECONDS)
        said = pipe.read(4096).decode(errors="replace").strip() if ready else ""
    if not ready:
        child.kill()
    child.wait()
    if said.isdigit():
        return int(said)
    if not is_alive(folder):
        process.kill_tree(str(folder))
    if not ready:
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
