"""Properties of the fold: it never fails, it can be cut anywhere, and every event survives the disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import events
from cockpit.events import KINDS, Event, Recorded
from cockpit.fold import fold
from cockpit.git_facts import Lost, Removal
from cockpit.github_facts import LeftOut
from cockpit.idea_facts import FAILED, SUGGESTED, TURNED_DOWN, Draft
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.pulls import Check
from cockpit.questions import Choice
from cockpit.state import (
    Clash,
    CriterionCheck,
    Finding,
    GateResult,
    Kind,
    MergePolicy,
    Severity,
    State,
    TaskChanges,
    TaskDraft,
    TaskState,
    Verdict,
    Visit,
)
from cockpit.tokens import Tokens, Yardstick

TASKS = ("T1", "T2", "T3")
RUNS = ("T1-1", "T2-1", "T2-2", "T9-1")


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "task": one_of(*TASKS),
    "run": one_of(*RUNS),
    "plan": one_of("p1", "p2"),
    "agent": st.integers(1, 3),
    "agents": st.integers(1, 3),
    "seq": st.integers(0, 50),
    "usd": st.floats(0, 10, allow_nan=False),
    "tokens": st.integers(0, 10**6),
    "caps": st.dictionaries(one_of("day", "month", "role builder", "category docs"), st.floats(0.5, 20), max_size=3),
    "cap": one_of("night", "day", "role builder"),
    "open_usd": st.floats(0, 10),
    "cap_usd": st.none() | st.floats(0.5, 20),
    "at": st.floats(0, 10**9),
    "question": one_of("Q1", "Q2", "Q3"),
    "request": one_of("r1", "r2"),
    "visit": st.builds(Visit, TEXT, st.none() | st.floats(0, 5)),
    "choices": st.lists(st.builds(Choice, TEXT, TEXT), max_size=3).map(tuple),
    "merge": st.none() | st.sampled_from(MergePolicy),
    "depends_on": st.lists(one_of(*TASKS), max_size=2).map(tuple),
    "results": st.lists(st.builds(GateResult, TEXT, st.booleans(), TEXT, st.just(1.5)), max_size=2).map(tuple),
    "verdict": st.builds(
        Verdict,
        st.booleans(),
        TEXT,
        st.lists(st.builds(CriterionCheck, TEXT, st.booleans(), TEXT), max_size=2).map(tuple),
        st.lists(st.builds(Finding, st.sampled_from(Severity), TEXT), max_size=2).map(tuple),
        TEXT,
    ),
    "changes": st.builds(
        TaskChanges,
        st.none() | TEXT,
        criteria=st.none() | st.lists(TEXT, max_size=2).map(tuple),
        kind=st.none() | st.sampled_from(Kind),
        priority=st.none() | st.integers(-3, 3),
        merge=one_of(None, "ask", "auto", "night", "never"),
    ),
    "clashes": st.lists(st.builds(Clash, one_of("T1", "T2"), one_of("T2", "")), max_size=2).map(tuple),
    "outcome": one_of("done", "killed", "stopped", "budget", "failed", "reassigned", SUGGESTED, FAILED, TURNED_DOWN),
    "idea": one_of("", "I1", "I2"),
    "category": one_of("", "testing", "security"),
    "by": one_of("you", "gates", "ci", "pull request", "reviewer", "conflict", "policy"),
    "id": one_of("c1", "c2"),
    "message": one_of("m1", "m2"),
    "name": one_of("Approve", "Pause", "FromTheFuture"),
    "data": st.just({"task": "T1"}),
    "review": st.booleans(),
    "code": st.none() | st.integers(-9, 143),
}
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXT,
    "bool": st.booleans(),
    "bool | None": st.none() | st.booleans(),
    "int": st.integers(0, 100),
    "float": st.floats(0, 100),
    "float | None": st.none() | st.floats(0, 100),
    "tuple[Lost, ...]": st.lists(st.builds(Lost, one_of(*TASKS, ""), TEXT, TEXT), max_size=2).map(tuple),
    "tuple[Check, ...]": st.lists(st.builds(Check, TEXT, one_of("pending", "success", "failure")), max_size=2).map(
        tuple
    ),
    "tuple[Tokens, ...]": st.lists(st.builds(Tokens, one_of("m", "n"), st.integers(0, 99)), max_size=2).map(tuple),
    "Yardstick": st.builds(Yardstick, TEXT, *[st.floats(0, 90)] * 4),
    "tuple[LeftOut, ...]": st.lists(st.builds(LeftOut, st.integers(1, 9), TEXT, TEXT), max_size=2).map(tuple),
    "Mapping[str, str]": st.dictionaries(one_of("title", "description"), TEXT, max_size=2),
    "tuple[Removal, ...]": st.lists(st.builds(Removal, one_of("branch", "worktree"), TEXT), max_size=2).map(tuple),
    "tuple[TaskDraft, ...]": st.lists(st.builds(TaskDraft, one_of("1", "2"), TEXT), max_size=2).map(tuple),
    "tuple[str, ...]": st.lists(TEXT, max_size=2).map(tuple),
    "tuple[int, ...]": st.lists(st.integers(1, 9), max_size=2).map(tuple),
    "Draft": st.builds(Draft, TEXT, TEXT, st.lists(TEXT, max_size=2).map(tuple)),
    "Kind": st.sampled_from(Kind),
    "Mapping[str, float]": st.dictionaries(one_of("build", "review"), st.floats(0, 9), max_size=2),
    "MergePolicy": st.sampled_from(MergePolicy),
    "MergePolicy | None": st.none() | st.sampled_from(MergePolicy),
}


def event_of(kind: type[Any]) -> st.SearchStrategy[Event]:
    hints = {name: str(hint) for name, hint in kind.__annotations__.items()}
    chosen = {
        name: BY_TYPE[hint]
        if hint == "MergePolicy"
        or name not in FIELDS
        or (hint == "str" and name == "message" and kind.__name__ == "CommandAnswered")
        else FIELDS[name]
        for name, hint in hints.items()
    }
    return st.builds(kind, **chosen)


EVENTS = st.one_of(*(event_of(kind) for kind in KINDS.values()))
LOGS = st.lists(EVENTS, max_size=60)


def recorded(log: list[Event]) -> list[Recorded]:
    return [Recorded(n, events.stream_of(e), n, float(n), e) for n, e in enumerate(log, 1)]


@given(LOGS, st.integers(0, 60))
def test_a_log_that_is_cut_anywhere_and_resumed_gives_the_same_state(log: list[Event], cut: int) -> None:
    whole = recorded(log)

    assert fold(whole[cut:], fold(whole[:cut])) == fold(whole)


@given(EVENTS)
def test_every_event_survives_the_disk(event: Event) -> None:
    name, text = events.dump(event)

    assert events.load(name, text) == event


@given(LOGS)
@settings(max_examples=30, deadline=None)
def test_a_state_folded_from_the_disk_is_the_state_folded_in_memory(tmp_path_factory: Any, log: list[Event]) -> None:
    ledger = SqliteLedger(Path(tmp_path_factory.mktemp("ledger")))
    versions: dict[str, int] = {}
    for event in log:
        stream = events.stream_of(event)
        ledger.append(stream, versions.get(stream, 0), [event], at=1.0)
        versions[stream] = versions.get(stream, 0) + 1
    in_memory = [Recorded(n, events.stream_of(e), n, 1.0, e) for n, e in enumerate(log, 1)]

    assert fold(ledger.read()) == fold(in_memory)
    ledger.close()


@given(LOGS)
def test_a_task_has_landed_only_by_a_merge_that_landed(log: list[Event]) -> None:
    state = fold(recorded(log))

    for task in state.tasks.values():
        if task.state is TaskState.LANDED:
            assert any(isinstance(e, events.TaskLanded) and e.task == task.id for e in log)


@given(LOGS)
def test_money_is_what_was_seen_and_never_shrinks(log: list[Event]) -> None:
    spent = 0.0
    state = State()
    for one in recorded(log):
        state = fold([one], state)
        assert state.spent_total_usd >= spent
        spent = state.spent_total_usd


def test_an_event_of_the_future_is_kept_whole_and_harms_nothing() -> None:
    future = events.load("AgentDreamed", json.dumps({"of": "sheep"}))

    state = fold(recorded([events.TaskAdded("T1", "a"), future]))

    assert events.dump(future) == ("AgentDreamed", '{"of": "sheep"}')
    assert state.tasks["T1"].state is TaskState.QUEUED
    assert "AgentDreamed" in state.notices[-1]


def test_a_known_event_with_a_strange_shape_is_kept_unread() -> None:
    strange = events.load("TaskAdded", json.dumps({"task": 7, "title": "x"}))

    assert strange == events.Unknown("TaskAdded", {"task": 7, "title": "x"})


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    assert events.load("TaskReady", json.dumps({"task": "T1", "mood": "good"})) == events.TaskReady("T1")
