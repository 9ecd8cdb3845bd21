"""Ideas: when one is asked for, of which category, and what becomes of it. Pure.

By itself the cockpit asks only where an agent is free and nothing else could start, and only from what is left of
every cap: never from what is set aside. The category that had none for longest comes first; whatever comes of it,
it counts as used. All counts are folded from the ledger, so a restart changes none.
"""

from __future__ import annotations

from cockpit import events
from cockpit.events import Event
from cockpit.idea_facts import (
    ASKING,
    CHECKING,
    DUPLICATE,
    FAILED,
    GIVEN,
    REFUSED,
    SUGGESTED,
    TURNED_DOWN,
    WEIGHED,
    Draft,
    Idea,
)
from cockpit.ideas import CATEGORIES, SOURCE
from cockpit.policy import budget, coverage, estimates, order, room, windows
from cockpit.policy.actions import NOTHING, Decision, Ideate, Weigh
from cockpit.policy.budget import Ask
from cockpit.policy.idea_requests import ANY
from cockpit.policy.rules import IdeaRules, Rules
from cockpit.policy.schedule import waiting_for_an_agent
from cockpit.policy.similar import Known, duplicate
from cockpit.reserves import idea_key
from cockpit.state import ROLE_OF, Kind, State, Task, TaskState

IDEATOR, REVIEWER = ROLE_OF[Kind.IDEATE], ROLE_OF[Kind.REVIEW]

MOST_TRIES = 2
"""A model that proposes what is there already is asked for another one, once."""

LATER = -1
"""The priority of an idea's task: whatever a person asks for comes first."""


def check(state: State, rules: Rules, now: float) -> Decision:
    """What is due about ideas."""
    mine, facts = rules.ideas, state.ideas
    if (facts.enabled, facts.chosen) != (mine.enabled, mine.categories):
        return _record(events.IdeasConfigured(mine.enabled, mine.categories))
    if facts.current is not None:
        return _on_its_way(state, rules, facts.current)
    if switched := _unwanted(state, mine):
        return _record(*switched)
    if facts.wish:
        return _wished(state, rules, now)
    return _proposed(state, rules, now)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────


def _proposed(state: State, rules: Rules, now: float) -> Decision:
    """Another idea, where nothing else can start; or, once, why there is none."""
    if not rules.ideas.enabled or not is_hungry(state):
        return NOTHING
    category, why = choice(state, rules, now)
    if not why:
        return _record(_begun(state, rules, category, "policy"))
    return NOTHING if state.ideas.rests == why else _record(events.IdeasRested(why))


def is_hungry(state: State) -> bool:
    """An agent is free, and there is nothing it could begin with."""
    night = state.night
    if night is None or not night.is_open or state.breaker is not None or state.starts_held is not None:
        return False
    if room.is_full(state) or state.is_role_held(IDEATOR) or any(waiting_for_an_agent(state)):
        return False
    return free_agent(state) > 0


def free_agent(state: State) -> int:
    """The first agent that could begin something; 0 where there is none."""
    count = state.night.agents if state.night else 0
    free = (a.number for a in state.agents.values() if not a.paused and a.run is None and a.number <= count)
    return min(free, default=0)


def choice(state: State, rules: Rules, now: float) -> tuple[str, str]:
    """The category whose turn it is, or why nothing is proposed."""
    mine, night = rules.ideas, state.night
    if windows.is_closed(state):
        return "", "the model's service has no room for us now"
    if state.ideas.tonight >= mine.per_night:
        return (
            "",
            f"{_ideas(mine.per_night)} {'was' if mine.per_night == 1 else 'were'} asked for, as many as a night may",
        )
    if night is not None and night.until is not None and now + mine.room_seconds > night.until:
        return "", f"less than {mine.room_seconds / 60:.0f} minutes are left of the night"
    waiting = sum(task.state is TaskState.SUGGESTED for task in state.tasks.values())
    if waiting >= mine.waiting:
        return "", f"{mine.waiting} suggestions wait for you already"
    category = next_category(state, mine)
    if not category:
        return "", "every category that is on has had its share"
    return category, money_lacking(state, rules, category, now)


def next_category(state: State, mine: IdeaRules) -> str:
    """The category that is on, under its cap, and had no idea for longest; the table's order decides between equals."""
    found = [name for name in CATEGORIES if _may(state, mine, name)]
    return min(found, key=lambda name: state.ideas.use(name).last, default="")


