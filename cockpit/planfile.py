"""A proposed plan as Markdown to edit: the very form that `cockpit plan` reads.

Each task is a heading with its number. What is read back is compared with what was written, so that only what a
person changed is changed: a description that this Markdown can't hold as it is stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cockpit.minutes import in_words
from cockpit.policy.editing import FIELDS
from cockpit.sources.plan import Plan, parse
from cockpit.state import Kind, TaskDraft
from cockpit.value import replace


def write(drafts: Sequence[TaskDraft]) -> str:
    """The document of a plan."""
    return "\n".join(line for draft in drafts for line in _task(draft))


def _task(draft: TaskDraft) -> Iterator[str]:
    yield f"## Task {draft.key}: {draft.title}"
    yield ""
    if draft.depends_on:
        yield f"After: {', '.join(draft.depends_on)}"
    if draft.files:
        yield f"Files: {', '.join(draft.files)}"
    if draft.kind is not Kind.BUILD:
        yield f"Kind: {draft.kind}"
    if draft.category:
        yield f"Category: {draft.category}"
    if draft.priority:
        yield f"Priority: {draft.priority}"
    if draft.merge is not None:
        yield f"Merge: {draft.merge}"
    if draft.role:
        yield f"Role: {draft.role}"
    if draft.model:
        yield f"Model: {draft.model}"
    if draft.minutes:
        yield f"Estimate: {in_words(draft.minutes)}"
    yield ""
    if text := described(draft):
        yield from (*text.split("\n"), "")
    yield "### Acceptance criteria"
    yield ""
    yield from (f"- {criterion}" for criterion in draft.criteria)
    yield ""


def described(draft: TaskDraft) -> str:
    """The description without the estimate, which has a line of its own here."""
    lines = draft.description.split("\n")
    return "\n".join(lines[:-1] if lines[-1].startswith("Estimate: ") else lines).strip("\n")


def read(text: str, before: Sequence[TaskDraft], source: str) -> tuple[tuple[TaskDraft, ...], tuple[str, ...]]:
    """The drafts that an edited document says, made of those that it was written of, and what was not understood.

    Raises PlanError.
    """
    was = _numbered(parse(write(before), "the plan"), ())
    found = parse(text, "the plan")
    now = _numbered(found, before)
    old = {draft.key: draft for draft in before}
    return tuple(_merged(draft, was.get(key), old.get(key), source) for key, draft in now.items()), found.warnings


def _numbered(found: Plan, before: Sequence[TaskDraft]) -> Mapping[str, TaskDraft]:
    """The tasks of a document by their numbers; one without a number gets the next that is free."""
    numbers = found.numbers
    taken = {*numbers.values(), *(draft.key for draft in before)}
    keys: dict[str, str] = {}
    for draft in found.drafts:
        number = numbers.get(draft.key, "")
        if not number or number in keys.values():
            number = _free(taken)
            taken.add(number)
        keys[draft.key] = number
    return {
        keys[d.key]: replace(d, key=keys[d.key], depends_on=tuple(keys.get(n, n) for n in d.depends_on))
        for d in found.drafts
    }


def _free(taken: set[str]) -> str:
    number = 1
    while str(number) in taken:
        number += 1
    return str(number)


def _merged(now: TaskDraft, was: TaskDraft | None, old: TaskDraft | None, source: str) -> TaskDraft:
    """The task as it was, with what a person changed."""
    if was is None or old is None:
        return replace(now, source=source)
    changed = {name: getattr(now, name) for name in FIELDS if getattr(now, name) != getattr(was, name)}
    if now.minutes != was.minutes:
        changed["minutes"] = now.minutes
        changed.setdefault("description", now.description)
    return replace(old, **changed) if changed else old
