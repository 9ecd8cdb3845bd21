"""Reads the Claude Code CLI's stream-json output.

Its lines' keys come in any order and new types of lines appear with every version, so what is unknown is
passed over, and nothing is taken to be there. What needs care:

- A `result` ends a turn for the model, but messages that waited begin another at once; only the state
  `idle` means that the CLI waits for us. A turn's end is therefore held back until then, and two results
  before it are one end. A CLI that reports no states ends its turns with each result.
- A failed request has a `result` of subtype `success`; `is_error` is what counts.
- `total_cost_usd` is the process's, and may begin with what an earlier process of the conversation spent.
  A resumed process is therefore asked for its cost before anything is said to it, and that is taken off.
- Costs in the middle of a turn are the answers to `get_usage`; the usage of single messages is unfinished
  and lacks that of subagents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from time import time
from typing import Any

from cockpit.agents import Reply, limits
from cockpit.agents.claude_asking import asked, reply_line
from cockpit.agents.steps import detail_of, step_of
from cockpit.agents.stream import (
    Ended,
    Garbled,
    Read,
    Retrying,
    Said,
    Spent,
    Started,
    StreamEvent,
    Thought,
    ToolCalled,
    ToolReturned,
    Withdrawn,
)
from cockpit.agents.unsettled import Unsettled
from cockpit.prices import Rates, price
from cockpit.text import cut
from cockpit.tokens import Used, beyond, of_cli

FATAL_STATUS = frozenset({400, 401, 403, 404, 413})
"""Answers of the model's service that trying again does not change."""

FATAL_REASONS = frozenset({"budget_exhausted", "prompt_too_long"})
FATAL_WORDS = ("credit balance", "invalid api key", "maximum budget", "please run /login")

Data = Mapping[str, Any]


