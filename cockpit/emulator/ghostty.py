"""The emulator of Ghostty, as a library.

A row is read as the library keeps it, 64 bits to a cell, because a call for every cell would take most of the
time there is. What the bits mean holds for the pinned version; the tests compare it with what the library says.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from cockpit.emulator.base import HISTORY, PLAIN, Colour, Cursor, EmulatorError, Modes, Pen, Row, Shape, Span
from cockpit.emulator.ghostty_abi import abi

MODES = {"application_cursor": 1, "bracketed_paste": 2004, "focus_events": 1004, "mouse_sgr": 1006}
_ALTERNATE_SCROLL = 1007
_MOUSE = ("", "press", "click", "drag", "motion")
_SHAPES: Sequence[Shape] = ("bar", "block", "underline", "block")

# The bits of a cell, the lowest first: 2 what kind it is, 24 a character or a colour, 16 which style, 2 how wide.
_KIND, _STYLE = 0b11, 0xFFFF << 26
_GRAPHEME, _PALETTE, _RGB = 1, 2, 3
_WIDE, _TAIL = 1, 2
_CHARACTER = 0x1FFFFF
_NO_STYLE_BITS = 0xFFFFFF << 2


class Ghostty:
    """A `base.Emulator`."""

    name = "libghostty"

    def __init__(self, columns: int, rows: int, history: int = HISTORY) -> None:
        """Raises NoEmulator where the library can't be used."""
        self._ffi, self._lib = abi()
        self.columns, self.rows = columns, rows
        self._said: list[bytes] = []
        self._read: list[Row] = []
        self._pens: dict[bytes, Pen] = {}
        ffi, lib = self._ffi, self._lib
        self._terminal = self._own("ghostty_terminal", "GhosttyTerminal", columns, rows)
        self._state = self._own("ghostty_render_state", "GhosttyRenderState")
        self._lines = self._own("ghostty_render_state_row_iterator", "GhosttyRenderStateRowIterator")
        self._cells = self._own("ghostty_render_state_row_cells", "GhosttyRenderStateRowCells")
        self._answering = ffi.callback("GhosttyTerminalWritePtyFn", self._answer)
        self._set(lib.GHOSTTY_TERMINAL_OPT_WRITE_PTY, self._answering)
        self._set(lib.GHOSTTY_TERMINAL_OPT_SCROLLBACK_MAX_LINES, ffi.new("size_t*", history))
        self._y, self._view = ffi.new("uint16_t*"), ffi.new("GhosttyCellsView*")
        self._style = ffi.new("GhosttyStyle*")
        self._style.size = ffi.sizeof("GhosttyStyle")
        self._pointer = ffi.new("GhosttyRenderStateCursor*")
        self._pointer.size = ffi.sizeof("GhosttyRenderStateCursor")
        self._bar, self._mode = ffi.new("GhosttyTerminalScrollbar*"), ffi.new("GhosttyTerminalModeConfig*")
        self._int, self._lines_out = ffi.new("int*"), ffi.new("GhosttyRenderStateRowIterator*", self._lines)

    def _own(self, kind: str, ctype: str, *sizes: int) -> Any:
        """A new object of the library's, freed with this one."""
        out = self._ffi.new(f"{ctype}*")
        self._check(getattr(self._lib, f"{kind}_new")(self._ffi.NULL, out, *sizes), kind)
        return self._ffi.gc(out[0], getattr(self._lib, f"{kind}_free"))

    def _check(self, result: int, what: str) -> None:
        if result:
            raise EmulatorError(f"libghostty: {what} failed ({result})")

    def _set(self, option: int, value: Any) -> None:
        self._check(self._lib.ghostty_terminal_set(self._terminal, option, value), f"option {option}")

    def _get(self, data: int, out: Any) -> Any:
        self._check(self._lib.ghostty_terminal_get(self._terminal, data, out), f"data {data}")
        return out

    # ── output ───────────────────────────────────────────────────────────────────────────────────────

    def feed(self, data: bytes) -> bytes:
        """Take in output; what the program must be answered."""
        self._lib.ghostty_terminal_vt_write(self._terminal, data, len(data))
        if not self._said:
            return b""
        said = b"".join(self._said)
        self._said.clear()
        return said

    def _answer(self, terminal: Any, userdata: Any, data: Any, length: int) -> None:
        text = bytes(self._ffi.buffer(data, length))
        # Nobody here can type by kitty's protocol, so nobody may think that somebody could.
        if not (text.startswith(b"\x1b[?") and text.endswith(b"u")):
            self._said.append(text)

    def resize(self, columns: int, rows: int) -> None:
        """Have another size."""
        self._check(self._lib.ghostty_terminal_resize(self._terminal, columns, rows, 8, 16), "resize")
        self.columns, self.rows = columns, rows

    # ── what it looks like ───────────────────────────────────────────────────────────────────────────

    def changed(self) -> list[int]:
        """Read the rows that look different since the last time."""
        lib = self._lib
        self._check(lib.ghostty_render_state_update(self._state, self._terminal), "update")
        self._from_state(lib.GHOSTTY_RENDER_STATE_DATA_DIRTY, self._int)
        if self._int[0] == lib.GHOSTTY_RENDER_STATE_DIRTY_FALSE:
            return []
        is_full = self._int[0] == lib.GHOSTTY_RENDER_STATE_DIRTY_FULL or len(self._read) != self.rows
        self._from_state(lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR, self._lines_out)
        found = self._all_rows() if is_full else self._dirty_rows()
        self._check(lib.ghostty_render_state_clean(self._state), "clean")
        return found

    def _from_state(self, data: int, out: Any) -> None:
        self._check(self._lib.ghostty_render_state_get(self._state, data, out), f"state {data}")

    def _all_rows(self) -> list[int]:
        self._read = []
        while self._lib.ghostty_render_state_row_iterator_next(self._lines):
            self._read.append(self._row())
        return list(range(len(self._read)))

    def _dirty_rows(self) -> list[int]:
        found = []
        while self._lib.ghostty_render_state_row_iterator_next_dirty(self._lines, self._y):
            found.append(self._y[0])
            self._read[self._y[0]] = self._row()
        return found

    def row(self, y: int) -> Row:
        """A row as `changed` last found it."""
        return self._read[y] if y < len(self._read) else [Span(" " * self.columns, self.columns)]

    def _row(self) -> Row:
        lib = self._lib
        lib.ghostty_render_state_row_get(self._lines, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW, self._view)
        count = self._view.len
        raw = self._ffi.buffer(self._view.ptr, count * 8)
        cells = memoryview(raw).cast("Q").tolist()
        if not any(cells):
            return [Span(" " * count, count)]
        spans, x = [], 0
        for look, group in groupby(cells, _look):
            found = list(group)
            spans.append(Span(self._text(found, x), len(found), self._pen(look, x)))
            x += len(found)
        return spans

    def _text(self, cells: list[int], x: int) -> str:
        """The characters of cells that look the same, the first of them at `x`."""
        if all(cell & 3 == 0 and cell >> 42 == 0 for cell in cells):
            return "".join([chr(cell >> 2 & _CHARACTER or 32) for cell in cells])
        return "".join([self._character(cell, x + n) for n, cell in enumerate(cells)])

    def _character(self, cell: int, x: int) -> str:
        if cell >> 42 & 3 == _TAIL:
            return ""
        kind = cell & _KIND
        if kind >= _PALETTE:
            return " "
        return self._grapheme(x) if kind == _GRAPHEME else chr(cell >> 2 & _CHARACTER or 32)

    def _cell(self, x: int, data: int, out: Any) -> Any:
        lib = self._lib
        lib.ghostty_render_state_row_get(
            self._lines,
            lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS,
            self._ffi.new("GhosttyRenderStateRowCells*", self._cells),
        )
        self._check(lib.ghostty_render_state_row_cells_select(self._cells, x), "select")
        self._check(lib.ghostty_render_state_row_cells_get(self._cells, data, out), f"cell {data}")
        return out

    def _grapheme(self, x: int) -> str:
        """A character of several code points."""
        lib, ffi = self._lib, self._ffi
        count = self._cell(x, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_LEN, ffi.new("uint32_t*"))[0]
        points = self._cell(x, lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_GRAPHEMES_BUF, ffi.new("uint32_t[]", count))
        return "".join(chr(point) for point in points)

    def _pen(self, look: int, x: int) -> Pen:
        """How a cell looks that is at `x`."""
        pen = self._styled(x) if look & _STYLE else PLAIN
        match look & _KIND:
            case 2:
                return pen._replace(bg=look >> 2 & 0xFF)
            case 3:
                return pen._replace(bg=(look >> 2 & 0xFF, look >> 10 & 0xFF, look >> 18 & 0xFF))
        return pen

    def _styled(self, x: int) -> Pen:
        style = self._cell(x, self._lib.GHOSTTY_RENDER_STATE_ROW_CELLS_DATA_STYLE, self._style)
        key = bytes(self._ffi.buffer(style))
        pen = self._pens.get(key)
        if pen is None:
            if len(self._pens) > 10_000:  # somebody paints rainbows
                self._pens.clear()
            pen = self._pens[key] = _pen(style, self._lib)
        return pen

    @property
    def cursor(self) -> Cursor:
        """The cursor as `changed` last found it."""
        self._from_state(self._lib.GHOSTTY_RENDER_STATE_DATA_CURSOR, self._pointer)
        found = self._pointer
        visible = bool(found.visible and found.viewport_has_value)
        return Cursor(found.viewport_x, found.viewport_y, visible, _SHAPES[min(found.visual_style, 3)])

    # ── what it was asked for ────────────────────────────────────────────────────────────────────────

    @property
    def modes(self) -> Modes:
        """What the program has asked for."""
        lib = self._lib
        screen = self._get(lib.GHOSTTY_TERMINAL_DATA_ACTIVE_SCREEN, self._int)[0]
        chosen = {name: self._is_set(number) for name, number in MODES.items()}
        return Modes(
            alternate=screen == lib.GHOSTTY_TERMINAL_SCREEN_ALTERNATE,
            mouse=_mouse(self._is_set),
            alternate_scroll=self._is_set(_ALTERNATE_SCROLL),
            **chosen,
        )

    def _is_set(self, mode: int) -> bool:
        self._mode.mode = mode
        return bool(self._get(self._lib.GHOSTTY_TERMINAL_DATA_MODE, self._mode).value)

    # ── history ──────────────────────────────────────────────────────────────────────────────────────

    def _scrollbar(self) -> Any:
        return self._get(self._lib.GHOSTTY_TERMINAL_DATA_SCROLLBAR, self._bar)

    @property
    def history(self) -> int:
        """Lines that have scrolled off and are kept."""
        bar = self._scrollbar()
        return int(bar.total - bar.len)

    @property
    def back(self) -> int:
        """How many of those lines are looked at."""
        bar = self._scrollbar()
        return int(bar.total - bar.len - bar.offset)

    def look_back(self, lines: int) -> None:
        """Look at the screen as it was so many lines ago."""
        row = max(0, self.history - lines)
        tag = self._lib.GHOSTTY_SCROLL_VIEWPORT_ROW if lines > 0 else self._lib.GHOSTTY_SCROLL_VIEWPORT_BOTTOM
        where = self._ffi.new("CockpitScrollViewport*", {"tag": tag, "value": [row, 0]})
        call = self._ffi.cast(
            "void(*)(GhosttyTerminal, CockpitScrollViewport)",
            self._ffi.addressof(self._lib, "ghostty_terminal_scroll_viewport"),
        )
        call(self._terminal, where[0])

    def close(self) -> None:
        """Free what the library holds."""
        for owned in (self._cells, self._lines, self._state, self._terminal):
            self._ffi.release(owned)


def _look(cell: int) -> int:
    """What two cells have in common that look the same."""
    return cell & (_STYLE | _KIND | _NO_STYLE_BITS) if cell & 2 else cell & _STYLE


def _mouse(is_set: Any) -> Any:
    for mode, name in ((1003, "motion"), (1002, "drag"), (1000, "click"), (9, "press")):
        if is_set(mode):
            return name
    return ""


def _pen(style: Any, lib: Any) -> Pen:
    return Pen(
        _colour(style.fg_color, lib),
        _colour(style.bg_color, lib),
        bool(style.bold),
        bool(style.faint),
        bool(style.italic),
        bool(style.underline),
        bool(style.blink),
        bool(style.inverse),
        bool(style.invisible),
        bool(style.strikethrough),
    )


def _colour(colour: Any, lib: Any) -> Colour:
    if colour.tag == lib.GHOSTTY_STYLE_COLOR_PALETTE:
        return int(colour.value.palette)
    if colour.tag == lib.GHOSTTY_STYLE_COLOR_RGB:
        rgb = colour.value.rgb
        return (rgb.r, rgb.g, rgb.b)
    return None
