"""Asking the planner: prose in, proposed tasks out, and the money for it set aside before it is asked.

The call is an event before it begins, checked against every cap in the same step. It is asked once more where its
own plan has problems that it could mend; what is left is shown as warnings. A call that fails, is broken off or
does not fit under a cap leaves a sentence and no plan.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit import disk, events, prices, repo
from cockpit.agents import LaunchError
from cockpit.agents.ask import AskFailed, Question, Reply, ask
from cockpit.engine import asking, context, environment, pricing, readiness, telling
from cockpit.policy import estimates, planning, planning_money, windows
from cockpit.policy.reserving import unpriced
from cockpit.prompting import fenced, fill, one_line
from cockpit.reserves import call_key
from cockpit.sources import prose
from cockpit.sources.plan import PlanError
from cockpit.state import ROLE_OF, Kind, Plan, State, TaskState
from cockpit.tokens import Used, added
from cockpit.value import replace as changed

if TYPE_CHECKING:
    from cockpit.agents.plan_answer import Drafts
    from cockpit.engine.engine import Engine

PLANNER = ROLE_OF[Kind.PLAN]

ANSWER_TOKENS = 16_000
ANSWER_CHARACTERS = 4 * ANSWER_TOKENS

MOST_LISTED = 30_000
"""Characters of the list of files."""

MOST_TASKS_TOLD = 150


class NoPlan(Exception):
    """There is no plan; the text says why, and what would help."""


@dataclass
class _Bill:
    """What all askings for one plan cost."""

    model: str
    max_usd: float | None = None
    worst: float = 0.0
    """The most that one answer can cost."""
    answers: int = 1
    """Of which asking once takes so many."""
    usd: float = 0.0
    tokens: int = 0
    open_usd: float = 0.0
    used: Used = ()
    sources: list[str] = field(default_factory=list)

    @property
    def left(self) -> float | None:
        """What may still be spent."""
        return None if self.max_usd is None else max(0.0, self.max_usd - self.usd - self.open_usd)

    @property
    def is_unpriced(self) -> bool:
        return "unknown" in self.sources

    def add(self, paid: Reply | AskFailed) -> None:
        """Count one asking."""
        known = paid.usd is not None or not paid.tokens
        self.usd += paid.usd or 0.0
        self.tokens += paid.tokens
        self.open_usd += paid.open_usd
        self.used = added(self.used, paid.used)
        self.sources.append(paid.source if known else "unknown")
        self.model = (paid.model if isinstance(paid, Reply) else "") or self.model

    def paid(self) -> events.CallPaid:
        """The same as an event."""
        said = [source for source in self.sources if source]
        source = "unknown" if self.is_unpriced else next(iter(said), "cli")
        return events.CallPaid(PLANNER, self.usd, self.tokens, self.model, source, "", self.open_usd, used=self.used)

    def broken_off(self) -> events.CallPaid:
        """The same where nobody will know what the last asking cost."""
        return replace(self, open_usd=self.open_usd + (self.left or 0.0)).paid()


def settle(engine: Engine) -> None:
    """Say of a plan that an engine before us was asking for that it came to nothing; its call is charged elsewhere."""
    plan = engine.state.plan
    held = engine.state.reserves.get(call_key(PLANNER, ""))
    if plan is not None and plan.is_asked and held is not None and held.call:
        engine.record(events.PlanFailed(plan.id, "the engine ended while the planner was asked; ask again"))


async def plan(engine: Engine, name: str) -> None:
    """Have a plan made; records PlanProposed or PlanFailed, and the money."""
    wanted = engine.state.plan
    if wanted is None or wanted.id != name:
        return
    try:
        await _plan(engine, _counted(engine, wanted))
    except (NoPlan, PlanError, repo.RepoError, readiness.NotReady, LaunchError) as error:
        engine.record(events.PlanFailed(name, str(error)))
    except Exception as error:
        if disk.is_no_room(error):
            raise  # it is done again when there is room
        traceback.print_exception(error)
        engine.record(events.PlanFailed(name, f"it went wrong: {error}"))


def _counted(engine: Engine, wanted: Plan) -> Plan:
    """The plan that is wanted, with as many tasks as the configuration says where nobody said."""
    if wanted.most:
        return wanted
    return changed(wanted, least=engine.config.planner.least, most=engine.config.planner.most)


async def _plan(engine: Engine, wanted: Plan) -> None:
    if windows.is_closed(engine.state):
        return  # just now; `planning.due` waits for its end
    shown = await asyncio.to_thread(_look, engine, wanted)
    question = _question(engine, wanted, shown)
    bill = await _admitted(engine, question)
    try:
        answer = await _asked(engine, replace(question, **_bounds(bill)), bill)
        answer, notes = await _again_if_needed(engine, wanted, question, shown, answer, bill)
    except AskFailed as error:
        if disk.is_no_room(error):
            engine.record(bill.paid())
            raise
        if waits := _closed(engine, error):
            engine.record(bill.paid(), waits)  # it is still wanted, and asked for again when the limit is over
        else:
            engine.record(bill.paid(), events.PlanFailed(wanted.id, str(error)))
        return
    except BaseException:
        engine.record(bill.broken_off(), events.PlanFailed(wanted.id, "asking the planner was broken off"))
        raise
    engine.record(bill.paid(), _proposed(engine, wanted, shown, answer, notes, bill))


def _closed(engine: Engine, error: AskFailed) -> events.LimitHit | None:
    """A limit of the model's service, which closes it for everybody who shares the quota; None for other failures."""
    rules = engine.rules
    if not error.limited or not rules.parks:
        return None
    reopens = windows.until(engine.state, rules, rules.quota, error.resets, engine.clock())
    return events.LimitHit(rules.quota, str(error)[:500], reopens)


