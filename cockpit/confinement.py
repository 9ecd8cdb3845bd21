"""What holds agents in, as the ledger knows it: the event that says it, and what State keeps of it."""

from __future__ import annotations

from cockpit.value import Value, frozen


@frozen
class CageChosen(Value):
    """The engine found out which cage agents get on this machine."""

    cage: str
    """bubblewrap, landlock, sandbox-exec or none."""
    note: str = ""
    """What a person should know about it."""


@frozen
class Confinement(Value):
    """The cage that agents get."""

    kind: str = ""
    """Empty until an agent was started."""
    note: str = ""

    @property
    def is_missing(self) -> bool:
        """Agents run without one."""
        return self.kind == "none"


UNSETTLED = Confinement()
"""Nothing was started yet."""