def _may(state: State, mine: IdeaRules, name: str) -> bool:
    use, night = state.ideas.use(name), state.night
    if name not in mine.categories or use.off:
        return False
    if any(hold.what == "category" and hold.name == name for hold in state.holds):
        return False
    return night is None or use.night != night.id or use.tonight < mine.per_category


def money_lacking(state: State, rules: Rules, category: str, now: float) -> str:
    """Why an idea can't be paid from what is left; empty where it can."""
    mine = rules.ideas
    if not budget.has_caps(state):
        return ""
    if why := _uncovered(state, rules, category, now):
        return why
    wanted, left = _asked(state, mine), left_usd(state)
    if left is not None and left - wanted < mine.min_left_usd:
        return f"less than ${mine.min_left_usd:.2f} would be left of the night's cap"
    begun = state.ideas.left_usd if state.ideas.left_usd is not None else left
    if begun is not None and state.ideas.usd + wanted > begun * mine.share + budget.LEAST:
        return f"ideas may cost {mine.share:.0%} of what is left of the night's cap, and another one could cost more"
    if mine.auto:
        return _no_work(state, rules, category, now)
    return ""


def _uncovered(state: State, rules: Rules, category: str, now: float) -> str:
    """The cap that can't hold an idea, in words."""
    mine = rules.ideas
    if mine.usd is None or (mine.review_usd is None and mine.validate):
        return "nobody knows the price of the ideator's or the reviewer's model: give it in cockpit.toml, [prices]"
    refused = budget.refusal(state, _asks(state, mine, category), rules.calendar(now))
    return f"{refused.cap.name}'s cap has too little room for another idea" if refused is not None else ""


def _no_work(state: State, rules: Rules, category: str, now: float) -> str:
    """Why an idea that is taken up at once could not be worked on."""
    sized = estimates.estimate(state, rules, Task("", "", category=category))
    asks = [*_asks(state, rules.ideas, category), *estimates.asks(Task("", "", category=category), sized)]
    if sized.unpriced or budget.refusal(state, asks, rules.calendar(now)) is not None:
        return "there is no money left to work on another idea"
    return ""


def left_usd(state: State) -> float | None:
    """What is neither spent nor set aside of the night's cap; None without one."""
    night = state.night
    if night is None or night.cap_usd is None:
        return None
    return night.cap_usd - state.spent_usd - budget.reserved(state)


def _asked(state: State, mine: IdeaRules) -> float:
    return sum(ask.usd for ask in _asks(state, mine, ""))


def _asks(state: State, mine: IdeaRules, category: str) -> list[Ask]:
    review = mine.review_usd if weighs(state, mine) else 0.0
    found = [Ask(mine.usd or 0.0, IDEATOR, category), Ask(review or 0.0, REVIEWER, category)]
    return [ask for ask in found if ask.usd > 0]


def weighs(state: State, mine: IdeaRules) -> bool:
    """Whether a reviewer weighs what is proposed."""
    return mine.validate


def _wished(state: State, rules: Rules, now: float) -> Decision:
    """What a person asked for: of a category that is off as well, but never past a cap."""
    wish = state.ideas.wish
    chosen = rules.ideas.categories or tuple(CATEGORIES)
    longest = min(chosen, key=lambda name: (bool(state.ideas.use(name).off), state.ideas.use(name).last))
    category = longest if wish == ANY else wish
    if windows.is_closed(state):
        return _record(events.IdeasRested("the model's service has no room for us now", wish=True))
    if budget.has_caps(state) and (why := _uncovered(state, rules, category, now)):
        return _record(events.IdeasRested(why, wish=True))
    return _record(_begun(state, rules, category, state.ideas.wish_by or "you"))


def _begun(state: State, rules: Rules, category: str, by: str) -> events.IdeaBegun:
    mine, capped = rules.ideas, budget.has_caps(state)
    return events.IdeaBegun(
        f"I{state.ideas.asked + 1}",
        category,
        by,
        free_agent(state),
        usd=(mine.usd or 0.0) if capped else 0.0,
        review_usd=(mine.review_usd or 0.0) if capped and weighs(state, mine) else 0.0,
        left_usd=left_usd(state),
    )


# ── what becomes of it ───────────────────────────────────────────────────────────────────────────────


