"""A task as a small document to edit: TOML between two lines of `+++`, then Markdown.

`write` and `read` are each other's inverse for every text that can be in a task. What stands above the first
`+++` is for the reader alone, so an error is said there when the editor opens again.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from cockpit.policy import editing
from cockpit.state import Kind, State, Task, TaskChanges

FENCE = "+++"
CRITERIA = "## Acceptance criteria"

_LINE = re.compile(r"at line (\d+)")
_REMARKS = {
    "kind": ", ".join(Kind),
    "priority": "higher is sooner",
    "depends_on": "tasks that must land first",
    "files": "what it probably touches; a hint, not a limit",
    "merge": "ask, auto, or night: as the night has it",
    "role": "who works on it; empty: the kind's own",
    "model": "which model; empty: as the routing says",
}


class BadDocument(ValueError):
    """The document can't be read; the text says where, and what was expected."""


def write(state: State, task: Task, error: str = "") -> str:
    """The document of a task; `error` stands on top."""
    text = "\n".join([*_head(state, task), "", *_body(task), ""])
    return with_error(text.encode("utf-8", "replace").decode("utf-8"), error)  # as a file can hold it


def with_error(text: str, error: str) -> str:
    """A document that was edited, with what is wrong with it on top."""
    lines = text.split("\n")
    start = next((n for n, line in enumerate(lines) if line.strip() == FENCE), 0)
    kept = "\n".join(lines[start:])
    if not error:
        return kept
    said = "\n".join(f"✗ {line}" for line in error.splitlines())
    return f"{said}\n  Mend it and save, or empty the file to leave the task as it is.\n\n{kept}"


def _head(state: State, task: Task) -> list[str]:
    import tomli_w  # only whoever edits needs it

    may = editing.editable(task)
    lines = [
        FENCE,
        f"# {task.id} is {state.seen_state(task)}. Save and leave to change it; leave it as it is to do nothing.",
    ]
    if len(may) < len(editing.FIELDS):
        can = ", ".join(may) or "nothing"
        lines.append(f"# In this state {can} can be changed.")
    values = {name: getattr(task, name) for name in editing.FIELDS} | {"merge": editing.merge_word(task)}
    for name in editing.FIELDS:
        if name not in ("description", "criteria"):
            value = values[name]
            text = tomli_w.dumps({name: list(value) if isinstance(value, tuple) else value}).strip()
            lines.append(f"{text}  # {_REMARKS[name]}" if name in _REMARKS and "\n" not in text else text)
    return [*lines, FENCE]


def _body(task: Task) -> list[str]:
    description = [*task.description.strip("\n").split("\n"), ""] if task.description.strip() else []
    lines = [line for criterion in task.criteria for line in _item(criterion)]
    return [*description, CRITERIA, *lines]


def _item(criterion: str) -> list[str]:
    first, *more = criterion.split("\n")
    return [f"- {first}", *(f"  {line}".rstrip() for line in more)]


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────


def changes(before: str, after: str) -> TaskChanges:
    """What a person changed between two documents. Raises BadDocument."""
    was, now = read(before), read(after)
    if was is None or now is None:
        return TaskChanges()
    return TaskChanges(**{name: getattr(now, name) for name in now.names if getattr(now, name) != getattr(was, name)})


def read(text: str) -> TaskChanges | None:
    """Everything that a document says; None where it is empty. Raises BadDocument."""
    if not text.strip():
        return None
    lines = text.replace("\r\n", "\n").split("\n")
    fences = [n for n, line in enumerate(lines) if line.strip() == FENCE]
    if len(fences) < 2:
        raise BadDocument(f"the fields must stand between two lines of {FENCE}; there {_are(len(fences))}")
    fields = _fields("\n".join(lines[fences[0] + 1 : fences[1]]), fences[0] + 1)
    description, criteria = _split(lines[fences[1] + 1 :])
    return TaskChanges(description=description, criteria=criteria, **fields)


def _are(count: int) -> str:
    return "is only one" if count else "is none"


def _fields(text: str, above: int) -> dict[str, Any]:
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a mere ValueError
        said = _LINE.sub(lambda match: f"at line {int(match[1]) + above}", str(error))
        raise BadDocument(f"the fields are not TOML: {said}") from error
    if unknown := sorted(data.keys() - _READERS.keys()):
        raise BadDocument(f"there is no field {unknown[0]!r}; there are {', '.join(_READERS)}")
    return {name: _READERS[name](name, value) for name, value in data.items()}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadDocument(f'{name}: expected a text in quotes, such as {name} = "…", not {value!r}')
    return value


def _word(name: str, value: object) -> str:
    return _text(name, value).strip()


def _title(name: str, value: object) -> str:
    title = _text(name, value).strip()
    if not title:
        raise BadDocument("title: a task needs one")
    return title


def _number(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadDocument(f"{name}: expected a whole number, not {value!r}")
    return value


def _kind(name: str, value: object) -> Kind:
    if value not in list(Kind):
        raise BadDocument(f"{name}: expected {', '.join(Kind)}, not {value!r}")
    return Kind(str(value))


def _merge(name: str, value: object) -> str:
    if value not in ("ask", "auto", "night"):
        raise BadDocument(f"{name}: expected ask, auto or night, not {value!r}")
    return str(value)


def _names(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadDocument(f'{name}: expected a list of texts, such as {name} = ["…"], not {value!r}')
    return tuple(item.strip() for item in value if item.strip())


_READERS = {
    "title": _title,
    "kind": _kind,
    "category": _text,
    "priority": _number,
    "depends_on": _names,
    "files": _names,
    "merge": _merge,
    "role": _word,
    "model": _word,
}


def _split(lines: list[str]) -> tuple[str, tuple[str, ...]]:
    """The description, and the criteria under the last heading for them."""
    heads = [n for n, line in enumerate(lines) if line.rstrip().casefold() == CRITERIA.casefold()]
    end = heads[-1] if heads else len(lines)
    criteria: list[str] = []
    for line in lines[end + 1 :]:
        if line.startswith(("- ", "* ")) or line.strip() in ("-", "*"):
            criteria.append(line[2:].strip())
        elif criteria and (line.startswith("  ") or not line.strip()):
            criteria[-1] += f"\n{line[2:].rstrip()}"
        elif line.strip():
            raise BadDocument(f"acceptance criteria: expected a list item (`- …`), not {line.strip()!r}")
    return "\n".join(lines[:end]).strip("\n"), tuple(c for item in criteria if (c := item.strip()))
