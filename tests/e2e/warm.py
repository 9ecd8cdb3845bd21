"""A person's commands, started warm: a process that has read our modules forks for each of them.

Hundreds of commands are given in these tests, and what most of them cost is reading the same modules once more.
All else is as real as ever: a process of its own with its own environment, folder, streams and exit code. The
tests that look at the start itself, or at a terminal, start `python -m cockpit`.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module, reload
from pathlib import Path

from cockpit import faults

READ = (
    *("cli.parser", "cli.starting", "cli.board", "cli.desk", "cli.steering", "cli.status", "cli.following"),
    *("config", "engine.desk", "engine.emergency", "engine.readiness", "report", "sources.plan"),
)
"""Modules that commands share."""

_one_at_a_time = threading.Lock()
"""An order is two messages, and a sweep gives orders from several threads."""


def run(
    words: Sequence[str], cwd: Path, environ: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run `cockpit WORDS` to its end and until nobody holds its output; killed after so many seconds."""
    ours, theirs = socket.socketpair()
    (out, out_end), (errors, errors_end), null = os.pipe(), os.pipe(), os.open(os.devnull, os.O_RDONLY)
    order = {"words": words, "cwd": str(cwd), "environ": dict(environ)}
    with ours, open(out, encoding="utf-8") as stdout, open(errors, encoding="utf-8") as stderr:
        with _one_at_a_time:
            told = _starter()
            told.sendall(len(text := json.dumps(order).encode()).to_bytes(4, "big"))
            socket.send_fds(told, [text], [null, out_end, errors_end, theirs.fileno()])
        theirs.close()
        for number in (null, out_end, errors_end):
            os.close(number)
        answers = ours.makefile("r")
        pid = int(answers.readline())
        clock = threading.Timer(seconds, os.kill, (pid, signal.SIGKILL))
        clock.start()
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.append(stderr.read()))
        reader.start()
        output = stdout.read()
        reader.join()
        code = int(answers.readline())
        clock.cancel()
        clock.join()
    return subprocess.CompletedProcess(["cockpit", *words], code, output, said[0])


@cache
def _starter() -> socket.socket:
    """The way to this test process's starter, which ends with it."""
    ours, theirs = socket.socketpair()
    with theirs:
        argv = [sys.executable, "-m", "tests.e2e.warm", str(theirs.fileno())]
        process = subprocess.Popen(argv, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def serve(link: socket.socket) -> None:
    """Fork for each order until nobody can give one; each fork comes back from here as the command that it is."""
    for name in READ:
        import_module(f"cockpit.{name}")
    gc.freeze()
    while size := link.recv(4, socket.MSG_WAITALL):
        text, numbers, _, _ = socket.recv_fds(link, int.from_bytes(size, "big"), 4)
        while len(text) < int.from_bytes(size, "big"):
            text += link.recv(65536)
        if not os.fork():
            link.close()
            return watch(json.loads(text), *numbers)
        for number in numbers:
            os.close(number)
        _reap()
    sys.exit()


def watch(order: Mapping[str, object], stdin: int, stdout: int, stderr: int, answers: int) -> None:
    """Fork the command, and tell its number and then how it ended."""
    if not (pid := os.fork()):
        os.close(answers)
        return become(order, (stdin, stdout, stderr))
    for number in (stdin, stdout, stderr):
        os.close(number)
    os.write(answers, f"{pid}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(answers, f"{code}\n".encode())
    os._exit(0)


def become(order: Mapping[str, object], streams: tuple[int, ...]) -> None:
    """Take on the command's streams, folder, environment and words."""
    for number, own in zip(streams, range(3), strict=True):
        os.dup2(number, own)
        os.close(number)
    os.chdir(str(order["cwd"]))
    os.environ.clear()
    os.environ.update(order["environ"])  # type: ignore[call-overload]  # a mapping of text: we sent it
    reload(faults)  # it takes its orders from the environment, once
    time.tzset()
    random.seed()
    sys.argv[1:] = order["words"]  # type: ignore[call-overload]


def _reap() -> None:
    """Wait for the forks that are done."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
    from cockpit.cli import main

    sys.exit(main())
