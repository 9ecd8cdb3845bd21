"""Finds the tasks in a document's outline.

The rule, in one place: a checklist or numbered item is a task. A heading is a task where nothing under it is
one; headings that only group (phases) or only talk (overview, notes) never are. In a table with a task or
title column each row is one. What is nested in a task are its acceptance criteria, fields and description.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cockpit.sources.fields import Fields, file_names, label, merged, named, names, title_of
from cockpit.sources.markdown import Block, Code, Item, Listing, Prose, Section, Table

_TALK = re.compile(
    r"(?i)^(\d+[.)]?\s*)?(overview|background|introduction|intro|notes?|goals?|non-goals?|context|appendix.*|summary|"
    r"references|glossary|risks?|out of scope|scope|table of contents|contents|changelog|timeline|rationale|"
    r"motivation|assumptions|open questions|questions|how to read this|links)\W*$"
)
_GROUP = re.compile(r"(?i)^(\d+[.)]?\s*)?(phase|milestone|sprint|week|day|part|epic|stage|iteration|chapter)\b")
_LIST_OF_TASKS = re.compile(r"(?i)^(tasks?|to[- ]?dos?|backlog|work items?|plan|steps|checklist|queue|issues)\W*$")
_NUMBERED = re.compile(
    r"(?i)^(?:(?:session|task|step|story|ticket|issue|feature|item)\s*#?(\d+|[A-Z]\d+)|(\d+)[.):])\s*[-–—:.)]*\s*(.*)$"
)
_COLUMNS = {
    "title": ("task", "title", "what", "story", "feature", "work item", "tasks"),
    "id": ("#", "id", "no", "no.", "nr", "number"),
    "after": ("after", "depends on", "depends", "dependencies", "blocked by", "needs", "deps"),
    "files": ("files", "file", "touches"),
    "criteria": ("criteria", "acceptance criteria", "acceptance", "done when", "definition of done"),
    "priority": ("priority", "prio"),
    "kind": ("kind", "type"),
    "category": ("category",),
    "merge": ("merge",),
    "estimate": ("estimate", "hours", "effort", "time"),
    "description": ("description", "details", "notes", "how"),
    "done": ("done", "status", "state"),
}


@dataclass(slots=True)
class Found:
    """A task as the document has it; what it depends on is still in words."""

    title: str
    line: int
    number: str = ""
    """What it is called by a number in its own list, e.g. `3`; may be empty or shared with others."""
    group: int = 0
    """Line of the list, table or section it stands in: numbers are looked up there first."""
    is_done: bool = False
    description: list[str] = field(default_factory=list)
    fields: Fields = field(default_factory=Fields)


def find(section: Section) -> Iterator[Found]:
    """The tasks in a section and everything under it, in the document's order."""
    if section.level and _TALK.match(section.text):
        return
    inner = [s for s in section.sections if not label(s.text) and not (section.level > 1 and _TALK.match(s.text))]
    own = list(_in_blocks(section, bool(inner)))
    if not own and not inner:
        is_task = section.level > 1 or (section.level == 1 and _is_numbered(section))
        if is_task and not _GROUP.match(section.text):
            yield _heading_task(section)
        return
    if _is_numbered(section) and not inner:
        yield _heading_task(section)
        return
    yield from own
    for child in inner:
        yield from find(child)


def _is_numbered(section: Section) -> bool:
    """`Session 3: Parser` is a task by itself, whatever lists it holds."""
    match = _NUMBERED.match(section.text.strip())
    return bool(match and (match[1] or (match[2] and not any(b.has_boxes for b in section.listings))))


def _in_blocks(section: Section, has_inner: bool) -> Iterator[Found]:
    for block in section.blocks:
        if isinstance(block, Listing) and _holds_tasks(block, section, has_inner):
            yield from _in_list(block)
        elif isinstance(block, Table) and (columns := _columns(block)):
            yield from _in_table(block, columns)


def _holds_tasks(listing: Listing, section: Section, has_inner: bool) -> bool:
    if listing.has_boxes or any(_nested_boxes(item) for item in listing.items):
        return True
    if section.level <= 1 or _LIST_OF_TASKS.match(section.text):
        return not has_inner
    return listing.is_numbered and not has_inner


def _nested_boxes(item: Item) -> bool:
    return any(isinstance(b, Listing) and b.has_boxes for b in item.blocks)


def _in_list(listing: Listing) -> Iterator[Found]:
    for item in listing.items:
        if item.box is None and not listing.has_boxes and _nested_boxes(item):
            for block in item.blocks:
                if isinstance(block, Listing):
                    yield from _in_list(block)
        elif not listing.has_boxes or item.box is not None:
            yield _item_task(item, listing.line)


