"""Both emulators against tmux: the same bytes give the same screen, characters and colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cockpit.emulator.avt import Avt
from cockpit.emulator.base import Emulator, Pen
from cockpit.emulator.filter import Filter
from cockpit.emulator.ghostty import Ghostty
from tests.recordings import COLUMNS, ROWS, recording, recordings
from tests.referee import Cell, Referee, cells_of, referee

EMULATORS: dict[str, Callable[[int, int], Emulator]] = {"ghostty": Ghostty, "avt": Avt}

CUTS = 12
"""Places in the middle of a recording at which the screens are compared too."""

RGB = "".join(f"\x1b[48;2;{n * 3};{255 - n * 3};128m\x1b[38;2;0;{n};0m{n % 10}" for n in range(79)) + "\x1b[0m"
PALETTE = "".join(f"\x1b[48;5;{n}m{n % 10}\x1b[38;5;{n}m#" for n in range(256)) + "\x1b[m"
LOOKS = "".join(f"\x1b[{n}mlook {n}\x1b[0m " for n in (1, 2, 3, 4, 5, 7, 9, 31, 42, 93, 104))
STREAMS = {
    "text": "one\r\ntwo\tthree\r\n\x1b[5Cfour\bV\rfive",
    "wraps": "x" * 200 + "\r\n" + "y" * 80 + "z" + "\r\n" + "w" * 80 + "\rstart",
    "no wrap": "\x1b[?7l" + "x" * 100 + "\x1b[?7h\r\nnext",
    "wide": "漢字かな交じり文\r\n한국어 텍스트\r\n" + "漢" * 41 + "\r\n" + "x" * 79 + "漢" + "|\r\n全角ＡＢＣ",
    "wide over": "漢字漢字\rab\x1b[4G#\r\nab漢字\x1b[2D\x1b[1@>",
    "half of a wide one erased": "漢字\x1b[2G\x1b[1X|",
    "half of a wide one deleted": "漢字漢字\x1b[3G\x1b[1P|",
    "emoji": "🚀 up\r\n🎉🎊 two\r\n✅ yes ❌ no\r\n" + "🍎" * 45,
    "rgb": RGB,
    "palette": PALETTE,
    "looks": LOOKS,
    "bright": "".join(f"\x1b[{n}m{n}" for n in (*range(90, 98), *range(100, 108))) + "\x1b[39;49m plain",
    "erase in colour": "\x1b[44mblue\x1b[K\r\n\x1b[2K\x1b[41mred\x1b[1K\r\n\x1b[42m\x1b[10X\r\n\x1b[m\x1b[Jend",
    "erased in colour, then used": "\x1b[44mblue\x1b[K\x1b[80G|\r\n\x1b[41m\x1b[2K\x1b[79Gxy\x1b[5G\x1b[45m\x1b[9X",
    "erase below": "".join(f"line {n}\r\n" for n in range(20)) + "\x1b[8;4H\x1b[J\x1b[3;9H\x1b[1J",
    "insert and delete": "abcdefgh\x1b[4G\x1b[2@XY\x1b[1P\r\nabcd\x1b[3G\x1b[4hZZ\x1b[4l!\r\n\x1b[2Lup\x1b[5;1H\x1b[M",
    "region": "".join(f"{n}\r\n" for n in range(22))
    + "\x1b[5;10r\x1b[10;1H\n\n\nin\x1b[5;1H\x1bM\x1bMtop\x1b[r\x1b[24;1Hlast",
    "region, scrolled": "".join(f"{n}\r\n" for n in range(22)) + "\x1b[3;20r\x1b[4S\x1b[2T\x1b[r",
    "region, lines": "".join(f"{n}\r\n" for n in range(22)) + "\x1b[4;12r\x1b[6;1H\x1b[3Lnew\x1b[9;1H\x1b[2M\x1b[r",
    "origin": "\x1b[5;15r\x1b[?6h\x1b[1;1Htop of it\x1b[99;1Hend of it\x1b[?6l\x1b[1;1Hreal top\x1b[r",
    "alternate": "before\r\n\x1b[?1049h\x1b[2J\x1b[5;5Hon the second screen",
    "back from alternate": "before\r\nand here\x1b[?1049h\x1b[2J\x1b[H\x1b[31mgone\x1b[?1049l again",
    "alternate 47": "first\x1b[?47h\x1b[2Jsecond\x1b[?47l!",
    "save": "\x1b[31mred\x1b7\x1b[10;10H\x1b[0mfar\x1b8 back\r\n\x1b[s\x1b[20;1Hx\x1b[uhere",
    "tabs": "a\tb\tc\r\n\x1b[3g\x1b[5G\x1bH\x1b[1Gx\ty\r\n\tthere\x1b[2Z|",
    "tab by sequence": "a\x1b[Ib\x1b[2Ic",
    "invisible": "a\x1b[8msecret\x1b[28mb",
    "combined": "e\u0301a\u0308o\x1b[10Gx",
    "double underline": "a\x1b[21mb\x1b[24mc",
    "repeat": "ab\x1b[5bc",
    "graphics": "\x1b(0lqqqk\r\nx   x\r\nmqqqj\x1b(B text \x0e\x1b)0qq\x0fq",
    "box drawing": "╭──┬──╮\r\n│  │  │\r\n├──┼──┤\r\n╰──┴──╯ ▁▂▃▄▅▆▇█ ░▒▓",
    "progress": "".join(f"\r\x1b[K{n}% [{'=' * (n // 5):<20}]" for n in range(0, 101, 7)),
    "cursor": "\x1b[10;10Hx\x1b[3Ay\x1b[2Bz\x1b[5Dw\x1b[20G!\x1b[12d?\x1b[2E>\x1b[1F<\x1b[999;999H.",
    "reset": "\x1b[31m\x1b[5;10r\x1b[?6hmess\x1bcclean",
    "soft reset": "\x1b[31m\x1b[4hmess\x1b[!p\rclean",
    "alignment": "\x1b#8\x1b[10;10Hhere",
    "scrolls": "".join(f"\x1b[3{n % 8}mline {n}\x1b[0m\r\n" for n in range(200)),
    "hyperlink": "see \x1b]8;;https://example.org\x1b\\the link\x1b]8;;\x1b\\ and on",
    "strings": "a\x1b]0;title\x07b\x1b]52;c;aGk=\x07c\x1bP1$r0m\x1b\\d\x1b_Gi=1;x\x1b\\e\x1b^p\x1b\\f\x1bkname\x1b\\g",
    "broken utf-8": b"a\xff\xfeb\xe2\x94c\xf0\x9f\x9ad\xc0\xafe".decode("latin-1"),
}

KNOWN = {
    "half of a wide one deleted": "tmux leaves a blank where the other half was, both emulators close the gap",
    "half of a wide one erased": "tmux keeps the other half until it is written over, both emulators don't",
    "tab by sequence": "tmux 3.3 does not know the sequence, both emulators do",
    "broken utf-8": "tmux drops bytes that are no text, both emulators show U+FFFD for them",
    "avt: invisible": "avt does not know invisible text, and shows it",
    "avt: double underline": "avt does not know it, and underlines nothing",
    "avt: soft reset": "avt leaves insert mode, as the VT220's manual has it; tmux and ghostty stay in it",
    "avt: combined": "avt gives a combining character a column of its own",
}
"""Where an emulator, or both, and tmux differ, and why: tmux's way, or a limit of the second emulator."""


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Referee]:
    with referee(tmp_path_factory.mktemp("referee")) as one:
        yield one


