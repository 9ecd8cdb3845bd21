"""What gates that are neither green nor red ask for: a person's yes. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.state import GateResult, Night, Task

if TYPE_CHECKING:
    from cockpit.policy.rules import Rules

OVERRULABLE = ("secrets", "size")
"""Gates that a person may overrule though they are red: they judge by what things look like."""


def failed(task: Task, rules: Rules) -> GateResult | None:
    """The first gate that says no, and that nobody let through."""
    if task.red_gates:
        return task.red_gates[0]
    flaky = next((gate for gate in task.gates if gate.flaky and gate.name not in task.let_through), None)
    return flaky if rules.flaky == "fail" else None


def asks(task: Task, rules: Rules, *, auto: bool) -> tuple[str, ...]:
    """The gates because of which only a person may say yes; `auto` where else nobody would be asked."""
    if task.is_plain_rollback:
        return ()  # a person asked for it, and it only undoes what landed
    waits = auto and rules.flaky == "ask"
    return tuple(gate.name for gate in task.gates if gate.asks or (gate.flaky and waits))


def is_auto(task: Task, night: Night | None) -> bool:
    """Whether the policy says yes to a task by itself."""
    return night is not None and (task.merge or night.merge) == "auto"


def overrulable(task: Task) -> tuple[str, ...]:
    """The red gates, where a person may overrule all of them; else nothing."""
    names = tuple(gate.name for gate in task.red_gates)
    return names if all(name in OVERRULABLE for name in names) else ()


def despite(task: Task) -> tuple[str, ...]:
    """What a person's yes lets through, beside what is green."""
    return tuple(dict.fromkeys([*task.asks, *(g.name for g in task.gates if g.asks), *overrulable(task)]))


def says(task: Task, names: tuple[str, ...]) -> str:
    """What the gates of these names say, in a line."""
    first = [_line(gate) for gate in task.gates if gate.name in names]
    return "; ".join(filter(None, first)) or ", ".join(names)


def _line(gate: GateResult) -> str:
    said = f"{gate.name}: {gate.note}" if gate.flaky else gate.output
    return said.split("\n", 1)[0]
