"""Starting an agent in its cage: the cage is tried first, so that one that fails is told from an agent that does."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.agents import LaunchError
from cockpit.cage import Cage, CageError, choice, wrap


def caged(cage: Cage, argv: Sequence[str], *, has_terminal: bool = False) -> list[str]:
    """The command line in the cage. Raises LaunchError where the cage can't be made: then nothing is started."""
    try:
        choice.check(cage)
        return wrap(cage, argv, has_terminal=has_terminal)
    except CageError as error:
        raise LaunchError(str(error)) from error
