"""Explorations and reviews: their result is a written answer. When there is one, and what becomes of it. Pure.

An answer moves no branch. So such a task is `answered`, never `landed`; only an exploration that was to leave a file
behind, and committed it, goes on like any other work, through gates, review and merge. No answer, no success.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cockpit import standing
from cockpit.events import TaskAnswered
from cockpit.policy.actions import NOTHING, Decision, Share
from cockpit.state import GateResult, Kind, State, Task, TaskDraft, Verdict

MOST_PARALLEL = 10

GATE = "answer"
"""The gate that an answer is there."""

MOST_FINDINGS = 20_000
"""Characters of each explorer's findings that whoever joins them is shown."""

VERDICT = re.compile(r"^\W*verdict\W+(approve|rework)", re.IGNORECASE | re.MULTILINE)
"""What a review's answer says in one of its first lines."""

SUMMARY = 300

ANGLES = (
    "Begin with the code itself: the entry points, and from there along the calls.",
    "Begin with tests, documentation and history: what was meant, what was changed and why.",
    "Begin with running it: build it, run its commands and tests, measure, and look at what really happens.",
    "Begin with the data: files, formats, schemas, configuration, and who reads and writes them.",
    "Begin with what goes wrong: errors, edge cases, limits, and where they are handled or not.",
    "Begin from outside: users, callers, dependencies, and what they are promised.",
    "Begin with what is missing: what one would expect here and does not find.",
    "Begin with the oldest part that bears on it, and see what grew around it.",
    "Begin with the newest changes that bear on it, and see what they rest on.",
    "Begin with the largest files that bear on it, and see what holds them together.",
)
"""Where explorers of the same question begin, so that they don't all find the same."""


def gate(task: Task) -> GateResult:
    """Whether the answer that was asked for is there."""
    if not task.answer.strip():
        return GateResult(GATE, False, "its last message was empty, and a written answer is what the task is for")
    if task.kind is Kind.REVIEW and verdict_of(task) is None:
        return GateResult(GATE, False, "it has no line `Verdict: approve` or `Verdict: rework` at its beginning")
    return GateResult(GATE, True)


def verdict_of(task: Task) -> Verdict | None:
    """What a review's answer comes to; None where it does not say."""
    found = VERDICT.search("\n".join(task.answer.strip().splitlines()[:5]))
    if found is None:
        return None
    rest = " ".join(task.answer[found.end() :].split()).strip("*_`.:;, ")
    return Verdict(found[1].lower() == "approve", rest[:SUMMARY], head=task.head)


def answered(task: Task) -> Decision | None:
    """A task whose gates have passed and whose result is its answer is done; None for all others."""
    if not task.answers or task.merged or not task.is_green:
        return None
    verdict = verdict_of(task) if task.kind is Kind.REVIEW else None
    return Decision(records=(TaskAnswered(task.id, verdict),))


def share(state: State) -> Decision:
    """Put the answers of explorations where all agents may read them, each once."""
    findings = standing.of(state.tasks).findings
    done = {one.task for one in state.context.values() if one.task} if findings else set()
    ready = standing.named(state, findings - done)
    return Decision(effects=tuple(Share(t.id) for t in ready)) if ready else NOTHING


def expanded(drafts: Sequence[TaskDraft]) -> list[TaskDraft]:
    """The drafts, with a part for each explorer of those that are to be explored by several at once."""
    found: list[TaskDraft] = []
    for draft in drafts:
        parts = [_part(draft, number) for number in range(1, draft.parallel + 1)] if draft.parallel > 1 else []
        found.append(replace(draft, depends_on=(*draft.depends_on, *(p.key for p in parts)), parallel=1))
        found += parts
    return found


def _part(draft: TaskDraft, number: int) -> TaskDraft:
    title = f"{draft.title} (explorer {number} of {draft.parallel})"
    return replace(draft, key=f"{draft.key}/part {number}", title=title, part_of=draft.key, parallel=1)


def refusal(draft: TaskDraft) -> str:
    """Why such a draft can't become tasks; empty where it can."""
    if not 1 <= draft.parallel <= MOST_PARALLEL:
        return f"1 to {MOST_PARALLEL} explorers can look at once, not {draft.parallel}"
    if draft.parallel > 1 and draft.kind is not Kind.EXPLORE:
        return f"only an exploration can be done by several at once, not a task to {draft.kind}"
    if draft.subject and draft.kind is not Kind.REVIEW:
        return f"only a review looks at one branch, commit or path, not a task to {draft.kind}"
    return ""


def number_of(state: State, task: Task) -> tuple[int, int]:
    """Which of how many explorers a part is for."""
    parts = [t.id for t in state.tasks.values() if t.part_of == task.part_of]
    return parts.index(task.id) + 1, len(parts)
