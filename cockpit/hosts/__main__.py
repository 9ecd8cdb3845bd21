"""`python -m cockpit.hosts RUN_DIR`: runs the host of one run; see the package's description.

Exit codes: 0 the agent ran and is gone, 2 wrong usage, 3 the run has a host already, 4 the agent can't be
started. With `ADAPTER --ready FD --go FD` it waits for a line on the second, the variables that are in no file; then it
leaves its parent and writes to the first its pid, or why it can't start.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import replace

from cockpit import agents, codec, faults, redact
from cockpit.agents import TERMINAL, LaunchError
from cockpit.hosts import guard, process
from cockpit.hosts.host import Host
from cockpit.hosts.launch import Launch
from cockpit.lock import take

USAGE, TAKEN, NO_START = 2, 3, 4


def main(arguments: list[str]) -> int:
    """Run one host to its end; the exit code."""
    match arguments:
        case [run_dir]:
            return serve(os.path.abspath(run_dir), -1)
        case [run_dir, adapter, "--ready", fd, "--go", go] if fd.isdigit() and go.isdigit():
            if (given := _told(adapter, int(go))) is None:
                return 0  # no host is wanted after all, or who wanted one is dead
            os.environ.update(given)
            redact.learn(given)
            if os.fork():
                os._exit(0)  # whoever started us shall neither wait for us nor find us as a zombie
            guard.stand(os.path.abspath(run_dir), int(fd))
            return serve(os.path.abspath(run_dir), int(fd))
    print("usage: python -m cockpit.hosts RUN_DIR", file=sys.stderr)
    return USAGE


def _told(adapter: str, go: int) -> dict[str, str] | None:
    """Import what this host will need, then wait for the word to begin: variables for us alone. None: there is none."""
    with suppress(LaunchError):  # it is said when the agent is started
        agents.find(adapter)
    with os.fdopen(go, "rb") as pipe:
        line = pipe.readline()
    return {str(name): str(value) for name, value in json.loads(line).items()} if line.endswith(b"\n") else None


def serve(run_dir: str, ready: int) -> int:
    """Take the lock, start the agent, serve it."""
    faults.process("host")
    redact.clean_stderr()
    lock = take_lock(os.path.join(run_dir, "host.lock"))
    if lock < 0:
        return _refuse(ready, f"another host runs {run_dir}", TAKEN)
    try:
        with open(os.path.join(run_dir, "launch.json"), encoding="utf-8") as file:
            host = _host(run_dir, _whole(codec.decode(Launch, json.load(file))))
        host.start()
    except (LaunchError, OSError, ValueError) as error:
        process.kill_tree(run_dir, root=os.getpid())
        os.close(lock)  # before anybody hears of it: they may try again at once
        why = str(error) if isinstance(error, LaunchError) else f"the agent can't be started: {error}"
        return _refuse(ready, why, NO_START)
    _tell(ready, str(os.getpid()))
    try:
        host.run()
    except BaseException as error:
        traceback.print_exc()
        host.abandon(f"{type(error).__name__}: {error}")
        raise
    return 0


def _whole(launch: Launch) -> Launch:
    """With the variables that were not written down; whoever started us gave them to us."""
    given = {name: os.environ[name] for name in launch.hidden if name in os.environ}
    return replace(launch, environment={**launch.environment, **given})


def _host(run_dir: str, launch: Launch) -> Host:
    """The sort of host that the agent needs."""
    if launch.adapter != TERMINAL:
        return Host(run_dir, launch)
    from cockpit.hosts.terminal_host import TerminalHost

    return TerminalHost(run_dir, launch)


def take_lock(path: str) -> int:
    """Hold the lock by the descriptor that is given; -1 where another host has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if take(fd):
        return fd
    os.close(fd)
    return -1


def _refuse(ready: int, why: str, code: int) -> int:
    print(why, file=sys.stderr)
    _tell(ready, why)
    return code


def _tell(ready: int, text: str) -> None:
    if ready >= 0:
        os.write(ready, f"{text}\n".encode("utf-8", "replace")[:4096])
        os.close(ready)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
