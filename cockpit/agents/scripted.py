"""The scripted agent's adapter: an agent without a model, for tests and for trying things out.

`Spec.command` is the path of its script; `scripted_agent` describes what a script says.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from cockpit.agents import LaunchError, Spec
from cockpit.agents.neutral import NeutralAgent, python_command


class ScriptedAgent(NeutralAgent):
    """Runs `cockpit.agents.scripted_agent` on a script."""

    name = "scripted"

    def argv(self, spec: Spec) -> list[str]:
        """The command line. Raises LaunchError where there is no script."""
        if not os.path.isfile(spec.command):
            raise LaunchError(f"the scripted agent needs a script as its command; there is no file {spec.command!r}")
        resume = ["--resume"] if spec.resume else []
        script = os.path.abspath(spec.command)
        return [*python_command("cockpit.agents.scripted_agent"), script, spec.run_dir, spec.session, *resume]

    def environment(self, spec: Spec) -> Mapping[str, str]:
        """It needs none of its own."""
        return {}


ADAPTER = ScriptedAgent()
