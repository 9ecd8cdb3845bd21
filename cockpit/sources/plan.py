"""Plan documents: Markdown to tasks, with acceptance criteria, dependencies and hints. No model is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cockpit.minutes import minutes_in
from cockpit.sources.found import Found
from cockpit.sources.headings import name_of
from cockpit.sources.links import Links, circle, keys_of
from cockpit.sources.markdown import Outline, Section, outline
from cockpit.sources.tasks import find
from cockpit.sources.words import plain_title
from cockpit.state import Kind, TaskDraft

MAX_BYTES = 5_000_000
"""A plan larger than this is a mistake."""


class PlanError(Exception):
    """A plan can't be used; the text says which, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The tasks of a document."""

    drafts: tuple[TaskDraft, ...]
    warnings: tuple[str, ...] = ()
    """What was left out or not understood, with the line."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """What the document itself numbers its tasks, by their keys."""


def read(path: Path, section: str | None = None) -> Plan:
    """The plan in a file. Raises PlanError."""
    return parse(load(path), path.name, section)


def load(path: Path) -> str:
    """The text of a file that a plan may be in. Raises PlanError."""
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
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PlanError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def parse(text: str, source: str, section: str | None = None) -> Plan:
    """The plan in `text`; `source` names it in errors and in the tasks. Raises PlanError."""
    if not text.strip():
        raise PlanError(f"{source} is empty; write a heading or a list item for each task")
    document = outline(text)
    findings = find(document.root)
    every, groups, problems = findings.tasks, findings.groups, findings.problems
    chosen = every
    if section:
        within = find(section_named(document.root, section, source))
        chosen, problems = _known(within.tasks, every), within.problems
        every = sorted([*every, *(t for t in chosen if all(t is not e for e in every))], key=lambda t: t.line)
    where = f"{source}{f', section {section!r}' if section else ''}"
    warnings = [*_unclosed(document), *_left_out(chosen), *problems]
    if not any(task.is_open for task in chosen):
        raise PlanError(f"{where}: {_nothing_to_do(chosen)}")
    drafts = _drafts(every, chosen, Links(every, groups, keys_of(every)), source, warnings)
    _refuse_circles(drafts, where)
    numbers = {key: task.number for task, key in zip(every, keys_of(every), strict=True) if task.number}
    return Plan(tuple(drafts), tuple(dict.fromkeys(warnings)), numbers)


def _unclosed(document: Outline) -> list[str]:
    if document.unclosed is None:
        return []
    line, what = document.unclosed
    return [f"line {line}: the {what} that begins here is never closed"]


def _known(tasks: Sequence[Found], every: Sequence[Found]) -> list[Found]:
    """The tasks of a section as the whole document has them: with what their groups said and are called."""
    by_line = {task.line: task for task in every}
    return [by_line.get(task.line, task) for task in tasks]


def _nothing_to_do(found: Sequence[Found]) -> str:
    if found:
        return "everything in it is done"
    return "it has no tasks: write a heading or a list item for each"


def _left_out(found: Sequence[Found]) -> list[str]:
    notes = []
    done = sum(task.is_done for task in found) + sum(task.body.done for task in found if task.is_open)
    if done:
        notes.append(f"{done} {'item is' if done == 1 else 'items are'} already done and left out")
    if dropped := sum(task.is_dropped for task in found):
        notes.append(f"{dropped} {'item is' if dropped == 1 else 'items are'} crossed out and left out")
    return notes


def section_named(root: Section, wanted: str, source: str) -> Section:
    """The section whose heading is `wanted`, or begins with it, or holds it."""
    every = [s for s in root.walk() if plain_title(s.text)]
    want = plain_title(wanted.lstrip("# ")).casefold()
    tests: tuple[Callable[[str], bool], ...] = (
        lambda t: t == want,
        lambda t: name_of(t).title == want,
        lambda t: t.startswith(want) and not t[len(want) :][:1].isalnum(),
        lambda t: t.startswith(want),
        lambda t: want in t,
    )
    for test in tests if want else ():
        fitting = [s for s in every if test(plain_title(s.text).casefold())]
        if len(fitting) == 1 or (fitting and test is tests[0]):
            return fitting[0]
        if fitting:
            lines = ", ".join(f"{plain_title(s.text)!r} (line {s.line})" for s in fitting[:6])
            raise PlanError(f"{source}: {wanted!r} fits several headings: {lines}; say more of it")
    known = ", ".join(repr(plain_title(s.text)) for s in every[:20]) or "none"
    raise PlanError(f"{source} has no heading {wanted!r}; there are: {known}")


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────────


def _drafts(
    every: Sequence[Found], chosen: Sequence[Found], links: Links, source: str, warnings: list[str]
) -> list[TaskDraft]:
    keys = {id(task): key for task, key in zip(every, keys_of(every), strict=True)}
    inside = {id(task) for task in chosen}
    drafts = []
    for task in chosen:
        if task.is_open:
            warnings += task.body.fields.problems
            drafts.append(_draft(task, keys[id(task)], _after(task, links, keys, inside, warnings), source))
    warnings += links.problems
    return drafts


def _after(task: Found, links: Links, keys: dict[int, str], inside: set[int], warnings: list[str]) -> tuple[str, ...]:
    """The keys of what a task waits for; what is done already is no longer waited for."""
    after: dict[str, None] = {}
    for reference in task.body.fields.after:
        for found in links.resolve(task, reference):
            if isinstance(found, str):
                after[found] = None
            elif why := _why_not(task, found, inside):
                if not reference.in_passing:
                    warnings.append(f"line {reference.line}: {task.title!r} depends on {why}; left out")
            elif found.is_open:
                after[keys[id(found)]] = None
    return tuple(after)


def _why_not(task: Found, found: Found, inside: set[int]) -> str:
    """Why a task can't wait for another; empty where it can, or need not because that is done."""
    if found is task:
        return "itself"
    if found.is_dropped:
        return f"{found.title!r}, which is crossed out"
    return f"{found.title!r}, which is outside the section" if found.is_open and id(found) not in inside else ""


def _draft(task: Found, key: str, after: tuple[str, ...], source: str) -> TaskDraft:
    said = task.body.fields
    estimate = f"\nEstimate: {said.estimate}" if said.estimate else ""
    return TaskDraft(
        key=key,
        title=task.title,
        description=(task.body.text() + estimate).strip(),
        criteria=tuple(dict.fromkeys(c for c in said.criteria if c)),
        kind=said.kind or Kind.BUILD,
        category=said.category,
        priority=said.priority or 0,
        depends_on=after,
        files=tuple(dict.fromkeys(said.files)),
        merge=said.merge,
        role=said.role,
        model=said.model,
        source=f"{source}:{task.line}",
        minutes=minutes_in(said.estimate),
    )


def _refuse_circles(drafts: Sequence[TaskDraft], where: str) -> None:
    titles = {draft.key: draft.title for draft in drafts}
    if found := circle({draft.key: draft.depends_on for draft in drafts}):
        raise PlanError(f"{where}: these tasks wait for each other: {' → '.join(titles[key] for key in found)}")
