"""The conflict forecast: git merges every pair of branches in flight, in memory, and says which conflict."""

from __future__ import annotations

import asyncio
from itertools import combinations
from typing import TYPE_CHECKING

from cockpit import events, repo
from cockpit.engine import telling
from cockpit.policy.actions import Compare
from cockpit.repo import RepoError
from cockpit.state import Clash

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

FILES = 20
"""Files that are named for one conflict."""


async def compare(engine: Engine, effect: Compare) -> None:
    """Record which of these conflict with each other or with the target; or why that is not known."""
    heads = {name: head for name, _, head in (one.partition("@") for one in effect.of) if name != "landed"}
    try:
        found = await asyncio.to_thread(_clashes, engine, heads)
    except RepoError as error:
        engine.record(events.ConflictsForecast(effect.of, trouble=str(error)))
    else:
        engine.record(events.ConflictsForecast(effect.of, found))


def _clashes(engine: Engine, heads: dict[str, str]) -> tuple[Clash, ...]:
    target = engine.repository.tip(telling.target(engine))
    sides = {"": target, **heads}
    wanted = [(one, other) for other, one in combinations(sides, 2)]
    pairs = [(sides[one], sides[other]) for one, other in wanted]
    found = repo.conflicts(engine.repository, pairs)
    return tuple(
        Clash(one, other, found[pair][:FILES])
        for (one, other), pair in zip(wanted, pairs, strict=True)
        if pair in found
    )
