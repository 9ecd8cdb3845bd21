"""Which cage this machine can hold up: each is tried for real before anybody relies on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from cockpit.cage import BUBBLEWRAP, LANDLOCK, NONE, SEATBELT, Cage, CageError, Kind, landlock, wrap

AUTO = "auto"

PROBE_SECONDS = 10.0

TRUE = "true"
"""The command that a cage is tried with."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The cage that agents get."""

    kind: Kind
    note: str = ""
    """What a person should know about it: why it is none, or what it can't do."""


def choose(wanted: str, *, require: bool = False) -> Choice:
    """The best cage of this machine, or exactly the one that was named. Raises CageError."""
    if wanted == NONE:
        if require:
            raise CageError('[cage] require = true and kind = "none" contradict each other in cockpit.toml')
        return Choice(NONE, "[cage] kind is none: agents can read and write whatever you can")
    kinds = [kind for kind in _possible() if wanted in (AUTO, kind)]
    if wanted != AUTO and not kinds:
        raise CageError(f'[cage] kind = "{wanted}" is not for this system; use "auto"')
    why = []
    for kind in kinds:
        problem = tried(kind)
        if not problem:
            return Choice(kind, limits(kind))
        why.append(f"{kind}: {problem}")
    reasons = "; ".join(why) or f"there is none for {sys.platform}"
    if wanted != AUTO or require:
        raise CageError(f"the agents' cage can't be made: {reasons}. {_fix()}")
    return Choice(NONE, f"no cage works here ({reasons}): agents can read and write whatever you can. {_fix()}")


def limits(kind: Kind) -> str:
    """What a cage of this kind can't do here."""
    if kind != LANDLOCK:
        return ""
    note = "sockets of your services and git objects that are in no pack stay in reach, and names of files can be seen"
    if landlock.version() < landlock.SIGNALS_SINCE:
        note += ", and your processes can be signalled (Linux 6.12 ends that)"
    return f"{note}; bubblewrap is tighter"


def tried(kind: Kind, run: Callable[[list[str]], str] | None = None) -> str:
    """Why a cage of this kind does not work here; nothing where it does."""
    try:
        return (run or attempt)(wrap(Cage(kind), [TRUE]))
    except CageError as error:
        return str(error)


def attempt(argv: list[str]) -> str:
    """Run it; why it failed, in one line."""
    try:
        with _begun(argv) as process:
            return _outcome(process)
    except OSError as error:
        return str(error)


def _begun(argv: list[str]) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen(argv, stdin=nothing, stdout=nothing, stderr=subprocess.PIPE)


def _outcome(process: subprocess.Popen[bytes]) -> str:
    """Wait for it; why it failed, in one line."""
    try:
        _, said = process.communicate(timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        return str(error)
    words = said.decode(errors="replace").strip().splitlines()
    return (words[-1] if words else f"it ends with {process.returncode}") if process.returncode else ""


class Trial:
    """A try of exactly this cage that goes on while something else is done."""

    def __init__(self, cage: Cage) -> None:
        """Begin it. Raises CageError."""
        self._kind = cage.kind
        try:
            self._process = _begun(wrap(cage, [TRUE])) if cage.kind != NONE else None
        except OSError as error:
            raise self._failed(str(error)) from error

    def __enter__(self) -> Trial:
        """It goes on."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody needs to know any more."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stderr is not None:
                self._process.stderr.close()

    def check(self) -> None:
        """Wait for its end. Raises CageError: then nothing may be started in the cage, nor without it."""
        if self._process is not None and (problem := _outcome(self._process)):
            raise self._failed(problem)

    def _failed(self, problem: str) -> CageError:
        return CageError(f"the cage ({self._kind}) can't be made, so nothing was started: {problem}")


def check(cage: Cage) -> None:
    """Try exactly this cage. Raises CageError: then nothing may be started in it, nor without it."""
    with Trial(cage) as trial:
        trial.check()


def _possible() -> tuple[Kind, ...]:
    if sys.platform == "darwin":
        return (SEATBELT,)
    return (BUBBLEWRAP, LANDLOCK) if sys.platform == "linux" else ()


def _fix() -> str:
    if sys.platform == "linux":
        return "Install bubblewrap (`apt install bubblewrap`), or allow user namespaces"
    return 'Set [cage] kind = "none" to work without'
