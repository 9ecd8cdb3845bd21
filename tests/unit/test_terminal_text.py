"""Plain text out of what was printed on a terminal."""

from __future__ import annotations

import pytest

from cockpit.terminal_text import Teller, last_lines, text_of


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"\x1b[1;32mgreen\x1b[0m\r\n", "green\n"),
        (b" 10%\r 50%\r100%\r\ndone", "100%\ndone"),
        (b"\x1b[?1049h\x1b[H\x1b[2J\x1b[1;1Hname:\x1b[2;5Hvalue", "name:\nvalue"),
        (b"a\x1b[5Cb", "a     b"),
        (b"\x1b]0;a title\x07text", "text"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1bP1$r0m\x1b\\after", "after"),
        (b"\x1b(0lqqk\x1b(B", "┌──┐"),
        (b"\x1b(0l\x1b[32mq\x1b[3bk\x1b[m\x1b(B", "┌────┐"),
        ("wörter 漢字 🚀\n".encode(), "wörter 漢字 🚀\n"),
        (b"\xff\xfe broken", "\ufffd\ufffd broken"),
        (b"a\n\n\n\n\nb", "a\n\nb"),
        (b"\x1b]0;never ends", ""),
    ],
)
def test_it_tells_what_a_person_would_read(printed: bytes, text: str) -> None:
    assert text_of(printed) == text


def test_nothing_is_left_that_a_terminal_would_obey() -> None:
    hostile = b"\x1b]52;c;aGk=\x07\x1b[31mx\x9b31m\x1bc\x00\x08\x1b[6n\x1b]0;t\x1b\\y"
    assert not any(ord(c) < 32 and c not in "\n\t" for c in text_of(hostile))


def test_the_last_lines_are_the_last_with_something_in_them() -> None:
    assert last_lines(b"1\n2\n\n3\n   \n\x1b[0m\n", 2) == "2\n3"


def test_a_teller_waits_for_whole_lines() -> None:
    teller = Teller()
    assert teller.tell(b"on") == ""
    assert teller.tell(b"e\r\ntwo \x1b[3") == "one\n"
    assert teller.tell(b"1mred") == ""
    assert teller.rest() == "two red\n"


def test_a_teller_does_not_keep_a_line_that_never_ends() -> None:
    teller = Teller()
    told = "".join(teller.tell(b"x" * 1000) for _ in range(100))
    assert len(told) > 60_000