# ── one task ─────────────────────────────────────────────────────────────────────────────────────────


def _item_task(item: Item, group: int) -> Found:
    task = Found("", item.line, item.number, group, is_done=(item.box or " ").lower() in ("x", "✓", "✔"))
    first, *rest = item.lines or [""]
    task.title = title_of(first, task.fields)
    if match := _NUMBERED.match(task.title):
        task.number = task.number or match[1] or match[2] or ""
        task.title = match[3] or task.title
    for line in rest:
        _line(task, line)
    for block in item.blocks:
        _block(task, block)
    return task


def _heading_task(section: Section) -> Found:
    task = Found("", section.line, group=0)
    task.title = title_of(section.text, task.fields)
    if match := _NUMBERED.match(task.title):
        task.number, task.title = match[1] or match[2] or "", match[3] or task.title
    _blocks(task, section.blocks)
    for child in section.sections:
        kind = label(child.text)
        for block in child.blocks:
            if kind or not isinstance(block, Listing):
                _block(task, block, kind)
            else:
                task.description += [f"- {merged(item.lines)}" for item in block.items]
    return task


def _blocks(task: Found, blocks: list[Block]) -> None:
    """A label such as `Files:` in its own paragraph speaks for the list after it."""
    kind = ""
    for block in blocks:
        if isinstance(block, Prose) and len(block.lines) == 1 and (kind := label(block.lines[0])):
            continue
        last = block.lines[-1] if isinstance(block, Prose) and block.lines else ""
        _block(task, block, kind)
        kind = label(last) if last.rstrip("*_ ").endswith(":") else ""


def _block(task: Found, block: Block, kind: str = "") -> None:
    match block:
        case Prose(lines=lines):
            for line in lines:
                _line(task, line, kind)
        case Code(lines=lines):
            task.description += ["", *lines, ""]
        case Table(lines=lines):
            task.description += ["", *lines, ""]
        case Listing(items=items):
            for item in items:
                _nested(task, item, kind)


def _line(task: Found, line: str, kind: str = "") -> None:
    """A line in a task's text: a field, or a part of the description."""
    if found := named(line):
        task.fields.take(*found)
    elif kind and not label(line):
        task.fields.take(kind, line)
    elif not label(line):
        task.description.append(line)


def _nested(task: Found, item: Item, kind: str) -> None:
    """An item inside a task: a field, a labelled list, or an acceptance criterion."""
    first = item.lines[0] if item.lines else ""
    if inner := label(first):
        for child in item.children:
            _nested(task, child, inner)
        return
    plain = [line for line in item.lines if not _take(task, line)]
    if kind == "files":
        task.fields.files += [f for line in plain for f in file_names(line)]
    elif kind == "after":
        task.fields.after += [n for line in plain for n in names(line)]
    elif plain:
        details = [merged(child.lines) for child in item.children]
        text = merged(plain)
        task.fields.criteria.append(f"{text.rstrip(':')}: {'; '.join(details)}" if details else text)


def _take(task: Found, line: str) -> bool:
    found = named(line)
    if found:
        task.fields.take(*found)
    return found is not None


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────


def _columns(table: Table) -> dict[str, int]:
    """What each column holds; empty where no column names tasks."""
    heads = [merged([cell]).lower() for cell in table.header]
    found = {
        kind: next(i for i, head in enumerate(heads) if head in words)
        for kind, words in _COLUMNS.items()
        if any(head in words for head in heads)
    }
    return found if "title" in found else {}


def _in_table(table: Table, columns: dict[str, int]) -> Iterator[Found]:
    for line, cells in table.rows:
        row = {kind: cells[i].strip() for kind, i in columns.items() if i < len(cells)}
        task = Found("", line, merged([row.get("id", "")]).lstrip("#"), table.line)
        task.title = title_of(row.get("title", ""), task.fields)
        task.is_done = row.get("done", "").lower().strip("[] ") in ("x", "yes", "done", "✓", "✔", "landed", "complete")
        for kind in ("after", "files", "priority", "kind", "category", "merge", "estimate"):
            if row.get(kind):
                task.fields.take(kind, merged([row[kind]]))
        task.fields.criteria += [merged([c]) for c in re.split(r"<br\s*/?>|;", row.get("criteria", "")) if c.strip()]
        task.description += [row["description"]] if row.get("description") else []
        if task.title:
            yield task
