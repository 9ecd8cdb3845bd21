"""The log of what a terminal agent printed: bounded, divided where it can be, told again with its modes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.hosts.terminal_log import NAME, OLDER, TerminalLog, modes

SOME = b"\x1b[32mgreen\x1b[0m and plain\r\n"


@pytest.fixture
def log(tmp_path: Path) -> TerminalLog:
    return TerminalLog(str(tmp_path), max_bytes=1000)


def everything(log: TerminalLog) -> bytes:
    return log.tail(1 << 20)


def test_it_never_keeps_more_than_two_files_of_its_bound(log: TerminalLog, tmp_path: Path) -> None:
    for _ in range(500):
        log.append(SOME)

    assert log.end == 500 * len(SOME)
    assert sum((tmp_path / name).stat().st_size for name in (NAME, OLDER)) <= 2000 + 2 * len(SOME)
    assert everything(log).startswith(b"\x1b[")
    assert everything(log).endswith(SOME)


def test_what_never_ends_a_line_is_divided_all_the_same(log: TerminalLog, tmp_path: Path) -> None:
    for _ in range(100):
        log.append(b"x" * 100)

    assert sum((tmp_path / name).stat().st_size for name in (NAME, OLDER)) <= 5000


def test_a_screen_reads_on_across_the_files_at_its_own_pace(log: TerminalLog) -> None:
    dice = random.Random(7)
    place, read, written = 0, b"", b""
    for number in range(300):
        piece = b"\x1b[%dmline %d\r\n" % (number % 8, number)
        written += piece
        log.append(piece)
        while dice.random() < 0.6 and (found := log.read(place, dice.randrange(1, 60))):
            read, place = read + found, place + len(found)
    while found := log.read(place, 50):
        read, place = read + found, place + len(found)

    assert read == written


def test_a_screen_that_fell_behind_has_lost_its_place(log: TerminalLog) -> None:
    for _ in range(500):
        log.append(SOME)

    assert log.read(0, 10) is None
    assert log.read(log.begin, 10) is not None
    assert log.read(log.end, 10) == b""


@pytest.mark.parametrize("limit", range(1, 90))
def test_a_stretch_of_the_past_begins_where_nothing_is_torn(log: TerminalLog, limit: int) -> None:
    log.append(SOME * 10)
    place, _ = log.past(limit)
    begun = log.read(place, 100)

    assert begun is not None
    assert begun[:1] in (b"\x1b", b"g", b"")
    assert not begun.startswith(b"green") or log.read(place - 5, 5) == b"\r\n"


def test_the_past_is_told_with_the_modes_that_were_set_before_it(log: TerminalLog) -> None:
    log.append(b"\x1b[?1000;1006h\x1b[?1049h\x1b=\x1b[?25l\x1b[?2026h" + SOME * 30)
    place, before = log.past(100)

    assert place > 0
    assert before == b"\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b="


def test_a_new_file_begins_with_the_modes_and_screens_are_not_told_them_twice(log: TerminalLog, tmp_path: Path) -> None:
    log.append(b"\x1b[?1049h" + SOME)
    for _ in range(120):
        log.append(SOME)

    assert (tmp_path / NAME).read_bytes().startswith(b"\x1b[?1049h")
    assert b"\x1b[?1049h" not in everything(log)
    assert log.past(100)[1] == b"\x1b[?1049h"


def test_a_host_that_comes_after_another_goes_on(tmp_path: Path) -> None:
    first = TerminalLog(str(tmp_path), 1000)
    for _ in range(50):
        first.append(SOME)
    first.close()
    second = TerminalLog(str(tmp_path), 1000)
    second.append(b"more\r\n")

    assert everything(second).endswith(SOME + b"more\r\n")
    second.close()


def test_at_rest_ends_what_a_killed_program_left_undone(log: TerminalLog) -> None:
    log.append(b"\x1b[?1049h\x1b[?1002;1006h\x1b[?25l\x1b[?7lhalf a scr")
    log.append(log.at_rest())

    assert modes([everything(log)]).private == {1049: False, 1002: False, 1006: False, 25: True, 7: True}


def test_at_rest_leaves_the_cursor_where_a_program_without_a_screen_had_it(log: TerminalLog) -> None:
    log.append(b"one line\r\n")

    assert b"?1049" not in log.at_rest()


def test_a_reset_forgets_the_modes() -> None:
    for reset in (b"\x1bc", b"\x1b[!p"):
        content = b"\x1b[?1049h\x1b=" + reset + b"\x1b[?2004h"
        assert modes([content]).sequences() == b"\x1b[?2004h"


def test_a_log_that_somebody_shortened_is_no_disaster(log: TerminalLog, tmp_path: Path) -> None:
    log.append(b"\x1b[?1049h" + SOME * 30)
    (tmp_path / NAME).write_bytes(b"")

    assert log.past(100)[1] == b""
    assert log.read(10, 10) == b""


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([b"\x1b[?1049h", b"\x1b[?25;7l", b"\x1b=", b"\x1bc", SOME, b"\x1b[!p", b"\x1b", b"h"])))
def test_modes_are_the_same_however_what_was_printed_is_cut(printed: list[bytes]) -> None:
    content = b"".join(printed)
    assert modes(content[at : at + 1] for at in range(len(content))) == modes([content])
