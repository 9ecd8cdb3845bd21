"""The status: what is going on, as data (`schema` 1), as text, as one line and as an exit code.

The data's shape is documented in the README and checked against `status.schema.json` by a test.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from cockpit.policy import budget
from cockpit.state import SETTLED, Agent, State, Task, TaskState
from cockpit.text import plain
from cockpit.views import duration, money, spent_text, waits_for_you

SCHEMA = 1

ALERTS = (0.5, 0.75, 0.9)
"""Shares of the cap that are worth a word."""

OK, WAITS_FOR_YOU, BUDGET, NO_ENGINE = 0, 10, 20, 30


def build(state: State, engine: int | None, now: float) -> dict[str, Any]:
    """The status as plain data; `engine` is the process that holds the engine's lock, or None."""
    night = state.night
    return {
        "schema": SCHEMA,
        "engine": {"running": engine is not None, "pid": engine},
        "night": {
            "id": night.id,
            "started": night.started,
            "until": night.until,
            "target": night.target,
            "merge": str(night.merge),
            "stopping": night.stopping,
            "ended": night.ended or None,
        }
        if night
        else None,
        "agents": [_agent(state, agent, now) for agent in state.agents.values()],
        "tasks": {"total": len(state.tasks), "by_state": _by_state(state)},
        "budget": _budget(state),
        "inbox": [
            {"task": t.id, "title": t.title, "why": why, "do": do, "seconds": round(now - t.since, 1)}
            for t, why, do in waits_for_you(state)
        ],
        "merges": [_merge(t) for t in state.in_state(TaskState.READY, TaskState.MERGING)],
    }


def _by_state(state: State) -> dict[str, int]:
    counted = Counter(str(state.seen_state(t)) for t in state.tasks.values())
    return {str(s): counted[str(s)] for s in TaskState if counted[str(s)]}


def _agent(state: State, agent: Agent, now: float) -> dict[str, Any]:
    run, session = state.agent_run(agent.number), state.sessions.get(agent.number)
    task = state.tasks.get(agent.task) if agent.task else None
    live = session if run is not None and run.live else None
    return {
        "name": agent.name,
        "task": agent.task,
        "title": task.title if task else "",
        "state": _agent_state(agent, task),
        "phase": live.current_phase if live else "",
        "step": live.current_step if live else "",
        "progress": live.progress if live else 0.0,
        "heartbeat_seconds": round(max(0.0, now - live.last_heartbeat), 1) if live else None,
        "usd": round(run.usd, 6) if run else 0.0,
        "branch": run.branch if run else "",
        "session": run.session if run else "",
    }


def _agent_state(agent: Agent, task: Task | None) -> str:
    if agent.paused:
        return "paused"
    return str(task.state) if task else "idle"


def _budget(state: State) -> dict[str, Any]:
    night, spent = state.night, state.spent_usd
    cap = night.cap_usd if night else None
    return {
        "cap": cap,
        "spent": round(spent, 6),
        "reserved": round(budget.reserved(state), 6),
        "remaining": None if cap is None else round(max(0.0, cap - spent), 6),
        "alerts": [share for share in ALERTS if cap and spent >= share * cap],
        "by_role": {role: round(usd, 6) for role, usd in sorted(state.by_role.items())},
        "unpriced": sorted(state.unpriced),
    }


def _merge(task: Task) -> dict[str, Any]:
    return {
        "task": task.id,
        "title": task.title,
        "state": str(task.state),
        "branch": task.branch,
        "head": task.head,
        "change": task.diffstat,
        "gates": [{"name": g.name, "passed": g.passed} for g in task.gates],
        "approved_by": task.approved_by,
        "blocked": task.stumble,
    }


def exit_code(found: dict[str, Any]) -> int:
    """What `cockpit status` exits with."""
    night, running = found["night"], found["engine"]["running"]
    if night and not night["ended"] and not running:
        return NO_ENGINE
    if night and night["stopping"] == "budget":
        return BUDGET
    if found["inbox"]:
        return WAITS_FOR_YOU
    settled = {str(s) for s in SETTLED}
    is_open = any(name not in settled for name in found["tasks"]["by_state"])
    return NO_ENGINE if is_open and not running else OK


def oneline(found: dict[str, Any]) -> str:
    """`3 working · 2 waiting for you · 5 landed · $1.24 of $10.00`."""
    states = found["tasks"]["by_state"]
    busy = sum(states.get(s, 0) for s in ("claimed", "working", "testing", "reviewing", "rework", "merging"))
    parts = [f"{busy} at work", f"{len(found['inbox'])} waiting for you", f"{states.get('landed', 0)} landed"]
    parts.append(spent_text(found["budget"]["spent"], found["budget"]["cap"]))
    if exit_code(found) == NO_ENGINE:
        parts.append("no engine runs")
    return " · ".join(parts)


def plain_text(found: dict[str, Any]) -> str:
    """The status for people."""
    lines = [_engine_line(found), f"money    {spent_text(found['budget']['spent'], found['budget']['cap'])}"]
    states = ", ".join(f"{count} {name}" for name, count in found["tasks"]["by_state"].items())
    lines.append(f"tasks    {states or 'none; add some with `cockpit plan FILE`'}")
    lines += [_agent_line(agent) for agent in found["agents"]]
    if found["inbox"]:
        lines += ["", "Waiting for you:"]
        lines += [f"  {i['task']:<4} {i['title']}: {i['why']}\n       {i['do']}" for i in found["inbox"]]
    return plain("\n".join(lines))


def _engine_line(found: dict[str, Any]) -> str:
    night, engine = found["night"], found["engine"]
    if night is None:
        return "night    none was started yet; `cockpit run` starts one"
    what = f"ended: {night['stopping']}" if night["ended"] else (night["stopping"] and "stopping") or "going on"
    runs = f"engine {engine['pid']}" if engine["running"] else "no engine runs"
    if exit_code(found) == NO_ENGINE:
        runs += "; `cockpit run` goes on with what is open"
    return f"night    {what} on {night['target']} ({runs})"


def _agent_line(agent: dict[str, Any]) -> str:
    text = f"{agent['name']:<8} {agent['state']}"
    if agent["task"]:
        text += f" {agent['task']} {agent['title']}"
    if agent["step"]:
        text += f": {agent['step']}"
    if agent["heartbeat_seconds"] is not None:
        text += f" (heartbeat {duration(agent['heartbeat_seconds'])} ago, {money(agent['usd'])})"
    return text
