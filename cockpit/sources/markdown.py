"""Markdown into an outline: sections, lists, tables, prose and code, each with its line.

Not a renderer. It reads what people write in plans and forgives what they get wrong: items nested by two
spaces or by a tab, bullets that follow a numbered item at the same margin, headings without a blank line
before them. What it must never do is see structure inside code: nothing in a fence is a heading or an item.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from cockpit.text import plain

MAX_DEPTH = 20
"""Lists nested deeper are read as if they were nested this deep; keeps recursion over items bounded."""

_FENCE = re.compile(r"(`{3,})([^`]*)$|(~{3,})(.*)$")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+(.*))?$")
_CLOSING_HASHES = re.compile(r"(?:^|\s)#+\s*$")
_RULE = re.compile(r"(?:-[ ]*){3,}$|(?:\*[ ]*){3,}$|(?:_[ ]*){3,}$")
_UNDERLINE = re.compile(r"={2,}$|-{2,}$")
_ITEM = re.compile(r"([-*+]|\d{1,9}[.)])(?:[ \t]+(.*))?$")
_BOX = re.compile(r"\[([ xX~✓✔-]?)\](?:[ ]+(.*))?$")
_CELL_RULE = re.compile(r":?-+:?$")
_FIELD_LINE = re.compile(r"[*_]{0,2}[A-Z][\w -]{1,30}:")
_FRONT_LINE = re.compile(r"[\w.-]+\s*:|\s|-(\s|$)|#|[\]}]")


@dataclass(slots=True)
class Prose:
    """A paragraph."""

    line: int
    lines: list[str]


@dataclass(slots=True)
class Code:
    """A fenced block, its fences included."""

    line: int
    lines: list[str]


@dataclass(slots=True)
class Table:
    """A table; each row with its line."""

    line: int
    header: list[str]
    rows: list[tuple[int, list[str]]]
    lines: list[str]
    """As it was written."""


@dataclass(slots=True)
class Item:
    """A list item; `lines` is its first paragraph, `blocks` what comes after it."""

    line: int
    lines: list[str]
    number: str = ""
    box: str | None = None
    """What is in its checkbox; None where it has none."""
    blocks: list[Block] = field(default_factory=list)
    indent: int = 0
    content: int = 0

    @property
    def children(self) -> Iterator[Item]:
        """The items nested in it."""
        return (item for block in self.blocks if isinstance(block, Listing) for item in block.items)


@dataclass(slots=True)
class Listing:
    """A list."""

    line: int
    items: list[Item]

    @property
    def is_numbered(self) -> bool:
        """Whether its items have numbers."""
        return bool(self.items[0].number)

    @property
    def has_boxes(self) -> bool:
        """Whether any of its items can be ticked."""
        return any(item.box is not None for item in self.items)


Block = Prose | Code | Table | Listing


@dataclass(slots=True)
class Section:
    """A heading and what is under it; the document itself is the section of level 0."""

    level: int
    text: str
    line: int
    blocks: list[Block] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    def walk(self) -> Iterator[Section]:
        """Every section under this one, in the document's order."""
        for section in self.sections:
            yield section
            yield from section.walk()

    @property
    def listings(self) -> Iterator[Listing]:
        """The lists directly under the heading."""
        return (block for block in self.blocks if isinstance(block, Listing))


@dataclass(slots=True)
class Outline:
    """A document as it was read."""

    root: Section
    unclosed: tuple[int, str] | None = None
    """Line and name of a fence or comment that goes on to the end of the document."""


def outline(text: str) -> Outline:
    """Read a document. Never raises: whatever is no structure is prose."""
    lines = plain(text.removeprefix("\ufeff")).split("\n")
    return _Reader(lines).read(_front_matter(lines))


def _front_matter(lines: list[str]) -> int:
    """How many lines at the top are YAML front matter."""
    if lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in ("---", "..."):
            return number + 1 if number > 1 else 0
        if line and not _FRONT_LINE.match(line):
            return 0
    return 0