def _on_its_way(state: State, rules: Rules, idea: Idea) -> Decision:
    if _is_late(state, idea):
        return NOTHING if is_open_call(state, idea) else _record(_closed(idea, FAILED, "the night ended before"))
    match idea.step:
        case step if step == ASKING:
            return Decision(effects=(Ideate(idea.id),))
        case step if step == GIVEN and idea.draft is not None:
            return _record(*_given(state, rules, idea, idea.draft))
        case step if step == CHECKING:
            return Decision(effects=(Weigh(idea.id),))
        case step if step == WEIGHED and idea.draft is not None and idea.worth:
            return _record(*_entered(state, rules, idea, idea.draft))
        case _:
            return _record(_closed(idea, TURNED_DOWN, idea.reason))


def _is_late(state: State, idea: Idea) -> bool:
    """The night that it was for is over; what a person asked for is for no night."""
    return idea.by == "policy" and (state.night is None or not state.night.is_open)


def is_open_call(state: State, idea: Idea) -> bool:
    """A model is being asked about it at this moment."""
    return any(one.idea == idea.id and one.call for one in state.reserves.values())


def _given(state: State, rules: Rules, idea: Idea, draft: Draft) -> tuple[Event, ...]:
    """What was proposed: old, to be weighed, or a task at once."""
    old = duplicate(draft.title, known(state))
    if old is not None:
        reason = f"{draft.title!r} is much the same as {old.title!r} ({old.what})"
        again = idea.tries < MOST_TRIES and _can_pay_again(state, idea)
        return (events.IdeaAgain(idea.id, reason) if again else _closed(idea, DUPLICATE, reason),)
    if weighs(state, rules.ideas):
        return (events.IdeaChecked(idea.id),)
    return _entered(state, rules, idea, draft)


def _can_pay_again(state: State, idea: Idea) -> bool:
    held = state.reserves.get(idea_key(idea.id, IDEATOR))
    return not budget.has_caps(state) or (held is not None and held.usd >= estimates.LEAST_USD)


def known(state: State) -> list[Known]:
    """All that an idea must not repeat: tasks of every state, and ideas that were turned down."""
    tasks = (Known(t.title, f"{t.id}, {_standing(t)}") for t in state.tasks.values() if not t.reverts)
    dropped = (
        Known(one.title, f"an idea that was {one.outcome}")
        for one in state.ideas.past.values()
        if one.outcome in (TURNED_DOWN, REFUSED) and one.title and not one.task
    )
    return [*tasks, *dropped]


def _standing(task: Task) -> str:
    is_refusal = task.state is TaskState.SKIPPED and task.source.startswith(SOURCE)
    return f"refused{f': {why}' if (why := task.reason) else ''}" if is_refusal else str(task.state)


def _entered(state: State, rules: Rules, idea: Idea, draft: Draft) -> tuple[Event, ...]:
    """It becomes a task: for a person to promote, or promoted at once."""
    name = f"T{len(state.tasks) + 1}"
    approach = f"\n\nApproach: {draft.approach}" if draft.approach else ""
    added = events.TaskAdded(
        name,
        draft.title,
        f"{draft.description}{approach}".strip(),
        draft.criteria,
        category=idea.category,
        priority=LATER,
        files=draft.files,
        source=f"{SOURCE}{idea.category}",
        suggested=True,
        rank=order.next_rank(state),
    )
    closed = events.IdeaClosed(idea.id, SUGGESTED, idea.reason, name)
    return (added, closed, events.TaskPromoted(name, "policy")) if rules.ideas.auto else (added, closed)


def _unwanted(state: State, mine: IdeaRules) -> tuple[Event, ...]:
    """Switch off the categories whose ideas are refused too often."""
    if not mine.refused or not mine.refused_of or not state.ideas.past:
        return ()
    found = []
    for name in CATEGORIES:
        newest = [] if state.ideas.use(name).off else coverage.decisions(state, name)[-mine.refused_of :]
        if (bad := newest.count(False)) >= mine.refused:
            why = f"{bad} of its last {len(newest)} were refused"
            found.append(events.CategorySwitched(name, False, why, "policy"))
    return tuple(found)


def _closed(idea: Idea, outcome: str, reason: str) -> events.IdeaClosed:
    return events.IdeaClosed(idea.id, outcome, reason)


def _ideas(count: int) -> str:
    return f"{count} idea{'' if count == 1 else 's'}"


def _record(*made: Event) -> Decision:
    return Decision(records=made)
