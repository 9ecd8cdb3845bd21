"""How the built-in agent asks a person: its tool `ask_user` waits until the answer comes in on stdin."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cockpit.agents.api_files import ToolFailed
from cockpit.agents.api_tools import Arguments, Tool
from cockpit.agents.neutral import Order
from cockpit.agents.stream import Asked, StreamEvent, Withdrawn
from cockpit.questions import MAX_CHOICES, PERMISSION, PERMISSION_CHOICES, Choice
from cockpit.text import cut

ASK_USER = "ask_user"
MAX_TEXT = 2_000
"""Characters of a question or a choice that are kept."""


class People:
    """What was asked and not answered yet, by the tool call's id."""

    def __init__(self, emit: Callable[[StreamEvent], None]) -> None:
        self._emit = emit
        self._waiting: dict[str, asyncio.Future[Order]] = {}

    def asks(self, tool: Tool, call: str) -> Tool:
        """`tool` as the call `call` of it runs."""

        async def run(_: Path, given: Arguments) -> str:
            return await self._ask(call, given)

        return replace(tool, run=run)

    def answer(self, order: Order) -> None:
        """An answer came; one that nobody waits for any more is nothing."""
        waiting = self._waiting.get(order.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(order)

    async def _ask(self, call: str, given: Arguments) -> str:
        choices = tuple(Choice(cut(str(label), MAX_TEXT)) for label in given.get("choices", ())[:MAX_CHOICES])
        asked = Asked(call, cut(given["question"], MAX_TEXT), choices, given.get("several", False))
        return "\n".join((await self._wait(asked)).answers)

    async def permit(self, call: str, tool: str, step: str, detail: str) -> None:
        """Wait until a person lets a call of a tool run. Raises ToolFailed where they don't."""
        text = cut(f"May it use {tool}? {step}", MAX_TEXT)
        asked = Asked(call, text, PERMISSION_CHOICES, about=PERMISSION, tool=tool, detail=cut(detail))
        answered = await self._wait(asked)
        if not answered.allow:
            raise ToolFailed(f"a person did not allow it{f': {answered.text}' if answered.text else ''}")

    async def _wait(self, asked: Asked) -> Order:
        waiting: asyncio.Future[Order] = asyncio.get_running_loop().create_future()
        self._waiting[asked.id] = waiting
        self._emit(asked)
        try:
            return await waiting
        except asyncio.CancelledError:
            self._emit(Withdrawn(asked.id))
            raise
        finally:
            del self._waiting[asked.id]
