"""Commands about money: `metrics` tells where it goes, `budget` tells the bounds and sets the night's cap."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cockpit import commands, numbers
from cockpit.cli import Wrong, asking, surroundings
from cockpit.cli.ideas import summary
from cockpit.metrics import build
from cockpit.metrics import money as money_of
from cockpit.money_words import facts, row_name
from cockpit.text import plain
from cockpit.words import duration, money

if TYPE_CHECKING:
    import argparse


def budget(parsed: argparse.Namespace) -> int:
    """`budget [--night USD] [--day USD] [--month USD] [--role NAME=USD] [--category NAME=USD] [--task TASK[=USD]]`."""
    if wanted := wishes(parsed):
        return max(asking.ask(parsed, command) for command in wanted)
    found = money_of(surroundings.state(surroundings.places(parsed)), time.time())
    print(plain("\n".join(bounds(found))))
    return 0


def wishes(parsed: argparse.Namespace) -> list[commands.Command]:
    """What the options ask for."""
    found: list[commands.Command] = []
    if parsed.night is not None:
        found.append(commands.ChangeNight(parsed.night))
    found += [commands.ChangeCap(name, usd) for name in ("day", "month") if (usd := getattr(parsed, name)) is not None]
    for sort in ("role", "category"):
        if text := getattr(parsed, sort):
            name, usd = _amount(text, f"--{sort}")
            found.append(commands.ChangeCap(f"{sort} {name}", usd))
    if parsed.task:
        name, usd = _amount(parsed.task, "--task") if "=" in parsed.task else (parsed.task, 0.0)
        found.append(commands.GrantMoney(name.upper(), usd))
    return found


def _amount(text: str, option: str) -> tuple[str, float]:
    name, _, usd = text.rpartition("=")
    try:
        return name, float(usd)
    except ValueError:
        raise Wrong(f"{option} {text}: expected NAME=USD, e.g. {option} {name or usd}=5") from None


def metrics(parsed: argparse.Namespace) -> int:
    """`metrics [--json]`."""
    found = build(surroundings.state(surroundings.places(parsed)), time.time())
    print(json.dumps(found, indent=2) if parsed.json else plain(text(found)))
    return 0


def text(found: Mapping[str, Any]) -> str:
    """The metrics for people."""
    parts = found["money"]
    lines = bounds(parts)
    for group, title in (("by_agent", "By agent"), ("by_role", "By role"), ("by_model", "By model")):
        lines += _table(title, parts[group].items(), ("night", "today", "month"))
    lines += _table("By task", parts["by_task"].items(), ("night",))
    tasks = found["tasks"]
    counts = ", ".join(f"{count} {state}" for state, count in tasks["by_state"].items())
    lines += ["", f"tasks     {counts or 'none'}"]
    lines.append(f"runs      {tasks['runs']}; sent back by review: {tasks['sent_back_by_review']}")
    if flaky := tasks["flaky_gates"]:
        lines.append("flaky     " + ", ".join(f"{name} ({n} task{'s' if n > 1 else ''})" for name, n in flaky.items()))
    lines += _lead_times(found["lead_times"])
    if found["ideas"]["asked"]:
        lines.append(f"ideas     {summary(found['ideas'])}")
    return "\n".join([*lines, "", *numbers.lines(found["numbers"])])


def bounds(parts: Mapping[str, Any]) -> list[str]:
    """What is spent of what, how fast, and where that leads."""
    return [f"{name:<9} {value}" for name, value in facts(parts)]


def _table(title: str, rows: Iterable[tuple[str, Mapping[str, Any]]], spans: tuple[str, ...]) -> list[str]:
    lines = ["", f"{title:<36}" + "".join(f"{span:>10}" for span in spans)]
    for name, row in rows:
        lines.append(f"  {''.join(row_name(name, row)):<34}" + "".join(f"{money(row[span]):>10}" for span in spans))
    return lines if len(lines) > 2 else []


def _lead_times(found: Mapping[str, Any]) -> list[str]:
    if not found["landed"]:
        return []
    lines = [f"landed    {found['landed']} in this night"]
    for key, words in (("queued_to_landed", "from the queue"), ("started_to_landed", "from the start of work")):
        if spread := found[key]:
            middle, longest = duration(spread["median"]), duration(spread["longest"])
            lines.append(f"          {words} to landed: {middle} in the middle, {longest} at most")
    return lines
