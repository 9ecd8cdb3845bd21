"""What answers can cost at most, by the configuration's models: what admission holds back, and what it refuses.

Prices come from the user's configuration or from the price list, whose import takes half a second: ask in a thread.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cockpit import prices
from cockpit.config import Config
from cockpit.config_roles import used
from cockpit.engine import asking
from cockpit.policy.rules import Rules
from cockpit.prices import Rates
from cockpit.state import State
from cockpit.tokens import Yardstick

REVIEW_CHARACTERS = 260_000
"""The longest question that a reviewer is asked: a diff that was cut, the task, the instructions."""

REVIEW_ANSWER_TOKENS = 16_000


IDEA_CHARACTERS = {"ideator": 80_000, "reviewer": 50_000}
"""The longest questions that an ideator, and the reviewer of an idea, are asked."""

IDEA_ANSWER_TOKENS = 4_000


@dataclass(frozen=True, slots=True)
class Priced:
    """The dearest answers."""

    answers: Mapping[str, float | None] = field(default_factory=dict)
    """Model to what one answer of an agent's CLI costs at most; None without a price."""
    hold_back: Mapping[str, float | None] = field(default_factory=dict)
    """The same for all answers that may be on their way at once when the agent's own bound is reached."""
    review_usd: float | None = 0.0
    """What a review can cost at most."""
    models: frozenset[str] = frozenset()
    """The models that people chose for tasks, as far as their prices were looked up."""
    idea_usd: float | None = 0.0
    """What an idea can cost at most."""
    weighing_usd: float | None = 0.0
    """What the reviewer of an idea can cost at most."""
    yardstick: Yardstick | None = None
    """The dearest of the configured models."""


def answers_to_a_review(config: Config, environ: Mapping[str, str]) -> int:
    """How many answers a review may pay.

    The SDK is asked for one, which is known to fit. A CLI gives its verdict in one answer and ends in another, and
    looks at its bound after each: half of what is set aside is its bound, the other half what one answer can cost
    beyond it.
    """
    return 2 if asking.way(config, environ) == "claude" else 1


def known(config: Config, environ: Mapping[str, str] = os.environ, more: Iterable[str] = ()) -> Priced:
    """What the models of the configuration cost, and more that people chose for tasks."""
    own = rates(config)
    budget = config.budget
    answers = {
        model: prices.worst(model, budget.context_tokens, budget.answer_tokens, own)
        for model in {*used(config.rules().routes), *more}
    }
    review = _dearest(config, "reviewer", REVIEW_CHARACTERS, REVIEW_ANSWER_TOKENS)
    match config.agents.kind:
        case "claude":
            held = {model: None if usd is None else usd * (1 + budget.subagents) for model, usd in answers.items()}
        case "api":  # it asks for no answer that it could not pay whole
            held = {model: None if usd is None else 0.0 for model, usd in answers.items()}
        case _:
            answers, held = {}, {}
    whole = None if review is None else answers_to_a_review(config, environ) * review
    each = answers_to_a_review(config, environ)
    dearest = (_dearest(config, role, longest, IDEA_ANSWER_TOKENS) for role, longest in IDEA_CHARACTERS.items())
    asked = [None if usd is None else each * usd for usd in dearest]
    whole = whole if config.review.enabled else 0.0
    idea, weighing = asked
    return Priced(answers, held, whole, frozenset(more), idea, weighing, yardstick(config))


def _dearest(config: Config, role: str, characters: int, answer: int) -> float | None:
    """What one answer to a question that long costs at most, by the role's model or the one it falls back to."""
    works, own = config.role(role), rates(config)
    models = filter(None, (works.model, works.fallback_model))
    costs = [prices.worst(model, prices.estimate(characters), answer, own) for model in models]
    return None if None in costs else max(usd for usd in costs if usd is not None)


def yardstick(config: Config) -> Yardstick | None:
    """The dearest of the configured models by the price of its answers; None where none has a price."""
    own, found = rates(config), list[Yardstick]()
    for model in sorted(used(config.rules().routes)):
        sorts = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        each = [prices.price(model, {"input_tokens": 0, "output_tokens": 0, sort: SAMPLE}, own).usd for sort in sorts]
        if None not in each:
            found.append(Yardstick(model, *((usd or 0.0) * 1_000_000 / SAMPLE for usd in each)))
    return max(found, key=lambda one: (one.output, one.input), default=None)


SAMPLE = 1000
"""Tokens by which a model's price is found out: few, for long requests may have another."""


def chosen(state: State) -> frozenset[str]:
    """The models that people chose for tasks."""
    return frozenset(task.model for task in state.tasks.values() if task.model)


def rules(found: Rules, priced: Priced | None) -> Rules:
    """The rules with what answers cost, and with the local calendar."""
    from dataclasses import replace

    from cockpit.days import local

    if priced is None:
        return replace(found, calendar=local)
    ideas = replace(found.ideas, usd=priced.idea_usd, review_usd=priced.weighing_usd)
    return replace(
        found,
        calendar=local,
        yardstick=priced.yardstick,
        hold_back=priced.hold_back,
        review_usd=priced.review_usd,
        ideas=ideas,
    )


def rates(config: Config) -> dict[str, Rates]:
    """The user's own prices."""
    return {model: Rates(**price.model_dump()) for model, price in config.prices.items()}


def variables(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """The user's own prices, for the processes that count tokens."""
    own = {model: price.model_dump(exclude_none=True) for model, price in config.prices.items()}
    found = environ.get(prices.VARIABLE, "")
    return {prices.VARIABLE: json.dumps(own)} if own else {prices.VARIABLE: found} if found else {}
