"""Starting an agent in its cage: the cage is tried, so that one that fails is told from an agent that does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cockpit.agents import LaunchError
from cockpit.cage import Cage, CageError, choice, wrap


def caged(cage: Cage, argv: Sequence[str], *, has_terminal: bool = False) -> list[str]:
    """The command line in the cage. Raises LaunchError where the cage can't be made: then nothing is started."""
    try:
        choice.check(cage)
    except CageError as error:
        raise LaunchError(str(error)) from error
    return wrapped(cage, argv, has_terminal=has_terminal)


def wrapped(cage: Cage, argv: Sequence[str], *, has_terminal: bool = False) -> list[str]:
    """The same without a try. Raises LaunchError where there is no such cage here."""
    try:
        return wrap(cage, argv, has_terminal=has_terminal)
    except CageError as error:
        raise LaunchError(str(error)) from error


@contextmanager
def tried(cage: Cage) -> Iterator[None]:
    """Try the cage while the agent is being started in one just like it, which takes as long.

    Raises LaunchError on the way out where it can't be made: nothing was begun in the other one either, and if
    something was after all, the caller ends it.
    """
    try:
        trial = choice.Trial(cage)
        with trial:
            yield
            trial.check()
    except CageError as error:
        raise LaunchError(str(error)) from error
