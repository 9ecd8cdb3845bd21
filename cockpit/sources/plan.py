"""Plan documents: Markdown to tasks, with acceptance criteria, dependencies and hints. No model is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cockpit.sources.markdown import Section, outline
from cockpit.sources.tasks import Found, find
from cockpit.state import TaskDraft

MAX_BYTES = 5_000_000
"""A plan larger than this is a mistake."""

MAX_TITLE = 200
"""Characters of a title; the rest goes to the description."""


class PlanError(Exception):
    """A plan can't be used; the text says which, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The tasks of a document."""

    drafts: tuple[TaskDraft, ...]
    warnings: tuple[str, ...] = ()
    """What was left out or not understood, with the line."""


def read(path: Path, section: str | None = None) -> Plan:
    """The plan in a file. Raises PlanError."""
    try:
        if path.is_dir():
            raise PlanError(f"{path} is a folder; name a Markdown file")
        if path.stat().st_size > MAX_BYTES:
            raise PlanError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB; is it really a plan?")
        data = path.read_bytes()
    except OSError as error:
        raise PlanError(f"{path} can't be read: {error.strerror}") from error
    if b"\0" in data:
        raise PlanError(f"{path} is no text; a plan is a Markdown file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    return parse(text, path.name, section)


def parse(text: str, source: str, section: str | None = None) -> Plan:
    """The plan in `text`; `source` names it in errors and in the tasks. Raises PlanError."""
    if not text.strip():
        raise PlanError(f"{source} is empty; write a heading or a list item for each task")
    document = outline(text)
    root = _section(document.root, section, source) if section else document.root
    found = [task for task in find(root) if task.title]
    open_tasks = [task for task in found if not task.is_done]
    warnings = []
    if document.unclosed:
        line, what = document.unclosed
        warnings.append(f"line {line}: the {what} that begins here is never closed")
    if done := len(found) - len(open_tasks):
        warnings.append(f"{done} {'item is' if done == 1 else 'items are'} already done and left out")
    if not open_tasks:
        what = "everything in it is done" if found else "it has no tasks: write a heading or a list item for each"
        raise PlanError(f"{source}{f', section {section!r}' if section else ''}: {what}")
    drafts = _drafts(found, source, warnings)
    _refuse_cycles(drafts, source)
    return Plan(tuple(drafts), tuple(warnings))


def _section(root: Section, wanted: str, source: str) -> Section:
    """The section whose heading is `wanted`, or begins with it, or holds it."""
    every = [s for s in root.walk() if s.text.strip()]
    want = " ".join(wanted.split()).casefold()
    tests = (lambda t: t == want, lambda t: t.startswith(want), lambda t: want in t)
    for test in tests:
        fitting = [s for s in every if test(" ".join(s.text.split()).casefold())]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            lines = ", ".join(f"{s.text.strip()!r} (line {s.line})" for s in fitting[:6])
            raise PlanError(f"{source}: {wanted!r} fits several headings: {lines}; say more of it")
    known = ", ".join(repr(s.text.strip()) for s in every[:20]) or "none"
    raise PlanError(f"{source} has no heading {wanted!r}; there are: {known}")


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────────


def _drafts(found: Sequence[Found], source: str, warnings: list[str]) -> list[TaskDraft]:
    keys = _keys(found)
    return [
        _draft(task, key, _after(task, found, keys, warnings), source, warnings)
        for task, key in zip(found, keys, strict=True)
        if not task.is_done
    ]


def _draft(task: Found, key: str, after: tuple[str, ...], source: str, warnings: list[str]) -> TaskDraft:
    said = task.fields
    warnings += [f"line {task.line}: {problem}" for problem in said.problems]
    lines = [task.title[MAX_TITLE:]] if len(task.title) > MAX_TITLE else []
    lines += task.description
    lines += [f"Estimate: {said.estimate}"] if said.estimate else []
    return TaskDraft(
        key=key,
        title=task.title[:MAX_TITLE],
        description="\n".join(lines).strip(),
        criteria=tuple(dict.fromkeys(c for c in said.criteria if c)),
        kind=said.kind,
        category=said.category,
        priority=said.priority,
        depends_on=after,
        files=tuple(dict.fromkeys(said.files)),
        merge=said.merge,
        source=f"{source}:{task.line}",
    )


def slug(title: str) -> str:
    """`Add a median!` as `add-a-median`."""
    return re.sub(r"[^\w]+", "-", title.casefold()).strip("-") or "task"


def _keys(found: Sequence[Found]) -> list[str]:
    taken: dict[str, int] = {}
    keys = []
    for task in found:
        key = slug(task.title)
        taken[key] = taken.get(key, 0) + 1
        keys.append(key if taken[key] == 1 else f"{key}-{task.line}-{taken[key]}")
    return keys


def _after(task: Found, found: Sequence[Found], keys: Sequence[str], warnings: list[str]) -> tuple[str, ...]:
    """The keys of what a task waits for; what is done already is no longer waited for."""
    after: dict[str, None] = {}
    for name in task.fields.after:
        index = _resolve(name, task, found, keys)
        if index is not None:
            if found[index] is not task and not found[index].is_done:
                after[keys[index]] = None
        elif re.fullmatch(r"T\d+", name):
            after[name] = None
        else:
            warnings.append(f"line {task.line}: {task.title!r} depends on {name!r}, which is no task here; left out")
    return tuple(after)


_NUMBER = re.compile(r"(?i)^(?:task|session|step|story|item|ticket|issue|feature)?\s*#?\s*([A-Z]?\d+)$")


def _resolve(name: str, task: Found, found: Sequence[Found], keys: Sequence[str]) -> int | None:
    if match := _NUMBER.match(name):
        number = match[1].casefold()
        by_number = [i for i, t in enumerate(found) if t.number.casefold() == number]
        near = [i for i in by_number if found[i].group == task.group] or by_number
        if near:
            return near[0]
        if number.isdigit() and not any(t.number for t in found) and 1 <= int(number) <= len(found):
            return int(number) - 1
        return None
    wanted = slug(name)
    exact = [i for i, t in enumerate(found) if wanted in (keys[i], slug(t.title))]
    partial = [i for i, t in enumerate(found) if slug(t.title).startswith(wanted)]
    return exact[0] if exact else partial[0] if len(partial) == 1 else None


def _refuse_cycles(drafts: Sequence[TaskDraft], source: str) -> None:
    """Raise PlanError where tasks wait for each other; takes away what waits for nothing until nothing is left."""
    titles = {d.key: d.title for d in drafts}
    waiting = {d.key: {k for k in d.depends_on if k in titles} for d in drafts}
    while free := [key for key, needs in waiting.items() if not needs]:
        for key in free:
            del waiting[key]
        for needs in waiting.values():
            needs.difference_update(free)
    if waiting:
        raise PlanError(f"{source}: these tasks wait for each other: {' → '.join(_circle(waiting, titles))}")


def _circle(waiting: dict[str, set[str]], titles: dict[str, str]) -> list[str]:
    key, seen = next(iter(waiting)), []
    while key not in seen:
        seen.append(key)
        key = min(waiting[key])
    return [titles[k] for k in [*seen[seen.index(key) :], key]]
