"""The files of a diff as a tree: what became of each, how much changed, what was viewed and commented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from panes.choices import Choices, Row
from panes.colours import MUTED, column
from panes.diff_model import Diff, shown
from panes.diff_paint import STATUS_SIGNS


@dataclass
class Folder:
    """A folder with changed files in it."""

    folders: dict[str, Folder] = field(default_factory=dict)
    files: list[int] = field(default_factory=list)
    """By their number in the diff."""


class FileTree(Choices):
    """Every changed file on a line, under its folders; the cursor leads the diff."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "viewed", "Viewed", show=False, id="diff.viewed")]

    @dataclass
    class Read(Message):
        """The file under the cursor was read."""

        path: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._diff = Diff()
        self._viewed: Set[int] = frozenset()
        self._comments: Mapping[int, int] = {}

    def show(self, diff: Diff, viewed: Set[int], comments: Mapping[int, int]) -> None:
        """Show a diff's files, which of them were viewed, and how many comments each has."""
        self._diff, self._viewed, self._comments = diff, viewed, comments
        self.rebuild()

    def rows(self, width: int) -> list[Row]:
        """A line for each folder and file."""
        found = list(self._lines(tree(self._diff), 0, width))
        return found or [Row(Content.styled("no files", MUTED))]

    def _lines(self, folder: Folder, depth: int, width: int) -> Iterator[Row]:
        for name, inner in folder.folders.items():
            yield Row(Content.styled(column(f"{' ' * depth} {shown(name)}/", width), MUTED))
            yield from self._lines(inner, depth + 1, width)
        for number in folder.files:
            yield self._file(number, depth, width)

    def _file(self, number: int, depth: int, width: int) -> Row:
        change = self._diff.files[number]
        viewed = "✓" if number in self._viewed else " "
        comments = f" ✎{self._comments[number]}" if self._comments.get(number) else ""
        generated = " gen" if number in self._diff.generated else ""
        counts = f"{comments}{generated} +{change.added} -{change.removed}"
        head = f"{viewed}{' ' * depth}{STATUS_SIGNS.get(change.status, '~')} "
        name = shown(change.path.rpartition("/")[2])
        room = max(4, width - cell_len(head) - cell_len(counts))
        style = MUTED if number in self._viewed else ""
        return Row(Content.assemble((head, "$text-success"), (column(name, room), style), (counts, MUTED)), change.path)

    def action_viewed(self) -> None:
        """Say that the file was read."""
        if self.selected:
            self.post_message(self.Read(self.selected))


def tree(diff: Diff) -> Folder:
    """The files by folder; a folder with nothing but one folder in it is written with it on one line."""
    top = Folder()
    for number, change in enumerate(diff.files):
        here = top
        for part in change.path.split("/")[:-1]:
            here = here.folders.setdefault(part, Folder())
        here.files.append(number)
    return _joined(top)


def _joined(folder: Folder) -> Folder:
    found = Folder(files=folder.files)
    for first, inside in folder.folders.items():
        name, inner = first, inside
        while len(inner.folders) == 1 and not inner.files:
            ((more, inner),) = inner.folders.items()
            name = f"{name}/{more}"
        found.folders[name] = _joined(inner)
    return found
