"""Another cap for the night: when it can be had, and what comes of it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cockpit.policy import budget
from cockpit.reserves import CATEGORY, DAY, MONTH, ROLE, Days, cap_title
from cockpit.state import SETTLED, State, Task, TaskState

if TYPE_CHECKING:
    from cockpit import events


def refusal(state: State, cap_usd: float, now: float) -> str:
    """Why the night can't get this cap now; empty where it can."""
    night = state.night
    if not 0 < cap_usd < float("inf"):
        return f"a cap must be an amount of dollars, more than 0, not {cap_usd}"
    if night is None or ((night.stopping or night.ended) and not is_stopped_by_budget(state)):
        return "no night is going on; `cockpit run --budget USD` starts one with its own cap"
    if cap_usd <= state.spent_usd:
        return f"${state.spent_usd:.2f} is spent already; give a cap above that, or `cockpit stop` ends the night"
    if why := below_what_is_promised(state, cap_usd, state.spent_usd, budget.reserved(state)):
        return why
    least = state.spent_usd + budget.reserved(state) + least_start(state)
    if night.stopping and cap_usd < least:
        return f"nothing could start under a cap of ${cap_usd:.2f}; give at least ${least:.2f}"
    if night.stopping and night.until is not None and night.until <= now:
        return "the night's deadline has passed; `cockpit run --budget USD --until HH:MM` starts another night"
    return ""


def least_start(state: State) -> float:
    """What the least of the tasks that money holds back would have to have set aside."""
    wanted = [
        t.waits_usd for t in state.tasks.values() if t.waits_usd and t.state in (TaskState.QUEUED, TaskState.REWORK)
    ]
    return min(wanted, default=state.night.reserve_usd if state.night else 0.0)


def below_what_is_promised(state: State, usd: float, spent: float, reserved: float) -> str:
    """Why a cap can't be as low as that: what runs has its money already; empty where it can."""
    if usd + budget.LEAST >= spent + reserved:
        return ""
    return (
        f"${spent:.2f} is spent and ${reserved:.2f} set aside for what runs, so give at least "
        f"${math.ceil((spent + reserved) * 100) / 100:.2f}; `cockpit stop` gives back what is set aside"
    )


def another(state: State, name: str, usd: float, by: str, days: Days) -> tuple[Sequence[events.Event], str]:
    """The events of another cap than the night's, and what to say. Raises Refused."""
    from cockpit import events  # not at the top: the screen reads this module before its first paint
    from cockpit.policy.asking import Refused

    known = name in (DAY, MONTH) or any(name.startswith(kind) and name != kind for kind in (ROLE, CATEGORY))
    if not known:
        raise Refused(f"there is no cap called {name!r}; there are day, month, role NAME and category NAME")
    if not 0 < usd < float("inf"):
        raise Refused(f"a cap must be an amount of dollars, more than 0, not {usd}")
    after = replace(state, caps={**state.caps, name: usd})
    now = next(cap for cap in budget.caps(after, days) if cap.name == name)
    if why := below_what_is_promised(state, usd, now.spent, now.reserved):
        raise Refused(why)
    made: list[events.Event] = [events.CapChanged(name, usd, by)]
    if is_stopped_by_budget(state) and usd > state.caps.get(name, 0.0):
        made.append(events.NightReopened(by))
    return made, f"{cap_title(name)} is ${usd:.2f} now, ${now.spent:.2f} of it spent"


def granted(state: State, task: Task, usd: float, by: str) -> tuple[Sequence[events.Event], str]:
    """The events of more money for a task that used up its reserve, and what to say. Raises Refused."""
    from cockpit import events  # not at the top: the screen reads this module before its first paint
    from cockpit.policy.asking import Refused

    if not 0 <= usd < float("inf"):
        raise Refused(f"give an amount of dollars, more than 0, not {usd}")
    if task.state is not TaskState.ESCALATED or not task.asks_usd:
        raise Refused(f"{task.id} asks for no money; it is {state.seen_state(task)}")
    more = usd or task.asks_usd
    made: list[events.Event] = [events.MoneyGranted(task.id, more, by)]
    if is_stopped_by_budget(state):
        return made, f"{task.id} gets ${more:.2f} more when the night goes on: `cockpit budget --night USD`"
    return made, f"{task.id} goes on in the same conversation with ${more:.2f} more, as soon as the caps can hold it"


def changed(state: State, cap_usd: float, by: str) -> tuple[Sequence[events.Event], str]:
    """The events of a new cap that was not refused, and what to say."""
    from cockpit import events  # not at the top: the screen reads this module before its first paint

    night = state.night
    if night is None or night.cap_usd == cap_usd:
        return [], f"the night's cap is ${cap_usd:.2f} already"
    made: list[events.Event] = [events.NightChanged(cap_usd=cap_usd)]
    if is_stopped_by_budget(state):
        made.append(events.NightReopened(by))
        return made, f"the night goes on, with a cap of ${cap_usd:.2f}"
    return made, f"the night's cap is ${cap_usd:.2f} now, ${state.spent_usd:.2f} of it spent"


def is_stopped_by_budget(state: State) -> bool:
    """The budget stopped the night, and it has not gone on since."""
    return state.night is not None and state.night.stopping == "budget"


def needs_a_decision(state: State) -> bool:
    """The budget stopped the night before its work was done, and nobody has said what to do about it."""
    night = state.night
    if night is None or not is_stopped_by_budget(state) or night.closed_by:
        return False
    return any(task.state not in SETTLED for task in state.tasks.values())
