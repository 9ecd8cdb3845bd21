"""The status: what is going on, as data (`schema` 1), as text, as one line and as an exit code.

The data's shape is documented in the README and checked against `status.schema.json` by a test. It is made in
two steps: a frame that follows from the ledger (`status_frame`, kept beside the ledger by `status_cache`), and
what only this moment knows. This module knows plain data alone and imports next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit.text import plain
from cockpit.words import clock, cost, duration, money, show_in, size, spent_text

SCHEMA = 1

OK, WAITS_FOR_YOU, BUDGET, NO_ENGINE = 0, 10, 20, 30

SETTLED = frozenset({"landed", "answered", "failed", "skipped", "suggested"})


def fresh(
    frame: Mapping[str, Any],
    engine: int | None,
    sessions: Mapping[int, Mapping[str, Any]],
    now: float,
    holds: str = "",
) -> dict[str, Any]:
    """The status now; `engine` is the process that holds the engine's lock, `sessions` the session files.

    `holds` is what keeps anything from being recorded, such as a full disk.
    """
    return {
        **frame,
        "engine": {"running": engine is not None, "pid": engine, "holds": holds},
        "agents": [_agent(agent, sessions.get(number_of(agent), {}), now) for agent in frame["agents"]],
        "inbox": [_entry(entry, now) for entry in frame["inbox"]],
    }


def number_of(agent: Mapping[str, Any]) -> int:
    """3 of `agent-3`."""
    return int(agent["name"].rpartition("-")[2])


def _agent(agent: Mapping[str, Any], session: Mapping[str, Any], now: float) -> dict[str, Any]:
    live = session if agent["live"] else {}
    beat = live.get("last_heartbeat")
    return {key: value for key, value in agent.items() if key != "live"} | {
        "phase": live.get("current_phase", ""),
        "step": live.get("current_step", ""),
        "progress": live.get("progress", 0.0),
        "heartbeat_seconds": None if beat is None else round(max(0.0, now - beat), 1),
    }


def _entry(entry: Mapping[str, Any], now: float) -> dict[str, Any]:
    rest = {key: value for key, value in entry.items() if key != "since"}
    return rest | {"seconds": round(now - entry["since"], 1)}


def exit_code(found: dict[str, Any]) -> int:
    """What `cockpit status` exits with."""
    night, running = found["night"], found["engine"]["running"]
    if night and not night["ended"] and not running:
        return NO_ENGINE
    if night and night["stopping"] == "budget":
        return BUDGET
    if found["inbox"] or found["engine"]["holds"]:
        return WAITS_FOR_YOU
    is_open = any(name not in SETTLED for name in found["tasks"]["by_state"])
    return NO_ENGINE if is_open and not running else OK


def oneline(found: dict[str, Any]) -> str:
    """`3 working · 2 waiting for you · 5 landed · $1.24 of $10.00`."""
    states = found["tasks"]["by_state"]
    busy = sum(states.get(s, 0) for s in ("claimed", "working", "testing", "reviewing", "rework", "merging"))
    parts = [f"{busy} at work", f"{len(found['inbox'])} waiting for you", f"{states.get('landed', 0)} landed"]
    parts.append(spent_text(found["budget"]["spent"], found["budget"]["cap"]))
    if exit_code(found) == NO_ENGINE:
        parts.append("no engine runs")
    if found["engine"]["holds"]:
        parts.append("the disk takes nothing")
    return " · ".join(parts)


def plain_text(found: dict[str, Any]) -> str:
    """The status for people."""
    shown = found["budget"]["shown_in"]
    show_in("" if shown["currency"] == "USD" else shown["currency"], shown["rate"])
    lines = [_engine_line(found), f"money    {_money(found['budget'])}"]
    lines += [f"waits    {why}" for why in (found["night"] or {}).get("waits", ())]
    states = ", ".join(f"{count} {name}" for name, count in found["tasks"]["by_state"].items())
    lines.append(f"tasks    {states or 'none; add some with `cockpit plan FILE`'}")
    if found["disk"]["worktrees"] or found["disk"]["kept"]:
        lines.append(f"disk     {_disk(found['disk'])}")
    if holds := found["engine"]["holds"]:
        lines.insert(1, f"held up  {holds}: nothing new begins; make room, and it goes on by itself")
    if found.get("given") and not found["engine"]["running"]:
        lines.append(
            f"given    {', '.join(found['given'])}: kept, but not answered yet; the next command does it first"
        )
    lines += [f"         {wait['task']} waits for money: {_waits(wait)}" for wait in found["budget"]["waits"][:3]]
    lines += [_agent_line(agent) for agent in found["agents"]]
    lines += [f"         to {m['agent']}, {m['where']}: {' '.join(m['text'].split())[:60]}" for m in found["messages"]]
    if (cage := found.get("cage")) and cage["kind"] == "none":
        lines.append(f"cage     ▲ none: {cage['note']}")
    if found["night"] and not found["night"].get("network", True):
        lines.append("network  none: agents reach their model and nothing else")
    lines += [_service_line(one) for one in found.get("notify", ()) if one["error"] or one["waiting"]]
    if hub := found.get("github"):
        lines.append(f"github   {_github(hub)}")
    if found["inbox"]:
        lines += ["", "Waiting for you:"]
        lines += [f"  {i['task']:<4} {i['title']}: {i['why']}\n       {i['do']}" for i in found["inbox"]]
    return plain("\n".join(lines))


def _service_line(one: Mapping[str, Any]) -> str:
    told = f"{one['waiting']} not told yet" if one["waiting"] else "all told"
    failed = f"; ▲ it failed: {one['error']}" if one["error"] else ""
    return f"notify   {one['service']}: {told}{failed}"


def _github(hub: Mapping[str, Any]) -> str:
    many = f"{hub['issues']} open issue{'' if hub['issues'] == 1 else 's'}, {hub['claims']} claimed"
    if hub["state"] == "ok":
        return f"{hub['repo']}: ok, {many}"
    until = f" until {clock(hub['until'])}" if hub["until"] else ""
    return f"{hub['repo']}: ▲ {hub['state']}{until}: {hub['why']}"


def _disk(disk: Mapping[str, Any]) -> str:
    limit = f" of {size(disk['limit'])}" if disk["limit"] else ""
    kept = f"; {disk['kept']} kept aside, `cockpit clean --list`" if disk["kept"] else ""
    return f"worktrees take {size(disk['worktrees'])}{limit}{kept}"


def _waits(wait: Mapping[str, Any]) -> str:
    words = (
        f"the cap `{wait['cap']}` can't hold its reserve of {money(wait['reserve'])} est.; `cockpit budget` has more"
    )
    return str(wait["why"] or words)


def _money(budget: Mapping[str, Any]) -> str:
    alert = f" (▲ {budget['alerts'][-1]:.0%} of the cap is reached)" if budget["alerts"] else ""
    unknown = f" + unknown: no price for {', '.join(budget['unpriced'])}" if budget["unpriced"] else ""
    return f"{spent_text(budget['spent'], budget['cap'])}{' est.' if budget['estimate'] else ''}{unknown}{alert}"


def _engine_line(found: dict[str, Any]) -> str:
    night, engine = found["night"], found["engine"]
    if night is None:
        return "night    none was started yet; `cockpit run` starts one"
    what = f"ended: {night['stopping']}" if night["ended"] else (night["stopping"] and "stopping") or "going on"
    if night["emergency_stop"]:
        return f"night    emergency stop on {night['target']}; `cockpit resume --all` goes on, `cockpit stop` ends it"
    runs = f"engine {engine['pid']}" if engine["running"] else "no engine runs"
    if exit_code(found) == NO_ENGINE:
        runs += "; `cockpit run` goes on with what is open"
    held = f", held: {', '.join(night['held'])}" if night["held"] else ""
    alone = "" if night.get("review", True) else ", no review"
    return f"night    {what} on {night['target']} ({runs}){alone}{held}"


def _agent_line(agent: dict[str, Any]) -> str:
    text = f"{agent['name']:<8} {agent['state']}"
    if agent["task"]:
        text += f" {agent['task']} {agent['title']}"
    if agent["step"]:
        text += f": {agent['step']}"
    if agent["heartbeat_seconds"] is not None:
        text += f" (heartbeat {duration(agent['heartbeat_seconds'])} ago, {cost(agent['usd'], agent['unpriced'])})"
    return text
