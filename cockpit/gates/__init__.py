"""Gates: the named checks a run must pass. `commands` are the user's own, all others are built in."""

from cockpit.gates.changes import check_changes
from cockpit.gates.commands import Gate, run_command, run_gates

__all__ = ["Gate", "check_changes", "run_command", "run_gates"]
