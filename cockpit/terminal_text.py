"""Plain text out of what a program printed on a terminal: for logs and evidence, not a picture of a screen.

Sequences that move the cursor become the end of a line, so that what a full-screen program drew is told
line by line; of a line that was written over with carriage returns (a progress bar) the last version stays.
"""

from __future__ import annotations

import re

from cockpit.text import plain

SAFE_POINT = re.compile(rb"\n|(?=\x1b)")
"""Where what was printed may be divided: after a line, or before a sequence."""

_MOVES = re.compile(r"\x1b(?:\[[0-9;]*[HfdEF]|\[[0-9]*[JBA]|[DEM])")
_SHIFT = re.compile(r"\x1b(?:[()*+][0-9A-Za-z]|[78=>])")
_FORWARD = re.compile(r"\x1b\[([0-9]*)C")
_STRING = re.compile(r"\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)", re.DOTALL)

_DRAWN = re.compile(r"\x1b\(0(.*?)(?:\x1b\(B|$)", re.DOTALL)
_PIECE = re.compile(r"(\x1b\[[0-?]*[ -/]*[@-~])|([j-x])")
_LINES = dict(zip("jklmnqtuvwx", "┘┐┌└┼─├┤┴┬│", strict=True))
_REPEAT = re.compile(r"(.)\x1b\[([0-9]+)b")

MAX_GAP = 80


def text_of(printed: bytes) -> str:
    """`printed` as lines of plain text, without the empty ones that moving about leaves behind."""
    text = printed.decode("utf-8", "replace")
    text = _STRING.sub("", text)
    text = _DRAWN.sub(lambda found: _drawn(found[1]), text)
    text = _REPEAT.sub(lambda found: found[1] * (1 + min(MAX_GAP, int(found[2]))), text)
    text = _FORWARD.sub(lambda found: " " * min(MAX_GAP, int(found[1] or 1)), text)
    text = _SHIFT.sub("", _MOVES.sub("\n", text)).replace("\r\n", "\n")
    lines = [plain(_last_version(line)).replace("\n", " ").rstrip() for line in text.split("\n")]
    return "\n".join(_without_gaps(lines))


def _drawn(letters: str) -> str:
    """What the letters of the line-drawing set look like; sequences among them stay."""
    return _PIECE.sub(lambda found: found[1] or _LINES.get(found[2], " "), letters)


def _last_version(line: str) -> str:
    """What a line shows after it was written over."""
    versions = [version for version in line.split("\r") if version.strip()]
    return versions[-1] if versions else ""


def _without_gaps(lines: list[str]) -> list[str]:
    return [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]


def last_lines(printed: bytes, count: int) -> str:
    """The last lines with something in them."""
    lines = [line for line in text_of(printed).splitlines() if line.strip()]
    return "\n".join(lines[-count:])


class Teller:
    """Gives text piece by piece while the program goes on printing; keeps back what may be incomplete."""

    def __init__(self) -> None:
        """Nothing was printed yet."""
        self._part = b""

    def tell(self, printed: bytes) -> str:
        """The text of all whole lines so far that were not told."""
        whole, newline, self._part = (self._part + printed).rpartition(b"\n")
        if not newline and len(self._part) > 65_536:
            whole, self._part = self._part, b""
        text = text_of(whole)
        return f"{text}\n" if text else ""

    def rest(self) -> str:
        """The text of a last line without its end."""
        rest, self._part = text_of(self._part), b""
        return f"{rest}\n" if rest else ""
