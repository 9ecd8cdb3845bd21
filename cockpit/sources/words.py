"""The words that plans are written in: headings that are no tasks, labels, field names; and plain titles."""

from __future__ import annotations

import html
import re
from enum import Enum, auto


def _names(text: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in text.split("|"))


ASIDE = frozenset(
    _names(
        """overview|background|introduction|intro|note|notes|goal|goals|non-goal|non-goals|non goals
        |nongoals|context|appendix|appendices|summary|motivation|rationale|risk|risks|question|questions
        |open questions|references|reference|links|glossary|assumptions|scope|out of scope|in scope
        |not in scope|constraints|contents|table of contents|toc|changelog|license|faq|principles|vision
        |prerequisites|abstract|about|why|status|mitigations|current state|problem|problem statement
        |purpose|objective|objectives|success metrics|dependency graph|execution order|timeline
        |architecture|architecture overview|architecture decisions|architectural decisions
        |technical decisions|key decisions|design decisions|design principles|conventions|decisions
        |future work|limitations|how to read this|how to use this plan"""
    )
)
"""Headings that never are tasks, whatever is under them."""

QUEUES = frozenset(
    _names(
        """task|tasks|todo|to do|to-do|todos|plan|backlog|work|steps|checklist|task list|the plan
        |work items|next steps|implementation plan|roadmap|action items|sessions|stories|issues
        |milestones|phases|next|now|later|in progress|up next|open|tonight|work plan|project plan
        |deliverables"""
    )
)
"""Headings that only hold tasks: even plain bullets under them are tasks."""


class Label(Enum):
    """What a list, a line or a sub-heading under a task is about."""

    CRITERIA = auto()
    FILES = auto()
    AFTER = auto()
    TASKS = auto()
    DETAIL = auto()


_LABELS = {
    Label.CRITERIA: """acceptance criteria|acceptance criterion|acceptance|criteria|done when|done if|done means
        |definition of done|dod|ac|tests|test|testing|test plan|success criteria|requirements|must
        |verify|verification|how to verify|exit criteria|checks|expected|expectations|it is done when
        |this is done when""",
    Label.FILES: """files|file|paths|touches|files to touch|files to change|files to modify|files to create
        |files to edit|affected files|files affected|files involved|files modified|files created
        |files likely touched|files likely to change|new files|modified files|key files|changes in
        |files touched|files changed|relevant files""",
    Label.AFTER: """after|depends on|depends|dependencies|dependency|depends upon|dependent on|blocked by|needs
        |requires|prerequisite tasks|must come after|follows""",
    Label.TASKS: "tasks|task list|todo|to do|to-do|work items|subtasks|sub-tasks|checklist",
    Label.DETAIL: """notes|note|context|background|goal|goals|non-goals|out of scope|risks|why|what|how|steps
        |approach|details|description|hints|hint|example|examples|implementation|implementation notes
        |design|rationale|motivation|references|links|see also|scope|summary|overview|plan|questions
        |open questions""",
}
LABELS = {name: label for label, names in _LABELS.items() for name in _names(names)}
"""Label by its text in lower case."""

_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*(?:\s[^()]*)?\)")
_STRONG = re.compile(r"(\*\*\*|\*\*|~~)(?=\S)([^*~]*[^\s*~])\1")
_UNDERSCORES = re.compile(r"(?<!\w)(__|_)(?=\S)([^_]*[^\s_])\1(?!\w)")
_STAR = re.compile(r"(?<![*\w])\*(?=\S)([^*]*[^\s*])\*(?![*\w])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


MAX_TITLE = 2_000
"""Characters of a text that are searched for marks; the rest is kept as it is."""


def plain_title(text: str) -> str:
    """`text` without emphasis, links, code marks and doubled spaces."""
    shown = _CODE.sub(lambda match: match[2].strip(), unmarked(text[:MAX_TITLE]))
    return _SPACE.sub(" ", shown + text[MAX_TITLE:]).strip()


def unmarked(text: str) -> str:
    """`text` without emphasis, links and doubled spaces; what is marked as code stays so."""
    text, rest = text[:MAX_TITLE], text[MAX_TITLE:]
    codes = [match[0] for match in _CODE.finditer(text)]
    # Code is put aside behind a character that can't be in the text, so that emphasis may span it.
    hidden = _without_marks(_CODE.sub("\0", text))
    pieces = hidden.split("\0")
    shown = "".join(piece + code for piece, code in zip(pieces, [*codes, ""], strict=False))
    return _SPACE.sub(" ", shown + rest).strip()


def _without_marks(text: str) -> str:
    text = _BREAK.sub(" ", _LINK.sub(r"\1", text))
    for _ in range(2):
        text = _STAR.sub(r"\1", _STRONG.sub(r"\2", text))
        text = _UNDERSCORES.sub(_unless_dunder, text)
    return _ESCAPE.sub(r"\1", html.unescape(text))


def _unless_dunder(match: re.Match[str]) -> str:
    """`__init__` is a name far more often than an emphasis."""
    return match[0] if match[1] == "__" and match[2].isidentifier() else match[2]


def slug(title: str) -> str:
    """A title as a short key: `Read the config` gives `read-the-config`."""
    words = re.sub(r"[\W_]+", "-", title.casefold()).strip("-")
    return words if len(words) <= 60 else words[:60].rpartition("-")[0] or words[:60]


def label_of(text: str) -> Label | None:
    """What a heading or a line that is nothing but a label is about."""
    name = plain_title(text).rstrip(":").strip().casefold()
    return LABELS.get(name)


def is_aside(heading: str) -> bool:
    """Whether a heading is of the sort that never is a task: Overview, Goals and non-goals, Appendix B."""
    name = plain_title(heading).casefold().strip(" :.?!")
    name = re.sub(r"^(?:[\d.]+|[ivx]+\.)[).:]?\s+", "", name)
    if re.match(r"appendix\b", name):
        return True
    parts = re.split(r"\s*(?:&|/|,|\band\b)\s*", name.partition(":")[0].strip())
    return all(part in ASIDE for part in parts)


def is_queue(heading: str) -> bool:
    """Whether a heading only says that tasks follow."""
    return plain_title(heading).casefold().strip(" :.") in QUEUES
