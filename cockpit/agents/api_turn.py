"""The built-in agent's conversation with its model, one turn at a time.

Each request is one run of the SDK's tool runner over what the transcript holds, so what is sent is always
what is on disk, and a request can be tried again as often as needed. The runner sends the request and
dispatches the tool calls; what came of them and what was said meanwhile is on disk before the next request.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from anthropic import AsyncAnthropic
from anthropic.lib.tools import BetaAsyncBuiltinFunctionTool, ToolError

from cockpit.agents import Spec, api_tools
from cockpit.agents.api_calls import WITH_FALLBACK, Answer, GaveUp, Patience, insist, listen, may_be_charged
from cockpit.agents.api_desk import Desk, result
from cockpit.agents.api_files import ToolFailed
from cockpit.agents.api_transcript import Block, Message, Transcript
from cockpit.agents.neutral import Order
from cockpit.agents.stream import Ended, Read, Retrying, Said, Spent, StreamEvent, Thought
from cockpit.prices import Rates, answer_limit, estimate, price, tokens, worst
from cockpit.text import cut
from cockpit.tokens import Used, added, of_usage

MAX_TOKENS = 16_000
"""Of one answer; a longer one is asked to go on."""
FEWEST_TOKENS = 200
"""With money for less than this, another request is not worth it."""
MAX_CUT_SHORT = 3
"""Answers in a row that may run into the limit before the turn is given up."""

TOOLS_TEXT = """\
You work in {worktree}, the root of a git worktree; paths count from there and must lie in it. Prefer read, \
edit, write, glob and grep to shell commands for files. Call several tools at once where none needs another's \
result. Your turn ends with the first answer that calls no tool, so end it only when you are done."""

GO_ON = "Your answer was cut off at its limit of {limit} tokens. Go on from there, in smaller steps."
CACHED = {"cache_control": {"type": "ephemeral"}}


@dataclass(frozen=True, slots=True)
class _Counted:
    """A request's size in characters, and in tokens as the service counted them."""

    size: int
    tokens: int


class _Broke(Exception):
    """Too little is left for another request."""


