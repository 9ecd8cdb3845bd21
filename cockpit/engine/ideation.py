"""Ideas, carried out: the ideator is asked with a digest of the repository, and the reviewer about what it proposed.

Both are calls that answer once, each under the money that is set aside for it. What comes of them is recorded;
what follows from that is policy (`policy/ideas.py`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cockpit import disk, events, redact
from cockpit.agents.ask import AskFailed, Question, Reply, ask
from cockpit.engine import asking, environment, pricing, readiness
from cockpit.engine.pricing import IDEA_ANSWER_TOKENS, answers_to_a_review
from cockpit.fold.ideas import IDEATOR, REVIEWER
from cockpit.hosts import session_file
from cockpit.idea_facts import BAD, FAILED, NOTHING, Draft, Idea
from cockpit.ideas import CATEGORIES, Category, title
from cockpit.policy import budget, windows
from cockpit.policy.ideas import known
from cockpit.prompting import fill
from cockpit.repo import digest as digests
from cockpit.reserves import Reserve, idea_key
from cockpit.state import Session
from cockpit.text import cut
from cockpit.tokens import Used

if TYPE_CHECKING:
    from pydantic import BaseModel

    from cockpit.engine.engine import Engine

KNOWN_CHARACTERS = 12_000
"""Of the titles that are there already, the newest."""

REFUSALS = 10
"""Of a category's refused ideas that the ideator is told of, the newest."""


async def propose(engine: Engine, name: str) -> None:
    """Ask the ideator; records IdeaGiven or IdeaClosed, and the money."""
    from cockpit.agents.idea_answers import IdeaAnswer

    idea = engine.state.ideas.past[name]
    prompt = await asyncio.to_thread(_request, engine, idea)
    with shown(engine, idea):
        reply = await _ask(engine, idea, IDEATOR, fill("idea"), prompt, IdeaAnswer)
    if reply is None:
        return
    draft = reply.data.to_draft()
    paid = _paid(idea, IDEATOR, reply.usd, reply.tokens, reply.model, reply.source, reply.open_usd, reply.used)
    if draft is None:
        why = cut(" ".join(reply.data.why_nothing.split()), 300)
        engine.record(paid, events.IdeaClosed(name, NOTHING, why))
    else:
        engine.record(paid, events.IdeaGiven(name, draft))


async def weigh(engine: Engine, name: str) -> None:
    """Ask the reviewer whether an idea is worth it; records IdeaWeighed or IdeaClosed, and the money."""
    from cockpit.agents.idea_answers import WorthAnswer

    idea = engine.state.ideas.past[name]
    assert idea.draft is not None
    prompt = await asyncio.to_thread(_weighing, engine, idea, idea.draft)
    with shown(engine, idea):
        reply = await _ask(engine, idea, REVIEWER, fill("idea_weigh"), prompt, WorthAnswer)
    if reply is None:
        return
    paid = _paid(idea, REVIEWER, reply.usd, reply.tokens, reply.model, reply.source, reply.open_usd, reply.used)
    engine.record(paid, events.IdeaWeighed(name, reply.data.is_yes, reply.data.why()))


def settle_lost_call(engine: Engine, held: Reserve) -> None:
    """Charge a call that an engine before us began and could not see to its end; its idea is over."""
    paid = events.CallPaid(held.role, 0.0, 0, held.model, "cli", "", held.usd, held.idea)
    engine.record(paid, events.IdeaClosed(held.idea, FAILED, "the engine was ended in the middle of it"))


@contextmanager
def shown(engine: Engine, idea: Idea) -> Iterator[None]:
    """Have the free agent's session file say what goes on, as long as no host of a run writes it."""
    _tell(engine, idea, "ideating")
    try:
        yield
    finally:
        _tell(engine, idea, "idle")


def _tell(engine: Engine, idea: Idea, status: str) -> None:
    if not idea.agent or engine.state.agent_run(idea.agent) is not None:
        return
    now, busy = engine.clock(), status == "ideating"
    session = Session(
        f"agent-{idea.agent}",
        role=IDEATOR if busy else "",
        status=status,
        current_task=idea.id if busy else "",
        current_phase="ideate" if busy else "",
        current_step=f"looks for an idea: {title(idea.category)}" if busy else "",
        started=idea.at,
        last_heartbeat=now,
        last_activity=now,
        pid=os.getpid(),
    )
    with suppress(OSError):  # it is only for whoever looks
        session_file.write(engine.places.session_file(idea.agent), session)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────


