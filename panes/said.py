"""What a pane has for whoever holds the status line and the clipboard."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class Said(Message):
    """Words for the person who pressed a key of a pane; `ok` is False where nothing came of it."""

    text: str
    ok: bool | None = True


@dataclass
class Copied(Message):
    """A person wants this text on the clipboard."""

    text: str
