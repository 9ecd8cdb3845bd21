"""What money is booked on."""

from __future__ import annotations

from typing import NamedTuple

QUARTER_SECONDS = 900
"""Money is kept by quarters of an hour of UTC: every time zone's midnight is the border of one."""


def is_reached(percent: int, spent_usd: float, cap_usd: float) -> bool:
    """Whether so much of a cap is spent."""
    return spent_usd * 100 >= percent * cap_usd


class Account(NamedTuple):
    """What money was spent on, and who counted it."""

    role: str
    agent: int = 0
    """The slot; 0 for a call that no agent made, such as a review."""
    model: str = ""
    source: str = ""
    """Who counted: `cli`, `genai-prices`, `config`, `bound` where an answer broke off and is counted at its most, or
    `unknown` where a model has no price."""
    task: str = ""
    """Empty for what belongs to no task, and in sums over days."""

    @property
    def is_estimate(self) -> bool:
        """Only an agent's own command line counts what is really charged; others count tokens by a price list."""
        return self.source != "cli"
