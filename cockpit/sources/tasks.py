"""Finds the tasks in a document's outline.

The rules, in one place:

- A heading that says so (`Session 3: …`, `Task 2`) is a task, whatever lists it holds; its sub-headings
  belong to it. So is a heading with files, dependencies or criteria of its own.
- Any other heading without sub-headings is a task, unless it holds a checklist, a numbered list, a table of
  tasks, or bullets with items of their own: then those are the tasks. Plain bullets are its criteria.
- Under a heading that only groups (`Phase 1`, `Tasks`, the document's title) and where there is no heading
  at all, plain bullets are tasks too.
- Headings such as Overview or Notes never are tasks, nor is anything under them.
- What is nested in a task is its criteria, fields and description.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cockpit.sources import body as bodies
from cockpit.sources.body import Body
from cockpit.sources.fields import Fields, read_line, read_title
from cockpit.sources.found import Found, Group
from cockpit.sources.headings import Name, name_of
from cockpit.sources.markdown import Item, Listing, Prose, Section, Table
from cockpit.sources.tables import columns_of, tasks_in
from cockpit.sources.words import Label, is_aside, is_queue, label_of, plain_title

_FIELD_LABELS = (Label.CRITERIA, Label.FILES, Label.AFTER)
TITLE_ROOM = 120
"""A first paragraph up to this long is a title; of a longer one, its first sentence."""

WRAPPED = 60
"""A first line at least this long went on in the next because it was full."""


@dataclass(slots=True)
class Findings:
    """What a document holds."""

    tasks: list[Found] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    bare: list[Section] = field(default_factory=list)
    """Headings with nothing under them, which are no tasks as long as there are others."""
    problems: list[str] = field(default_factory=list)


def find(root: Section) -> Findings:
    """The tasks in `root` (the document, or one section of it that was asked for) in the document's order."""
    _open_bold_headings(root)
    finder = _Finder(root)
    finder.visit(root, (), Fields())
    findings = finder.findings
    if not findings.tasks:
        findings.tasks = [_heading(section, (), Fields()) for section in findings.bare]
    else:
        words = "has nothing under it and was not read as a task"
        findings.problems += [f"line {s.line}: {plain_title(s.text)!r} {words}" for s in findings.bare]
    _join_summaries(findings)
    findings.tasks.sort(key=lambda task: task.line)
    return findings


