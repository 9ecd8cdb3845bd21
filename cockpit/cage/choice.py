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
    note = "sockets of your services stay in reach, and names of files can be seen"
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
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    words = done.stderr.decode(errors="replace").strip().splitlines()
    return (words[-1] if words else f"it ends with {done.returncode}") if done.returncode else ""


def check(cage: Cage) -> None:
    """Try exactly this cage. Raises CageError: then nothing may be started in it, nor without it."""
    if cage.kind != NONE and (problem := attempt(wrap(cage, [TRUE]))):
        raise CageError(f"the cage ({cage.kind}) can't be made, so nothing was started: {problem}")


def _possible() -> tuple[Kind, ...]:
    if sys.platform == "darwin":
        return (SEATBELT,)
    return (BUBBLEWRAP, LANDLOCK) if sys.platform == "linux" else ()


def _fix() -> str:
    if sys.platform == "linux":
        return "Install bubblewrap (`apt install bubblewrap`), or allow user namespaces"
    return 'Set [cage] kind = "none" to work without'
