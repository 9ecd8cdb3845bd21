"""Agents without a network: whether this night has such, and what it takes that they reach their model all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from cockpit.agents import LaunchError
from cockpit.cage import BUBBLEWRAP, SEATBELT, Cage, Kind
from cockpit.config import Config
from cockpit.engine import environment
from cockpit.state import Night

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

CUTS: tuple[Kind, ...] = (BUBBLEWRAP, SEATBELT)
"""The cages that cut the whole network; Landlock lets through what is not TCP."""

ASKS_A_MODEL = ("claude", "api")
"""Agents that must reach the model's service; what runs in a terminal has nobody who would stand in for it."""

WHERE = "[cage] network = false, or --no-network"


def is_cut(settings: Config, night: Night | None) -> bool:
    """Whether agents reach nothing but their model."""
    return not settings.cage.network or (night is not None and not night.network)


def of_agent(engine: Engine, cage: Cage) -> Cage:
    """The cage of an agent of this night. Raises LaunchError where it would leave its model out of reach."""
    if not is_cut(engine.config, engine.state.night):
        return cage
    if why := refusal(engine.config, engine.environ, cage.kind):
        raise LaunchError(why)
    return replace(cage, network=False)


def refusal(settings: Config, environ: Mapping[str, str], kind: Kind) -> str:
    """Why agents without a network could not work in a cage of this kind; empty where they can."""
    if kind not in CUTS:
        return f"{WHERE}, needs bubblewrap: the cage here is {kind}, which can't keep an agent from the whole network"
    if settings.agents.kind not in ASKS_A_MODEL:
        return ""
    if settings.mcp.agents and settings.agents.kind == "claude":
        return f"{WHERE}, keeps agents from the cockpit's own tools: set [mcp] agents = false, or give them a network"
    if not settings.cage.stand_in:
        return f"{WHERE}, needs [cage] stand_in = true: the helper beside each agent is its only way to the model"
    variables = environment.allowed(environ, settings.agents.environment)
    if not environment.can_stand_in(variables, settings.agents.kind):
        return (
            f"{WHERE}, needs an API key (ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN): the helper that is an agent's "
            "only way to the model can't stand in for a login or another cloud"
        )
    return ""
