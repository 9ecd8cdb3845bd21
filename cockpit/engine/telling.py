"""What agents are told: the role, and the next message of a conversation."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cockpit.agents import LaunchError
from cockpit.engine import context
from cockpit.fold.takeover import PENDING
from cockpit.policy import answers
from cockpit.prompting import fenced, fill
from cockpit.state import ROLE_OF, Kind, Task, TaskState
from cockpit.text import cut, plain

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine


def role(engine: Engine, task: Task, name: str, branch: str) -> str:
    """The system text of a role."""
    return context.with_shared(engine, own_words(engine, name, _ours(engine, task, name, branch)))


def _ours(engine: Engine, task: Task, name: str, branch: str) -> str:
    """Ours follows what is to be done; who does it has a word in it by their own file."""
    values = {"branch": branch, "target": target(engine), "gates": gate_list(engine)}
    if name == ROLE_OF[Kind.REVIEW] and task.kind is not Kind.REVIEW:
        return fill(name)
    return fill("review_alone" if task.kind is Kind.REVIEW else ROLE_OF[task.kind], **values)


def own_words(engine: Engine, name: str, ours: str) -> str:
    """The user's file about a role, after ours or in place of it. Raises LaunchError where it can't be read."""
    works = engine.config.role(name)
    if not works.prompt:
        return ours
    path = engine.repository.root / os.path.expanduser(works.prompt)
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise LaunchError(f"[roles.{name}] prompt: {path} can't be read: {error}") from error
    return text if works.prompt_instead else f"{ours}\n\n{text}"


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
        return _rework(engine, task) if resumed else f"{_first(engine, task)}\n\n{_rework(engine, task)}"
    if _says_interrupted(task, resumed=resumed, restart=restart):
        return fill("restart", task=task.id, title=task.title, reason=why)
    return _first(engine, task)


def afresh(engine: Engine, task: Task, name: str, branch: str, words: str) -> str:
    """The same for an agent that remembers nothing of its last turn: role and task first, then `words`."""
    first = _first(engine, task)
    parts = [role(engine, task, name, branch), first, *([words] if words != first else [])]
    return "\n\n".join(parts)


def _first(engine: Engine, task: Task) -> str:
    return "\n\n".join(filter(None, (fill("task", **_facts(task)), *_beside(engine, task))))


def _beside(engine: Engine, task: Task) -> Iterator[str]:
    """What goes with an exploration or a review: where to begin, the findings of others, what to look at."""
    if task.issue:
        yield fill("issue", issue=task.issue)
    state = engine.state
    if task.part_of:
        number, count = answers.number_of(state, task)
        angle = answers.ANGLES[(number - 1) % len(answers.ANGLES)]
        yield fill("explore_part", number=number, count=count, angle=angle)
    if found := [part for part in state.parts(task) if part.answer]:
        texts = (plain(f"{part.id}: {part.title}\n\n{cut(part.answer, answers.MOST_FINDINGS)}") for part in found)
        yield fill("join_findings", count=len(found), findings="\n\n".join(map(fenced, texts)))
    if task.kind is Kind.REVIEW:
        yield fill("review_subject", subject=subject(engine, task), target=target(engine))


def subject(engine: Engine, task: Task) -> str:
    """What a review looks at, in words. Raises LaunchError where there is nothing of that name."""
    repository, name = engine.repository, task.subject
    if not name:
        return "what the task says"
    for what, ref in (("the branch", f"refs/heads/{name}"), ("the commit or tag", name)):
        if not name.startswith("-") and (commit := repository.find_commit(ref)):
            return f"{what} {name}, which is at {commit[:12]}"
    if not name.startswith("-") and repository.has_path(target(engine), name):
        return f"the path {name}"
    raise LaunchError(f"there is no branch, commit or path called {name!r} to review")


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
        case "gates" if task.pending.startswith(f"{answers.GATE}\n"):
            return fill("no_answer", task=task.id, title=task.title, why=task.pending.partition("\n")[2])
        case "gates" if task.pending.startswith("changes\n"):
            return fill("empty", task=task.id, title=task.title)
        case "gates":
            gate, _, output = task.pending.partition("\n")
            return fill("gate_failed", gate=gate, output=output)
        case "reviewer":
            return fill("rework", text=task.pending)
        case "ci":
            return fill("ci_failed", text=task.pending)
        case "pull request":
            return fill("pull_reviewed", text=task.pending)
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
