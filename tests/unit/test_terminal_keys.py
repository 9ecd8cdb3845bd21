"""Keys, pastes and the mouse as bytes, as xterm has them."""

from __future__ import annotations

import pytest

from cockpit.emulator.base import Modes
from panes.terminal_keys import Mouse, moved, pasted, typed

PLAIN, APPLICATION = Modes(), Modes(application_cursor=True)


@pytest.mark.parametrize(
    ("key", "character", "wanted"),
    [
        ("a", "a", b"a"),
        ("A", "A", b"A"),
        ("é", "é", "é".encode()),
        ("question_mark", "?", b"?"),
        ("space", " ", b" "),
        ("enter", "\r", b"\r"),
        ("tab", "\t", b"\t"),
        ("shift+tab", None, b"\x1b[Z"),
        ("escape", "\x1b", b"\x1b"),
        ("backspace", "\x7f", b"\x7f"),
        ("backspace", "\x08", b"\x08"),
        ("ctrl+backspace", None, b"\x08"),
        ("alt+backspace", None, b"\x1b\x7f"),
        ("ctrl+a", "\x01", b"\x01"),
        ("ctrl+c", None, b"\x03"),
        ("ctrl+z", "\x1a", b"\x1a"),
        ("ctrl+@", "\0", b"\0"),
        ("ctrl+space", None, b"\0"),
        ("ctrl+backslash", "\x1c", b"\x1c"),
        ("ctrl+right_square_bracket", "\x1d", b"\x1d"),
        ("ctrl+circumflex_accent", "\x1e", b"\x1e"),
        ("ctrl+underscore", "\x1f", b"\x1f"),
        ("ctrl+1", None, b"1"),
        ("alt+x", "x", b"\x1bx"),
        ("alt+shift+x", None, b"\x1bX"),
        ("ctrl+alt+x", None, b"\x1b\x18"),
        ("ctrl+shift+x", None, b"\x18"),
        ("alt+enter", None, b"\x1b\r"),
        ("up", None, b"\x1b[A"),
        ("shift+left", None, b"\x1b[1;2D"),
        ("ctrl+right", None, b"\x1b[1;5C"),
        ("ctrl+shift+end", None, b"\x1b[1;6F"),
        ("home", None, b"\x1b[H"),
        ("insert", None, b"\x1b[2~"),
        ("delete", None, b"\x1b[3~"),
        ("ctrl+delete", None, b"\x1b[3;5~"),
        ("pageup", None, b"\x1b[5~"),
        ("alt+pagedown", None, b"\x1b[6;3~"),
        ("f1", None, b"\x1bOP"),
        ("f5", None, b"\x1b[15~"),
        ("f12", None, b"\x1b[24~"),
        ("ctrl+f1", None, b"\x1b[1;5P"),
        ("f13", None, b"\x1b[1;2P"),
        ("f17", None, b"\x1b[15;2~"),
        ("plus", "+", b"+"),
        ("+", "+", b"+"),
        ("<ignore>", "\x1b[57358u", b""),
        ("hyper+x", None, b""),
        ("media_play", None, b""),
    ],
)
def test_keys(key: str, character: str | None, wanted: bytes) -> None:
    assert typed(key, character, PLAIN) == wanted


def test_arrows_are_others_for_a_program_that_asked() -> None:
    keys = ("up", "down", "right", "left", "home", "end")
    assert [typed(key, None, APPLICATION) for key in keys] == [b"\x1bO" + bytes([c]) for c in b"ABCDHF"]
    assert typed("ctrl+up", None, APPLICATION) == b"\x1b[1;5A"
    assert typed("f1", None, APPLICATION) == b"\x1bOP"


def test_a_paste_can_neither_end_itself_nor_press_keys() -> None:
    assert pasted("one\r\ntwo\nthree", PLAIN) == b"one\rtwo\rthree"
    hostile = "a\x1b[201~\x03b\x9b201~c"
    assert pasted(hostile, Modes(bracketed_paste=True)) == b"\x1b[200~a[201~b201~c\x1b[201~"
    assert pasted("é\t漢", PLAIN) == "é\t漢".encode()


@pytest.mark.parametrize(
    ("mouse", "mode", "wanted"),
    [
        (Mouse("press", 0, 0), "click", b"\x1b[<0;1;1M"),
        (Mouse("release", 4, 2), "click", b"\x1b[<0;5;3m"),
        (Mouse("press", 300, 2, 3), "click", b"\x1b[<2;301;3M"),
        (Mouse("press", 0, 0, 1, shift=True, alt=True, ctrl=True), "click", b"\x1b[<28;1;1M"),
        (Mouse("up", 1, 1), "click", b"\x1b[<64;2;2M"),
        (Mouse("down", 1, 1), "drag", b"\x1b[<65;2;2M"),
        (Mouse("drag", 1, 1), "click", b""),
        (Mouse("drag", 1, 1), "drag", b"\x1b[<32;2;2M"),
        (Mouse("move", 1, 1), "drag", b""),
        (Mouse("move", 1, 1), "motion", b"\x1b[<35;2;2M"),
        (Mouse("release", 1, 1), "press", b""),
        (Mouse("press", 1, 1), "", b""),
        (Mouse("press", -1, 1), "motion", b""),
    ],
)
def test_the_mouse(mouse: Mouse, mode: str, wanted: bytes) -> None:
    assert moved(mouse, Modes(mouse=mode, mouse_sgr=True)) == wanted  # type: ignore[arg-type]


def test_the_mouse_in_the_older_form() -> None:
    modes = Modes(mouse="click")
    assert moved(Mouse("press", 0, 9, 2), modes) == b"\x1b[M" + bytes([33, 33, 42])
    assert moved(Mouse("release", 0, 9, 2), modes) == b"\x1b[M" + bytes([35, 33, 42])
    assert moved(Mouse("up", 0, 0), modes) == b"\x1b[M" + bytes([96, 33, 33])
    assert moved(Mouse("press", 250, 0), modes) == b""
