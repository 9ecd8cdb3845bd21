"""Painting past the compositor: whoever painted last, the terminal shows what a full repaint would show."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.containers import Container, Horizontal
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.selection import Selection
from textual.strip import Strip
from textual.widgets import Static

from panes.direct import Direct, painter
from tests.unit.recorded_terminal import Watched, on_terminal

WORDS = ["ready", "building", "テスト", "✅ done", "e\u0301tude", "—", "", "a longer line that fills the row and more"]
LOOKS = [Style.parse(s) for s in ("none", "red", "bold green on blue", "italic", "underline", "reverse", "dim cyan")]


class Board(Direct):
    """Rows that a test writes."""

    DEFAULT_CSS = "Board { height: 1fr; width: 1fr; }"

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.rows: dict[int, tuple[str, Style]] = {}
        self.coming: list[tuple[int, str]] = []

    def write(self, y: int, text: str, look: Style = LOOKS[0]) -> None:
        """Row y says something else."""
        self.rows[y] = (text, look)
        self.mark([y])

    def take_in(self) -> None:
        """What has come is written now."""
        for y, text in self.coming:
            self.write(y, text)
        self.coming.clear()

    def render_line(self, y: int) -> Strip:
        """What was written."""
        text, look = self.rows.get(y, (f"{self.id} {y}", LOOKS[0]))
        strip = Strip([Segment(text, self.rich_style + look)]).crop(0, self.row_width)
        return strip.adjust_cell_length(self.row_width, self.rich_style)


class Question(ModalScreen[None]):
    """Something over the boards."""

    DEFAULT_CSS = "Question { align: center middle; background: $background 60%; } #asked { width: 20; height: 3; }"

    def compose(self) -> ComposeResult:
        """A question in the middle."""
        yield Static("Really?", id="asked")


class Boards(App[None]):
    """Two boards beside each other under a line, and something that can lie over one."""

    CSS = """
    #status { height: 1; }
    #framed { border: round $primary; width: 1fr; }
    #over { layer: above; display: none; width: 9; height: 2; offset: 3 3; background: red; }
    Screen { layers: default above; }
    """

    def compose(self) -> ComposeResult:
        """A line, the boards, and what can lie over them."""
        yield Static("status", id="status")
        with Horizontal():
            yield Board("left")
            with Container(id="framed"):
                yield Board("right")
        yield Static("over", id="over")

    @property
    def left(self) -> Board:
        """The board without a frame."""
        return self.screen_stack[0].query_one("#left", Board)

    @property
    def right(self) -> Board:
        """The board in a frame."""
        return self.screen_stack[0].query_one("#right", Board)


def is_direct(writes: list[str]) -> bool:
    """Whether less was written than one board's rows, which is what the compositor writes at least."""
    return sum(len(text) for text in writes) < 300


# ── straight to the terminal ─────────────────────────────────────────────────────────────────────────


async def test_only_the_changed_cells_are_written() -> None:
    async with on_terminal(Boards()) as seen:
        await seen.written()
        seen.app.left.write(4, "left 5")
        (write,) = await seen.written()
        # Row 4 of the board is row 5 of the terminal; one update, and the cursor goes back.
        assert write.startswith("\x1b[?2026h")
        assert write.endswith("m\x1b[6;6H5\x1b[0m\x1b[1;1H\x1b[?2026l")
        assert seen.row(5).startswith("left 5 ")
        seen.is_whole()


async def test_many_marks_are_one_update() -> None:
    async with on_terminal(Boards()) as seen:
        await seen.written()
        for n in range(200):
            seen.app.left.write(n % 20, f"text {n}")
        assert len(await seen.written()) == 1
        seen.is_whole()


async def test_what_comes_is_taken_in_once_before_a_paint() -> None:
    async with on_terminal(Boards()) as seen:
        await seen.written()
        seen.app.left.coming = [(1, "one"), (2, "two")]
        seen.app.left.mark([])
        assert is_direct(await seen.written())
        assert [seen.row(2)[:3], seen.row(3)[:3]] == ["one", "two"]


