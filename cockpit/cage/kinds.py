"""The kinds of cages by name, and what goes wrong with one."""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["bubblewrap", "landlock", "sandbox-exec", "none"]

BUBBLEWRAP: Final = "bubblewrap"
LANDLOCK: Final = "landlock"
SEATBELT: Final = "sandbox-exec"
NONE: Final = "none"

KINDS: tuple[Kind, ...] = (BUBBLEWRAP, LANDLOCK, SEATBELT, NONE)


class CageError(Exception):
    """A cage that was asked for can't be made; the text says why and what to do."""