class Conversation:
    """What was said, what it cost, and what waits to be said."""

    def __init__(
        self,
        spec: Spec,
        client: AsyncAnthropic,
        transcript: Transcript,
        emit: Callable[[StreamEvent], None],
        *,
        patience: Patience,
        own_prices: Mapping[str, Rates],
    ) -> None:
        self.waiting: dict[str, str] = {}
        """Messages by id that the model has not been sent yet."""
        self._spec = spec
        self._client = client
        self._transcript = transcript
        self._emit = emit
        self._patience = patience
        self._own_prices = own_prices
        self._asked = spec.model
        """The model that is asked now."""
        self._has_no_model = False
        """There is no model of the name that was given: the fallback stays."""
        self._tools = api_tools.chosen(spec.tools, spec.permission)
        self._desk = Desk(Path(spec.worktree), emit, api_tools.asks_first(spec.permission))
        self._definitions = [tool.definition() for tool in self._tools]
        self._read: set[str] = set()
        self._usd = 0.0
        self._tokens = 0
        self._used: Used = ()
        self._source = ""
        self._model = spec.model
        self._lost_usd = 0.0
        """The most that answers which broke off can have cost beyond what came of them."""
        self._on_its_way = 0.0
        self._limit = MAX_TOKENS
        self._known = _Counted(0, 0)

    def answer(self, order: Order) -> None:
        """A person answered what a tool of the turn asks."""
        self._desk.people.answer(order)

    async def turn(self) -> None:
        """Work until the model has nothing more to do. The last event is Ended, whatever happens."""
        try:
            ended = await self._work()
        except GaveUp as error:
            ended = Ended(False, error=str(error), fatal=error.fatal, limited=error.limited, resets=error.resets)
        except asyncio.CancelledError:
            self._emit(Ended(False, error="interrupted"))
            raise
        except Exception as error:
            self._emit(Ended(False, error=f"the agent failed: {type(error).__name__}: {error}"))
            raise
        self._emit(ended)

    async def _work(self) -> Ended:
        cut_short = 0
        self._asked = self._spec.fallback if self._has_no_model else self._spec.model
        while True:
            self._tell()
            limit = self._affordable()
            if limit < FEWEST_TOKENS:
                return self._out_of_money()
            try:
                answer = await self._insist()
            except _Broke:
                return self._out_of_money()
            limit = self._limit
            cut_short = cut_short + 1 if answer.stop_reason == "max_tokens" else 0
            ended = self._after(answer, limit, cut_short)
            if ended is not None and not self.waiting:
                return ended

    async def _insist(self) -> Answer:
        """One answer; by the fallback where the model is overloaded or unknown. Raises GaveUp."""
        other = self._spec.fallback
        if not other or self._asked == other:
            return await insist(self._request, self._patience, self._say_retrying)
        try:
            patience = replace(self._patience, of_model=WITH_FALLBACK)
            return await insist(self._request, patience, self._say_retrying)
        except GaveUp as error:
            if not error.of_model:
                raise
            self._has_no_model = error.fatal
            self._say_retrying(f"{error}; {other} takes over", 0.0)
        self._asked = other
        if self._affordable() < FEWEST_TOKENS:
            raise _Broke
        return await insist(self._request, self._patience, self._say_retrying)

    def _after(self, answer: Answer, limit: int, cut_short: int) -> Ended | None:
        """What an answer means for the turn; None to go on."""
        match answer.stop_reason:
            case "tool_use" if answer.has_calls:
                return None
            case "pause_turn":
                return None
            case "max_tokens" if limit < MAX_TOKENS:
                return self._out_of_money()
            case "max_tokens" if cut_short <= MAX_CUT_SHORT:
                self._transcript.tell({}, self._not_run(), GO_ON.format(limit=limit))
                return None
            case "max_tokens":
                return Ended(False, answer.text, error=f"the answers don't fit into {limit} tokens")
            case "refusal":
                return Ended(False, answer.text, error="the model refused to go on")
            case "model_context_window_exceeded":
                return Ended(False, answer.text, error="the conversation is too long for the model", fatal=True)
        return Ended(True, answer.text)

    async def _request(self) -> Answer:
        """One request and, where its answer calls tools, their results. Raises what the service raised.

        What it may cost is said before it goes out: should this process be killed, nobody else would know.
        """
        limit = self._limit = self._affordable()
        if limit < FEWEST_TOKENS:
            raise _Broke
        self._on_its_way = self._worst(limit)
        self._say_spent()
        answer = Answer(self._asked)
        effort: Any = {"output_config": {"effort": self._spec.effort}} if self._spec.effort else {}
        runner = self._client.beta.messages.tool_runner(
            model=self._asked,
            max_tokens=limit,
            system=self._system(),
            messages=_marked(self._transcript.messages),
            tools=[_Runnable(tool, self._desk) for tool in self._tools],
            **effort,
            stream=True,
            thread=False,
            max_iterations=1,
        )
        try:
            async for stream in runner:
                try:
                    await listen(stream, answer, self._see)
                finally:
                    self._pay(answer)
                self._transcript.answered(answer.content)
                if answer.stop_reason == "tool_use":
                    await self._use_tools(runner.generate_tool_call_response)
        except BaseException as error:
            if self._on_its_way and may_be_charged(error):
                self._lost_usd += self._on_its_way
            self._on_its_way = 0.0
            self._say_spent()
            raise
        finally:
            await runner.close()
        return answer

    async def _use_tools(self, dispatch: Callable[[], Awaitable[Any]]) -> None:
        """Run the calls of the last answer; their results are kept even where this is cancelled."""
        self._desk.take(self._transcript.waiting_calls())
        try:
            await dispatch()
        except asyncio.CancelledError:
            self._transcript.tell({}, self._desk.results())
            raise
        self._tell(self._desk.results())

    def _tell(self, results: list[Block] | None = None) -> None:
        """Put tool results, and with them what was said meanwhile, where the next request takes it from."""
        texts, self.waiting = self.waiting, {}
        self._transcript.tell(texts, results or ())

    def _not_run(self) -> list[Block]:
        """Results for the calls in an answer that was cut off: the last of them may not be whole."""
        text = "Not run: the answer was cut off."
        return [result(call, text, failed=True) for call in self._transcript.waiting_calls()]

    def _see(self, event: Any) -> None:
        """Tell what a streamed event shows."""
        if event.type == "message_start":
            for message in self._transcript.unread:
                if message not in self._read:
                    self._read.add(message)
                    self._emit(Read(message))
        elif event.type == "content_block_stop":
            block = event.content_block
            if block.type == "text" and block.text.strip():
                self._emit(Said(cut(block.text)))
            elif block.type == "thinking" and block.thinking.strip():
                self._emit(Thought(cut(block.thinking)))

    def _say_retrying(self, reason: str, seconds: float) -> None:
        self._emit(Retrying(reason, round(seconds, 3)))

    def _pay(self, answer: Answer) -> None:
        """Count an answer, or what came of it before it broke off: the rest that it may have cost stays open."""
        on_its_way, self._on_its_way = self._on_its_way, 0.0
        if not answer.usage:
            self._lost_usd += on_its_way if answer.begun else 0.0
            self._say_spent()
            return
        cost = price(answer.model, answer.usage, self._own_prices)
        if cost.usd is None:  # a gateway may call its models by names of its own
            cost = price(self._asked, answer.usage, self._own_prices)
        if cost.usd is None or self._source != "unknown":
            self._source = cost.source
        self._usd += cost.usd or 0.0
        if not answer.stop_reason:
            self._lost_usd += max(0.0, on_its_way - (cost.usd or 0.0))
        self._model = answer.model
        self._tokens += tokens(answer.usage)
        self._used = added(self._used, [of_usage(answer.model, answer.usage)])
        self._known = _Counted(self._size(), tokens(answer.usage | {"output_tokens": 0}))
        self._emit(Spent(self._usd, self._tokens, self._model, self._source, self._lost_usd, self._used))

    def _say_spent(self) -> None:
        """Tell the cost so far, and what may come on top; only where it is bounded."""
        if self._spec.budget_usd is not None:
            more = self._lost_usd + self._on_its_way
            self._emit(Spent(self._usd, self._tokens, self._model, self._source, more, self._used))

    def _worst(self, limit: int) -> float:
        """The most that the next request and an answer of so many tokens can cost."""
        return worst(self._asked, self._request_tokens(), limit, self._own_prices) or 0.0

    def _affordable(self) -> int:
        """How many tokens the next answer may have, so that even its whole price stays within the budget."""
        if self._spec.budget_usd is None:
            return MAX_TOKENS
        left = self._spec.budget_usd - self._usd - self._lost_usd
        if left <= 0:
            return 0
        return answer_limit(self._asked, left, self._request_tokens(), MAX_TOKENS, self._own_prices)

    def _request_tokens(self) -> int:
        size, known = self._size(), self._known
        return known.tokens + estimate(max(0, size - known.size))

    def _size(self) -> int:
        return len(json.dumps([self._transcript.messages, self._system(), self._definitions]))

    def _out_of_money(self) -> Ended:
        spent, budget = self._usd, self._spec.budget_usd or 0.0
        return Ended(
            False, error=f"budget: ${spent:.4f} of ${budget:.4f} is spent, too little is left to go on", broke=True
        )

    def _system(self) -> Any:
        text = f"{self._spec.system}\n\n{TOOLS_TEXT.format(worktree=self._spec.worktree)}".strip()
        return [{"type": "text", "text": text, **CACHED}]


class _Runnable(BetaAsyncBuiltinFunctionTool):
    """One of our tools as the SDK's runner calls it."""

    def __init__(self, tool: api_tools.Tool, desk: Desk) -> None:
        self._tool = tool
        self._desk = desk

    def to_dict(self) -> Any:
        """The definition that is sent."""
        return self._tool.definition()

    async def call(self, input: object) -> str:  # noqa: A002  # the SDK's name
        """Carry out one call."""
        try:
            return await self._desk.run(self._tool, input)
        except ToolFailed as error:
            raise ToolError(str(error)) from error


def _marked(messages: list[Message]) -> Any:
    """The messages with a cache mark at the end; the one in the system text covers the tools and itself."""
    last = messages[-1]
    if last["role"] != "user":
        return messages
    return [*messages[:-1], last | {"content": [*last["content"][:-1], last["content"][-1] | CACHED]}]
