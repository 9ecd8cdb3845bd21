"""Model calls that answer once, in a schema: a review, a plan, an idea.

Two ways lead to a model: the `anthropic` SDK where the user has a key, the Claude Code CLI where they have a
subscription. Either runs in a child process, so that the engine never imports the SDK and a call can be
ended. What was asked and answered stays in the call's own folder.

An answer outside the schema is asked for once more, with the problem told to the model. All that was spent
on the way counts, also where nothing came of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cockpit import redact
from cockpit.agents import child, limits
from cockpit.prompting import fenced
from cockpit.text import cut, plain
from cockpit.tokens import Used, added, of_cli, of_usage

if TYPE_CHECKING:
    from pydantic import BaseModel

Way = Literal["api", "claude"]

MAX_TRIES = 2
MOST_BYTES = 10_000_000
"""The longest output of a child that is read."""

AGAIN = """{prompt}

Your last answer was not accepted: {problem}
It was:
{answer}
Answer again, in the schema."""


@dataclass(frozen=True, slots=True)
class Question:
    """One call: who is asked what, and how the answer must look."""

    role: str
    model: str
    system: str
    prompt: str
    schema: Mapping[str, Any]
    directory: Path
    """A folder of the call's own, made where it is missing: the child runs there, and its files stay there."""
    max_usd: float | None = None
    """The most that all tries together may cost."""
    answer_usd: float = 0.0
    """The most that one answer can cost: a CLI looks at its bound only between two."""
    answer_tokens: int = 0
    """The longest answer; 0: as the CLI likes."""
    fallback: str = ""
    """The model that is asked while the other is overloaded or not available."""
    effort: str = ""
    """How hard the model thinks; empty: as it does by itself."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer and what it cost, failed tries included."""

    data: Any
    """An instance of the model that was asked for."""
    usd: float | None
    """None where a price is not known."""
    tokens: int
    model: str
    source: str
    """Who counted: cli, genai-prices, config, or unknown."""
    open_usd: float = 0.0
    """What may have been charged beyond that, by tries that broke off."""
    used: Used = ()
    """The tokens by model and sort."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What the tries of one call cost so far."""

    usd: float | None = 0.0
    tokens: int = 0
    model: str = ""
    source: str = ""
    open_usd: float = 0.0
    used: Used = ()

    def plus(self, heard: Heard) -> Bill:
        """The bill with one more try on it."""
        usd = None if self.usd is None or heard.usd is None else self.usd + heard.usd
        source = heard.source if usd is not None else "unknown"
        more = self.open_usd + heard.open_usd
        used = added(self.used, heard.used)
        return Bill(usd, self.tokens + heard.tokens, heard.model or self.model, source, more, used)

    def at_most(self, question: Question) -> Bill:
        """The bill with all on it that a try may have cost whose end nobody saw."""
        left = max(0.0, (question.max_usd or 0.0) - (self.usd or 0.0))
        return replace(self, open_usd=max(self.open_usd, left))


@dataclass(frozen=True, slots=True)
class Heard:
    """What one child process said."""

    data: Any
    """The answer as JSON data; None where there is none."""
    usd: float | None
    tokens: int
    model: str
    source: str
    problem: str = ""
    """Why `data` is missing, for the model to read."""
    error: str = ""
    """Why another try can't help."""
    text: str = ""
    """What it said instead of an answer."""
    open_usd: float = 0.0
    is_lost: bool = False
    """It ended without a word about its cost."""
    limited: bool = False
    """It ran into a limit of the model's service."""
    resets: float = 0.0
    """When that is over, where it was said."""
    used: Used = ()


class AskFailed(Exception):
    """There is no usable answer; the text says why, for a person. What was spent is on the exception."""

    def __init__(self, text: str, bill: Bill, heard: Heard | None = None) -> None:
        super().__init__(text)
        self.limited = heard is not None and heard.limited
        self.resets = heard.resets if heard is not None else 0.0
        self.usd = bill.usd
        self.tokens = bill.tokens
        self.source = bill.source
        self.open_usd = bill.open_usd
        self.used = bill.used


