"""What ideas change: one that is on its way, its money, what became of it, and what holds of its category."""

from __future__ import annotations

from typing import Any, assert_never

from cockpit import events
from cockpit.events.ideas import IdeaEvent
from cockpit.fold import watching
from cockpit.fold.changes import newest, notice, with_
from cockpit.idea_facts import (
    ACCEPTED,
    ASKING,
    CHECKING,
    DUPLICATE,
    FAILED,
    GIVEN,
    KEPT,
    NOTHING,
    REFUSED,
    SUGGESTED,
    TURNED_DOWN,
    WEIGHED,
    Idea,
    Use,
)
from cockpit.ideas import title
from cockpit.reserves import Reserve, idea_key
from cockpit.state import ROLE_OF, Kind, State, TaskState
from cockpit.value import replace

IDEATOR, REVIEWER = ROLE_OF[Kind.IDEATE], ROLE_OF[Kind.REVIEW]


def idea(state: State, event: IdeaEvent, at: float) -> State:
    match event:
        case events.IdeasConfigured(enabled=enabled, categories=categories):
            return _facts(state, enabled=enabled, chosen=categories)
        case events.IdeaWished(category=category, by=by):
            return _facts(state, wish=category, wish_by=by or "you")
        case events.IdeaBegun():
            return _begun(state, event, at)
        case events.IdeaCall():
            return _called(state, event)
        case events.IdeaGiven(idea=name, draft=draft):
            known = state.ideas.past.get(name)
            return _change(state, name, step=GIVEN, draft=draft, tries=known.tries + 1 if known else 1)
        case events.IdeaAgain(idea=name, reason=reason):
            return _change(state, name, step=ASKING, again=reason)
        case events.IdeaChecked(idea=name):
            return _change(state, name, step=CHECKING)
        case events.IdeaWeighed(idea=name, worth=worth, reason=reason):
            return _change(state, name, step=WEIGHED, worth=worth, reason=reason)
        case events.IdeaClosed():
            return _closed(state, event, at)
        case events.CategorySwitched():
            return _switched(state, event)
        case events.IdeasRested(reason=reason, wish=True):
            return notice(_facts(state, wish="", wish_by=""), f"no idea: {reason}")
        case events.IdeasRested(reason=reason):
            return notice(_facts(state, rests=reason), f"no more ideas in this night: {reason}")
        case _:
            assert_never(event)


def _facts(state: State, **changes: Any) -> State:
    return replace(state, ideas=replace(state.ideas, **changes))


def _change(state: State, name: str, **changes: Any) -> State:
    known = state.ideas.past.get(name)
    if known is None:
        return state
    return _facts(state, past={**state.ideas.past, name: replace(known, **changes)})


def _begun(state: State, event: events.IdeaBegun, at: float) -> State:
    facts, night = state.ideas, state.night.id if state.night else ""
    by_policy = event.by == "policy"
    use = facts.use(event.category)
    before = use.tonight if use.night == night else 0
    used = replace(use, last=at, count=use.count + 1, night=night, tonight=before + 1)
    new = Idea(event.idea, event.category, at, event.by, event.agent, ASKING)
    state = _facts(
        state,
        past=newest({**facts.past, event.idea: new}, KEPT),
        asked=facts.asked + 1,
        uses={**facts.uses, event.category: used},
        wish=facts.wish if by_policy else "",
        wish_by=facts.wish_by if by_policy else "",
        tonight=facts.tonight + by_policy,
        left_usd=event.left_usd if facts.left_usd is None else facts.left_usd,
        rests="",
    )
    held = {IDEATOR: event.usd, REVIEWER: event.review_usd}
    made = {
        idea_key(event.idea, role): Reserve(usd, role, event.category, idea=event.idea)
        for role, usd in held.items()
        if usd > 0
    }
    return replace(state, reserves={**state.reserves, **made})


