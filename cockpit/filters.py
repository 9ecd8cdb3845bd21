"""Filters over tasks: `state:ready agent:2 parser` keeps what is ready, on agent 2 and has "parser" in it.

Every word must fit. A word with a colon names a field and the beginning of its value (all of it where that is a
number); any other is looked for in id, title, category and files, whatever its case. `-word` keeps what does
not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from cockpit.state import State, Task


class BadFilter(ValueError):
    """A word can't be understood; the text says which, and what would be."""


@dataclass(frozen=True, slots=True)
class Word:
    """One condition."""

    field: str
    """Empty: anywhere in the text."""
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that a task must meet, all of them."""

    words: tuple[Word, ...] = ()

    @classmethod
    def of(cls, text: str) -> Filter:
        """What `text` asks for; while it is being typed nothing is an error, so an unknown field is mere text."""
        return cls(tuple(_word(part) for part in text.split()))

    @classmethod
    def strict(cls, text: str) -> Filter:
        """The same. Raises BadFilter for a field that there is none of."""
        for part in text.split():
            name, colon, value = part.removeprefix("-").partition(":")
            if colon and name.isalpha() and not value.startswith("//") and name.lower() not in FIELDS:
                near = get_close_matches(name.lower(), FIELDS, 1)
                raise BadFilter(f"there is no field {name!r}{f'; did you mean {near[0]}:?' if near else ''}; {HELP}")
        return cls.of(text)

    def matches(self, state: State, task: Task) -> bool:
        """Whether a task meets every condition."""
        return all(_fits(state, task, word) is not word.negated for word in self.words)


def _word(part: str) -> Word:
    bare = part.removeprefix("-") if len(part) > 1 else part
    name, colon, value = bare.partition(":")
    if colon and name.lower() in FIELDS:
        return Word(name.lower(), value.casefold(), bare is not part)
    return Word("", bare.casefold(), bare is not part)


def _fits(state: State, task: Task, word: Word) -> bool:
    if not word.field:
        return word.value in _text(task)
    if not word.value:
        return True
    values = [value.casefold() for value in FIELDS[word.field](state, task)]
    return word.value in values if word.field in _WHOLE else any(value.startswith(word.value) for value in values)


def _text(task: Task) -> str:
    return "\n".join((task.id, task.title, task.category, *task.files)).casefold()


def _agents(state: State, task: Task) -> tuple[str, ...]:
    """The agent that has it, and the one that it is kept for."""
    holder = task.agent if state.holds_slot(task) else None
    return tuple(name for n in (holder, task.pinned) if n is not None for name in (str(n), f"agent-{n}"))


FIELDS: Mapping[str, Callable[[State, Task], tuple[str, ...]]] = {
    "state": lambda state, task: (str(state.seen_state(task)), str(task.state)),
    "agent": _agents,
    "kind": lambda _, task: (str(task.kind),),
    "category": lambda _, task: (task.category,),
    "priority": lambda _, task: (str(task.priority),),
    "after": lambda _, task: task.depends_on,
    "file": lambda _, task: (*task.files, *(name.rpartition("/")[2] for name in task.files)),
    "merge": lambda _, task: (str(task.merge or "night"),),
}
"""What can be asked for, and where it is found."""

_WHOLE = frozenset({"agent", "priority", "after"})
"""Fields whose values are numbers: `agent:1` is not agent-10."""

HELP = "there are " + ", ".join(f"{name}:" for name in FIELDS) + " and plain words"
