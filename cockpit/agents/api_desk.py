"""Where the tool calls of one answer are carried out: each is shown before it runs, and its result kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cockpit.agents import api_tools
from cockpit.agents.api_files import ToolFailed
from cockpit.agents.api_people import ASK_USER, People
from cockpit.agents.api_transcript import UNKNOWN_OUTCOME, Block
from cockpit.agents.stream import StreamEvent, ToolCalled, ToolReturned


class Desk:
    """The calls of one answer that are still to be run, and the results of those that were."""

    def __init__(
        self, worktree: Path, emit: Callable[[StreamEvent], None], asks_first: frozenset[str] = frozenset()
    ) -> None:
        """`asks_first` are tools that a person must allow each time."""
        self.people = People(emit)
        self._asks_first = asks_first
        self._worktree = worktree
        self._emit = emit
        self._calls: list[Block] = []
        self._results: list[Block] = []

    def take(self, calls: list[Block]) -> None:
        """Begin with the calls of a new answer."""
        self._calls = list(calls)
        self._results = []

    async def run(self, tool: api_tools.Tool, given: Any) -> str:
        """Carry out the first call that is left with this tool and this input. Raises ToolFailed."""
        call = next(c for c in self._calls if c["name"] == tool.name and c["input"] == given)
        self._calls.remove(call)
        self._show(call)
        try:
            bound = self.people.asks(tool, call["id"]) if tool.name == ASK_USER else tool
            if tool.name in self._asks_first:
                detail = api_tools.detail_of(tool.name, self._worktree, given)
                await self.people.permit(call["id"], tool.name, api_tools.step_of(tool.name, given), detail)
            output = await api_tools.use(bound, self._worktree, given)
        except ToolFailed as error:
            self._keep(call, str(error), failed=True)
            raise
        except asyncio.CancelledError:
            self._keep(call, UNKNOWN_OUTCOME, failed=True)
            raise
        self._keep(call, output, failed=False)
        return output

    def results(self) -> list[Block]:
        """A result for every call; those that nothing ran for say why."""
        for call in self._calls:
            self._show(call)
            known = call["name"] in api_tools.TOOLS
            text = "Not run: the agent was interrupted." if known else f"There is no tool {call['name']!r}."
            self._keep(call, text, failed=True)
        self._calls = []
        return self._results

    def _show(self, call: Block) -> None:
        given = call["input"] if isinstance(call["input"], Mapping) else {}
        step = api_tools.step_of(call["name"], given)
        detail = api_tools.detail_of(call["name"], self._worktree, given)
        self._emit(ToolCalled(call["id"], call["name"], step, detail))

    def _keep(self, call: Block, output: str, *, failed: bool) -> None:
        self._results.append(result(call, output, failed=failed))
        self._emit(ToolReturned(call["id"], output, failed))


def result(call: Block, output: str, *, failed: bool) -> Block:
    """A tool result as the Messages API wants it."""
    block = {"type": "tool_result", "tool_use_id": call["id"], "content": output}
    return block | {"is_error": True} if failed else block