class _Finder:
    """Walks down the headings."""

    def __init__(self, root: Section) -> None:
        self.root = root
        self.findings = Findings()
        tops = [section for section in root.sections if section.level == 1]
        self.title = tops[0] if root.level == 0 and len(root.sections) == 1 and tops else None
        self.tasks_say_so = any(_name(section).is_task for section in root.walk())

    def visit(self, section: Section, above: tuple[int, ...], inherited: Fields) -> None:
        if section is not self.root and is_aside(section.text):
            self._pass_over(section)
        elif self._is_task(section):
            self._take(section, above, inherited)
        else:
            self._group(section, above, inherited)

    def _pass_over(self, section: Section) -> None:
        waiting = sum(i.box == "" for s in (section, *section.walk()) for b in s.listings for i in b.items)
        if waiting:
            what = f"line {section.line}: {plain_title(section.text)!r} is never read for tasks; left out"
            self.findings.problems.append(f"{what} {_count(waiting, 'open item')}")

    def _take(self, section: Section, above: tuple[int, ...], inherited: Fields) -> None:
        name = _name(section)
        if not section.blocks and not section.sections and not (name.is_task or (name.number and not name.is_group)):
            self.findings.bare.append(section)
        elif self.tasks_say_so and not (name.is_task or name.number or section is self.root or _has_fields(section)):
            what = f"line {section.line}: {plain_title(section.text)!r} does not say that it is a task"
            self.findings.problems.append(f"{what}, as others here do; left out")
        elif plain_title(section.text):
            self.findings.tasks.append(_heading(section, above, inherited))

    # ── which headings are tasks ─────────────────────────────────────────────────────────────────

    def _is_task(self, section: Section) -> bool:
        if section.level == 0:
            return False
        name = _name(section)
        if name.is_task:
            return not any(_name(inner).is_task for inner in section.walk())
        if any(not _is_part(inner) for inner in section.sections):
            return False
        if name.is_group or section is self.title or is_queue(section.text):
            return self._is_whole_task(section, name)
        if _has_fields(section):
            return True
        return not any(columns_of(b) for b in section.blocks if isinstance(b, Table)) and not _has_items(section)

    def _is_whole_task(self, section: Section, name: Name) -> bool:
        """Whether what is called a group, or the document's title, is one task all the same."""
        if section is self.title:
            return _has_criteria(section) and not any(b.has_boxes for b in _lists(section))
        return name.is_group and not (_inner(section) or any(True for _ in _lists(section)) or _tables(section))

    # ── groups ───────────────────────────────────────────────────────────────────────────────────

    def _group(self, section: Section, above: tuple[int, ...], inherited: Fields) -> None:
        name = _name(section)
        fields = Fields()
        if section.level:
            self.findings.groups.append(Group(name.title, section.line, name.number, name.word))
            above = (*above, section.line)
            fields = self._group_fields(section)
        fields.inherit(inherited)
        for block in self._task_blocks(section):
            found = _in_list(block) if isinstance(block, Listing) else tasks_in(block, columns_of(block))
            for task in found:
                if not task.title:
                    continue
                task.groups = above
                task.body.fields.inherit(fields)
                self.findings.tasks.append(task)
        for inner in section.sections:
            if label_of(inner.text) not in _FIELD_LABELS or any(b.has_boxes for b in _lists(inner)):
                self.visit(inner, above, fields)
            else:
                what = f"line {inner.line}: {plain_title(inner.text)!r} belongs to no task"
                self.findings.problems.append(f"{what}; left out")

    def _group_fields(self, section: Section) -> Fields:
        """What a heading says for everything under it."""
        said = Body()
        read_title(section.text, section.line, said.fields)
        for block in section.blocks:
            if isinstance(block, Prose):
                bodies.prose(block.lines, block.line, None, said)
        return Fields(
            after=[r for r in said.fields.after if not r.in_passing],
            kind=said.fields.kind,
            priority=said.fields.priority,
            category=said.fields.category,
            merge=said.fields.merge,
            role=said.fields.role,
            model=said.fields.model,
        )

    def _task_blocks(self, section: Section) -> Iterator[Listing | Table]:
        """The lists and tables under a group's heading that hold tasks."""
        lists = list(_lists(section))
        chosen = [b for b in lists if b.has_boxes or _has_groups(b)]
        if not chosen and not _inner(section):
            chosen = [b for b in lists if b.is_numbered] or lists
        if chosen:
            self._tell_left_out([b for b in lists if not any(b is c for c in chosen)], section)
        for block in section.blocks:
            if any(block is c for c in chosen) or (isinstance(block, Table) and columns_of(block)):
                assert isinstance(block, Listing | Table)
                yield block

    def _tell_left_out(self, lists: Sequence[Listing], section: Section) -> None:
        if _inner(section):
            return
        for block in lists:
            what = f"line {block.line}: {_count(len(block.items), 'item')} of a plain list"
            self.findings.problems.append(f"{what} beside the list of tasks left out")


def _open_bold_headings(root: Section) -> None:
    """Make sections of lines such as `**Task 1: Parser**`: people who write so mean a heading."""
    for section in [root, *root.walk()]:
        blocks, section.blocks = section.blocks, []
        holder = section
        for block in blocks:
            text = block.lines[0] if isinstance(block, Prose) else ""
            if isinstance(block, Prose) and _is_bold_heading(text) and not _name(section).is_task:
                holder = Section(section.level + 1, text, block.line)
                section.sections.insert(sum(s.line < block.line for s in section.sections), holder)
                block = Prose(block.line + 1, block.lines[1:])
            if not isinstance(block, Prose) or block.lines:
                holder.blocks.append(block)


def _is_bold_heading(text: str) -> bool:
    return text.strip().startswith(("**", "__")) and name_of(plain_title(text)).is_task


def _name(section: Section) -> Name:
    return name_of(plain_title(section.text))


def _is_part(section: Section) -> bool:
    """Whether a sub-heading is about the task above it, or no task in any case."""
    label = label_of(section.text)
    return label in (*_FIELD_LABELS, Label.DETAIL) or is_aside(section.text)


def _inner(section: Section) -> list[Section]:
    """The sub-headings of a group that may hold tasks."""
    return [s for s in section.sections if label_of(s.text) not in _FIELD_LABELS and not is_aside(s.text)]


def _lists(section: Section) -> Iterator[Listing]:
    """The lists under a heading that could be tasks: those that no label says otherwise of."""
    for block, label in bodies.labelled(section.blocks):
        if isinstance(block, Listing) and label in (None, Label.TASKS):
            yield block


def _tables(section: Section) -> list[Table]:
    return [block for block in section.blocks if isinstance(block, Table) and columns_of(block)]


def _has_fields(section: Section) -> bool:
    """Whether a heading has files, dependencies or criteria of its own."""
    if _has_criteria(section):
        return True
    said = Body()
    for block in section.blocks:
        if isinstance(block, Prose):
            bodies.prose(block.lines, block.line, None, said)
    return bool(said.fields.files or [r for r in said.fields.after if not r.in_passing])


