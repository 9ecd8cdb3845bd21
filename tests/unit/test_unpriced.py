"""What nobody knows the price of is said to be unknown, wherever money is told; it is never nothing."""

from __future__ import annotations

import pytest

from cockpit import events
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.metrics import money as metrics_of
from cockpit.money_words import facts
from cockpit.report import build, markdown
from cockpit.state import State
from cockpit.status import plain_text
from cockpit.status_frame import build as build_status
from cockpit.words import cost, money, show_in

NIGHT: tuple[Event, ...] = (
    events.TaskAdded("T1", "fix login"),
    events.NightStarted("n", 1, "main"),
    events.TaskClaimed("T1", 1, "T1-1", "s"),
    events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 9, terminal=True),
    events.CostSeen("T1-1", 3, 0.0, 0, "aider", "unknown"),
)


def after(*log: Event) -> State:
    return fold(Recorded(n, "s", n, float(n), e) for n, e in enumerate(log, 1))


@pytest.mark.parametrize(("usd", "said"), [(0.0, "unknown"), (0.5, "$0.50 + unknown")])
def test_a_cost_with_an_unknown_part(usd: float, said: str) -> None:
    assert cost(usd, unpriced=True) == said


def test_the_report_and_the_status_say_unknown() -> None:
    landed = after(*NIGHT, events.TaskLanded("T1", "c0ffee", "main"), events.CallPaid("reviewer", 0.5, 9, "m", "cli"))
    text = markdown(build(landed, 9.0))

    assert "T1** fix login: `c0ffee` (unknown)" in text
    assert "Spent $0.50 (no cap) + unknown." in text
    assert "Today $0.50 + unknown, this month $0.50 + unknown." in text
    assert "By role: builder unknown, reviewer $0.50." in text
    assert "no price is known: aider" in text
    status = build_status(after(*NIGHT), None, 9.0)
    assert status["agents"][0]["unpriced"] is True
    assert "unknown" in plain_text(status)


def test_money_is_shown_in_your_currency_and_says_so() -> None:
    state = after(
        *NIGHT, events.CapsConfigured({"day": 20.0}, "EUR", 0.5), events.CallPaid("reviewer", 2.0, 9, "m", "cli")
    )
    try:
        show_in(state.currency, state.rate)
        assert money(2.0) == "€1.00"
        words = dict(facts(metrics_of(state, 9.0)))
        assert words["shown in"] == "EUR, at 0.5 to the US dollar; caps count in US dollars"
        assert words["day"].startswith("€1.00 of €10.00")
    finally:
        show_in("", 1.0)
    assert money(2.0) == "$2.00"
