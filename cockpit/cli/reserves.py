"""What is set aside before tasks start, for people who only look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cockpit.engine import pricing
from cockpit.policy import estimates
from cockpit.policy.reserving import unpriced
from cockpit.reserves import NIGHT
from cockpit.state import Kind, Night, State, Task
from cockpit.value import replace
from cockpit.words import money

if TYPE_CHECKING:
    from cockpit.config import Config


def lines(state: State, config: Config, kinds: Iterable[Kind]) -> list[str]:
    """A line for each kind among the tasks, and the sum; nothing where money is not bounded."""
    caps = {**config.budget.caps(), **({NIGHT: config.budget.night_usd} if config.budget.night_usd else {})}
    if not caps:
        return []
    rules = pricing.rules(config.rules(), pricing.known(config))
    planned = replace(state, night=_night(config), reserves={}, spent_usd=0.0)
    found, whole = list[str](), 0.0
    for kind, count in Counter(kinds).items():
        sized = estimates.estimate(planned, rules, Task("", "", kind=kind))
        if sized.unpriced or sized.refused:
            return [f"would not start: {sized.refused or unpriced(sized.unpriced)}"]
        review = f" and {money(sized.review)} for its review" if sized.review else ""
        held = f", {money(sized.held_back)} of it for the last answer" if sized.held_back else ""
        found.append(f"each {kind} task sets aside {money(sized.run)} est.{held}{review} ({sized.why})")
        whole += count * sized.usd
    return [*found, f"all together about {money(whole)} est. before reviews"]


def guesses(state: State, config: Config) -> dict[str, float]:
    """What each kind of task is thought to cost where no history says it."""
    rules = pricing.rules(config.rules(), pricing.known(config))
    return estimates.guesses(state, rules, config.budget.reserve_usd)


def _night(config: Config) -> Night:
    budget = config.budget
    return Night(
        "",
        0.0,
        config.agents.count,
        "",
        review=config.review.enabled,
        cap_usd=budget.night_usd,
        reserve_usd=budget.reserve_usd,
    )