def _has_criteria(section: Section) -> bool:
    if any(label_of(inner.text) in _FIELD_LABELS for inner in section.sections):
        return True
    return any(label in _FIELD_LABELS and not isinstance(b, Prose) for b, label in bodies.labelled(section.blocks))


def _has_items(section: Section) -> bool:
    """Whether the lists under a heading are tasks rather than its criteria."""
    return any(b.has_boxes or b.is_numbered or any(map(_is_task_like, b.items)) for b in _lists(section))


def _is_task_like(item: Item) -> bool:
    """Whether a plain bullet has items or fields of its own."""
    said = Fields()
    if item.lines:
        read_title(item.lines[0], item.line, said)
    return bool(said.estimate or said.priority is not None or any(not r.in_passing for r in said.after)) or any(
        True for _ in item.children
    )


# ── one task ─────────────────────────────────────────────────────────────────────────────────────────


def _heading(section: Section, above: tuple[int, ...], inherited: Fields) -> Found:
    body = Body()
    name = name_of(read_title(section.text, section.line, body.fields))
    bodies.of_section(section, body)
    body.fields.inherit(inherited)
    group = above[-1] if above else 0
    return Found(name.title, section.line, body, name.number, name.word, group, (*above, section.line))


def _in_list(listing: Listing) -> Iterator[Found]:
    only_ticked = listing.has_boxes or _has_groups(listing)
    all_alike = len({item.number for item in listing.items}) == 1
    for place, item in enumerate(listing.items):
        if _is_group(item, listing):
            for block in item.blocks:
                if isinstance(block, Listing):
                    yield from _in_list(block)
        elif item.box is not None or not only_ticked:
            # Many number every item 1 and let Markdown count.
            number = str(int(item.number) + place) if item.number and all_alike else item.number.lstrip("0")
            yield _item(item, listing, number)


def _is_group(item: Item, listing: Listing) -> bool:
    """`- Backend` over a checklist: the ticks are on the tasks. In a numbered list they are on criteria."""
    return item.box is None and not listing.is_numbered and any(child.box is not None for child in item.children)


def _has_groups(listing: Listing) -> bool:
    return any(_is_group(item, listing) for item in listing.items)


def _item(item: Item, listing: Listing, number: str) -> Found:
    body = Body()
    first, rest = _first_paragraph(item)
    name = name_of(read_title(first, item.line, body.fields))
    title, more = _shortened(name.title)
    body.description += [more] if more else []
    bodies.prose(rest, item.line + len(item.lines) - len(rest), None, body)
    bodies.of_blocks(item.blocks, body)
    is_done = bodies.is_done(item)
    return Found(
        title,
        item.line,
        body,
        name.number or number,
        name.word,
        group=listing.line,
        is_done=is_done,
        is_dropped=not is_done and bodies.is_crossed_out(item),
    )


def _first_paragraph(item: Item) -> tuple[str, list[str]]:
    """The title's lines as one, and the lines after it."""
    lines = item.lines or [""]
    taken = 1
    while taken < len(lines) and _goes_on(lines[taken - 1], lines[taken]):
        taken += 1
    return " ".join(lines[:taken]), lines[taken:]


def _goes_on(line: str, following: str) -> bool:
    said = Fields()
    if read_line(following, 0, said) is None or bodies.label_line(following):
        return False
    return following[:1].islower() or (len(line) >= WRAPPED and line[-1:] not in ".!?:")


def _shortened(title: str) -> tuple[str, str]:
    """A title that fits on a board, and the whole text where it was cut."""
    if len(title) <= TITLE_ROOM:
        return title, ""
    for mark in (". ", ": ", " — ", " – ", "; "):
        sentence = title.partition(mark)[0]
        if 8 <= len(sentence) <= TITLE_ROOM:
            return sentence, title
    return f"{title[: TITLE_ROOM - 1].rpartition(' ')[0] or title[: TITLE_ROOM - 1]}…", title


def _join_summaries(findings: Findings) -> None:
    """A table that sums up what headings say at length: its rows add to those tasks and are none themselves."""
    at_length = {plain_title(task.title).casefold(): task for task in findings.tasks if not task.is_row}
    kept: list[Found] = []
    for task in findings.tasks:
        same = at_length.get(task.title.casefold()) if task.is_row else None
        if same is None:
            kept.append(task)
            continue
        more, said = task.body.fields, same.body.fields
        said.after = said.after or more.after
        said.files = said.files or more.files
        said.criteria = said.criteria or more.criteria
        said.estimate = said.estimate or more.estimate
        same.number = same.number or task.number
        same.is_done, same.is_dropped = same.is_done or task.is_done, same.is_dropped or task.is_dropped
        hints = Fields(kind=more.kind, priority=more.priority, category=more.category, merge=more.merge)
        hints.role, hints.model = more.role, more.model
        said.inherit(hints)
    findings.tasks = kept


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
