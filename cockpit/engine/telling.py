"""What agents are told: the role, and the next message of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.fold.takeover import PENDING
from cockpit.prompting import fill
from cockpit.state import Task, TaskState

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine


def role(engine: Engine, task: Task, name: str, branch: str) -> str:
    """The system text of a role."""
    if name == "reviewer":
        return fill(name)
    return fill(name, branch=branch, target=target(engine), gates=gate_list(engine))


def gate_list(engine: Engine) -> str:
    """The commands that will judge the work, a line each."""
    return "\n".join(f"- {g.name}: `{g.command}`" for g in engine.config.gates) or "- none are configured"


def next_words(
    engine: Engine, task: Task, *, resumed: bool, restart: bool, moved_to: str = "", broken: bool = False
) -> str:
    """What to say next: the task itself, what came of its last turn, or to pick up where it broke off.

    A conversation that goes on is also told where its worktree is now, what a person changed in the task, and, where
    its last turn was `broken` off, that nobody knows what became of its last tool call.
    """
    why = (
        task.stumble
        or (task.reason if task.parked else "")
        or ("the task was given to another agent's worktree" if moved_to else "the night was stopped")
    )
    parts = [_turn(engine, task, why, resumed=resumed, restart=restart)]
    if broken and not _says_interrupted(task, resumed=resumed, restart=restart):
        parts.insert(0, fill("interrupted"))
    if resumed and moved_to:
        parts.append(fill("moved", worktree=moved_to, run=task.run or task.id))
    if resumed and task.edited:
        parts.append(fill("edited", **_facts(task)))
    return "\n\n".join(filter(None, parts))


def _says_interrupted(task: Task, *, resumed: bool, restart: bool) -> bool:
    """Whether it is told to pick up what broke off, and nothing else."""
    return not task.pending and not task.pending_by and (restart or (resumed and task.state is not TaskState.REWORK))


def _turn(engine: Engine, task: Task, why: str, *, resumed: bool, restart: bool) -> str:
    if task.pending_by == PENDING:
        return ""  # what a person did says it all; see `takeover.told`
    if task.pending:  # whoever begins only now must be told the task as well
        return _rework(engine, task) if resumed else f"{_first(task)}\n\n{_rework(engine, task)}"
    if _says_interrupted(task, resumed=resumed, restart=restart):
        return fill("restart", task=task.id, title=task.title, reason=why)
    return _first(task)


def afresh(engine: Engine, task: Task, name: str, branch: str, words: str) -> str:
    """The same for an agent that remembers nothing of its last turn: role and task first, then `words`."""
    first = _first(task)
    parts = [role(engine, task, name, branch), first, *([words] if words != first else [])]
    return "\n\n".join(parts)


def _first(task: Task) -> str:
    return fill("task", **_facts(task))


def _facts(task: Task) -> dict[str, str]:
    return {
        "task": task.id,
        "title": task.title,
        "description": task.description or task.title,
        "criteria": bullets(task.criteria) or "- it does what the title says, with tests",
        "files": ", ".join(task.files) or "find out which",
    }


def _rework(engine: Engine, task: Task) -> str:
    match task.pending_by:
        case "gates" if task.pending.startswith("changes\n"):
            return fill("empty", task=task.id, title=task.title)
        case "gates":
            gate, _, output = task.pending.partition("\n")
            return fill("gate_failed", gate=gate, output=output)
        case "reviewer":
            return fill("rework", text=task.pending)
        case "conflict":
            return fill("conflict", target=target(engine), text=task.pending)
        case _:
            return fill("rejected", text=task.pending)


def bullets(items: tuple[str, ...]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {item}" for item in items)


def target(engine: Engine) -> str:
    """The branch that work lands on."""
    return engine.state.night.target if engine.state.night else "the target branch"