def _called(state: State, event: events.IdeaCall) -> State:
    known = state.ideas.past.get(event.idea)
    key = idea_key(event.idea, event.role)
    category = known.category if known else ""
    held = state.reserves.get(key) or Reserve(0.0, event.role, category, idea=event.idea)
    return replace(state, reserves=with_(state.reserves, key, replace(held, model=event.model, call=True)))


def paid(state: State, event: events.CallPaid, usd: float) -> State:
    """A call about an idea was paid: out of what was set aside for it, and it counts for its category."""
    key = idea_key(event.idea, event.role)
    held = state.reserves.get(key)
    if held is not None:
        left = replace(held, usd=max(0.0, held.usd - usd), call=False)
        state = replace(state, reserves=with_(state.reserves, key, left))
    known = state.ideas.past.get(event.idea)
    if known is None:
        return state
    if known.category and usd:
        sums = state.by_category
        state = replace(state, by_category=with_(sums, known.category, sums.get(known.category, 0.0) + usd))
    state = _facts(state, usd=state.ideas.usd + usd)
    return _change(state, event.idea, usd=known.usd + usd)


def _closed(state: State, event: events.IdeaClosed, at: float) -> State:
    known = state.ideas.past.get(event.idea)
    if known is None:
        return state
    kept = {key: one for key, one in state.reserves.items() if one.idea != event.idea}
    state = replace(state, reserves=kept)
    if event.quota:
        state = watching.closed(state, event.quota, event.reason, at, event.reopens)
    reason = event.reason or known.reason
    state = _change(state, event.idea, step="", outcome=event.outcome, reason=reason, task=event.task)
    return notice(state, closing_words(replace(known, outcome=event.outcome, reason=reason, task=event.task)))


_CLOSINGS = {
    SUGGESTED: "idea {task} waits for you ({about})",
    ACCEPTED: "idea {task} is queued ({about})",
    NOTHING: "{about}: the ideator found nothing{why}",
    DUPLICATE: "an idea was dropped, it is there already ({about}){why}",
    TURNED_DOWN: "the reviewer turned an idea down ({about}){why}",
    REFUSED: "idea {task} was refused ({about}){why}",
    FAILED: "no idea could be had ({about}){why}",
}


def closing_words(known: Idea) -> str:
    """What became of an idea, in a sentence."""
    about = f"{title(known.category)}: {known.title}" if known.title else title(known.category)
    why = f": {known.reason}" if known.reason else ""
    return _CLOSINGS.get(known.outcome, "{about}").format(task=known.task, about=about, why=why)


def _switched(state: State, event: events.CategorySwitched) -> State:
    use = state.ideas.use(event.category)
    why = "" if event.on else event.reason or f"switched off by {event.by or 'you'}"
    since = state.ideas.asked if event.on else use.since
    changed: Use = replace(use, off=why, off_by="" if event.on else event.by or "you", since=since)
    state = _facts(state, uses={**state.ideas.uses, event.category: changed}, rests="")
    told = "switched on" if event.on else f"switched off: {why}"
    return notice(state, f"ideas of {title(event.category)} are {told}")


def of_new_night(state: State, night: str) -> State:
    """A night begins: its ideas are counted from nothing."""
    return _facts(state, night=night, tonight=0, left_usd=None, usd=0.0, rests="")


def taken_up(state: State, task: str) -> State:
    """A suggested task was promoted, or one that was refused is taken up after all."""
    known = _of(state, task)
    if known is None or known.outcome not in (SUGGESTED, REFUSED):
        return state
    return _change(state, known.id, outcome=ACCEPTED, reason="")


def refused(state: State, task: str, reason: str) -> State:
    """A person took an idea's task out of the night."""
    known, now = _of(state, task), state.tasks.get(task)
    if known is None or now is None or now.state is TaskState.LANDED:
        return state
    return _change(state, known.id, outcome=REFUSED, reason=reason)


def _of(state: State, task: str) -> Idea | None:
    known = state.tasks.get(task)
    if known is None or not known.source.startswith("idea:"):
        return None
    return next((one for one in state.ideas.past.values() if one.task == task), None)
