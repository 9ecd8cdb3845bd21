"""Painting past the compositor: what changed in a busy widget goes straight to the terminal.

The compositor paints whole widgets at its own pace, and with them everything in the rectangle around all
that changed. A widget that changes many times a second derives from `Direct` instead:

    class Clock(Direct):
        def render_line(self, y: int) -> Strip: ...   # row y of the widget, as it is now

        def tick(self) -> None:
            self.mark([3])                             # row 3 says something else; None: any row may

`mark` arms one timer; nothing runs while nothing changes. When it is time the widget's `take_in` may bring
what has come meanwhile into its rows, the rows are compared cell by cell with what they were, and only what
differs is written. A hidden widget is left alone until it shows.

**One frame, two painters.** A widget's frame is the rows that the terminal shows. The compositor paints from
the frame, and `Direct` writes a row and puts it into the frame in one step: so whoever painted last, the frame is
what is there. Where rows can't be written (a dialog, a tooltip or a notice lies over them, text is being
selected, the layout is about to change, the widget is partly out of sight) the compositor is asked to paint all
of the widget, and only that makes a new frame.

This is the only file that uses Textual's private names. That is why Textual's version is pinned, and why
`tests/unit/test_direct.py` compares the terminal with a full repaint after every mixture of the two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple, Self, TypeVar
from weakref import WeakKeyDictionary

from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.widget import Widget

from panes.cells import Cells, Pen, cells

OTHERS = 1 / 6
"""What share of the paints of the widget that has the keys the others get."""
BURST_SECONDS = 0.1
"""How far ahead of the line's speed the widgets without the keys may write."""
BACKLOG = 2
"""Writes that the terminal has not taken yet, from which on painting waits."""
BACKLOG_SECONDS = 0.05
"""How long it waits then."""
TURN_SECONDS = 0.002
"""How long painting goes on before keys get their turn."""

Bar = TypeVar("Bar", bound=ScrollBar)

_SYNC_START, _SYNC_END = "\x1b[?2026h", "\x1b[?2026l"


