"""The adapter of the built-in agent, for users who have a key and no agent CLI.

Imports nothing heavy: hosts carry it. The agent itself is `api_agent`, a process like any other agent's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cockpit import codec
from cockpit.agents import Agent, LaunchError, Spec
from cockpit.agents.neutral import NeutralAgent, python_command

SPEC_FILE = "api.json"


class ApiAgent(NeutralAgent):
    """Starts `api_agent` with its spec in a file, so that the role's text is on no command line."""

    name = "api"

    def argv(self, spec: Spec) -> list[str]:
        """The command line; nothing of the worktree's is imported."""
        path = Path(spec.run_dir) / SPEC_FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(codec.encode(spec)), encoding="utf-8")
        except OSError as error:
            raise LaunchError(f"can't write {path}: {error.strerror}") from error
        return [*python_command("cockpit.agents.api_agent"), str(path)]

    def environment(self, spec: Spec) -> Mapping[str, str]:
        """The user's own prices, where there are any."""
        prices = os.environ.get("COCKPIT_PRICES")
        return {"COCKPIT_PRICES": prices} if prices else {}


def load_spec(path: Path) -> Spec:
    """The spec that `argv` wrote."""
    return codec.decode(Spec, json.loads(path.read_text(encoding="utf-8")))


ADAPTER: Agent = ApiAgent()
