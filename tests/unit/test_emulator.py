"""What both emulators promise, one suite for the two."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from cockpit.emulator.avt import Avt
from cockpit.emulator.base import Cursor, Emulator, Modes, Pen, text_of
from cockpit.emulator.filter import Filter
from cockpit.emulator.ghostty import Ghostty
from tests.recordings import recording, recordings


@pytest.fixture(params=[Ghostty, Avt])
def kind(request: pytest.FixtureRequest) -> Callable[..., Emulator]:
    made: Callable[..., Emulator] = request.param
    return made


@pytest.fixture
def emulator(kind: Callable[..., Emulator]) -> Iterator[Emulator]:
    one = kind(20, 5)
    one.changed()
    yield one
    one.close()


def text(emulator: Emulator) -> list[str]:
    emulator.changed()
    return [text_of(emulator.row(y)) for y in range(emulator.rows)]


def test_only_the_rows_that_changed_are_said_to_have(emulator: Emulator) -> None:
    emulator.feed(b"one\r\ntwo")
    assert set(emulator.changed()) >= {0, 1}
    assert emulator.changed() == []
    emulator.feed(b"!")
    assert emulator.changed() == [1]
    assert text_of(emulator.row(1)) == "two!"
    assert sum(span.width for span in emulator.row(1)) == 20


def test_looks(emulator: Emulator) -> None:
    emulator.feed(b"\x1b[1;3;4;7;9;31;48;5;200mall\x1b[0;38;2;1;2;3mrgb\x1b[0m")
    emulator.changed()
    first, second, *_ = emulator.row(0)
    assert first == ("all", 3, Pen(1, 200, bold=True, italic=True, underline=True, inverse=True, strike=True))
    assert second == ("rgb", 3, Pen((1, 2, 3)))


def test_a_wide_character_takes_two_columns(emulator: Emulator) -> None:
    emulator.feed("漢字🚀".encode())
    emulator.changed()
    assert emulator.row(0)[0][:1] == ("漢字🚀",) or text_of(emulator.row(0)) == "漢字🚀"
    assert sum(span.width for span in emulator.row(0)) == 20
    assert emulator.cursor == Cursor(6, 0)


def test_questions_are_answered_where_they_stand(emulator: Emulator) -> None:
    assert emulator.feed(b"ab\x1b[6n\r\nabc\x1b[6n") == b"\x1b[1;3R\x1b[2;4R"
    assert emulator.feed(b"\x1b[5n") == b"\x1b[0n"
    assert emulator.feed(b"\x1b[c") == b"\x1b[?62;22c"
    assert emulator.feed(b"\x1b[>c") == b"\x1b[>1;0;0c"
    assert emulator.feed(b"\x1b[") + emulator.feed(b"6") + emulator.feed(b"n") == b"\x1b[2;4R"
    assert emulator.feed(b"\x1b[?u") == b""


def test_modes(emulator: Emulator) -> None:
    assert emulator.modes == Modes()
    emulator.feed(b"\x1b[?1049h\x1b[?1h\x1b[?2004h\x1b[?1004h\x1b[?1002;1006h\x1b[?1007l")
    assert emulator.modes == Modes(True, True, True, True, "drag", True, False)
    emulator.feed(b"\x1b[?1002l\x1b[?1000h")
    assert emulator.modes.mouse == "click"
    emulator.feed(b"\x1b[?1049l\x1bc")
    assert emulator.modes == Modes()


def test_the_cursor(emulator: Emulator) -> None:
    emulator.feed(b"\x1b[3;5H\x1b[6 q")
    emulator.changed()
    assert emulator.cursor == Cursor(4, 2, shape="bar")
    emulator.feed(b"\x1b[?25l\x1b[4 q")
    emulator.changed()
    assert emulator.cursor == Cursor(4, 2, visible=False, shape="underline")


def test_history_is_looked_at_and_stays_while_more_comes(emulator: Emulator) -> None:
    emulator.feed(b"\r\n".join(b"%d" % n for n in range(50)))
    assert text(emulator) == ["45", "46", "47", "48", "49"]
    assert (emulator.history, emulator.back) == (45, 0)
    emulator.look_back(10)
    assert emulator.changed() == [0, 1, 2, 3, 4]
    assert [text_of(emulator.row(y)) for y in range(5)] == ["35", "36", "37", "38", "39"]
    assert not emulator.cursor.visible
    emulator.feed(b"\r\n50\r\n51")
    assert text(emulator) == ["35", "36", "37", "38", "39"]
    assert emulator.back == 12
    emulator.look_back(1_000)
    assert text(emulator)[0] == "0"
    emulator.look_back(0)
    assert text(emulator) == ["47", "48", "49", "50", "51"]


def test_history_is_bounded(kind: Callable[..., Emulator]) -> None:
    emulator = kind(20, 5, history=100)
    for n in range(5_000):
        emulator.feed(b"%d\r\n" % n)
    assert 100 <= emulator.history <= 1_500  # the first one drops a page at a time
    emulator.close()


def test_the_second_screen_has_no_history(emulator: Emulator) -> None:
    emulator.feed(b"\r\n".join(b"%d" % n for n in range(50)) + b"\x1b[?1049h\x1b[2J\x1b[Hsecond")
    assert text(emulator)[0] == "second"
    assert emulator.history == 0
    emulator.feed(b"\x1b[?1049l")
    assert text(emulator) == ["45", "46", "47", "48", "49"]


def test_another_size(emulator: Emulator) -> None:
    emulator.feed(b"a long line of words\r\nand")
    emulator.resize(40, 3)
    assert text(emulator) == ["a long line of words", "and", ""]
    assert sum(span.width for span in emulator.row(0)) == 40
    emulator.resize(10, 8)
    assert [line for line in text(emulator) if line] == ["a long lin", "e of words", "and"]
    emulator.resize(1, 1)
    emulator.feed("漢x".encode())
    assert len(text(emulator)) == 1


def test_a_character_that_comes_in_two_pieces(emulator: Emulator) -> None:
    for byte in "é漢🚀".encode():
        emulator.feed(bytes([byte]))
    assert text(emulator)[0] == "é漢🚀"


@pytest.mark.parametrize("name", recordings())
def test_it_does_not_matter_where_output_is_cut(kind: Callable[..., Emulator], name: str) -> None:
    data, chance = recording(name), random.Random(name)
    whole, pieces = kind(80, 24), kind(80, 24)
    whole.feed(data)
    at = 0
    while at < len(data):
        step = chance.randint(1, 50)
        pieces.feed(data[at : at + step])
        at += step
    assert text(pieces) == text(whole)
    assert pieces.modes == whole.modes
    whole.close()
    pieces.close()


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_survived(kind: Callable[..., Emulator], seed: int) -> None:
    chance = random.Random(seed)
    emulator, filtering = kind(40, 10), Filter()
    bits = [
        b"\x1b[",
        b"\x1b]8;;x\x07",
        b"\x1bP",
        b";",
        b"\x1b",
        b"?1049h",
        b"\x9d",
        "漢".encode(),
        b"\x1b#8",
        b"H",
        b"r",
    ]
    for _ in range(300):
        noise = b"".join(
            chance.choice([chance.randbytes(5), chance.choice(bits), b"%d" % chance.getrandbits(20)]) for _ in range(50)
        )
        emulator.feed(filtering.feed(noise))
        if chance.random() < 0.1:
            emulator.resize(chance.randint(1, 100), chance.randint(1, 40))
        for y in emulator.changed():
            emulator.row(y)
    assert emulator.cursor.x <= emulator.columns
    emulator.close()
