"""What a title says about itself: `Session 3: Parser` is a task with a number, `Phase 2` a group of tasks."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TASK_WORDS = "task|session|step|story|user story|ticket|issue|item|feature|work item|todo|job"
_GROUP_WORDS = "phase|milestone|sprint|week|day|night|part|epic|stage|iteration|wave|track|chapter|theme"
_WORD = re.compile(
    rf"(?i)(?:(?P<task>{_TASK_WORDS})|(?P<group>{_GROUP_WORDS}))(?:\s*#\s*|\s+)"
    r"(?P<number>\d+(?:\.\d+)*[a-z]?|[A-Z]\d+|[A-Z](?=\s*[:.)–—-]|$)|[IVX]+(?=\s*[:.)–—-]|$))(?!\w)"
    r"\s*[-–—:.)]*\s*(?P<title>.*)$"
)
_TASK_ID = re.compile(r"(?P<number>T\d{1,4}|[TS]-?\d{1,4}(?=\s*[:.)]|\s[-–—]))(?:\s*[:.)]|\s[-–—])?\s+(?P<title>\S.*)$")
_OTHER_ID = re.compile(r"(?P<number>[A-Z]{1,6}-?\d{1,5}):\s+\S")
_NUMBER = re.compile(
    r"#?(?P<number>\d{1,4}(?:\.\d{1,4})*)(?:[.):]|\s[–—-](?=\s)|(?<=\.\d)(?=\s+[A-Z])|(?<=\.\d\d)(?=\s+[A-Z]))"
    r"\s+(?P<title>\S.*)$"
)


@dataclass(frozen=True, slots=True)
class Name:
    """A title taken apart."""

    title: str
    number: str = ""
    """`3`, `1.2` or `T3`, in lower case."""
    word: str = ""
    """`session`, `phase`, …: what the number counts."""
    is_task: bool = False
    """It says that it is a task, whatever is under it."""
    is_group: bool = False
    """It says that it is more than a task."""


def name_of(title: str) -> Name:
    """Take a plain title apart."""
    if match := _WORD.match(title):
        word = (match["task"] or match["group"]).lower()
        rest = match["title"].strip() or title
        return Name(rest, match["number"].lower(), word, bool(match["task"]), bool(match["group"]))
    if match := _TASK_ID.match(title):
        return Name(match["title"], match["number"].lower(), is_task=True)
    if match := _NUMBER.match(title):
        return Name(match["title"], match["number"])
    if match := _OTHER_ID.match(title):
        return Name(title, match["number"].lower())
    return Name(title)
