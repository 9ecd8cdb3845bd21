"""The cost gauge: spent of the cap, how fast, and what is an estimate or not known at all."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from cockpit.policy.budget import reserved
from cockpit.state import Night, State
from cockpit.views import money, spent_text
from panes.colours import MUTED, one_line

WARN, ALARM = 0.75, 0.9
"""Shares of the cap from which on the gauge changes its colour."""

BAR = 6
"""Cells of the bar."""


class Gauge(Widget):
    """This night's money on one line."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._line = Content()

    def show(self, state: State, now: float) -> None:
        """Show the money of `state` at `now`."""
        line = money_line(state, now)
        if line != self._line:
            self._line = line
            self.refresh()

    def render(self) -> Content:
        """The line, cut where it does not fit."""
        return self._line.truncate(self.size.width, ellipsis=True)


def money_line(state: State, now: float) -> Content:
    """`$1.24 of $10.00 ██░░░░ 12% + unknown: model-x est. $0.62/h`, what matters most first."""
    night = state.night
    cap = night.cap_usd if night else None
    parts: list[Content] = [Content.styled(spent_text(state.spent_usd, cap), "bold")]
    if cap:
        parts.append(_bar(state.spent_usd / cap))
    if state.unpriced:
        parts.append(Content.styled(f"+ unknown: {one_line(', '.join(sorted(state.unpriced)))}", "$text-warning"))
    if is_estimate(state):
        parts.append(Content.styled("est.", "$text-warning"))
    if held := reserved(state):
        parts.append(Content.styled(f"{money(held)} reserved", MUTED))
    if night is not None and (burn := per_hour(state, night, now)):
        parts.append(Content.styled(f"{money(burn)}/h", MUTED))
    return Content(" ").join(parts)


def is_estimate(state: State) -> bool:
    """Whether part of the money was counted by a price list and not by the agent's own command line."""
    started = state.night.started if state.night else 0.0
    tonight = [r for r in state.runs.values() if r.live or r.started >= started]
    return any(r.usd and r.cost_source != "cli" for r in tonight)


def per_hour(state: State, night: Night, now: float) -> float:
    """Money an hour, on average since the night began; nothing before there are minutes to go by."""
    hours = ((night.ended or now) - night.started) / 3600
    return state.spent_usd / hours if hours >= 1 / 60 else 0.0


def _bar(share: float) -> Content:
    style = "$text-error" if share >= ALARM else "$text-warning" if share >= WARN else "$text-success"
    full = min(BAR, int(share * BAR))
    return Content.styled("█" * full + "░" * (BAR - full) + f" {share:.0%}", style)