async def _ask(
    engine: Engine, idea: Idea, role: str, system: str, prompt: str, answer: type[BaseModel]
) -> Reply | None:
    """The answer; None where there is none, which is recorded with its cost."""
    settings = engine.config
    question = _question(engine, idea, role, system, prompt, answer.model_json_schema())
    if question.max_usd == 0.0:
        engine.record(events.IdeaClosed(idea.id, FAILED, "nothing is left of the money that was set aside for it"))
        return None
    engine.record(events.IdeaCall(idea.id, role, question.model))
    try:
        return await ask(
            question,
            answer=answer,
            way=asking.way(settings, engine.environ),
            command=asking.command(settings),
            environment=environment.allowed(engine.environ, settings.agents.environment)
            | pricing.variables(settings, engine.environ),
            timeout_s=settings.review.timeout,
        )
    except AskFailed as error:
        paid = _paid(idea, role, error.usd, error.tokens, question.model, error.source, error.open_usd, error.used)
        if disk.is_no_room(error):
            engine.record(paid)
            raise
        engine.record(paid, _failed(engine, idea, error))
        return None
    except BaseException:  # broken off: nobody will know what it cost
        engine.record(_paid(idea, role, 0.0, 0, question.model, "cli", question.max_usd or 0.0))
        raise


def _question(engine: Engine, idea: Idea, role: str, system: str, prompt: str, schema: Mapping[str, Any]) -> Question:
    held = engine.state.reserves.get(idea_key(idea.id, role))
    rules = engine.rules.ideas
    most = (rules.usd if role == IDEATOR else rules.review_usd) or 0.0
    answers = answers_to_a_review(engine.config, engine.environ)
    bounds: dict[str, Any] = {}
    if held is not None and budget.has_caps(engine.state):
        bounds = {"max_usd": held.usd, "answer_usd": most / answers, "answer_tokens": IDEA_ANSWER_TOKENS}
    works = engine.config.role(role)
    return Question(
        role=role,
        model=works.model,
        fallback=works.fallback_model,
        effort=works.effort,
        system=system,
        prompt=redact.text(prompt),
        schema=schema,
        directory=engine.places.folder / "asks" / f"{idea.id}-{role}-{idea.tries + 1}",
        **bounds,
    )


def _failed(engine: Engine, idea: Idea, error: AskFailed) -> events.IdeaClosed:
    """One that ran into a limit of the model's service closes it for everybody who shares the quota."""
    rules = engine.rules
    if not error.limited or not rules.parks:
        return events.IdeaClosed(idea.id, FAILED, str(error))
    reopens = windows.until(engine.state, rules, rules.quota, error.resets, engine.clock())
    return events.IdeaClosed(idea.id, FAILED, str(error), quota=rules.quota, reopens=reopens)


def _paid(
    idea: Idea,
    role: str,
    usd: float | None,
    tokens: int,
    model: str,
    source: str,
    bound_usd: float,
    used: Used = (),
) -> events.CallPaid:
    source = source if usd is not None or not tokens else "unknown"
    return events.CallPaid(role, usd or 0.0, tokens, model, source, "", bound_usd, idea.id, used)


def _target(engine: Engine) -> str:
    """The branch that is looked at: the night's; without a night, the one that a night would have."""
    if engine.state.night is not None:
        return engine.state.night.target
    return readiness.target_branch(engine.config, engine.repository)


# ── what they are asked ──────────────────────────────────────────────────────────────────────────────


def _request(engine: Engine, idea: Idea) -> str:
    category = CATEGORIES.get(idea.category) or Category(idea.category, idea.category)
    target = _target(engine)
    seen = digests.digest(engine.repository, target, category.looks, category.finds)
    return fill(
        "idea_request",
        title=category.title,
        category=fill(category.prompt),
        target=target,
        commit=seen.commit,
        tree=seen.tree,
        readme=seen.readme,
        commits=seen.commits,
        files=seen.files,
        lines=seen.lines,
        known=known_text(engine),
        refused=refused_text(engine, idea.category),
        again=fill("idea_again", reason=idea.again) if idea.again else "",
    )


def known_text(engine: Engine) -> str:
    """What an idea must not repeat, the newest first as far as there is room."""
    lines = [f"- {one.title} ({one.what})" for one in reversed(known(engine.state))]
    return cut("\n".join(lines), KNOWN_CHARACTERS) or "(nothing)"


def refused_text(engine: Engine, category: str) -> str:
    """A category's ideas that were refused or turned down, and why."""
    past = engine.state.ideas.past.values()
    bad = [one for one in past if one.category == category and one.outcome in BAD and one.title]
    lines = [f"- {one.title}: {one.outcome}{f': {one.reason}' if one.reason else ''}" for one in bad[-REFUSALS:]]
    return "\n".join(lines) or "(none)"


def _weighing(engine: Engine, idea: Idea, draft: Draft) -> str:
    target = _target(engine)
    commit = engine.repository.tip(target)
    there = set(digests.tree_paths(engine.repository, commit))
    named = [path.removeprefix("./") for path in draft.files]
    paths = [path for path in named if path in there]
    readme = digests.digest(engine.repository, target).readme
    return fill(
        "idea_weigh_request",
        category=title(idea.category),
        title=draft.title,
        description=draft.description or "(nothing)",
        criteria="\n".join(f"- {one}" for one in draft.criteria) or "(none)",
        approach=draft.approach or "(nothing)",
        facts="\n".join(f"{path}: {'is there' if path in there else 'IS NOT THERE'}" for path in named)
        or "(none named)",
        excerpts=digests.excerpts(engine.repository, commit, paths),
        readme=readme,
    )
