"""One model call with structured output, in a process of its own: a question in on stdin, JSON out on stdout.

Started by `ask`; see there for what goes in. Out comes {"text", "problem", "error", "usd", "tokens", "model",
"source"}: `text` is the answer as the model gave it, `problem` says why that can't be one, `error` why there
is none.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cockpit.agents.api_calls import WITH_FALLBACK, Answer, GaveUp, Patience, connect, insist, listen, may_be_charged
from cockpit.prices import answer_limit, estimate, from_environment, price, tokens, worst

MAX_TOKENS = 16_000
FEWEST_TOKENS = 200


async def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """Ask until there is an answer, or none can be had."""
    bill = _Bill(question["model"])
    client = connect()
    output: Any = {"format": {"type": "json_schema", "schema": question["schema"]}}
    if question.get("effort"):
        output["effort"] = question["effort"]
    asked = _Asked(question["model"], question.get("fallback") or "")

    async def once() -> Answer:
        limit = _limit(question, asked.model, bill.whole)
        if limit < FEWEST_TOKENS:
            raise GaveUp(f"budget: what is left of ${question['max_usd']:.4f} is too little for a request", fatal=True)
        bill.begins(question, asked.model, limit)
        got = Answer(asked.model)
        try:
            async with client.messages.stream(
                model=asked.model,
                max_tokens=limit,
                system=question["system"],
                messages=[{"role": "user", "content": question["prompt"]}],
                output_config=output,
            ) as stream:
                await listen(stream, got, lambda event: None)
        except BaseException as error:
            got.begun = got.begun or may_be_charged(error)
            raise
        finally:
            bill.add(got)
        return got

    try:
        got = await _insist(once, asked)
    except GaveUp as error:
        return bill.with_answer("", error=str(error)) | {"limited": error.limited, "resets": error.resets}
    return bill.with_answer(got.text, problem=_PROBLEMS.get(got.stop_reason, ""))


@dataclass
class _Asked:
    """The model that is asked now, and the one that takes over."""

    model: str
    fallback: str


async def _insist(once: Callable[[], Awaitable[Answer]], asked: _Asked) -> Answer:
    if not asked.fallback or asked.fallback == asked.model:
        return await insist(once, Patience(), _complain)
    try:
        return await insist(once, Patience(of_model=WITH_FALLBACK), _complain)
    except GaveUp as error:
        if not error.of_model:
            raise
        _complain(f"{error}; {asked.fallback} takes over", 0.0)
    asked.model = asked.fallback
    return await insist(once, Patience(), _complain)


_PROBLEMS = {
    "max_tokens": f"it did not end within {MAX_TOKENS} tokens; be brief",
    "refusal": "it was refused",
}


class _Bill:
    """What was spent, on tries that broke off too."""

    def __init__(self, model: str) -> None:
        self._asked = self._model = model
        self._own = from_environment(os.environ)
        self._usd: float | None = 0.0
        self._tokens = 0
        self._used: dict[str, dict[str, int]] = {}
        self._source = ""
        self._open = 0.0
        self._on_its_way = 0.0

    @property
    def whole(self) -> float:
        """All that may have been charged."""
        return (self._usd or 0.0) + self._open

    def begins(self, question: Mapping[str, Any], model: str, limit: int) -> None:
        """A request goes out whose answer may be so long."""
        self._asked = model
        self._on_its_way = worst(self._asked, _request(question), limit, self._own) or 0.0

    def add(self, got: Answer) -> None:
        """Count one answer; of one that broke off, the most it can have cost stays open."""
        broken = self._on_its_way if not got.stop_reason and got.begun else 0.0
        self._open += broken
        if not got.usage:
            return
        cost = price(got.model, got.usage, self._own)
        if cost.usd is None:
            cost = price(self._asked, got.usage, self._own)
        self._open -= min(broken, cost.usd or 0.0)
        self._usd = None if self._usd is None or cost.usd is None else self._usd + cost.usd
        self._source = cost.source if self._usd is not None else "unknown"
        self._model = got.model
        self._tokens += tokens(got.usage)
        counts = self._used.setdefault(got.model, {})
        for name, count in got.usage.items():
            if name.endswith("_tokens") and isinstance(count, int):
                counts[name] = counts.get(name, 0) + count

    def with_answer(self, text: str, *, problem: str = "", error: str = "") -> dict[str, Any]:
        """All of it, as it is printed."""
        spent = {"usd": self._usd, "tokens": self._tokens, "model": self._model, "source": self._source}
        return {"text": text, "problem": problem, "error": error, "open_usd": self._open, "used": self._used} | spent


def _limit(question: Mapping[str, Any], model: str, spent: float) -> int:
    most = question.get("answer_tokens") or MAX_TOKENS
    if question["max_usd"] is None:
        return most
    left = question["max_usd"] - spent
    return answer_limit(model, left, _request(question), most, from_environment(os.environ))


def _request(question: Mapping[str, Any]) -> int:
    return estimate(len(json.dumps(question)))


def _complain(reason: str, seconds: float) -> None:
    print(f"{reason}; trying again in {seconds:.1f} s", file=sys.stderr, flush=True)


def main(out: Callable[[str], object] = sys.stdout.write) -> int:
    """Entry."""
    out(json.dumps(asyncio.run(answer(json.load(sys.stdin)))) + "\n")
    return 0
