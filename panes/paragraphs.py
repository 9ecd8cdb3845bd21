"""Text for a person as paragraphs: one logical line each, with a tone and a mark, to be wrapped where it shows.

The mark is there because a state must never be told by colour alone. The text comes from agents, their tools
and other people's files, so everything passes `plain` on the way in, and everything is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from cockpit.text import plain

MAX_LINE = 2_000
"""Characters of one line that are shown."""
TAB = 4


class Tone(StrEnum):
    """What sort of line a paragraph is; the screen gives each a style."""

    TEXT = "text"
    THOUGHT = "thought"
    TOOL = "tool"
    DETAIL = "detail"
    ADDED = "added"
    REMOVED = "removed"
    HUNK = "hunk"
    TOLD = "told"
    NOTE = "note"
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


class Paragraph(NamedTuple):
    """One logical line: it has no newline in it and is wrapped where it is shown."""

    tone: Tone
    mark: str
    """In front of its first row; the other rows are indented as far."""
    text: str

    @property
    def folded(self) -> int:
        """How many lines it has more than it shows, until somebody unfolds it."""
        return 0


class Folded(Paragraph):
    """Several lines that are one row until somebody unfolds them."""

    __slots__ = ()

    @property
    def folded(self) -> int:
        """All of its lines."""
        return self.text.count("\n") + 1


def block(tone: Tone, mark: str, text: str, keep: int) -> list[Paragraph]:
    """Text of any length as paragraphs, the first with the mark; says how many lines beyond `keep` it left out."""
    lines = plain(text).split("\n") if text else []
    indent = mark if mark.endswith("│ ") else " " * len(mark)
    shown = [Paragraph(tone, indent if i else mark, bounded(s)) for i, s in enumerate(lines[:keep])]
    return shown + more(len(lines) - keep, indent)


def more(lines: int, indent: str) -> list[Paragraph]:
    """The paragraph that says how many lines were left out; none where none were."""
    if lines <= 0:
        return []
    return [Paragraph(Tone.NOTE, indent, more_lines(lines))]


def more_lines(lines: int) -> str:
    """What stands for lines that do not show."""
    return f"… {lines:,} more {'line' if lines == 1 else 'lines'}"


def folding(tone: Tone, mark: str, text: str, keep: int) -> list[Paragraph]:
    """Text of any length as paragraphs, the first with the mark; what goes beyond `keep` lines is one folded one."""
    lines = plain(text).split("\n") if text else []
    indent = mark if mark.endswith("│ ") else " " * len(mark)
    shown = [Paragraph(tone, indent if i else mark, bounded(s)) for i, s in enumerate(lines[:keep])]
    return shown + rest(tone, indent, lines[keep:])


def rest(tone: Tone, indent: str, lines: Sequence[str]) -> list[Paragraph]:
    """Further lines of plain text as one folded paragraph; none where there are none."""
    return [Folded(tone, indent, "\n".join(map(bounded, lines)))] if lines else []


def bounded(line: str) -> str:
    """One plain line with its tabs as spaces and a bound on its length."""
    line = line.expandtabs(TAB).rstrip()
    if len(line) <= MAX_LINE:
        return line
    return f"{line[:MAX_LINE]} … {len(line) - MAX_LINE:,} more characters"


def one_line(text: str) -> str:
    """Any text as one safe, bounded line."""
    return bounded(" ".join(plain(text).split()))


def texts(paragraphs: Sequence[Paragraph]) -> list[str]:
    """The paragraphs as a person reads them, unwrapped."""
    return [p.mark + (more_lines(p.folded) if p.folded else p.text) for p in paragraphs]
