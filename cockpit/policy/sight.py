"""What the engine sees at this moment and no event tells: how silent each run is, and the machine's room.

Times in here are not read off a clock: they are what was really watched, tick by tick. A machine that slept or
a clock that was set adds nothing to them, so neither can make anybody look stuck.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cockpit.state import Run


@dataclass(frozen=True, slots=True)
class Sight:
    """One run, as it looks now."""

    unheard: float = 0.0
    """Seconds watched since its host's last heartbeat."""
    quiet: float = 0.0
    """Seconds watched since its agent's last activity, a file that changed, or work of a child process."""
    still: bool = False
    """Files and child processes were looked at too, and nothing moves."""
    disk: str = ""
    """Why its files are too large; empty while they are not."""
    begun: float = 0.0
    """When the process that was looked at was started."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The room there is; None where nobody can say."""

    memory_mb: float | None = None
    disk_mb: float | None = None


@dataclass(frozen=True, slots=True)
class Sights:
    """All of it. An engine that just came begins with nothing: everybody gets fresh time."""

    runs: Mapping[str, Sight] = field(default_factory=dict)
    machine: Machine = Machine()

    def of(self, run: Run) -> Sight:
        """How a run looks; what was seen of an earlier process of it says nothing about this one."""
        sight = self.runs.get(run.id, _UNSEEN)
        return sight if sight.begun == run.begun else _UNSEEN


_UNSEEN = Sight()
NOTHING_SEEN = Sights()
