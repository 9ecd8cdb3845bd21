"""The configuration's tables about who does which work: roles, their models, and the routing between models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from cockpit.config_base import Section
from cockpit.policy.routing import Routes, Worker

Tool = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
"""A tool's name, without a rule in brackets: those are for `[agents] ask_first`."""


class Models(Section):
    """Which model each role uses; `[roles.NAME] model` says it together with all else about a role, and wins."""

    builder: str = "claude-sonnet-5-5"
    reviewer: str = "claude-opus-5-5"
    explorer: str = "claude-haiku-5-5"
    planner: str = "claude-opus-5-5"
    ideator: str = "claude-sonnet-5-5"


class Role(Section):
    """How one role works."""

    model: str = ""
    """Its model; empty: as `[models]` says."""
    fallback_model: str = ""
    """Takes over while the model is overloaded or not available; empty: none, it is waited for."""
    tools: list[Tool] = []
    """The only built-in tools it has, e.g. `["Read", "Grep", "Bash"]`; empty: all."""
    permission: Literal["all", "edits", "ask", "read"] = "all"
    """What it may do without asking: `all` in its cage; `edits`: commands ask you; `ask`: changes and commands ask
    you; `read`: it has no tool that changes a file or runs a command."""
    effort: Literal["", "low", "medium", "high", "xhigh", "max"] = ""
    """How hard the model thinks; empty: as the model does by itself."""
    budget_usd: Annotated[float, Field(ge=0)] = 0.0
    """The most that one run of it may have set aside, and so spend; 0: what the caps allow."""
    prompt: str = ""
    """A Markdown file, relative to the repository, that says what this role is to keep to."""
    prompt_instead: bool = False
    """That file stands in place of ours; otherwise it comes after it."""


class Roles(Section):
    """Every role."""

    explorer: Role = Role()
    builder: Role = Role()
    reviewer: Role = Role()
    planner: Role = Role()
    ideator: Role = Role()

    def of(self, name: str) -> Role:
        """The role called `name`."""
        found: Role = getattr(self, name)
        return found


class Routing(Section):
    """Which builds go to another model than the builder's."""

    enabled: bool = True
    """Whether how hard a task looks counts for anything."""
    simple_model: str = ""
    """For builds that look simple, e.g. `claude-haiku-5-5`; empty: the builder's."""
    hard_model: str = ""
    """For builds that look hard, e.g. `claude-opus-5-5`; empty: the builder's."""
    simple_at: Annotated[int, Field(ge=0, le=20)] = 1
    """A task of at most so many points looks simple."""
    hard_at: Annotated[int, Field(ge=1, le=40)] = 7
    """A task of at least so many looks hard."""


def routes(models: Models, roles: Roles, routing: Routing) -> Routes:
    """The same as the policies know it."""
    return Routes(
        {name: _worker(name, models, roles.of(name)) for name in type(roles).model_fields},
        simple=routing.simple_model if routing.enabled else "",
        hard=routing.hard_model if routing.enabled else "",
        simple_at=routing.simple_at,
        hard_at=routing.hard_at,
    )


def _worker(name: str, models: Models, role: Role) -> Worker:
    return Worker(role.model or getattr(models, name), role.fallback_model, role.budget_usd or None)


def used(found: Routes) -> Mapping[str, str]:
    """Every model that may be used, and what for."""
    named = {worker.model: name for name, worker in found.workers.items()}
    named |= {w.fallback: f"{name}'s fallback" for name, w in found.workers.items() if w.fallback}
    named |= {model: "routing" for model in (found.simple, found.hard) if model}
    return named