class _Reader:
    """Reads line by line; knows the open sections, the open items and the open block."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.sections = [Section(0, "", 1)]
        self.items: list[Item] = []
        self.prose: Prose | Item | None = None
        self.code: Code | None = None
        self.code_ends = ""
        self.table: Table | None = None
        self.comment = 0
        self.after_blank = False

    def read(self, start: int) -> Outline:
        for number in range(start, len(self.lines)):
            self._line(number + 1, self.lines[number])
        unclosed = None
        if self.code:
            unclosed = (self.code.line, "code fence")
        elif self.comment:
            unclosed = (self.comment, "comment")
        return Outline(self.sections[0], unclosed)

    def _line(self, number: int, line: str) -> None:
        if self.code:
            self._in_code(self.code, line)
            return
        line = _indented_by_spaces(self._without_comments(number, line).rstrip())
        text = line.lstrip()
        if not text:
            self.prose = self.table = None
            self.after_blank = True
            return
        self._structure(number, line, text, len(line) - len(text))
        self.after_blank = False

    def _structure(self, number: int, line: str, text: str, indent: int) -> None:
        """Give the line to the first kind of block that wants it."""
        _ = (
            self._fence(number, text, indent)
            or self._underline(text, indent)
            or self._rule(text, indent)
            or self._heading(number, text, indent)
            or self._item(number, text, indent)
            or self._table_row(number, text, indent)
            or self._text(number, line, text, indent)
        )

    def _without_comments(self, number: int, line: str) -> str:
        if self.comment:
            _, end, line = line.partition("-->")
            if not end:
                return ""
            self.comment = 0
        kept = ""
        while "<!--" in line:
            before, _, rest = line.partition("<!--")
            _, end, after = rest.partition("-->")
            if not end and (kept + before).strip():
                break
            if not end:
                self.comment = number
                return ""
            kept, line = kept + before, after
        return kept + line

    @property
    def _holder(self) -> list[Block]:
        return self.items[-1].blocks if self.items else self.sections[-1].blocks

    def _fence(self, number: int, text: str, indent: int) -> bool:
        match = _FENCE.match(text)
        if not match:
            return False
        self._leave_items(indent, always=True)
        self._open_code(number, text, match)
        return True

    def _open_code(self, number: int, text: str, match: re.Match[str]) -> None:
        self.code = Code(number, [text])
        self.code_ends = match[1] or match[3]
        self.prose = self.table = None
        self._holder.append(self.code)

    def _in_code(self, code: Code, line: str) -> None:
        text = line.strip()
        closes = text.startswith(self.code_ends) and not text.strip(self.code_ends[0])
        code.lines.append(text if closes else self._dedented(line))
        if closes:
            self.code = None

    def _underline(self, text: str, indent: int) -> bool:
        """A line of = or - right under a line of prose makes a heading of it."""
        prose = self.prose
        if self.items or indent > 3 or not isinstance(prose, Prose) or not _UNDERLINE.match(text):
            return False
        if len(prose.lines) > 1 or prose.lines[0].startswith((">", "    ", "|")):
            return False
        self.sections[-1].blocks.pop()
        self._open_section(prose.line, 1 if text[0] == "=" else 2, prose.lines[0].strip())
        return True

    def _rule(self, text: str, indent: int) -> bool:
        if indent > 3 or not _RULE.match(text):
            return False
        self._leave_items(indent, always=True)
        self.prose = self.table = None
        return True

    def _heading(self, number: int, text: str, indent: int) -> bool:
        match = _HEADING.match(text)
        inside = bool(self.items) and indent >= self.items[-1].indent + 2
        if not match or indent > 3 or inside:
            return False
        self._open_section(number, len(match[1]), _CLOSING_HASHES.sub("", match[2] or "").strip())
        return True

    def _open_section(self, number: int, level: int, text: str) -> None:
        while self.sections[-1].level >= level:
            self.sections.pop()
        section = Section(level, text, number)
        self.sections[-1].sections.append(section)
        self.sections.append(section)
        self.items, self.prose, self.table = [], None, None

    def _item(self, number: int, text: str, indent: int) -> bool:
        match = _ITEM.match(text)
        if not match or (indent > 3 and not self.items):
            return False
        mark, body = match[1], (match[2] or "").strip()
        under_number = mark in "-*+" and not self.after_blank
        self._close_items(indent, keep_number=under_number)
        item = Item(number, [], number=mark[:-1] if mark[:-1].isdigit() else "", indent=indent)
        item.content = indent + len(mark) + 1
        self._append_item(item)
        self._start_item(number, item, body)
        return True

    def _start_item(self, number: int, item: Item, body: str) -> None:
        if box := _BOX.match(body):
            item.box, body = box[1].strip(), (box[2] or "").strip()
        if fence := _FENCE.match(body):
            self._open_code(number, body, fence)
            return
        if body:
            item.lines.append(body)
        self.prose, self.table = item, None

    def _close_items(self, indent: int, *, keep_number: bool) -> None:
        """Leave the items that one at `indent` can't be nested in."""
        while self.items and indent < self.items[-1].indent + 2:
            top = self.items[-1]
            if keep_number and top.number and indent >= top.indent:
                break
            self.items.pop()
        del self.items[MAX_DEPTH:]

    def _append_item(self, item: Item) -> None:
        """Put it into the list that is open, or into a new one where none of its sort is."""
        holder = self._holder
        last = holder[-1] if holder else None
        if isinstance(last, Listing) and last.is_numbered == bool(item.number):
            last.items.append(item)
        else:
            holder.append(Listing(item.line, [item]))
        self.items.append(item)

    def _table_row(self, number: int, text: str, indent: int) -> bool:
        if "|" not in text:
            self.table = None
            return False
        if self.table:
            self.table.lines.append(text)
            if len(self.table.lines) > 2:
                self.table.rows.append((number, _cells(text)))
            return True
        header, following = _cells(text), self.lines[number : number + 1]
        if not following or "|" not in following[0] or not _is_cell_rule(following[0], len(header)):
            return False
        self._leave_items(indent, always=True)
        self.table, self.prose = Table(number, header, [], [text]), None
        self._holder.append(self.table)
        return True

    def _text(self, number: int, line: str, text: str, indent: int) -> bool:
        ends_list = _FIELD_LINE.match(text) is not None and bool(self.items) and indent <= self.items[-1].indent
        self._leave_items(indent, always=self.after_blank or ends_list)
        if self.prose and not ends_list:
            self.prose.lines.append(text if isinstance(self.prose, Item) else self._dedented(line))
            return True
        self.prose = Prose(number, [self._dedented(line)])
        self._holder.append(self.prose)
        return True

    def _dedented(self, line: str) -> str:
        margin = self.items[-1].content if self.items else 0
        if not margin:
            return line
        line = _indented_by_spaces(line)
        return line[margin:] if not line[:margin].strip() else line.lstrip()

    def _leave_items(self, indent: int, *, always: bool) -> None:
        """Text after a blank line belongs to the item it is indented under; without one, to the last."""
        while always and self.items and indent < self.items[-1].indent + 2:
            self.items.pop()


def _indented_by_spaces(line: str) -> str:
    text = line.lstrip()
    return line[: len(line) - len(text)].expandtabs(4) + text


def _is_cell_rule(line: str, width: int) -> bool:
    cells = _cells(line)
    return len(cells) == width and all(_CELL_RULE.match(cell) for cell in cells)


def _cells(row: str) -> list[str]:
    row = row.strip().removeprefix("|")
    if row.endswith("|") and not row.endswith("\\|"):
        row = row[:-1]
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)]
