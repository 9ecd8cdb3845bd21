"""What a night needs before it begins, and the night that the configuration asks for.

The key that starts a night and `cockpit run` both come here, so that they ask for the same and refuse the
same; the command line lays its flags over the result.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from cockpit import agents
from cockpit.cage import CageError
from cockpit.cage.choice import choose
from cockpit.commands import StartNight
from cockpit.config import Config
from cockpit.engine import asking, network, pricing
from cockpit.engine.pricing import Priced
from cockpit.places import Places
from cockpit.policy.reserving import unpriced
from cockpit.repo import Repository
from cockpit.state import ROLE_OF, Kind, MergePolicy

"""Either lets the built-in agent, and a reviewer, use the API."""

NEED_BYTES = 200 * 1024 * 1024
"""A night on less free disk than this would end in torn work."""


class NotReady(Exception):
    """A night can't begin as things are; the text says what is missing, where, and what to do."""


def night(
    places: Places,
    settings: Config,
    repository: Repository,
    *,
    until: str = "",
    environ: Mapping[str, str] = os.environ,
) -> StartNight:
    """The night that the configuration asks for; `until` (HH:MM) replaces its deadline. Raises NotReady."""
    check_agent(settings, environ)
    check_cage(settings)
    if not settings.cage.network:
        check_network(settings, environ)
    check_disk(places.worktrees(settings.repository.worktrees), NEED_BYTES)
    check_price(settings, lowest_cap(settings))
    until = until or settings.night.until
    return StartNight(
        agents=settings.agents.count,
        target=target_branch(settings, repository),
        merge=MergePolicy(settings.merge.policy),
        review=settings.review.enabled,
        cap_usd=settings.budget.night_usd,
        reserve_usd=settings.budget.reserve_usd,
        until=next_time(until, datetime.now()) if until else None,
        ideas=settings.ideas.enabled,
        network=settings.cage.network,
    )


def target_branch(settings: Config, repository: Repository) -> str:
    """The branch that work lands on, checked to exist."""
    target = settings.repository.target or repository.current_branch()
    if target is None:
        raise NotReady(
            "HEAD is detached, so there is no branch to land on; check one out (`git switch main`) "
            'or name it in cockpit.toml: [repository] target = "main"'
        )
    if not repository.branch_exists(target):
        raise NotReady(f"there is no branch {target!r} to land on; see [repository] target in cockpit.toml")
    return target


def next_time(text: str, now: datetime) -> float:
    """The next HH:MM after `now`, local time."""
    try:
        wanted = datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise NotReady(f"--until {text}: expected HH:MM, e.g. 07:30") from None
    at = datetime.combine(now.date(), wanted)
    return (at if at > now else at + timedelta(days=1)).timestamp()


def check_agent(settings: Config, environ: Mapping[str, str]) -> None:
    """Refuse to begin a night whose agents can't start."""
    if settings.agents.kind == "api":
        if not any(environ.get(key) for key in asking.KEYS):
            raise NotReady("the api agent needs a key: set ANTHROPIC_API_KEY, or use the Claude Code CLI (agents.kind)")
        return
    spec = agents.Spec("check", "", False, "", ".", ".", settings.agents.command)
    try:
        agents.find(settings.agents.kind).argv(spec)
    except agents.LaunchError as error:
        raise NotReady(str(error)) from error


def check_cage(settings: Config) -> None:
    """Refuse a night without the cage that was asked for."""
    if settings.cage.require or settings.cage.kind not in ("auto", "none"):
        try:
            choose(settings.cage.kind, require=settings.cage.require)
        except CageError as error:
            raise NotReady(str(error)) from error


def check_network(settings: Config, environ: Mapping[str, str]) -> None:
    """Refuse a night whose agents shall have no network and could not reach their model then."""
    try:
        kind = choose(settings.cage.kind, require=settings.cage.require).kind
    except CageError as error:
        raise NotReady(str(error)) from error
    if why := network.refusal(settings, environ, kind):
        raise NotReady(why)


def check_price(settings: Config, cap_usd: float | None, priced: Priced | None = None) -> None:
    """Refuse a cap that nothing could hold: what a command in a terminal spends is not known.

    `priced`: what an engine has looked up already.
    """
    if settings.agents.kind == agents.TERMINAL and cap_usd is not None and not settings.agents.unpriced:
        raise NotReady(unpriced_words(cap_usd))
    if cap_usd is None and not settings.budget.caps():
        return
    priced = priced or pricing.known(settings)
    routes = settings.rules().routes
    builder = routes.worker(ROLE_OF[Kind.BUILD])
    wanted = (builder.model, builder.fallback, routes.simple, routes.hard)
    needed = {model: usd for model, usd in priced.hold_back.items() if model in wanted}
    if settings.review.enabled:
        needed[settings.role("reviewer").model] = priced.review_usd
    for model, usd in needed.items():
        if usd is None:
            raise NotReady(unpriced(model))


def lowest_cap(settings: Config) -> float | None:
    """The lowest of the caps that the configuration has."""
    caps = [*settings.budget.caps().values(), *filter(None, [settings.budget.night_usd])]
    return min(caps, default=None)


def unpriced_words(cap_usd: float) -> str:
    """Why a terminal agent does not start under a cap, and what to do."""
    return (
        f"there is a cap of ${cap_usd:.2f}, and what a terminal agent spends is not known, so the cap could not be "
        "held: start without one, or let its spending go uncounted with [agents] unpriced = true in cockpit.toml"
    )


def check_disk(place: Path, need: int) -> None:
    """Refuse to begin a night that would fill the disk."""
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < need:
        raise NotReady(
            f"only {free // 1024**2} MB are free in {existing}, where the worktrees go; make room for at least "
            f"{need // 1024**2} MB, or move them with [repository] worktrees in cockpit.toml"
        )