# ── what it is shown ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Shown:
    """What was read for one plan, off the event loop."""

    texts: tuple[prose.Text, ...]
    files: frozenset[str]
    listed: str
    target: str


def _look(engine: Engine, wanted: Plan) -> _Shown:
    root = engine.repository.root
    texts = prose.read([root / Path(path).expanduser() for path in wanted.files], wanted.section)
    target = readiness.target_branch(engine.config, engine.repository)
    files = repo.files_of(engine.repository, engine.repository.tip(target))
    return _Shown(texts, frozenset(files), "\n".join(files), target)


def _question(engine: Engine, wanted: Plan, shown: _Shown) -> Question:
    from cockpit.agents.plan_answer import PlanAnswer

    listed, whole = shown.listed, len(shown.listed) <= MOST_LISTED
    if not whole:
        listed = listed[:MOST_LISTED].rpartition("\n")[0]
    count = f"{wanted.least}" if wanted.least == wanted.most else f"{wanted.least} to {wanted.most}"
    prompt = fill(
        "planning_request",
        count=count,
        texts=_texts([one for one in shown.texts if not one.is_background]),
        background=_texts([one for one in shown.texts if one.is_background]) or "(none)",
        tasks=_tasks(engine.state) or "(none)",
        partly="" if whole else " (the list is cut short; a file that is not in it may be there all the same)",
        files=listed or "(none)",
    )
    works = engine.config.role(PLANNER)
    ours = fill("planning", target=shown.target, gates=telling.gate_list(engine))
    return Question(
        role=PLANNER,
        model=works.model,
        fallback=works.fallback_model,
        effort=works.effort,
        system=context.with_shared(engine, telling.own_words(engine, PLANNER, ours)),
        prompt=prompt,
        schema=PlanAnswer.model_json_schema(),
        directory=engine.places.folder / "asks" / f"plan-{wanted.id}",
        answer_tokens=ANSWER_TOKENS,
    )


def _texts(texts: list[prose.Text]) -> str:
    return "\n\n".join(f"{one_line(one.name)}:\n{fenced(one.text)}" for one in texts)


def _tasks(state: State) -> str:
    """What the planner must not plan again: all that is open, and what landed last."""
    gone = (TaskState.FAILED, TaskState.SKIPPED)
    known = [task for task in state.tasks.values() if task.state not in gone]
    still = [task for task in known if task.state is not TaskState.LANDED]
    landed = [task for task in known if task.state is TaskState.LANDED]
    told = [*landed[-max(0, MOST_TASKS_TOLD - len(still)) :], *still][-MOST_TASKS_TOLD:]
    return "\n".join(f"{task.id} ({state.seen_state(task)}): {one_line(task.title)}" for task in told)


# ── money ────────────────────────────────────────────────────────────────────────────────────────────


async def _admitted(engine: Engine, question: Question) -> _Bill:
    """Set the money aside and say that the call begins. Raises NoPlan where a cap can't hold it."""
    size = len(question.system) + len(question.prompt) + len(json.dumps(question.schema))
    request = prices.estimate(size + ANSWER_CHARACTERS)  # asked again, it holds its first answer too
    worst = await asyncio.to_thread(_worst, engine, question, request)
    answers = pricing.answers_to_a_review(engine.config, engine.environ)
    once = None if worst is None else answers * worst
    most = min(engine.config.planner.max_usd, engine.config.role(PLANNER).budget_usd or engine.config.planner.max_usd)
    sized = planning_money.sized(engine.state, engine.rules, once, most, engine.clock())
    if sized.refused:
        raise NoPlan(unpriced(question.model) if worst is None else sized.refused)
    engine.record(events.CallStarted(PLANNER, "", question.model, sized.usd or 0.0))
    return _Bill(question.model, sized.usd, worst or 0.0, answers)