class Direct(Widget):
    """A widget whose changed rows are written straight to the terminal.

    It has no border, padding or opacity of its own: put those on what holds it. `render_line` gives rows of
    `row_width` cells. In the bases of a class it comes after other widgets.
    """

    FRAMES: ClassVar[float] = 60.0
    """Paints a second, at most, while it has the keys; the app's setting may allow less."""
    FILTERED: ClassVar[bool] = False
    """Whether `render_line` sees to the app's filters (no colour, no dim text) itself, with `filtered`."""

    def __init__(self, *children: Widget, **options: Any) -> None:
        """As any widget."""
        super().__init__(*children, **options)
        self._direct = _Frame(self)

    def mark(self, rows: Iterable[int] | None = None, *, soon: bool = False) -> None:
        """These rows of the widget say something else now; None: any may.

        They are painted when the pace allows, at once after a rest. `soon` asks for the pace of the widget that
        has the keys: a person waits for it.
        """
        self._direct.mark(rows, soon)

    def take_in(self) -> None:
        """Called before a paint: bring what has come in into the rows. May `mark` further rows."""

    @property
    def row_width(self) -> int:
        """Cells of a row; a scrollbar is not among them."""
        # Not `size`, which asks the layout each time: a widget without a gutter is as wide inside as outside.
        return max(0, self.outer_size.width - self.scrollbar_size_vertical)

    @property
    def is_painted(self) -> bool:
        """Whether nothing that was marked waits for its time."""
        return not self._direct.armed

    def filtered(self, style: Style) -> Style:
        """The style as the app's filters want it."""
        segments, background = [Segment(" ", style)], self.background_colors[1]
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, background)
        return segments[0].style or style

    def render_lines(self, crop: Region) -> list[Strip]:
        """What the compositor paints: the frame's rows."""
        strips = self._direct.strips()[crop.y : crop.bottom]
        if crop.x == 0 and crop.width >= self.row_width:
            return strips
        return [strip.crop(crop.x, crop.right) for strip in strips]

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Have the compositor paint all of it, from rows that are asked for again."""
        if repaint:
            self._direct.leave_to_compositor()
        super().refresh(repaint=repaint, layout=layout, recompose=recompose)
        return self

    def notify_style_update(self) -> None:
        """Rows in other colours are other rows."""
        super().notify_style_update()
        if self.is_attached:
            self.refresh()

    def on_show(self) -> None:
        """What came while it was hidden is painted now."""
        self.mark()

    def on_unmount(self) -> None:
        """Nothing is left to paint."""
        painter(self.app).forget(self._direct)


class _Frame:
    """The rows of one widget that the terminal shows, and what is known about them."""

    def __init__(self, widget: Direct) -> None:
        self.widget = widget
        self.armed = False
        self._strips: list[Strip] | None = None
        self._stale: set[int] | None = set()
        """Rows that may say something else than the strips; None: any."""
        self._cells: dict[int, Cells] = {}
        """The cells of strips, by the strip's id, as far as they were needed."""
        self._painted = 0.0
        self._painting = False
        self._layout: object = None
        """The layout that `_spot` was found in."""
        self._spot: Region | None = None

    # ── for the compositor ───────────────────────────────────────────────────────────────────────────

    def strips(self) -> list[Strip]:
        """All rows; made anew where they were dropped."""
        strips = self._strips
        if strips is None or not self._fits(strips):
            strips = self._strips = self._rows(range(self.widget.outer_size.height))
            self._stale = set()
            self._cells.clear()
        return strips

    def leave_to_compositor(self) -> None:
        """The compositor was asked to paint all of the widget."""
        self._strips = None

    def _fits(self, strips: list[Strip]) -> bool:
        widget = self.widget
        return len(strips) == widget.outer_size.height and (not strips or strips[0].cell_length == widget.row_width)

    def _rows(self, numbers: Iterable[int]) -> list[Strip]:
        widget, width = self.widget, self.widget.row_width
        strips = [widget.render_line(y) for y in numbers]
        strips = [s if s.cell_length == width else s.adjust_cell_length(width, widget.rich_style) for s in strips]
        if not widget.FILTERED and (filters := widget.get_line_filters()):
            background = widget.background_colors[1]
            for line_filter in filters:
                strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return strips

    # ── straight to the terminal ─────────────────────────────────────────────────────────────────────

    def mark(self, rows: Iterable[int] | None, soon: bool) -> None:
        """See `Direct.mark`."""
        if rows is None:
            self._stale = None
        elif self._stale is not None:
            self._stale.update(rows)
        if self._painting or (self.armed and not soon):
            return
        widget = self.widget
        if not widget.is_attached or not widget.is_on_screen:
            return
        self.armed = True
        painter(widget.app).arm(self, self._painted, soon)

    def paint(self, pen: Pen, now: float) -> None:
        """Bring what was marked to the terminal: by `pen` where that can be, else by the compositor."""
        self.armed, self._painted = False, now
        widget = self.widget
        if not widget.is_attached or not widget.is_on_screen:
            return
        self._painting = True
        try:
            widget.take_in()
        finally:
            self._painting = False
        region, strips = self._open_region(), self._strips
        if region is None or strips is None or not self._fits(strips):
            widget.refresh()
        else:
            self._write(pen, region, strips)

    def _write(self, pen: Pen, region: Region, strips: list[Strip]) -> None:
        numbers = [y for y in range(len(strips)) if self._stale is None or y in self._stale]
        self._stale = set()
        # A row that scrolled is a strip that lay elsewhere before: its cells are known.
        known, fresh = self._cells, self._rows(numbers)
        for y, new in zip(numbers, fresh, strict=True):
            if new is not (old := strips[y]):
                was = known.get(id(old)) or cells(old)
                known[id(new)] = become = known.get(id(new)) or cells(new)
                pen.change(region.x, region.y + y, was, become)
        for y, new in zip(numbers, fresh, strict=True):
            strips[y] = new
        self._cells = {id(strip): known[id(strip)] for strip in strips if id(strip) in known}

    def _open_region(self) -> Region | None:
        """Where the rows lie on the terminal; None where they can't be written now."""
        widget, screen = self.widget, self.widget.screen
        if not _is_open(widget.app, screen) or widget._repaint_regions or widget in screen.selections:
            return None
        compositor = screen._compositor
        widgets = compositor.visible_widgets
        if widgets is not self._layout:  # a new dictionary after each layout
            self._layout, self._spot = widgets, self._find_spot(widgets)
        spot = self._spot
        if spot is not None and any(spot.overlaps(dirty) for dirty in compositor._dirty_regions):
            return None
        return spot

    def _find_spot(self, widgets: dict[Widget, tuple[Region, Region]]) -> Region | None:
        """The region of the rows, if all of it shows and nothing lies over it."""
        widget = self.widget
        if widget not in widgets:
            return None
        region, clip = widgets[widget]
        rows = Region(region.x, region.y, widget.row_width, region.height)
        if region.size != widget.outer_size or not rows.area or not clip.contains_region(region):
            return None
        for other, (place, its_clip) in widgets.items():  # from the front to the back
            if other is widget:
                return rows
            if place.intersection(its_clip).overlaps(rows):
                return None
        return None


