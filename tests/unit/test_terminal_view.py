"""The terminal pane alone: rows, looks, the cursor, a flood, and emulators that fail."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from rich.style import Style
from textual import events

from cockpit.emulator import held as held_module
from cockpit.emulator.avt import Avt
from cockpit.emulator.base import Cursor, EmulatorError, Modes, Pen, Span, text_of
from cockpit.emulator.blackbox import entry
from cockpit.emulator.ghostty import Ghostty
from cockpit.emulator.held import Held
from panes import terminal_rows
from panes.terminal_rows import Styles
from panes.terminal_view import GIVEN_UP, TerminalView
from tests.fakes.link import FakeWire
from tests.unit.stage import Stage, on_stage

NAME = "parsers/T1-1"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "cockpit"


@asynccontextmanager
async def shown(wire: FakeWire, size: tuple[int, int] = (20, 5)) -> AsyncIterator[Stage[TerminalView]]:
    """A view that has the keys and follows a wire."""
    async with on_stage(TerminalView(), *size) as one:
        one.widget.focus()
        following = asyncio.create_task(one.widget.follow(lambda: wire, NAME))
        try:
            yield one
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


async def settled(one: Stage[TerminalView], wire: FakeWire, holds: Callable[[], bool] = lambda: True) -> None:
    await wire.idle()
    await one.until(lambda: one.widget.is_settled and holds())


async def test_it_shows_what_comes_and_where_the_cursor_is() -> None:
    wire = FakeWire()
    async with shown(wire) as one:
        await wire.prints(b"ab\x1b[31mcd\x1b[0m")
        await settled(one, wire)
        assert one.screen()[0] == "abcd"
        segments = list(one.widget.render_line(0))
        assert segments[1].style is not None
        assert segments[1].style.color is not None
        under = next(s for s in segments if s.style and s.style.reverse)
        assert under.text == " "
        await wire.prints(b"\x1b[?25l")
        await settled(one, wire)
        assert not any(s.style and s.style.reverse for s in one.widget.render_line(0))


async def test_bracketed_paste_focus_and_the_wheel() -> None:
    wire = FakeWire()
    async with shown(wire) as one:
        await wire.prints(b"\x1b[?2004h\x1b[?1004h")
        await settled(one, wire)
        one.widget.post_message(events.Paste("hi\nthere"))
        await one.until(lambda: b"there" in wire.typed)
        assert wire.typed == b"\x1b[200~hi\rthere\x1b[201~"
        one.app.set_focus(None)
        await one.until(lambda: wire.typed.endswith(b"\x1b[O"))
        one.widget.focus()
        await one.until(lambda: wire.typed.endswith(b"\x1b[I"))


def wheel(view: TerminalView) -> events.MouseScrollUp:
    return events.MouseScrollUp(view, 1, 1, 0, -1, 0, False, False, False)


async def test_the_wheel_is_arrows_on_the_second_screen_and_looks_back_on_the_first() -> None:
    wire = FakeWire()
    async with shown(wire) as one:
        await wire.prints(b"\r\n".join(b"%d" % n for n in range(50)))
        await settled(one, wire)
        one.widget.post_message(wheel(one.widget))
        await settled(one, wire, lambda: "↑ 3 of 45" in one.screen()[0])
        assert one.screen()[1] == "43"
        await wire.prints(b"\x1b[?1049h")
        await settled(one, wire)
        one.widget.post_message(wheel(one.widget))
        await one.until(lambda: wire.typed == b"\x1b[A" * 3)


async def test_a_flood_leaves_room_for_keys_and_its_end_shows() -> None:
    wire = FakeWire()
    async with shown(wire, (80, 24)) as one:
        line = b"\x1b[32m" + b"0123456789" * 12 + b"\x1b[0m\r\n"
        flood = [line * 2_000] * 80  # about 20 MB
        turns = 0

        async def others() -> None:
            nonlocal turns
            while "the end" not in one.screen()[-1]:
                turns += 1
                await asyncio.sleep(0)

        await wire.prints(*flood, b"the end")
        asyncio.get_running_loop().call_soon(one.widget.post_message, events.Key("x", "x"))
        async with asyncio.timeout(60):
            await others()
        assert wire.typed == b"x"
        assert turns > 20


async def test_an_endless_line_and_split_characters() -> None:
    wire = FakeWire()
    async with shown(wire) as one:
        await wire.prints(b"x" * 3_000_000, b"\r\n", b"\xe6", b"\xbc", b"\xa2", b"\x1b", b"[1", b"mok")
        await settled(one, wire)
        assert one.screen()[-1] == "漢ok"


# ── emulators that fail ──────────────────────────────────────────────────────────────────────────────


class Failing(Ghostty):
    """Fails at a word."""

    def feed(self, data: bytes) -> bytes:
        if b"poison" in data:
            raise ValueError("it was poisoned")
        return super().feed(data)


class FailingToo(Avt):
    """So does the second one."""

    def feed(self, data: bytes) -> bytes:
        if b"poison" in data:
            raise EmulatorError("it was poisoned too")
        return super().feed(data)


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of emulator that were opened, the first of which fails at a word."""
    opened = []

    def opens(columns: int, rows: int, *, second: bool = False) -> Ghostty | Avt:
        opened.append("second" if second else "first")
        return Avt(columns, rows) if second else Failing(columns, rows)

    monkeypatch.setattr(held_module, "open_emulator", opens)
    return opened


