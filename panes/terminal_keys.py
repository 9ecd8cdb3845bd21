"""What a key, a paste or a move of the mouse is in bytes, for a program in a terminal; as xterm has it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from textual.keys import key_to_character

from cockpit.emulator.base import Modes

_LETTERS = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_FIRST_FUNCTIONS = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
_NUMBERS = {"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6, "f5": 15, "f6": 17, "f7": 18, "f8": 19}
_NUMBERS |= {"f9": 20, "f10": 21, "f11": 23, "f12": 24}
_SHIFTED = {f"f{n + 12}": f"f{n}" for n in range(1, 13)}
"""Textual calls shift+f1 f13, as terminals once did."""
_PLAIN = {"enter": b"\r", "return": b"\r", "tab": b"\t", "escape": b"\x1b", "space": b" ", "backspace": b"\x7f"}
_CONTROLS = {"@": 0, " ": 0, "[": 27, "\\": 28, "]": 29, "^": 30, "_": 31, "?": 127, "/": 31}
_BY_NAME = {"backslash": "\\", "at": "@", "underscore": "_"}
_SHIFT, _ALT, _CTRL = 1, 2, 4
_MODIFIERS = {"shift": _SHIFT, "alt": _ALT, "meta": _ALT, "ctrl": _CTRL}


def typed(key: str, character: str | None, modes: Modes) -> bytes:
    """A key by the name that Textual gives it; nothing for one that no program understands."""
    *names, base = key.split("+") if key != "+" else [key]
    if not all(name in _MODIFIERS for name in names) or key == "<ignore>":
        return b""
    held = sum({_MODIFIERS[name] for name in names})
    if base in _SHIFTED:
        base, held = _SHIFTED[base], held | _SHIFT
    if base in _LETTERS or base in _FIRST_FUNCTIONS or base in _NUMBERS:
        return _function(base, held, modes.application_cursor)
    if base in _PLAIN:
        return _named(base, held, character)
    return _character(base, held, character)


def _function(base: str, held: int, application: bool) -> bytes:
    if number := _NUMBERS.get(base):
        return (f"\x1b[{number};{held + 1}~" if held else f"\x1b[{number}~").encode()
    letter = _LETTERS.get(base) or _FIRST_FUNCTIONS[base]
    if held:
        return f"\x1b[1;{held + 1}{letter}".encode()
    return f"\x1b{'O' if application or base in _FIRST_FUNCTIONS else '['}{letter}".encode()


def _named(base: str, held: int, character: str | None) -> bytes:
    if base == "tab" and held & _SHIFT:
        return b"\x1b[Z"
    found = _PLAIN[base]
    if base == "backspace":
        found = b"\x08" if held & _CTRL else (character or "\x7f").encode()
    elif base == "space" and held & _CTRL:
        found = b"\0"
    return b"\x1b" + found if held & _ALT else found


def _character(base: str, held: int, character: str | None) -> bytes:
    char = _BY_NAME.get(base) or (base if len(base) == 1 else key_to_character(base))
    if not held & (_CTRL | _ALT):
        found = character or (char.upper() if char and held & _SHIFT else char)
        return (found or "").encode(errors="ignore")
    if not char:
        return b""
    raised = char.upper() if held & _SHIFT else char
    data = _control(char) if held & _CTRL else raised.encode(errors="ignore")
    return b"\x1b" + data if held & _ALT else data


def _control(char: str) -> bytes:
    if char.isascii() and char.isalpha():
        return bytes([ord(char.upper()) & 0x1F])
    return bytes([_CONTROLS[char]]) if char in _CONTROLS else char.encode(errors="ignore")


_UNPASTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")


def pasted(text: str, modes: Modes) -> bytes:
    """What was pasted, without anything by which it could end itself or press keys."""
    text = _UNPASTED.sub("", text).replace("\r\n", "\r").replace("\n", "\r")
    data = text.encode(errors="ignore")
    return b"\x1b[200~" + data + b"\x1b[201~" if modes.bracketed_paste else data


Move = Literal["press", "release", "drag", "move", "up", "down", "left", "right"]
"""What the mouse did; the last four are its wheel."""

_WHEEL = {"up": 64, "down": 65, "left": 66, "right": 67}
_HEARD = {
    "": (),
    "press": ("press",),
    "click": ("press", "release", *_WHEEL),
    "drag": ("press", "release", "drag", *_WHEEL),
    "motion": ("press", "release", "drag", "move", *_WHEEL),
}
LAST_COLUMN = 222
"""The last one that the older form can tell."""


@dataclass(frozen=True, slots=True)
class Mouse:
    """One move of the mouse."""

    move: Move
    x: int
    y: int
    button: int = 1
    """1 is the left one, 2 the middle, 3 the right."""
    shift: bool = False
    alt: bool = False
    ctrl: bool = False


def moved(mouse: Mouse, modes: Modes) -> bytes:
    """What a program is told of the mouse; nothing if it did not ask."""
    if mouse.move not in _HEARD[modes.mouse] or mouse.x < 0 or mouse.y < 0:
        return b""
    code = _WHEEL.get(mouse.move, max(0, mouse.button - 1))
    if mouse.move == "move":
        code = 3
    if mouse.move in ("drag", "move"):
        code += 32
    if modes.mouse != "press":
        code += 4 * mouse.shift + 8 * mouse.alt + 16 * mouse.ctrl
    if modes.mouse_sgr:
        return f"\x1b[<{code};{mouse.x + 1};{mouse.y + 1}{'m' if mouse.move == 'release' else 'M'}".encode()
    if mouse.move == "release":
        code = code & ~3 | 3
    if max(mouse.x, mouse.y) > LAST_COLUMN:
        return b""
    return b"\x1b[M" + bytes([32 + code, 33 + mouse.x, 33 + mouse.y])
