"""What stands under a task: acceptance criteria, files and fields are told from its description."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cockpit.sources.fields import Fields, Reference, paths_in, paths_of_entry, read_line
from cockpit.sources.markdown import Block, Code, Item, Listing, Prose, Section, Table
from cockpit.sources.words import LABELS, Label, label_of, plain_title, unmarked

_INLINE_CRITERION = re.compile(
    r"(?i)(acceptance criteri(?:a|on)|acceptance|criteria|done when|done if|done means|definition of done|dod|ac|tests?"
    r"|success criteria|exit criteria|verify|verification)\s?:\s+(.+)$"
)
_LIKE_A_LABEL = re.compile(r"[*_]{1,3}[^*_]{2,40}[*_]{1,3}:?$|[^:]{2,40}:[*_]{0,3}$")
_DONE = ("x", "X", "✓", "✔")


@dataclass(slots=True)
class Body:
    """Everything that belongs to one task but its title."""

    fields: Fields = field(default_factory=Fields)
    description: list[str] = field(default_factory=list)
    """Paragraphs."""
    done: int = 0
    """Criteria that are ticked off already."""

    def text(self) -> str:
        """The description."""
        return "\n\n".join(part for part in (p.strip("\n") for p in self.description) if part.strip())


def is_done(item: Item) -> bool:
    """Whether an item is ticked off."""
    return item.box in _DONE


def is_crossed_out(item: Item) -> bool:
    """Whether an item was given up: `[-]`, or its whole text struck through."""
    text = " ".join(item.lines).strip()
    return item.box in ("-", "~") or (len(text) > 4 and text.startswith("~~") and text.find("~~", 2) == len(text) - 2)


def label_line(text: str) -> Label | None:
    """What a line that looks like a label is about; None for an ordinary line."""
    stripped = text.strip()
    if not _LIKE_A_LABEL.match(stripped):
        return None
    return label_of(stripped)


def labelled(blocks: Sequence[Block]) -> Iterable[tuple[Block, Label | None]]:
    """Each block with the label that the paragraph before it ends with."""
    label: Label | None = None
    for block in blocks:
        yield block, label
        last = block.lines[-1] if isinstance(block, Prose) else ""
        label = label_line(last) if last else None


def of_section(section: Section, body: Body) -> None:
    """Read what is under a heading that is a task, its sub-headings included."""
    has_criteria = _names_criteria(section)
    unlabelled = Label.DETAIL if has_criteria else Label.CRITERIA
    for block, label in labelled(section.blocks):
        if label in (None, Label.TASKS):
            label = unlabelled if isinstance(block, Listing) else None
        _block(block, label, body)
    for inner in section.sections:
        _sub_section(inner, body, label_of(inner.text) or Label.DETAIL)


def _names_criteria(section: Section) -> bool:
    if any(label_of(inner.text) is Label.CRITERIA for inner in section.walk()):
        return True
    return any(label is Label.CRITERIA and isinstance(block, Listing) for block, label in labelled(section.blocks))


def _sub_section(section: Section, body: Body, label: Label) -> None:
    if label is Label.DETAIL:
        body.description.append(f"{plain_title(section.text)}:")
    for block, own in labelled(section.blocks):
        _block(block, own or label, body)
    for inner in section.sections:
        _sub_section(inner, body, label_of(inner.text) or label)


def of_blocks(blocks: Sequence[Block], body: Body) -> None:
    """Read what is nested in an item that is a task: its lists are criteria unless they are labelled."""
    for block, label in labelled(blocks):
        _block(block, label or (Label.CRITERIA if isinstance(block, Listing) else None), body)


def _block(block: Block, label: Label | None, body: Body) -> None:
    match block:
        case Prose():
            prose(block.lines, block.line, label, body)
        case Listing(items=items):
            listing = _described(items) if label is Label.DETAIL else ""
            if listing:
                body.description.append(listing)
            else:
                for item in items:
                    _nested(item, label, (), body)
        case Code(lines=lines) if label is Label.FILES:
            body.fields.files += [path for line in lines[1:] for path in paths_in(line)]
        case Table(rows=rows) if label is Label.FILES:
            body.fields.files += [path for _, cells in rows for path in paths_in(cells[0] if cells else "")]
        case Code(lines=lines) | Table(lines=lines):
            body.description.append("\n".join(lines))


def prose(lines: Sequence[str], first: int, label: Label | None, body: Body) -> None:
    """Read a paragraph, line by line: fields, criteria and files go where they belong, the rest stays text."""
    kept: list[str] = []
    met: list[str] = []
    for number, line in enumerate(lines, first):
        if label_line(line) not in (None, Label.DETAIL, Label.TASKS):
            continue
        if match := _INLINE_CRITERION.match(unmarked(line)):
            body.fields.criteria += [plain_title(part) for part in match[2].split(";") if part.strip()]
        elif label is Label.FILES and (paths := paths_in(line)):
            body.fields.files += paths
        elif label is Label.AFTER:
            body.fields.after.append(Reference(unmarked(line).strip(), number))
        elif (left := read_line(line, number, body.fields)) is not None:
            (met if label is Label.CRITERIA else kept).append(left)
    if met:
        body.fields.criteria.append(plain_title(" ".join(met)))
    if kept:
        body.description.append("\n".join(kept))


def _nested(item: Item, label: Label | None, above: tuple[str, ...], body: Body) -> None:
    """An item inside a task: a labelled list, a field, or a criterion, its own items told one by one."""
    text = " ".join(item.lines).strip()
    if is_crossed_out(item):
        return
    if is_done(item):
        body.done += 1
        return
    if own := _own_label(item, text):
        _labelled_item(item, own, text, body)
    elif label is Label.FILES:
        body.fields.files += paths_of_entry(text)
    elif label is Label.AFTER:
        body.fields.after.append(Reference(unmarked(text), item.line))
    else:
        _criterion(item, above, body)


def _own_label(item: Item, text: str) -> Label | None:
    """`- Files:` with items under it; `- Tests` alone is a criterion like any other."""
    has_more = any(isinstance(block, Listing | Code) for block in item.blocks)
    return LABELS.get(plain_title(text).rstrip(":").strip().casefold()) if has_more else None


def _labelled_item(item: Item, label: Label, text: str, body: Body) -> None:
    if label is Label.DETAIL:
        body.description.append(f"{plain_title(text)}\n{_described(list(item.children))}")
    for block in item.blocks:
        if label is not Label.DETAIL or not isinstance(block, Listing):
            _block(block, None if label is Label.TASKS else label, body)


def _criterion(item: Item, above: tuple[str, ...], body: Body) -> None:
    kept = _left(item.lines, item.line, body)
    for block in item.blocks:
        if isinstance(block, Prose):
            kept += _left(block.lines, block.line, body)
        elif not isinstance(block, Listing):
            body.description.append("\n".join(block.lines))
    text = plain_title(" ".join(kept))
    if match := _INLINE_CRITERION.match(text):
        text = match[2]
    before = len(body.fields.criteria)
    for child in item.children:
        _nested(child, Label.CRITERIA, (*above, text.rstrip(":")) if text else above, body)
    if text and len(body.fields.criteria) == before:
        body.fields.criteria.append(": ".join((*above, text)))


def _left(lines: Sequence[str], first: int, body: Body) -> list[str]:
    """What is left of lines when their fields are taken."""
    return [left for n, line in enumerate(lines, first) if (left := read_line(line, n, body.fields))]


def _described(items: Sequence[Item], margin: str = "") -> str:
    """A list as text for the description."""
    lines: list[str] = []
    for item in items:
        mark = f"{item.number}." if item.number else "-"
        lines.append(f"{margin}{mark} {' '.join(item.lines)}")
        for block in item.blocks:
            if isinstance(block, Listing):
                lines.append(_described(block.items, margin + "  "))
            else:
                lines += [f"{margin}  {line}" for line in block.lines]
    return "\n".join(lines)
