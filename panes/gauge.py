"""The cost gauge: spent of the cap, how fast, where that leads, and what is an estimate or not known at all."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from cockpit.policy import budget, spending
from cockpit.state import State
from cockpit.views import clock, money, spent_text
from panes.colours import MUTED, one_line

WARN, ALARM = 0.75, 0.9
"""Shares of the cap from which on the gauge changes its colour and sign."""

BAR = 6
"""Cells of the bar."""

Part = tuple[Content, Content]
"""Something to say, in full and in short."""


class Gauge(Widget):
    """This night's money on one line."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._parts: list[Part] = []

    def show(self, state: State, now: float) -> None:
        """Show the money of `state` at `now`."""
        parts = money_parts(state, now)
        if parts != self._parts:
            self._parts = parts
            self.refresh()

    def render(self) -> Content:
        """As much of it as fits, what matters most first."""
        return fitting(self._parts, self.size.width)


def money_parts(state: State, now: float) -> list[Part]:
    """`$1.24 of $10.00`, `█░░░░░ 12%`, `est.`, `+ unknown: model-x`, `$0.62/h`, `$5.10 by 07:30 est.`, …"""
    night = state.night
    cap = night.cap_usd if night else None
    parts = [_same(spent_text(state.spent_usd, cap), "bold")]
    if cap:
        parts.append(_bar(state.spent_usd / cap))
    if spending.is_estimate(state.charges):
        parts.append(_same("est.", "$text-warning"))
    if state.unpriced:
        names = one_line(", ".join(sorted(state.unpriced)))
        parts.append(_two(f"+ unknown: {names}", "+ unknown", "$text-warning"))
    speed = spending.burn(state, now)
    if speed is not None and speed.usd_per_hour > 0:
        parts.append(_same(f"{money(speed.usd_per_hour)}/h", MUTED))
    parts += _forecast(state, now)
    if held := budget.reserved(state):
        parts.append(_same(f"{money(held)} reserved", MUTED))
    return parts


def _forecast(state: State, now: float) -> list[Part]:
    found = spending.forecast(state, now)
    if found is None:
        return []
    if found.cap_reached:
        return [_two(f"cap reached {clock(found.at)} est.", f"cap {clock(found.at)} est.", "$text-warning")]
    return [_two(f"{money(found.usd)} by {clock(found.at)} est.", f"→ {money(found.usd)} est.", MUTED)]


def fitting(parts: Sequence[Part], width: int) -> Content:
    """The parts in full where they fit, else in short; what does not fit even so is left out, never cut."""
    chosen = [full for full, _ in parts]
    for place in reversed(range(len(parts))):
        if _width(chosen) > width:
            chosen[place] = parts[place][1]
    while len(chosen) > 1 and _width(chosen) > width:
        chosen.pop()
    return Content(" ").join(chosen).truncate(width, ellipsis=True)


def _width(parts: Sequence[Content]) -> int:
    return sum(part.cell_length + 1 for part in parts) - 1


def _same(text: str, style: str) -> Part:
    return _two(text, text, style)


def _two(full: str, short: str, style: str) -> Part:
    return Content.styled(full, style), Content.styled(short, style)


def _bar(share: float) -> Part:
    style = "$text-error" if share >= ALARM else "$text-warning" if share >= WARN else "$text-success"
    sign = "!!" if share >= ALARM else "!" if share >= WARN else ""
    full = min(BAR, int(share * BAR))
    text = f"{share:.0%}{sign}"
    return _two("█" * full + "░" * (BAR - full) + f" {text}", text, style)
