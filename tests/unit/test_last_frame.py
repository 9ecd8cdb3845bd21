"""The last frame is shown only where it fits, says how old it is, and a broken one is as none."""

from __future__ import annotations

import os
import pty
import struct
import termios
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path

import pytest

from cockpit import last_frame

XTERM = {"TERM": "xterm-256color"}


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal of 40x10: our end of it, and the program's."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 40, 0, 0))
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def test_a_frame_of_this_size_is_painted_and_says_of_when_it_is(tmp_path: Path, terminal: tuple[int, int]) -> None:
    last_frame.keep(tmp_path, 40, 10, "\x1b[1;1Htask board", 1_750_000_000.0)

    assert last_frame.show(tmp_path, terminal[1], XTERM)

    painted = os.read(terminal[0], 4096).decode()
    assert painted.startswith(last_frame.ENTER + "\x1b[1;1Htask board")
    assert "as of" in painted
    assert (tmp_path / last_frame.NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", ["", "40 10", "80 24 1.0\ntext", "a b c\ntext", "40 10 1e999\ntext"])
def test_one_of_another_size_or_a_broken_one_is_as_none(tmp_path: Path, terminal: tuple[int, int], kept: str) -> None:
    (tmp_path / last_frame.NAME).write_text(kept)
    assert not last_frame.show(tmp_path, terminal[1], XTERM)


@pytest.mark.parametrize("environ", [{}, {"TERM": "dumb"}, {**XTERM, "NO_COLOR": "1"}])
def test_a_terminal_without_colours_gets_none(
    tmp_path: Path, terminal: tuple[int, int], environ: dict[str, str]
) -> None:
    last_frame.keep(tmp_path, 40, 10, "text", 1.0)
    assert not last_frame.show(tmp_path, terminal[1], environ)


def test_where_there_is_no_folder_nothing_is_kept_and_nothing_breaks(tmp_path: Path) -> None:
    last_frame.keep(tmp_path / "gone", 40, 10, "text", 1.0)
    assert not (tmp_path / "gone").exists()
