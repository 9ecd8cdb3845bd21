"""Tables of tasks: which column holds what, and one task for each row."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cockpit.sources.body import Body
from cockpit.sources.fields import paths_in, read_title
from cockpit.sources.found import Found
from cockpit.sources.headings import name_of
from cockpit.sources.markdown import Table
from cockpit.sources.words import plain_title

_COLUMNS = {
    "title": "task|tasks|title|what|story|user story|work item|todo|to do",
    "maybe title": "name|item|feature|work|deliverable|step|session|summary|issue",
    "number": "#|no|no.|nr|nr.|id|num|number|task #|key",
    "after": "after|depends on|depends|dependencies|dependency|blocked by|needs|requires|deps|prerequisites",
    "files": "files|file|paths|path|touches|where|key files",
    "criteria": "criteria|acceptance criteria|acceptance|done when|definition of done|tests|test|dod|verification",
    "priority": "priority|prio",
    "kind": "kind|type",
    "category": "category|area",
    "merge": "merge",
    "role": "role",
    "model": "model",
    "estimate": "estimate|est|est.|hours|effort|time|size",
    "description": "description|details|notes|note|how|why|comment|comments",
    "status": "done|status|state|✓|✔|✅",
}
_KNOWN = {word: column for column, words in _COLUMNS.items() for word in words.split("|")}
_TELLING = {"after", "files", "criteria", "estimate", "status"}
"""A column of names is one of tasks only beside one of these; tables of parameters have names too."""

_DONE = {"done", "x", "yes", "✓", "✔", "✅", "complete", "completed", "finished", "landed", "merged", "closed"}
_DROPPED = {"cancelled", "canceled", "dropped", "won't do", "wontfix", "rejected"}
_NOTHING = {"", "-", "–", "—", "n/a", "none"}


def columns_of(table: Table) -> Mapping[str, int]:
    """What each column holds, by its place; empty where the table is none of tasks."""
    found: dict[str, int] = {}
    for place, head in enumerate(table.header):
        if column := _KNOWN.get(plain_title(head).casefold().rstrip(":")):
            found.setdefault(column, place)
    maybe = found.pop("maybe title", None)
    if "title" not in found and maybe is not None and len(_TELLING & found.keys()) > ("status" in found):
        found["title"] = maybe
    return found if "title" in found else {}


def tasks_in(table: Table, columns: Mapping[str, int]) -> list[Found]:
    """A task for each row that has a title."""
    rows = ((line, {c: cells[i] for c, i in columns.items() if i < len(cells)}) for line, cells in table.rows)
    return [_task(line, row, table.line) for line, row in rows if row.get("title", "").strip()]


def _task(line: int, row: Mapping[str, str], group: int) -> Found:
    body = Body()
    name = name_of(read_title(row["title"], line, body.fields))
    number = name_of(plain_title(row.get("number", "")) + ": x").number or plain_title(row.get("number", ""))
    task = Found(name.title, line, body, name.number or number.lstrip("#").casefold(), name.word, group=group)
    for column in ("after", "priority", "kind", "category", "merge", "role", "model", "estimate"):
        if plain_title(row.get(column, "")).casefold() not in _NOTHING:
            body.fields.take(column, row[column], line)
    if files := row.get("files"):
        body.fields.files += paths_in(re.sub(r"<br\s*/?>", ", ", files))
    parts = re.split(r"<br\s*/?>|;", row.get("criteria", ""))
    body.fields.criteria += [text for part in parts if (text := plain_title(part)).casefold() not in _NOTHING]
    if (text := plain_title(row.get("description", ""))).casefold() not in _NOTHING:
        body.description.append(text)
    status = plain_title(row.get("status", "")).casefold().strip("[]() .!")
    task.is_done = status in _DONE
    task.is_dropped = status in _DROPPED or row["title"].strip().startswith("~~")
    task.is_row = True
    return task