async def test_nothing_runs_while_nothing_changes() -> None:
    async with on_terminal(Boards()) as seen:
        seen.app.left.write(1, "x")
        await seen.written()
        assert painter(seen.app).is_at_rest
        seen.app.left.write(1, "x")  # marked, and yet the same
        assert await seen.written() == []
        assert painter(seen.app).is_at_rest


async def test_the_cursor_goes_back_to_where_the_app_has_it() -> None:
    async with on_terminal(Boards()) as seen:
        await seen.written()
        seen.app.cursor_position = Offset(7, 2)
        seen.app.left.write(1, "x")
        (write,) = await seen.written()
        assert write.endswith("\x1b[3;8H\x1b[?2026l")


# ── left to the compositor ───────────────────────────────────────────────────────────────────────────

Act = Callable[[Watched[Boards]], Awaitable[None]]


async def ask(seen: Watched[Boards]) -> None:
    seen.app.push_screen(Question())
    await seen.until(lambda: isinstance(seen.app.screen, Question))


async def answer(seen: Watched[Boards]) -> None:
    seen.app.pop_screen()
    await seen.until()


async def cover(seen: Watched[Boards]) -> None:
    seen.app.query_one("#over").display = True
    await seen.until()


async def uncover(seen: Watched[Boards]) -> None:
    seen.app.query_one("#over").display = False
    await seen.until()


async def select(seen: Watched[Boards]) -> None:
    seen.app.screen.selections = {seen.app.left: Selection(Offset(0, 0), Offset(3, 3))}
    await seen.until()


async def unselect(seen: Watched[Boards]) -> None:
    seen.app.screen.clear_selection()
    await seen.until()


@pytest.mark.parametrize(("begin", "end"), [(ask, answer), (cover, uncover), (select, unselect)])
async def test_under_something_else_the_compositor_paints(begin: Act, end: Act) -> None:
    async with on_terminal(Boards()) as seen:
        seen.app.left.write(4, "before")
        await seen.until()
        await begin(seen)
        await seen.written()
        for n in range(30):
            seen.app.left.write(4, f"under it {n}")
            await seen.pilot.pause()
        assert not any(len(text) < 300 and "under it" in text for text in await seen.written())
        seen.is_whole()
        await end(seen)
        await seen.until(lambda: "under it 29" in seen.row(5))
        seen.is_whole()

        seen.app.left.write(4, "after")  # the compositor may have this one yet
        await seen.written()
        seen.app.left.write(4, "long after")
        assert is_direct(await seen.written())
        seen.is_whole()


async def test_what_changed_under_a_cover_that_goes_at_once_is_painted() -> None:
    async with on_terminal(Boards()) as seen:
        await cover(seen)
        seen.app.left.write(15, "then")
        await seen.until()
        seen.app.left.write(15, "now")  # waits for its time; before that only what lay under the cover is painted
        await uncover(seen)
        assert seen.row(16).startswith("now")
        seen.is_whole()


async def test_in_a_batch_nothing_is_painted_before_it_ends() -> None:
    async with on_terminal(Boards()) as seen:
        await seen.written()
        with seen.app.batch_update():
            seen.app.left.write(4, "in the batch")
            while not seen.app.left.is_painted:
                await seen.pilot.pause()
            assert seen.taken() == []
        await seen.until(lambda: "in the batch" in seen.row(5))
        seen.is_whole()


async def test_a_hidden_widget_is_left_alone_and_catches_up() -> None:
    async with on_terminal(Boards()) as seen:
        framed = seen.app.query_one("#framed")
        framed.display = False
        await seen.written()
        seen.app.right.coming = [(3, "news")]
        seen.app.right.mark()
        assert await seen.written() == []
        assert seen.app.right.coming
        framed.display = True
        await seen.until(lambda: "news" in seen.text())
        seen.is_whole()