def _is_open(app: App[Any], screen: Screen[Any]) -> bool:
    """Whether the terminal shows this screen as it was laid out, and nothing is under way."""
    driver = app._driver
    return (
        driver is not None
        and not (driver.is_headless or driver.is_inline)
        and app._running
        and not (app._closed or app._batch_count)
        and app._screen_stack[-1] is screen
        and screen._compositor.size == app.size
        and not (screen._repaint_required or screen._selecting or screen._layout_required or screen._scroll_required)
    )


class Pace(NamedTuple):
    """How often may be painted, and how much written."""

    frames: float
    """Paints a second of the widget that has the keys; the others get a share of it."""
    bytes: float
    """Bytes a second that the others together may write; the one that has the keys never waits for them."""


PACES = {"fast": Pace(60, 80_000), "slow": Pace(10, 8_000)}
"""By the name that the configuration has for it."""


class Painter:
    """Paints the widgets of one app that were marked, several in one write."""

    def __init__(self, app: App[Any]) -> None:
        """Nothing is marked yet."""
        self._app = app
        self.pace = PACES["fast"]
        """The app's setting."""
        self._paid = 0.0
        """When the line will have carried, at that speed, all that was written."""
        self._beat = 0.0
        """When one of the others was painted last."""
        self._due: dict[_Frame, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_at_rest(self) -> bool:
        """Nothing is marked, and no timer runs."""
        return self._timer is None

    def arm(self, frame: _Frame, painted: float, soon: bool) -> None:
        """Paint a widget as soon as its pace allows, which was `painted` last."""
        widget = frame.widget
        if soon or widget.has_focus:
            at = painted + 1 / min(self.pace.frames, widget.FRAMES)
        else:  # the others on one beat, so that ten busy ones are one write
            period = 1 / min(max(1.0, self.pace.frames * OTHERS), widget.FRAMES)
            at = (int(max(painted, self._beat) / period + 0.1) + 1) * period
        self._due[frame] = at
        if self._timer is None or at < self._timer.when():
            self._wake(at)

    def forget(self, frame: _Frame) -> None:
        """Its widget is gone."""
        self._due.pop(frame, None)
        if not self._due and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wake(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._paint)

    def _paint(self) -> None:
        self._timer = None
        try:
            self._paint_due()
        except Exception as error:  # as Textual does with an error in any handler: the app ends and shows it
            self._app._handle_exception(error)

    def _paint_due(self) -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        if self._waits():
            self._wake(begun + BACKLOG_SECONDS)
            return
        pen = Pen(self._app.console._color_system)
        for frame in self._ready(begun):
            del self._due[frame]
            frame.paint(pen, begun)
            if not frame.widget.has_focus:
                self._beat = begun
            if clock() - begun > TURN_SECONDS:
                break
        if pen:
            text = pen.text()
            self._send(text)
            self._paid = max(begun, self._paid) + len(text.encode()) / self.pace.bytes
        if self._due:
            self._wake(min(max(at, self._earliest(frame)) for frame, at in self._due.items()))

    def _ready(self, now: float) -> list[_Frame]:
        return [frame for frame, at in self._due.items() if at <= now and self._earliest(frame) <= now]

    def _earliest(self, frame: _Frame) -> float:
        """When a widget without the keys may write again."""
        return 0.0 if frame.widget.has_focus else self._paid - BURST_SECONDS

    def _waits(self) -> bool:
        """Whether the terminal has yet to take what it was sent, or is not ours while the app is suspended."""
        writer = getattr(self._app._driver, "_writer_thread", None)
        return writer is not None and (not writer.is_alive() or writer._queue.qsize() >= BACKLOG)

    def _send(self, text: str) -> None:
        """Write it as one update, which terminals show at once, and put the cursor back."""
        app, driver = self._app, self._app._driver
        assert driver is not None
        x, y = app.screen.outer_size.clamp_offset(app.cursor_position)
        text = f"{text}\x1b[{y + 1};{x + 1}H"
        driver.write(f"{_SYNC_START}{text}{_SYNC_END}" if app._sync_available else text)
        driver.flush()


def scrollbar_of(view: Widget, kind: type[Bar]) -> Bar:
    """The vertical scrollbar of a view, of a kind of our own; made where there is none yet."""
    bar = view._vertical_scrollbar
    if not isinstance(bar, kind):
        bar = view._vertical_scrollbar = kind()
        bar.display = False  # as Textual makes its own; the view shows it where it is wanted
        view.app._start_widget(view, bar)
    return bar


_painters: WeakKeyDictionary[App[Any], Painter] = WeakKeyDictionary()


def painter(app: App[Any]) -> Painter:
    """The painter of an app."""
    found = _painters.get(app)
    if found is None:
        found = _painters[app] = Painter(app)
    return found
