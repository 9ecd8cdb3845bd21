"""What `metrics.money` found, in words: the same for the money card and for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit import savings
from cockpit.words import clock, duration, money, spent_text


def facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is spent of what, how fast, and where that leads; an estimate says that it is one."""
    rows = [("spent", _spent(found)), ("reserved", _reserved(found)), ("speed", _speed(found["rate"]))]
    rows += [(_cap_name(cap), _cap(cap)) for cap in found["caps"] if cap["cap"] != "night"]
    rows += [("set aside", _reserve(one)) for one in found["reserves"]]
    rows += [(task, words) for task, words in found["waits"].items()]
    rows += [("then", _forecast(found["forecast"])), ("alerts", _alerts(found["alerts"]))]
    rows += [("today", _sum(found["today"])), ("month", _sum(found["month"]))]
    rows += [("saved", savings.in_words(found["savings"]))]
    rows += [("shown in", _shown_in(found["shown_in"]))]
    return [(name, value) for name, value in rows if value]


def _cap_name(cap: Mapping[str, Any]) -> str:
    return str(cap["cap"]).removeprefix("role ").removeprefix("category ")


def _cap(cap: Mapping[str, Any]) -> str:
    held = f", {money(cap['reserved'])} reserved" if cap["reserved"] else ""
    return f"{spent_text(cap['spent'], cap['usd'])}{held} ({cap['cap']} cap)"


def _reserve(one: Mapping[str, Any]) -> str:
    times = f", made larger {one['extended']} times" if one["extended"] else ""
    why = f" ({one['sized_by']})" if one["sized_by"] else ""
    return f"{money(one['usd'])} est. for {one['for']}{times}{why}"


def _shown_in(shown: Mapping[str, Any]) -> str:
    if shown["currency"] == "USD":
        return ""
    return f"{shown['currency']}, at {shown['rate']:g} to the US dollar; caps count in US dollars"


def row_name(name: str, row: Mapping[str, Any]) -> tuple[str, str]:
    """The name of a row, and what is to be said of its sums."""
    return name, "".join(mark for mark, said in ((" est.", row["estimate"]), (" + unknown", row["unknown"])) if said)


def marks(span: Mapping[str, Any]) -> str:
    """What is to be said of a sum: that it is an estimate, and whose price is not in it."""
    estimate = " est." if span["estimate"] else ""
    unknown = ", ".join(span["unpriced"])
    return estimate + (f" + unknown: no price for {unknown}" if unknown else "")


def _spent(found: Mapping[str, Any]) -> str:
    share = f" ({found['spent'] / found['cap']:.0%})" if found["cap"] else ""
    return spent_text(found["spent"], found["cap"]) + share + marks(found["night"])


def _reserved(found: Mapping[str, Any]) -> str:
    return f"{money(found['reserved'])} for what runs now" if found["reserved"] else ""


def _sum(span: Mapping[str, Any]) -> str:
    return money(span["spent"]) + marks(span)


def _speed(rate: Mapping[str, Any] | None) -> str:
    if rate is None:
        return ""
    over = "the whole night" if rate["whole_night"] else f"the last {duration(rate['over_seconds'])}"
    return f"{money(rate['usd_per_hour'])} an hour, over {over}"


def _forecast(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    if found["cap_reached"]:
        return f"the cap is reached at about {clock(found['at'])}, est."
    return f"{money(found['spent'])} by {clock(found['at'])}, the deadline, est."


def _alerts(said: list[float]) -> str:
    return f"▲ {said[-1]:.0%} of the cap is reached" if said else ""