class ClaudeTranslator:
    """The reader for one process."""

    def __init__(
        self,
        worktree: str = "",
        *,
        resumed: bool = False,
        answer_usd: float = 0.0,
        own_prices: Mapping[str, Rates] | None = None,
        now: Callable[[], float] = time,
    ) -> None:
        """`worktree` shortens paths in steps; `answer_usd` is what one answer can cost at most."""
        self._own = own_prices or {}
        self._unsettled = Unsettled(answer_usd)
        self._known = Spent(0.0, 0)
        self._worktree = worktree
        self._now = now
        self._model = ""
        self._started = False
        self._reports_states = False
        self._held: Ended | None = None
        self._before: tuple[float, int, Used] | None = None if resumed else (0.0, 0, ())
        """Cost and tokens that the process began with; None while that is to be learnt."""
        self._asked: dict[str, Data] = {}
        """What it asked and nobody answered yet, by the request's id, as it came."""
        self._resets = 0.0
        """When the limit that was reached last is over, by the CLI's own account."""
        self._decided: set[str] = set()
        """Uses of tools that were put before a person: a no to one of them is an answer, not an obstacle."""

    def read(self, line: str) -> Iterable[StreamEvent]:
        """What a line says."""
        if not line.strip():
            return ()
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            return (Garbled(cut(line, 500)),)
        return list(self._events(data))

    def answer(self, reply: Reply) -> str | None:
        """The line that answers what was asked; None where nobody waits for it any more."""
        request = self._asked.pop(reply.id, None)
        return None if request is None else reply_line(request, reply)

    def finish(self) -> Iterable[StreamEvent]:
        """What was held back when the process left."""
        return self._release()

    def _events(self, data: Data) -> Iterator[StreamEvent]:
        match data["type"]:
            case "system":
                yield from self._system(data)
            case "assistant":
                yield from self._assistant(data)
            case "user":
                yield from self._user(data)
            case "result":
                yield from self._result(data)
            case "control_response":
                yield from self._usage(data)
            case "control_request":
                yield from self._ask(data)
            case "rate_limit_event":
                info = _object(data.get("rate_limit_info"))
                if info.get("status") == "rejected":
                    self._resets = _number(info.get("resetsAt"))
            case "control_cancel_request" if self._asked.pop(_text(data.get("request_id")), None) is not None:
                yield Withdrawn(_text(data["request_id"]))

    def _ask(self, data: Data) -> Iterator[StreamEvent]:
        name, request = _text(data.get("request_id")), _object(data.get("request"))
        if request.get("subtype") == "can_use_tool" and name:
            self._asked[name] = request
            self._decided.add(_text(request.get("tool_use_id")))
            yield from asked(request, name, self._worktree)

    def _system(self, data: Data) -> Iterator[StreamEvent]:
        match data.get("subtype"):
            case "init":
                self._model = _text(data.get("model")) or self._model
                if not self._started:
                    self._started = True
                    yield Started(_text(data.get("session_id")), self._model)
                if self._unsettled.turn_begins():
                    yield self._again()
            case "session_state_changed":
                self._reports_states = True
                if data.get("state") == "idle":
                    yield from self._release()
            case "api_retry":
                why = " ".join(_text(data.get(k)) for k in ("error", "error_status")).strip()
                limited = data.get("error_status") == limits.TOO_MANY
                yield Retrying(why or "the request failed", _number(data.get("retry_delay_ms")) / 1000, limited)
            case "model_fallback":
                yield Retrying("the model is overloaded, another one takes over")

    def _assistant(self, data: Data) -> Iterator[StreamEvent]:
        message = _object(data.get("message"))
        if message.get("model") == "<synthetic>":
            return  # the CLI's own words about an error; the result has them too
        by_subagent = bool(data.get("parent_tool_use_id"))
        if not by_subagent:
            self._model = _text(message.get("model")) or self._model
        if self._unsettled.answered(_text(message.get("id")), _text(data.get("parent_tool_use_id"))):
            yield self._again()
        for block in _objects(message.get("content")):
            yield from self._block(block, by_subagent)

    def _block(self, block: Data, by_subagent: bool) -> Iterator[StreamEvent]:
        match block.get("type"):
            case "text" if not by_subagent and _text(block.get("text")).strip():
                yield Said(cut(_text(block["text"])))
            case "thinking" if not by_subagent and _text(block.get("thinking")).strip():
                yield Thought(cut(_text(block["thinking"])))
            case "tool_use" | "server_tool_use":
                name, given = _text(block.get("name")), _object(block.get("input"))
                step = step_of(name, given, self._worktree)
                detail = detail_of(name, given, self._worktree)
                yield ToolCalled(_text(block.get("id")), name, step, detail)

    def _user(self, data: Data) -> Iterator[StreamEvent]:
        if data.get("isReplay"):
            yield Read(_text(data.get("uuid")))
            return
        for block in _objects(_object(data.get("message")).get("content")):
            if block.get("type") == "tool_result":
                self._unsettled.thread_ends(_text(block.get("tool_use_id")))
                output = cut(_words(block.get("content")))
                yield ToolReturned(_text(block.get("tool_use_id")), output, bool(block.get("is_error")))

    def _result(self, data: Data) -> Iterator[StreamEvent]:
        self._unsettled.turn_ends(_text(data.get("terminal_reason")))
        if "total_cost_usd" in data:
            yield self._spent(data.get("total_cost_usd"), data.get("modelUsage"))
        ended = self._ended(data)
        if self._held:
            ended = _joined(self._held, ended)
        self._held = ended
        if not self._reports_states:
            yield from self._release()

    def _release(self) -> Iterator[StreamEvent]:
        if self._held:
            held, self._held = self._held, None
            yield held

    def _usage(self, data: Data) -> Iterator[StreamEvent]:
        session = _object(_object(_object(data.get("response")).get("response")).get("session"))
        if "total_cost_usd" not in session:
            return
        cost, usage = session.get("total_cost_usd"), session.get("model_usage")
        if self._before is None:
            self._before = self._usd(cost, usage), _tokens(usage), of_cli(usage)
        else:
            self._unsettled.counted()
            yield self._spent(cost, usage)

    def _spent(self, cost: Any, usage: Any) -> Spent:
        if self._before is None:
            self._before = 0.0, 0, ()  # it did not answer when it was asked: a version that carries nothing over
        usd, tokens, before = self._before
        source = "config" if any(model in self._own for model in _object(usage)) else "cli"
        spent, used = max(0.0, self._usd(cost, usage) - usd), max(0, _tokens(usage) - tokens)
        self._known = Spent(spent, used, self._model, source, used=beyond(of_cli(usage), before))
        return self._again()

    def _usd(self, cost: Any, usage: Any) -> float:
        """The CLI's figure; of models that the user has a price for, tokens by that."""
        models = _object(usage)
        own = {model: _object(models[model]) for model in models if model in self._own}
        if not own:
            return _number(cost)
        mine = sum(price(model, _as_usage(counts), self._own).usd or 0.0 for model, counts in own.items())
        return mine + sum(_number(_object(models[model]).get("costUSD")) for model in models if model not in own)

    def _again(self) -> Spent:
        """What is known of the cost, and what may come on top."""
        return replace(self._known, model=self._model or self._known.model, open_usd=self._unsettled.usd)

    def _ended(self, data: Data) -> Ended:
        denials = tuple(
            step_of(_text(d.get("tool_name")), _object(d.get("tool_input")), self._worktree)
            for d in _objects(data.get("permission_denials"))
            if _text(d.get("tool_use_id")) not in self._decided
        )
        words = _text(data.get("result"))
        if not data.get("is_error"):
            return Ended(True, cut(words), denials=denials)
        reason = _text(data.get("terminal_reason"))
        if reason.startswith("aborted"):
            return Ended(False, error="interrupted", denials=denials)
        if data.get("subtype") == "error_max_budget_usd" or reason == "budget_exhausted":
            return Ended(False, error="budget: what it was given is used up", denials=denials, broke=True)
        error = words or "; ".join(_text(e) for e in _list(data.get("errors"))) or _text(data.get("subtype"))
        fatal, status = _is_fatal(data, reason, error), data.get("api_error_status")
        limited = not fatal and limits.is_limit(error, status if isinstance(status, int) else None)
        resets = (limits.resets_at(error, self._now()) or self._resets) if limited else 0.0
        return Ended(False, error=cut(error), fatal=fatal, denials=denials, limited=limited, resets=resets)