async def test_partly_out_of_sight_is_the_compositors() -> None:
    async with on_terminal(Boards()) as seen:
        seen.app.left.styles.min_width = 100
        await seen.until()
        await seen.written()
        seen.app.left.write(2, "seen")
        assert not is_direct(await seen.written())
        seen.is_whole()


async def test_resizes_while_it_streams() -> None:
    async with on_terminal(Boards()) as seen:
        for n, (width, height) in enumerate([(60, 12), (200, 50), (20, 5), (80, 24)]):
            for y in range(30):
                seen.app.left.write(y, f"line {n} {y}")
                seen.app.right.write(y, f"line {n} {y}")
            await seen.resize(width, height)
            seen.app.left.write(1, f"size {width}")
            await seen.until()
            assert seen.row(2).startswith(f"size {width}"[:10])
            seen.is_whole()


async def test_other_colours() -> None:
    async with on_terminal(Boards()) as seen:
        seen.app.left.write(1, "x", LOOKS[2])
        await seen.until()
        for theme in ("textual-light", "nord"):
            seen.app.theme = theme
            await seen.until()
            seen.app.left.write(2, theme)
            await seen.until()
            seen.is_whole()


async def test_a_widget_that_goes_takes_its_paint_along() -> None:
    async with on_terminal(Boards()) as seen:
        seen.app.left.write(1, "x")
        await seen.app.left.remove()
        await seen.pilot.pause()
        assert painter(seen.app).is_at_rest
        seen.is_whole()


# ── any mixture ──────────────────────────────────────────────────────────────────────────────────────


class Hand:
    """Does something to the boards at random."""

    def __init__(self, seen: Watched[Boards], chance: random.Random) -> None:
        self.seen, self.app, self.chance = seen, seen.app, chance

    async def acts(self) -> None:
        """One thing, and perhaps a wait."""
        await self.chance.choice([self.write, self.write, self.write, self.say, self.change, self.move, self.ask])()
        if self.chance.random() < 0.4:
            await self.seen.pilot.pause()

    async def write(self) -> None:
        board = self.chance.choice([self.app.left, self.app.right])
        for _ in range(self.chance.randint(1, 6)):
            board.write(self.chance.randrange(25), self.chance.choice(WORDS), self.chance.choice(LOOKS))

    async def say(self) -> None:
        self.app.screen_stack[0].query_one("#status", Static).update(self.chance.choice(WORDS))

    async def change(self) -> None:
        board = self.chance.choice([self.app.left, self.app.right])
        match self.chance.randrange(3):
            case 0:
                board.refresh()
            case 1:
                self.app.screen.refresh()
            case _:
                board.mark()

    async def move(self) -> None:
        one = self.app.screen_stack[0].query_one(self.chance.choice(["#over", "#framed", "#left", "#status"]))
        one.display = not one.display

    async def ask(self) -> None:
        if isinstance(self.app.screen, Question):
            self.app.pop_screen()
        elif self.chance.random() < 0.5:
            self.app.push_screen(Question())
        else:
            self.app.notify(self.chance.choice(WORDS) or "note", timeout=0.05)


@pytest.mark.parametrize("seed", range(12))
async def test_after_any_mixture_the_terminal_is_as_a_full_repaint_would_make_it(seed: int) -> None:
    async with on_terminal(Boards()) as seen:
        hand = Hand(seen, random.Random(seed))
        for n in range(60):
            await hand.acts()
            if n % 10 == 9:
                await settled(seen)


async def settled(seen: Watched[Boards]) -> None:
    """Everything is at rest, and the terminal is right: the boards' rows as well as all around them."""
    await seen.until(lambda: not seen.app._notifications)
    seen.is_whole()
    if len(seen.app.screen_stack) == 1 and not seen.app.query_one("#over").display:
        for board in (seen.app.left, seen.app.right):
            for y in range(board.size.height if board.is_on_screen else 0):
                shown = seen.row(board.region.y + y)
                assert board.render_line(y).text.split() == [] or board.render_line(y).text.split()[0] in shown