async def ask(
    question: Question,
    *,
    answer: type[BaseModel],
    way: Way,
    command: str = "",
    environment: Mapping[str, str],
    timeout_s: float = 7200.0,
) -> Reply:
    """Ask, and give the answer as an `answer`. Raises AskFailed.

    `command` is the CLI for the way `claude`. Cancelling ends the child and all it started.
    """
    from cockpit.agents.answers import BadAnswer, checked

    bill = Bill()
    asked, problem = question, ""
    try:
        async with asyncio.timeout(timeout_s):
            for _ in range(MAX_TRIES):
                heard = await _try(asked, way, command, environment, bill)
                bill = bill.plus(heard)
                if heard.is_lost:
                    bill = bill.at_most(question)
                if heard.error:
                    raise AskFailed(f"the {question.role} could not be asked: {heard.error}", bill, heard)
                try:
                    if heard.problem:
                        raise BadAnswer(heard.problem)
                    data = checked(answer, heard.data)
                except BadAnswer as error:
                    problem = str(error)
                    asked = _again(question, problem, heard, bill)
                else:
                    return Reply(data, bill.usd, bill.tokens, bill.model, bill.source, bill.open_usd, bill.used)
    except TimeoutError as error:
        text = f"the {question.role} gave no answer within {timeout_s:g} s; what that try cost is not known"
        raise AskFailed(text, replace(bill, source="unknown").at_most(question)) from error
    raise AskFailed(f"the {question.role} answered outside the schema, {MAX_TRIES} times: {plain(problem)}", bill)


def _again(question: Question, problem: str, heard: Heard, bill: Bill) -> Question:
    said = heard.text if heard.data is None else json.dumps(heard.data)
    prompt = AGAIN.format(prompt=question.prompt, problem=problem, answer=fenced(cut(said, 4000) or "(nothing)"))
    left = None if question.max_usd is None else max(0.0, question.max_usd - (bill.usd or 0.0) - bill.open_usd)
    return replace(question, prompt=prompt, max_usd=left)


async def _try(question: Question, way: Way, command: str, environment: Mapping[str, str], bill: Bill) -> Heard:
    """One child process."""
    if way == "api":
        argv, said, read = _api_argv(), _api_input(question), _read_api
    else:
        argv, said, read = _claude_argv(question, command, environment), question.prompt, _read_claude
        longest = {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(question.answer_tokens)} if question.answer_tokens else {}
        environment = {**environment, **_CLAUDE_VARIABLES, **longest}
    try:
        question.directory.mkdir(parents=True, exist_ok=True)
        code, output, errors = await _run(argv, question.directory, environment, said)
    except OSError as error:
        raise AskFailed(f"the {question.role} could not be asked: {error}", bill) from error
    try:
        told = json.loads(output)
        heard = read(told)
        is_short = way == "claude" and _is_counted_in_part(told)
        return replace(heard, open_usd=await asyncio.to_thread(_rest_usd, question)) if is_short else heard
    except (ValueError, KeyError, TypeError, AttributeError):
        words = plain(errors or output).strip()[-1000:] or "it said nothing"
        return Heard(
            None, 0.0, 0, question.model, "", error=f"{Path(argv[0]).name} ended with {code}: {words}", is_lost=True
        )


async def _run(argv: list[str], directory: Path, environment: Mapping[str, str], said: str) -> tuple[int, str, str]:
    """Run a child with files for its input and outputs; they stay."""
    number = 1 + len(list(directory.glob("*.question")))
    paths = [directory / f"{number}.{name}" for name in ("question", "answer", "errors")]
    paths[0].write_text(redact.text(said), encoding="utf-8", errors="replace")
    with paths[0].open("rb") as stdin, paths[1].open("wb") as stdout, paths[2].open("wb") as stderr:
        async with child.started(
            _bound(argv), directory, environment, stdin=stdin, stdout=stdout, stderr=stderr
        ) as process:
            code = await process.wait()
    output, errors = (_text(path) for path in paths[1:])
    for path, told in zip(paths[1:], (output, errors), strict=True):
        path.write_text(redact.text(told), encoding="utf-8", errors="replace")  # nobody reads them but people
    return code, output, errors