async def test_a_failing_emulator_is_replaced_and_told_the_past_again(fragile: list[str]) -> None:
    wire = FakeWire()
    async with shown(wire) as one:
        await wire.prints(b"before ")
        await settled(one, wire)
        await wire.prints(b"poison")
        await settled(one, wire, lambda: "before poison" in one.screen()[0])
        assert fragile[-1] == "second"
        assert fragile.count("first") >= 2
        await one.press("x")
        assert wire.typed == b"x"


class FailingWhenAsked(Ghostty):
    """Fails whoever asks it anything once it has met a word."""

    @property
    def modes(self) -> Modes:
        if text_of(self.row(0)) == "poison":
            raise ValueError("it was poisoned")
        return super().modes


async def test_one_that_fails_while_a_key_is_typed_is_replaced_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        held_module, "open_emulator", lambda c, r, *, second=False: Avt(c, r) if second else FailingWhenAsked(c, r)
    )
    wire = FakeWire()
    async with shown(wire) as one:
        await wire.prints(b"poison")
        await settled(one, wire, lambda: "poison" in one.screen()[0])
        for _ in range(3):
            await one.press("x")
            await settled(one, wire, lambda: "poison" in one.screen()[0])
        assert wire.typed == b"xxx"
        await wire.prints(b"!")
        await settled(one, wire, lambda: "poison!" in one.screen()[0])


async def test_where_both_fail_the_pane_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        held_module, "open_emulator", lambda c, r, *, second=False: FailingToo(c, r) if second else Failing(c, r)
    )
    wire = FakeWire()
    async with shown(wire, (120, 5)) as one:
        await wire.prints(b"poison")
        await one.until(lambda: GIVEN_UP in one.screen()[0])
        await one.press("x")
        assert wire.typed == b""


CRASHES = """
import os, signal
from cockpit.emulator import held
from cockpit.emulator.ghostty import Ghostty

class Crashing(Ghostty):
    def feed(self, data):
        os.kill(os.getpid(), signal.SIGSEGV)

held.open_emulator = lambda columns, rows, second=False: Crashing(columns, rows)
held.Held("parsers/T1-1", 80, 24).feed(b"poison")
"""


def test_what_took_a_whole_screen_with_it_is_read_by_the_second(cache: Path) -> None:
    assert Held(NAME, 80, 24).emulator.name == "libghostty"
    done = subprocess.run([sys.executable, "-c", CRASHES], check=False)
    assert done.returncode < 0
    assert Held(NAME, 80, 24).emulator.name == "avt"
    assert Held("parsers/T2-1", 80, 24).emulator.name == "libghostty"


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────


STYLES = Styles(Style(), lambda style: style)


@pytest.mark.parametrize(
    ("span", "wanted"),
    [
        (Span("plain", 5), "plain"),
        (Span("漢字", 4), "漢字"),
        (Span("👩\u200d👩\u200d👧", 6), "👩👩👧"),
        (Span("❤\ufe0f", 1), "❤"),
        (Span("e\u0301", 1), "e\u0301"),
        (Span("\u202eevil\u2066", 4), "evil"),
        (Span("🚀", 1), " "),
    ],
)
def test_text_takes_the_columns_that_the_emulator_gave_it(span: Span, wanted: str) -> None:
    assert terminal_rows.shown(span) == wanted
    assert terminal_rows.strip([span], 20, STYLES).cell_length == 20


@pytest.mark.parametrize("x", range(12))
def test_the_cursor_is_on_one_character_wherever_it_is(x: int) -> None:
    row = [Span("a漢b", 4, Pen(1)), Span("e\u0301字", 3), Span("  ", 2)]
    found = terminal_rows.strip(row, 12, STYLES, Cursor(x, 0))
    assert found.cell_length == 12
    assert "".join(s.text for s in found).rstrip() == "a漢be\u0301字"
    marked = [s.text for s in found if s.style and s.style.reverse]
    assert len(marked) == 1
    assert marked[0].strip() in ("a", "漢", "b", "e\u0301", "字", "")


def test_the_shape_of_the_cursor_shows() -> None:
    bar = terminal_rows.strip([Span("ab", 2)], 2, STYLES, Cursor(1, 0, shape="bar"))
    assert [s.text for s in bar if s.style and s.style.underline] == ["b"]
    on_inverse = terminal_rows.strip([Span("ab", 2, Pen(inverse=True))], 2, STYLES, Cursor(1, 0))
    assert [s.text for s in on_inverse if s.style and not s.style.reverse] == ["b"]


def test_a_name_fits_the_black_box() -> None:
    assert len(entry("x" * 10_000)) == 512
    assert entry("a") == b"a\0"
