"""Gates: the named checks a run must pass. `changes` are built in, `commands` are the user's own."""

from cockpit.gates.changes import DEFAULT_PROTECTED, check_changes
from cockpit.gates.commands import Gate, run_command, run_gates

__all__ = ["DEFAULT_PROTECTED", "Gate", "check_changes", "run_command", "run_gates"]