def _bound(argv: list[str]) -> list[str]:
    """Have the kernel end the child with us, where there is a tool for that: nothing spends money unwatched."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--", *argv] if setpriv else argv


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_BYTES).decode(errors="replace")


_ONCE = "import gc, sys; gc.disable(); from cockpit.agents.answer_once import main; sys.exit(main())"
"""Nothing of a process that answers once is worth collecting, and it starts a quarter quicker so."""


def _api_argv() -> list[str]:
    return [sys.executable, "-P", "-c", _ONCE]


def _api_input(question: Question) -> str:
    names = ("model", "system", "prompt", "schema", "max_usd", "answer_tokens", "fallback", "effort")
    return json.dumps({name: getattr(question, name) for name in names})


def _read_api(said: Mapping[str, Any]) -> Heard:
    data, problem = None, str(said["problem"])
    if not said["error"] and not problem:
        try:
            data = json.loads(said["text"])
        except ValueError as error:
            problem = f"it is not JSON: {error}"
    return Heard(
        data,
        said["usd"],
        said["tokens"],
        said["model"],
        said["source"],
        problem=problem,
        error=said["error"],
        text=said["text"],
        open_usd=said.get("open_usd", 0.0),
        limited=said.get("limited", False),
        resets=said.get("resets", 0.0),
        used=tuple(of_usage(model, counts) for model, counts in said.get("used", {}).items()),
    )


_CLAUDE_VARIABLES = {
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
} | ({"IS_SANDBOX": "1"} if os.geteuid() == 0 else {})


def _claude_argv(question: Question, command: str, environment: Mapping[str, str]) -> list[str]:
    name = command or os.environ.get("COCKPIT_CLAUDE") or "claude"
    found = shutil.which(name, path=environment.get("PATH"))
    if found is None:
        raise AskFailed(
            f"the {question.role} could not be asked: there is no {name!r}; install Claude Code, or give its "
            "path as agents.command",
            Bill(),
        )
    limit: list[str] = []
    if question.max_usd is not None:
        limit = ["--max-budget-usd", f"{max(question.max_usd - question.answer_usd, 0.0001):.4f}"]
    return [
        os.path.abspath(found),
        "--print",
        "--output-format=json",
        f"--json-schema={json.dumps(question.schema)}",
        f"--model={question.model}",
        f"--system-prompt={question.system}",
        "--tools=",  # none: it judges what it is shown
        "--setting-sources=user",
        "--strict-mcp-config",
        "--no-session-persistence",
        *([f"--fallback-model={question.fallback}"] if question.fallback else []),
        *([f"--effort={question.effort}"] if question.effort else []),
        *limit,
    ]


def _is_counted_in_part(said: Mapping[str, Any]) -> bool:
    """Whether an answer broke off: what the CLI saw of it is in the counts by model alone."""
    whole = (said.get("usage") or {}).get("output_tokens")
    counted = sum(int(used.get("outputTokens") or 0) for used in (said.get("modelUsage") or {}).values())
    return whole is not None and counted > int(whole)


def _rest_usd(question: Question) -> float:
    """What the unseen rest of an answer that broke off can have cost; its service charges for it all the same."""
    from cockpit.prices import price

    rest = price(question.model, {"output_tokens": question.answer_tokens}).usd if question.answer_tokens else None
    return question.answer_usd if rest is None else rest


def _read_claude(said: Mapping[str, Any]) -> Heard:
    used = said.get("modelUsage") or {}
    counts = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    text = str(said.get("result") or "")
    data = said.get("structured_output")
    errors = [*said.get("errors", []), text, said.get("subtype", "")]
    why, status = next(filter(None, errors), "it failed"), said.get("api_error_status")
    limited = bool(said["is_error"]) and limits.is_limit(why, status if isinstance(status, int) else None)
    return Heard(
        data,
        float(said["total_cost_usd"]),
        sum(int(usage.get(name) or 0) for usage in used.values() for name in counts),
        next(iter(used), ""),
        "cli",
        problem="" if data is not None else "no answer in the schema was given",
        error=plain(why) if said["is_error"] else "",
        text=text,
        limited=limited,
        used=of_cli(used),
        resets=limits.resets_at(why, time.time()) if limited else 0.0,
    )
