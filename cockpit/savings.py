"""What was saved against everything on the strongest model, from the tokens that were really used. An estimate.

The strongest of the configured models is the dearest one; the engine writes it into the ledger with its price, so
nobody who looks needs a price list. An estimate it is because another model would have needed other tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit.state import State
from cockpit.words import money


def build(state: State) -> dict[str, Any] | None:
    """This night's savings as plain data; None where no tokens were counted, or no model has a price."""
    yardstick = state.yardstick
    if yardstick is None or not state.used:
        return None
    rows = {
        model: {
            "input": tokens.input,
            "output": tokens.output,
            "cache_read": tokens.cache_read,
            "cache_write": tokens.cache_write,
            "on_strongest": round(yardstick.usd(tokens), 6),
        }
        for model, tokens in sorted(state.used.items())
    }
    would = sum(yardstick.usd(tokens) for tokens in state.used.values())
    return {
        "strongest": yardstick.model,
        "on_strongest": round(would, 6),
        "spent": round(state.used_usd, 6),
        "saved": round(would - state.used_usd, 6),
        "share": round(1 - state.used_usd / would, 4) if would > 0 else 0.0,
        "estimate": True,
        "by_model": rows,
    }


def in_words(found: Mapping[str, Any] | None) -> str:
    """`$3.10 est. (62%) against everything on claude-opus-5-5`; empty where there is nothing to say."""
    if found is None:
        return ""
    against = f"against everything on {found['strongest']}"
    if found["saved"] < 0:
        return f"nothing: {money(-found['saved'])} more est. than {against.removeprefix('against ')}"
    return f"{money(found['saved'])} est. ({found['share']:.0%}) {against}"
