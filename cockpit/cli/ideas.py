"""Commands about ideas: what holds of each category, one on or off, an idea now; the twins of the screen's list."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cockpit import commands
from cockpit.cli import REFUSED, asking, steering, surroundings
from cockpit.fold.ideas import closing_words
from cockpit.idea_facts import FAILED
from cockpit.state import State
from cockpit.text import plain
from cockpit.value import replace
from cockpit.words import duration, money

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places

PATIENCE_SECONDS = 3600.0
"""How long `ideas now` waits for what comes of it."""


def ideas(parsed: argparse.Namespace) -> int:
    """`ideas [list] [--json]`."""
    from cockpit import idea_numbers

    where = surroundings.places(parsed)
    found = idea_numbers.build(configured(where, surroundings.state(where)), time.time())
    print(json.dumps(found, indent=2) if parsed.json else plain(text(found, time.time())))
    return 0


def configured(where: Places, state: State) -> State:
    """The state, with what the configuration says now: the ledger has it as of the last engine."""
    settings = surroundings.configuration(where).ideas
    return replace(state, ideas=replace(state.ideas, enabled=settings.enabled, chosen=settings.chosen()))


def text(found: Mapping[str, Any], now: float) -> str:
    """All categories for people, a line each, and what they come to."""
    state = (
        "on" if found["enabled"] else "off: [ideas] enabled = true in cockpit.toml lets the cockpit propose by itself"
    )
    lines = [f"ideas are {state}"]
    if found["rests"]:
        lines.append(f"no more in this night: {found['rests']}")
    if current := found["current"]:
        lines.append(f"{current['idea']} is on its way: {current['category']}, {current['step']}")
    lines += ["", f"{'category':<26}{'last':>10}{'asked':>7}{'taken':>7}{'refused':>9}  state"]
    lines += [_line(one, now) for one in found["categories"]]
    return "\n".join([*lines, "", summary(found)])


def _line(one: Mapping[str, Any], now: float) -> str:
    last = f"{duration(now - one['last'])} ago" if one["last"] else "never"
    refused = one["refused"] + one["turned_down"]
    state = "on" if one["on"] else f"off: {one['why_off']}"
    counts = f"{one['asked'] or '–':>7}{one['accepted'] or '–':>7}{refused or '–':>9}"
    return f"{one['category']:<26}{last:>10}{counts}  {state}"


def summary(found: Mapping[str, Any]) -> str:
    """How much of the categories was looked at, and how many ideas were taken up."""
    rate = "" if found["acceptance"] is None else f", {found['acceptance']:.0%} of those decided on taken up"
    counts = f"{found['asked']} asked for, {found['proposed']} proposed, {found['landed']} landed{rate}"
    looked = f"in {found['days']} days {found['coverage']:.0%} of the categories were looked at"
    return f"{looked}; {counts}; {money(found['usd'])}"


def switch_on(parsed: argparse.Namespace) -> int:
    """`ideas on CATEGORY`."""
    return asking.ask(parsed, commands.SwitchCategory(parsed.category, on=True))


def switch_off(parsed: argparse.Namespace) -> int:
    """`ideas off CATEGORY`."""
    return asking.ask(parsed, commands.SwitchCategory(parsed.category, on=False))


def now(parsed: argparse.Namespace) -> int:
    """`ideas now [CATEGORY] [--detach]`: ask for one, and say what became of it."""
    where = surroundings.places(parsed)
    before = surroundings.state(where).ideas.asked
    code = asking.give(where, commands.AskIdea(parsed.category or ""))
    return code if code or parsed.detach else _follow(where, before)


def _follow(where: Places, before: int) -> int:
    for state in steering.states(where, PATIENCE_SECONDS):
        mine = state.ideas.past.get(f"I{before + 1}")
        if mine is not None and mine.outcome:
            good = mine.outcome != FAILED
            print(plain(closing_words(mine)), file=sys.stdout if good else sys.stderr)
            return 0 if good else REFUSED
        if mine is None and not state.ideas.wish:
            print(plain(state.notices[-1] if state.notices else "no idea was asked for"), file=sys.stderr)
            return REFUSED
    print("it takes long; `cockpit ideas` tells what becomes of it", file=sys.stderr)
    return REFUSED
