"""The last frame: what the screen showed when it was left, painted again at once while the new one is still made.

It is old, and says so in its first line. The terminal must have the very size it was painted for. Nothing here
imports more than it must: it runs before everything else.
"""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "frame"
ENTER = "\x1b[?1049h\x1b[?25l\x1b[H"
"""The screen for full-screen programs, the cursor hidden, and at its top left: as Textual itself begins."""


def keep(folder: Path, columns: int, rows: int, text: str, at: float) -> None:
    """Keep a frame of so many cells. It is only a help, so a full disk is no trouble."""
    temporary = folder / f".{NAME}.{os.getpid()}"
    try:
        temporary.touch(mode=0o600)
        temporary.write_text(f"{columns} {rows} {at}\n{text}", encoding="utf-8")
        os.replace(temporary, folder / NAME)
    except OSError:
        temporary.unlink(missing_ok=True)


def show(folder: Path, terminal: int, environ: Mapping[str, str]) -> bool:
    """Paint the kept frame on the terminal with this descriptor; False where none fits."""
    if environ.get("TERM", "dumb") == "dumb" or "NO_COLOR" in environ:
        return False
    try:
        with open(folder / NAME, encoding="utf-8", newline="") as file:
            columns, rows, at = file.readline().split()
            if os.get_terminal_size(terminal) != (int(columns), int(rows)):
                return False
            text = ENTER + file.read() + _label(int(columns), float(at))
        os.write(terminal, text.encode())
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _label(columns: int, at: float) -> str:
    said = f" … as of {time.strftime('%H:%M', time.localtime(at))} "
    return f"\x1b[1;{max(1, columns - len(said) + 1)}H\x1b[0;7m{said}\x1b[0m"