def _worst(engine: Engine, question: Question, request: int) -> float | None:
    """The most that one answer can cost, by whichever model; None where one has no price."""
    own = pricing.rates(engine.config)
    models = filter(None, (question.model, question.fallback))
    found = [prices.worst(model, request, ANSWER_TOKENS, own) for model in models]
    return None if None in found else max(usd for usd in found if usd is not None)


def _bounds(bill: _Bill) -> dict[str, Any]:
    """What an asking may cost."""
    if bill.max_usd is None:
        return {}
    return {"max_usd": bill.left, "answer_usd": bill.worst if bill.answers > 1 else 0.0}


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────


async def _asked(engine: Engine, question: Question, bill: _Bill) -> Drafts:
    from cockpit.agents.plan_answer import PlanAnswer

    settings = engine.config
    try:
        reply = await ask(
            question,
            answer=PlanAnswer,
            way=asking.way(settings, engine.environ),
            command=asking.command(settings),
            environment=environment.allowed(engine.environ, settings.agents.environment)
            | pricing.variables(settings, engine.environ),
            timeout_s=settings.planner.timeout,
        )
    except AskFailed as error:
        bill.add(error)
        raise
    bill.add(reply)
    answer: PlanAnswer = reply.data
    wanted = engine.state.plan
    return answer.to_drafts(source_of(wanted) if wanted else "")


def source_of(plan: Plan) -> str:
    """Where tasks of a plan come from, for people."""
    return ", ".join(Path(path).name for path in plan.files)


async def _again_if_needed(
    engine: Engine, wanted: Plan, question: Question, shown: _Shown, first: Drafts, bill: _Bill
) -> tuple[Drafts, tuple[str, ...]]:
    """The plan, asked for once more where the first had problems; the better of the two, and what to say of it."""
    found = _problems(engine.state, wanted, shown, first)
    if not found:
        return first, ()
    if bill.left is not None and bill.left < bill.answers * bill.worst:
        return first, ("there was no money to ask once more for what is wrong below",)
    told = fill(
        "planning_again",
        request=question.prompt,
        problems="\n".join(f"- {problem}" for problem in found),
        plan=_as_told(first),
    )
    again = replace(question, prompt=told, **_bounds(bill))
    try:
        second = await _asked(engine, again, bill)
    except AskFailed as error:
        if disk.is_no_room(error):
            raise
        if limit := _closed(engine, error):
            engine.record(limit)
        return first, (f"it was asked once more for what is wrong below, in vain: {error}",)
    left = _problems(engine.state, wanted, shown, second)
    return (second, ()) if len(left) <= len(found) else (first, ())


def _problems(state: State, wanted: Plan, shown: _Shown, answer: Drafts) -> tuple[str, ...]:
    absent = planning.absent_files(answer.drafts, shown.files, answer.made)
    return planning.problems(answer.drafts, state, planning.Bounds(wanted.least, wanted.most), absent)


def _as_told(answer: Drafts) -> str:
    told = [
        {
            "key": draft.key,
            "title": draft.title,
            "criteria": list(draft.criteria),
            "files": [{"path": path, "is_new": path in answer.made} for path in draft.files],
            "depends_on": list(draft.depends_on),
        }
        for draft in answer.drafts
    ]
    return json.dumps(told, ensure_ascii=False)


def _proposed(
    engine: Engine, wanted: Plan, shown: _Shown, answer: Drafts, notes: tuple[str, ...], bill: _Bill
) -> events.PlanProposed | events.PlanFailed:
    drafts, mended = planning.mended(answer.drafts, engine.state)
    if not drafts:
        said = "; ".join(answer.left_out) or "it gave no reason"
        return events.PlanFailed(wanted.id, f"the planner found nothing to do: {said}")
    absent = planning.absent_files(drafts, shown.files, answer.made)
    warnings = planning.problems(drafts, engine.state, planning.Bounds(wanted.least, wanted.most), absent)
    left = tuple(f"left out: {text}" for text in answer.left_out)
    return events.PlanProposed(
        wanted.id,
        drafts,
        warnings,
        (*notes, *mended, *left),
        absent,
        wanted.least,
        wanted.most,
        bill.usd + bill.open_usd,
        bill.is_unpriced,
        engine.config.agents.count,
        guesses(engine),
    )


def guesses(engine: Engine) -> Mapping[str, float]:
    """What a task of each kind is thought to cost, and a review, before any like it was done."""
    return estimates.guesses(engine.state, engine.rules, engine.config.budget.reserve_usd)
