"""The keys that hold the whole: hold a sort of work, start or stop the night, the emergency stop."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from cockpit import keys, moves
from cockpit.state import IN_FLIGHT, SETTLED, State
from cockpit.text import plain

if TYPE_CHECKING:
    from cockpit.app import CockpitApp
    from panes.pick import Option

SURE_SECONDS = 3.0
"""The second press of the emergency key must come within this."""


def hold(app: CockpitApp) -> None:
    """Choose what to hold, or what to let go on."""
    from panes.pick import Pick

    app.push_screen(Pick("Hold, or let go on", hold_options(app.state)), partial(_hold, app))


def _hold(app: CockpitApp, chosen: str | None) -> None:
    if chosen:
        what, _, name = chosen.partition(" ")
        app.make(moves.hold(app.state, what, name))


def hold_options(state: State) -> list[Option]:
    """Every category and role: how much of it is open, how much at work, and whether it is held."""
    from cockpit.policy.controls import sorts  # not at the top: it brings every event there is
    from panes.pick import Option

    still = [task for task in state.tasks.values() if task.state not in SETTLED]
    counts = Counter(f"category {t.category}" for t in still) + Counter(f"role {t.works_as}" for t in still)
    busy = [task for task in still if task.state in IN_FLIGHT]
    work = Counter(f"category {t.category}" for t in busy) + Counter(f"role {t.works_as}" for t in busy)
    held = {str(one) for one in state.holds}
    found = [f"{what} {name}" for what, names in sorts(state).items() for name in names]
    return [Option(one, plain(one), _detail(one in held, counts[one], work[one])) for one in found]


def _detail(held: bool, still: int, work: int) -> str:
    facts = ["‖ held" if held else "", f"{still} open" if still else "", f"{work} at work" if work else ""]
    return " · ".join(filter(None, facts))


def emergency(app: CockpitApp, armed_at: float, now: float) -> float:
    """The first press arms it, a second one soon after kills; when it was armed, or never."""
    if now - armed_at > SURE_SECONDS:
        key = keys.pretty(app.keys["emergency"])
        app.say(f"press {key} once more to kill every agent and the engine at once", ok=None)
        return now
    app.say("heard: stop everything at once", None)
    app.begin_work(partial(_emergency, app), "emergency")
    return float("-inf")


async def _emergency(app: CockpitApp) -> None:
    try:
        said = await app.link.emergency_stop()
    except Exception as error:  # the person must know that it may not have worked
        app.say(f"the emergency stop failed: {error}; `cockpit stop --now` tries again", ok=False)
        return
    app.say(said.message, said.ok)


async def night(app: CockpitApp) -> None:
    """Start a night, go on with one, or stop it."""
    if app.state.halt is not None:
        app.make(moves.pause_all(app.state))
        return
    try:
        wanted = await app.link.night()
    except Exception as error:  # no branch, no commit: the person must read what is missing
        app.say(str(error), ok=False)
        return
    app.make(moves.night(app.state, wanted, app.link.engine_alive()))
