"""`cockpit demo`: a whole night on a throwaway repository. Everything is real but the model, which is scripted
and runs on this machine; no key, no account and no service is needed, and nothing is left behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from cockpit.cli import Wrong, main
from cockpit.demo.scene import PLAY, lay_out
from cockpit.lock import engine_pid
from cockpit.places import Places

MODEL_SECONDS = 20.0
"""How long the scripted model may take to start."""

PACE_SECONDS = 0.4
"""Pause of the scripted model between two steps when somebody watches, so that there is something to see."""


def run(keep: Path | None, *, headless: bool) -> int:
    """Lay out the repository, run its night, print its report, take everything away again."""
    folder = keep or Path(tempfile.mkdtemp(prefix="cockpit-demo-"))
    if keep and keep.exists() and any(keep.iterdir()):
        raise Wrong(f"{keep} is not empty; give --keep a new folder")
    repository = lay_out(folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is below is tidied up
    try:
        with model(folder, 0.0 if headless else PACE_SECONDS) as url, surroundings(url):
            return _night(repository, headless)
    finally:
        _end(repository)
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
            last = "the demo is over; its repository, its engine and its model are gone"
        else:
            last = f"the demo is over; its repository is kept in {repository}"
        with suppress(OSError):  # the terminal may be gone
            print(last)


def _night(repository: Path, headless: bool) -> int:
    here = ["-C", str(repository)]
    started = main([*here, "run", str(repository / "PLAN.md"), *(["--detach"] if not headless else [])])
    if headless or started:
        return 0 if started == 10 else started  # one task of the demo's plan waits for a person, by design
    code = _watched(here)
    with suppress(OSError):  # the terminal may be gone
        print()
        main([*here, "report"])
        sys.stdout.flush()
    return code


def _watched(here: list[str]) -> int:
    """The screen in a process of its own: when its terminal dies, this one is still there to tidy up."""
    screen = subprocess.Popen([sys.executable, "-P", "-m", "cockpit", *here])
    signal.signal(signal.SIGHUP, lambda *_: None)  # a handler, unlike ignoring, is not inherited by children
    signal.signal(signal.SIGTERM, lambda *_: screen.terminate())
    return screen.wait()


def _end(repository: Path) -> None:
    """Stop what still runs; the repository is about to go."""
    if engine_pid(Places(repository).folder) is not None:
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
            main(["-C", str(repository), "stop", "--now"])


@contextmanager
def model(folder: Path, pace: float) -> Iterator[str]:
    """The scripted model in a process of its own; gives its address."""
    port_file = folder / "model.url"
    process = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "cockpit.demo.model",
            str(PLAY),
            "--port-file",
            str(port_file),
            "--pace",
            str(pace),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + MODEL_SECONDS
        while not (port_file.exists() and port_file.read_text().strip()):
            if process.poll() is not None or time.monotonic() > until:
                raise Wrong("the demo's scripted model could not start; its words are above")
            time.sleep(0.01)
        yield port_file.read_text().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


@contextmanager
def surroundings(url: str) -> Iterator[None]:
    """An environment that knows the scripted model and no other, whatever the user's says."""
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "CLAUDE_CODE_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ |= {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "demo-key-of-no-worth", "NO_PROXY": "127.0.0.1"}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= before