def _is_fatal(data: Data, reason: str, error: str) -> bool:
    status = data.get("api_error_status")
    known = isinstance(status, int) and status in FATAL_STATUS
    return known or reason in FATAL_REASONS or any(words in error.lower() for words in FATAL_WORDS)


def _joined(first: Ended, last: Ended) -> Ended:
    """Two turns that the CLI did in one go: how the last one ended counts, denials of both."""
    return replace(last, denials=first.denials + last.denials)


def _as_usage(counts: Data) -> dict[str, float]:
    """The CLI's counts of one model by the names that the API has for them."""
    names = {
        "input_tokens": "inputTokens",
        "output_tokens": "outputTokens",
        "cache_read_input_tokens": "cacheReadInputTokens",
        "cache_creation_input_tokens": "cacheCreationInputTokens",
    }
    return {name: _number(counts.get(theirs)) for name, theirs in names.items()}


def _tokens(usage: Any) -> int:
    """All tokens of all models, cached ones included."""
    keys = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    models = _object(usage).values()
    return int(sum(_number(_object(model).get(key)) for model in models for key in keys))


def _words(content: Any) -> str:
    """A tool result's text; what is no text is named."""
    if isinstance(content, str):
        return content
    return "\n".join(_text(b.get("text")) or f"[{_text(b.get('type'))}]" for b in _objects(content))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _object(value: Any) -> Data:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[Data]:
    return [item for item in _list(value) if isinstance(item, dict)]
