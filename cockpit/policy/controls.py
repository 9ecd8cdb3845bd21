"""A person's hand on the whole: holds on a sort of work, the emergency stop, and letting everything go on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from cockpit import events
from cockpit.commands import Pause, Resume
from cockpit.policy.asking import Refused
from cockpit.state import ROLE_OF, State

Made = tuple[Sequence[events.Event], str]


def sorts(state: State) -> dict[str, tuple[str, ...]]:
    """What can be held: the roles, and the categories that tasks have or that are held already."""
    named = {task.category for task in state.tasks.values() if task.category}
    held = {hold.name for hold in state.holds if hold.what == "category"}
    return {"category": tuple(sorted(named | held)), "role": tuple(ROLE_OF.values())}


def sort_of_work(state: State, command: Pause | Resume, by: str) -> Made:
    """Hold a category or a role, or let it go on."""
    if command.agent is not None or (command.category and command.role):
        raise Refused("name one: an agent, a category or a role")
    what = "category" if command.category else "role"
    name = _known(state, what, command.category or command.role)
    held = any((hold.what, hold.name) == (what, name) for hold in state.holds)
    if isinstance(command, Pause):
        said = f"{what} {name} is held: its agents are paused and nothing of it starts"
        return ([], f"{what} {name} is held already") if held else ([events.WorkHeld(what, name, by)], said)
    if not held:
        return [], f"{what} {name} is not held"
    return [events.WorkReleased(what, name, by)], f"{what} {name} goes on"


def _known(state: State, what: str, name: str) -> str:
    known = sorts(state)[what]
    found = next((one for one in known if one.lower() == name.lower()), None)
    if found is not None:
        return found
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known) or 'none'}"
    raise Refused(f"there is no {what} {name!r}; {hint}")


def halt(by: str, seconds: float) -> Made:
    """Everything was killed: nothing starts by itself any more."""
    said = "all work is kept. `cockpit resume --all` goes on, `cockpit stop` ends the night"
    return [events.Halted(by, seconds)], said


def lifted(state: State, by: str = "you") -> list[events.Event]:
    """The end of an emergency stop, where there was one."""
    return [events.HaltLifted(by)] if state.halt is not None else []


def resume_all(state: State, by: str) -> Made:
    """Let everything go on: after an emergency stop, every held agent, every held sort of work."""
    made = lifted(state, by)
    agents = [agent for agent in state.agents.values() if agent.paused]
    made += [events.AgentResumed(agent.number, by) for agent in agents]
    made += [events.WorkReleased(hold.what, hold.name, by) for hold in state.holds]
    if not made:
        return [], "nothing is paused"
    names = [agent.name for agent in agents] + [str(hold) for hold in state.holds]
    after = "the night goes on after the emergency stop" if state.halt is not None else ""
    return made, "; ".join(filter(None, [after, f"{', '.join(names)} resumed" if names else ""]))


def try_again(state: State, by: str) -> Made:
    """Start again now what waits for a limit of the service, or for somebody who mended the agents' command."""
    made: list[events.Event] = [events.WindowOpened(quota, by) for quota in state.windows]
    parked = {task.parked for task in state.tasks.values() if task.parked} - set(state.windows)
    made += [events.WindowOpened(quota, by) for quota in sorted(parked)]
    said = ["work goes on without waiting for the limit's end"] if made else []
    if state.breaker is not None:
        made.append(events.BreakerClosed(by))
        said.append("agents are started again")
    return made, "; ".join(said) or "nothing waits for a limit, and agents may start"