def _encoded(stream: str) -> bytes:
    return stream.encode("latin-1") if max(stream, default="") < "\u0100" and "\xff" in stream else stream.encode()


def _screen(emulator: Emulator, data: bytes) -> list[list[Cell]]:
    emulator.feed(Filter().feed(data))
    emulator.changed()
    screen = [cells_of(emulator.row(y)) for y in range(emulator.rows)]
    emulator.close()
    return screen


def _seen(cell: Cell) -> Cell:
    """Of a blank, only what can be seen: whether it keeps the colour of a text it has none of is nobody's business."""
    char, pen = cell
    lined = pen.underline or pen.strike or pen.inverse
    return (char, pen) if char.strip() or lined else (char, Pen(bg=pen.bg))


def _same(found: list[list[Cell]], wanted: list[list[Cell]]) -> None:
    for y, (mine, tmux) in enumerate(zip(found, wanted, strict=True)):
        text, other = ["".join(char for char, _ in row).rstrip() for row in (mine, tmux)]
        assert text == other, f"row {y}: {text!r}, tmux has {other!r}"
        for x, (cell, its) in enumerate(zip(mine, tmux, strict=False)):  # tmux leaves out the blanks at the end
            assert _seen(cell) == _seen(its), f"row {y}, column {x}: {cell}, tmux has {its}"


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("kind", EMULATORS)
def test_the_same_bytes_give_the_screen_that_tmux_shows(kind: str, stream: str, judge: Referee) -> None:
    data = _encoded(STREAMS[stream])
    found, wanted = _screen(EMULATORS[kind](COLUMNS, ROWS), data), judge.screen(data)
    if {stream, f"{kind}: {stream}"} & KNOWN.keys():
        with pytest.raises(AssertionError):  # a difference that is gone has no place in the list
            _same(found, wanted)
    else:
        _same(found, wanted)


@pytest.mark.parametrize("name", recordings())
@pytest.mark.parametrize("kind", EMULATORS)
def test_a_real_program_looks_as_in_tmux(kind: str, name: str, judge: Referee) -> None:
    data = recording(name)
    for cut in [len(data) * n // CUTS for n in range(1, CUTS + 1)]:
        _same(_screen(EMULATORS[kind](COLUMNS, ROWS), data[:cut]), judge.screen(data[:cut]))
