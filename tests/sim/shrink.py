"""Making a failing night smaller: whatever it fails without is taken away, piece by piece, until nothing can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tests.sim.result import play
from tests.sim.scenario import Scenario, without_task


def shrunk(scenario: Scenario, kind: str, fails: Callable[[Scenario, str], bool] | None = None) -> Scenario:
    """The smallest night found that breaks the same promise."""
    fails = fails or breaks
    smallest, found = scenario, True
    while found:
        found = False
        for smaller in _smaller(smallest):
            if fails(smaller, kind):
                smallest, found = smaller, True
                break
    return smallest


def breaks(scenario: Scenario, kind: str) -> bool:
    """Whether a night breaks the promise of that kind."""
    return play(scenario)[1].kind == kind


def _smaller(one: Scenario) -> Iterator[Scenario]:
    """First without much at once, then without each piece."""
    for size in (1, 2, 4, 8):
        yield from (replace(one, wishes=rest) for rest in _without_parts(one.wishes, size))
        yield from (replace(one, faults=rest) for rest in _without_parts(one.faults, size))
        yield from (
            replace(one, luck={what: one.luck[what] for what in rest})
            for rest in _without_parts(sorted(one.luck), size)
        )
    if len(one.worked_on) > 1:
        yield from (without_task(one, number) for number in one.worked_on)
    yield from _simpler(one)


def _without_parts(pieces: Sequence[object], parts: int) -> Iterator[tuple]:  # type: ignore[type-arg]
    """The pieces without each of so many parts of them."""
    width = -(-len(pieces) // parts)
    for begin in range(0, len(pieces), max(1, width)):
        yield (*pieces[:begin], *pieces[begin + width :])
    if parts == 8 and width > 1:
        for n in range(len(pieces)):
            yield (*pieces[:n], *pieces[n + 1 :])


def _simpler(one: Scenario) -> Iterator[Scenario]:
    if one.agents > 1:
        yield replace(one, agents=1)
        yield replace(one, agents=one.agents - 1)
    if one.cap is not None:
        yield replace(one, cap=None)
    if one.hours is not None:
        yield replace(one, hours=None)
    if one.review:
        yield replace(one, review=False)
    if any(task.needs for task in one.tasks):
        yield replace(one, tasks=tuple(replace(task, needs=()) for task in one.tasks))


# ── as a command ─────────────────────────────────────────────────────────────────────────────────────


def flags(smaller: Scenario, whole: Scenario) -> list[str]:
    """The flags that cut `whole`, which its seed draws, down to `smaller`."""
    luck = sorted(smaller.luck)
    found = [
        "--tasks", _numbers(smaller.worked_on),
        "--faults", _numbers([n for n, one in enumerate(whole.faults) if one in smaller.faults]),
        "--wishes", _numbers([n for n, one in enumerate(whole.wishes) if one in smaller.wishes]),
        "--luck", ",".join(luck).replace(" ", "-") or "none",
        "--agents", str(smaller.agents),
    ]  # fmt: skip
    plain = {
        "--no-cap": smaller.cap is None and whole.cap is not None,
        "--no-deadline": smaller.hours is None and whole.hours is not None,
        "--no-review": whole.review and not smaller.review,
        "--no-needs": any(t.needs for t in whole.tasks) and not any(t.needs for t in smaller.tasks),
    }
    return found + [flag for flag, is_set in plain.items() if is_set]


def _numbers(found: Sequence[int]) -> str:
    return ",".join(map(str, found)) or "none"


def cut(
    whole: Scenario,
    *,
    tasks: str | None = None,
    faults: str | None = None,
    wishes: str | None = None,
    luck: str | None = None,
    agents: int | None = None,
    no_cap: bool = False,
    no_deadline: bool = False,
    no_review: bool = False,
    no_needs: bool = False,
) -> Scenario:
    """What `flags` said: only these tasks, faults, wishes and kinds of bad luck."""
    one = whole
    if tasks is not None:
        for number in set(one.worked_on) - set(_parsed(tasks)):
            one = without_task(one, number)
    if faults is not None:
        one = replace(one, faults=tuple(one.faults[n] for n in _parsed(faults)))
    if wishes is not None:
        one = replace(one, wishes=tuple(one.wishes[n] for n in _parsed(wishes)))
    if luck is not None:
        kept = {what.replace("-", " ") for what in luck.split(",")}
        one = replace(one, luck={what: share for what, share in one.luck.items() if what in kept})
    if no_needs:
        one = replace(one, tasks=tuple(replace(task, needs=()) for task in one.tasks))
    return replace(
        one,
        agents=agents or one.agents,
        cap=None if no_cap else one.cap,
        hours=None if no_deadline else one.hours,
        review=one.review and not no_review,
    )


def _parsed(text: str) -> list[int]:
    return [] if text == "none" else [int(part) for part in text.split(",")]
