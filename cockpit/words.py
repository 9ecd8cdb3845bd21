"""Money and times in words; imports nothing, so that whoever must answer at once can use it."""

from __future__ import annotations

import time


class _Shown:
    """How this process shows money."""

    sign, rate = "$", 1.0


def show_in(currency: str, rate: float) -> None:
    """From now on this process shows money in that currency; empty: US dollars."""
    _Shown.sign, _Shown.rate = (SIGNS.get(currency, f"{currency} "), rate) if currency else ("$", 1.0)


SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
"""Currencies with a sign of their own; others are shown by their code."""


def money(usd: float) -> str:
    """`$1.24`; four places where less than a cent would read as nothing."""
    amount = usd * _Shown.rate
    return f"{_Shown.sign}{amount:.2f}" if amount >= 0.01 or amount == 0 else f"{_Shown.sign}{amount:.4f}"


def cost(usd: float, unpriced: bool, estimated: bool = False) -> str:
    """The same, of something of which a part may have no known price: that is unknown, never nothing."""
    told = f"{money(usd)} est." if estimated else money(usd)
    if not unpriced:
        return told
    return f"{told} + unknown" if usd else "unknown"


def spent_text(spent: float, cap: float | None) -> str:
    """`$1.24 of $10.00`, or the first alone where there is no cap."""
    return f"{money(spent)} of {money(cap)}" if cap is not None else f"{money(spent)} (no cap)"


def duration(seconds: float) -> str:
    """`45s`, `12m`, `3h05m`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


def size(count: int) -> str:
    """`512 B`, `3.4 MB`, `1.2 GB`."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"


def stamp(at: float) -> str:
    """`23:05:41`, local time."""
    return time.strftime("%H:%M:%S", time.localtime(at))


def clock(at: float) -> str:
    """`23:05`, local time."""
    return time.strftime("%H:%M", time.localtime(at))
