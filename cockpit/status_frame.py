"""The status's frame: what of it follows from State; `status` makes it current and puts it into words."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cockpit import waits
from cockpit.github_facts import OFF
from cockpit.notified import Outbox
from cockpit.policy import budget, spending
from cockpit.policy.forecast import clashes, in_order
from cockpit.pull_words import as_data
from cockpit.state import Agent, GateResult, Sent, Session, State, Task, TaskState
from cockpit.status import SCHEMA, fresh
from cockpit.views import inbox


def build(state: State, engine: int | None, now: float) -> dict[str, Any]:
    """The status as plain data; `engine` is the process that holds the engine's lock, or None."""
    sessions = {n: _session(s) for n, s in state.sessions.items()}
    return fresh(frame(state), engine, sessions, now)


def _session(session: Session) -> dict[str, Any]:
    return {f: getattr(session, f) for f in ("current_phase", "current_step", "progress", "last_heartbeat")}


def frame(state: State) -> dict[str, Any]:
    """What of the status follows from the ledger alone; `status.fresh` adds the moment."""
    night = state.night
    return {
        "schema": SCHEMA,
        "night": {
            "id": night.id,
            "started": night.started,
            "until": night.until,
            "target": night.target,
            "merge": str(night.merge),
            "review": night.review,
            "network": night.network,
            "stopping": night.stopping,
            "ended": night.ended or None,
            "held": [str(hold) for hold in state.holds],
            "emergency_stop": state.halt is not None,
            "waits": waits.sentences(state),
        }
        if night
        else None,
        "cage": {"kind": state.cage.kind, "note": state.cage.note} if state.cage.kind else None,
        "agents": [_agent(state, agent) for agent in state.agents.values()],
        "tasks": {"total": len(state.tasks), "by_state": _by_state(state)},
        "budget": _budget(state),
        "inbox": [
            {"task": w.task.id if w.task else "", "title": w.title, "why": w.why, "do": w.do, "since": w.since}
            | ({"question": w.id} if w.question else {})
            for w in inbox(state)
        ],
        "disk": {
            "worktrees": state.git.disk_bytes,
            "limit": state.git.disk_limit or None,
            "kept": len(state.git.kept),
        },
        "notify": [_service(name, box) for name, box in state.told.outboxes.items()],
        "github": _github(state),
        "given": [one if isinstance(one, str) else type(one).__name__ for one in state.pending.values()],
        "messages": [_message(sent) for sent in state.on_their_way()],
        "pulls": as_data(state),
        "merges": [_merge(state, t) for t in in_order(state, list(state.in_state(TaskState.READY, TaskState.MERGING)))],
    }


def _by_state(state: State) -> dict[str, int]:
    counted = Counter(str(state.seen_state(t)) for t in state.tasks.values())
    return {str(s): counted[str(s)] for s in TaskState if counted[str(s)]}


def _agent(state: State, agent: Agent) -> dict[str, Any]:
    run = state.agent_run(agent.number)
    task = state.tasks.get(agent.task) if agent.task else None
    return {
        "name": agent.name,
        "task": agent.task,
        "title": task.title if task else "",
        "state": _agent_state(state, agent, task),
        "live": run is not None and run.live,
        "usd": round(run.usd, 6) if run else 0.0,
        "unpriced": run is not None and run.cost_source == "unknown",
        "branch": run.branch if run else "",
        "role": task.works_as if task else "",
        "model": run.model if run else "",
        "route": run.route_why if run else "",
        "session": run.session if run else "",
    }


def _agent_state(state: State, agent: Agent, task: Task | None) -> str:
    if agent.taken is not None:
        return "taken over"
    if agent.paused:
        return "paused"
    if task is None and (idea := state.ideas.current) is not None and idea.agent == agent.number:
        return "ideating"
    return str(state.seen_state(task)) if task else "idle"


def _budget(state: State) -> dict[str, Any]:
    night, spent = state.night, state.spent_usd
    cap = night.cap_usd if night else None
    return {
        "cap": cap,
        "spent": round(spent, 6),
        "reserved": round(budget.reserved(state), 6),
        "remaining": None if cap is None else round(max(0.0, cap - spent), 6),
        "shown_in": {"currency": state.currency or "USD", "rate": state.rate},
        "caps": [{"cap": name, "usd": usd} for name, usd in state.caps.items()],
        "waits": [
            {"task": t.id, "cap": t.waits_cap, "reserve": round(t.waits_usd, 6), "why": t.waits_why}
            for t in state.tasks.values()
            if t.waits_usd or t.waits_why
        ],
        "alerts": [percent / 100 for percent in night.alerted] if night else [],
        "estimate": spending.is_estimate(state.charges),
        "by_role": {role: round(usd, 6) for role, usd in sorted(state.by_role.items())},
        "unpriced": sorted(state.unpriced),
    }


def _message(sent: Sent) -> dict[str, Any]:
    return {
        "agent": f"agent-{sent.agent}",
        "text": sent.text,
        "where": sent.where,
        "sent": sent.at,
        "delivered": sent.delivered_at or None,
    }


def _service(name: str, box: Outbox) -> dict[str, Any]:
    return {
        "service": name,
        "sent": box.sent,
        "sent_at": box.sent_at or None,
        "waiting": len(box.waiting),
        "dropped": box.dropped,
        "error": box.error,
        "tries": box.tries,
    }


def _github(state: State) -> dict[str, Any] | None:
    facts = state.github
    if not facts.repo and facts.health in ("", OFF):
        return None
    return {
        "repo": facts.repo,
        "state": facts.health or "ok",
        "until": facts.until or None,
        "why": facts.why,
        "issues": sum(seen.is_open for seen in facts.issues.values()),
        "claims": sum(claim.ours for claim in facts.claims.values()),
        "synced": facts.sync.at or None,
    }


def _gate(gate: GateResult) -> dict[str, Any]:
    more = {"flaky": gate.flaky, "asks": gate.asks, "note": gate.note}
    return {"name": gate.name, "passed": gate.passed} | {key: value for key, value in more.items() if value}


def _merge(state: State, task: Task) -> dict[str, Any]:
    return {
        "task": task.id,
        "title": task.title,
        "state": str(task.state),
        "branch": task.branch,
        "head": task.head,
        "change": task.diffstat,
        "gates": [_gate(gate) for gate in task.gates],
        "approved_by": task.approved_by,
        "blocked": task.stumble,
        "lost": [{"task": one.task or None, "file": one.file, "lines": one.count} for one in task.lost],
        "conflicts": [{"with": c.other or None, "files": list(c.files)} for c in clashes(state, task)],
    }
