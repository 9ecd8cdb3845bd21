"""What is pushed, opened, given back and merged, and when; and what issues are told of it."""

from __future__ import annotations

from typing import Any

import pytest

from cockpit import events
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.policy.actions import Decision, MarkIssue, Merge, OpenPull, RunGates, WatchPull
from cockpit.policy.decide import decide
from cockpit.policy.delivery import deliver, is_cleared
from cockpit.policy.merge import merges
from cockpit.policy.mirroring import mirror
from cockpit.policy.rules import Rules
from cockpit.pull_words import pull_text, waits_on_github
from cockpit.pulls import Check, issue_of
from cockpit.state import GateResult, MergePolicy, State, TaskState
from cockpit.views import inbox

RULES = Rules(delivers=True, marks=True, ci_seconds=60)
GREEN = (GateResult("tests", True),)
READY: tuple[Event, ...] = (
    events.TaskAdded("T1", "Mend the dates", source="acme/site#7"),
    events.NightStarted("n", 1, "main", MergePolicy.AUTO, review=False),
    events.TaskClaimed("T1", 1, "T1-1", "s"),
    events.RunStarted("T1-1", "agent-1/task-T1", "/w", "base", 9),
    events.TurnEnded("T1-1", 1, True, "done"),
    events.GatesFinished("T1", "h1", "base", "m1", GREEN),
    events.TaskReady("T1"),
    events.RunEnded("T1-1", "done"),
)
OPENED: tuple[Event, ...] = (
    *READY,
    events.BranchPushed("T1", "agent-1/task-T1", "h1", "h1"),
    events.PullOpened("T1", 8, "https://hub/8", "main", "h1"),
)
OK = events.PullSeen("T1", "h1", (Check("unit", "success"),))
RED = events.PullSeen("T1", "h1", (Check("unit", "failure", "1 failed", "https://ci"),))


def after(*log: Event) -> State:
    return fold(Recorded(n, "s", n, 1000.0 + n, e) for n, e in enumerate(log, 1))


def kinds(decision: Decision) -> list[str]:
    return [type(one).__name__ for one in decision.records]


def test_nothing_goes_out_unless_the_configuration_says_so() -> None:
    quiet = decide(after(*READY), Rules(), 2000.0)
    assert not [one for one in quiet.effects if isinstance(one, OpenPull | WatchPull | MarkIssue)]
    assert kinds(quiet) != []


def test_ready_work_is_pushed_and_watched_and_merged_only_when_the_checks_are_green() -> None:
    assert deliver(after(*READY), RULES, 2000.0).effects == (OpenPull("T1"),)
    state = after(*OPENED)
    assert deliver(state, RULES, 1030.0).effects == (WatchPull("T1"),)
    assert not is_cleared(state, state.tasks["T1"], RULES, 1030.0), "checks may still appear"
    assert deliver(state, RULES, 1030.0).wake == 1069.0
    assert is_cleared(state, state.tasks["T1"], RULES, 1100.0), "there are none"
    running = after(*OPENED, events.PullSeen("T1", "h1", (Check("unit", "pending"), Check("lint", "failure"))))
    assert not is_cleared(running, running.tasks["T1"], RULES, 9000.0)
    assert deliver(running, RULES, 9000.0).records == (), "all that fails is told at once, when all is over"
    good = after(*OPENED, OK)
    assert is_cleared(good, good.tasks["T1"], RULES, 1030.0)


def test_what_gates_ask_a_person_about_does_not_leave_before_the_yes() -> None:
    asking = (*READY[:-2], events.TaskReady("T1", ("paths",)), READY[-1])
    assert deliver(after(*asking), RULES, 2000.0).effects == ()
    yes = events.MergeApproved("T1", "h1", "you", ("paths",))
    assert deliver(after(*asking, yes), RULES, 2000.0).effects == (OpenPull("T1"),)


def test_red_checks_come_back_as_rework_within_the_bound_of_gates() -> None:
    made = deliver(after(*OPENED, RED), RULES, 2000.0).records
    assert made == (events.ReworkAsked("T1", "ci", "unit\n1 failed\nhttps://ci"),)
    state = after(*OPENED, RED, *made)
    assert (state.tasks["T1"].state, state.tasks["T1"].gate_failures) == (TaskState.REWORK, 1)
    often = deliver(after(*OPENED, RED), Rules(delivers=True, gate_attempts=0), 2000.0)
    assert kinds(often) == ["TaskEscalated"]


def test_a_persons_review_comes_back_once_within_the_bound_of_reviews() -> None:
    asked = events.PullSeen("T1", "h1", (), (), ("ada",), 5, "ada: not yet")
    state = after(*OPENED, asked)
    made = deliver(state, RULES, 2000.0).records
    assert made == (events.ReworkAsked("T1", "pull request", "ada: not yet"), events.ReviewHeeded("T1"))
    assert after(*OPENED, asked, *made).tasks["T1"].cycles == 1
    heeded = after(*OPENED, asked, events.ReviewHeeded("T1"))
    assert deliver(heeded, RULES, 2000.0).records == ()
    assert not is_cleared(heeded, heeded.tasks["T1"], RULES, 9000.0), "ada has not approved yet"
    assert waits_on_github(heeded, heeded.tasks["T1"])
    assert "ada asked for changes" in inbox(heeded)[0].why
    bounded = deliver(state, Rules(delivers=True, review_cycles=0), 2000.0)
    assert kinds(bounded) == ["TaskEscalated", "ReviewHeeded"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (events.PullClosed("T1", "ada"), "pull request #8 was closed by ada without being merged"),
        (events.PullSeen("T1", "h1", foreign="f00"), "somebody else pushed f00 to agent-1/task-T1"),
        (events.DeliveryFailed("T1", "the token may not do this", fatal=True), "it can't be delivered: the token"),
    ],
)
def test_what_only_a_person_can_decide_waits_for_one_and_a_yes_begins_anew(event: Event, said: str) -> None:
    state = after(*OPENED, event)
    made = deliver(state, RULES, 2000.0).records
    assert [type(one).__name__ for one in made] == ["TaskEscalated", "PullForgotten"]
    put = after(*OPENED, event, *made)
    assert put.tasks["T1"].reason.startswith(said)
    assert [entry.id for entry in inbox(put)] == ["T1"]
    assert deliver(put, RULES, 2000.0) == Decision()
    again = after(*OPENED, event, *made, events.MergeApproved("T1", "h1", "you"))
    assert deliver(again, RULES, 2000.0).effects == (OpenPull("T1"),)


def test_what_did_not_go_out_is_tried_again_later_and_not_before_a_limit_ends() -> None:
    failed = after(*READY, events.DeliveryFailed("T1", "GitHub is down"))
    soon = deliver(failed, RULES, 1010.0)
    assert (soon.effects, soon.wake) == ((), 1019.0)
    assert deliver(failed, RULES, 1019.0).effects == (OpenPull("T1"),)
    limited = after(*READY, events.DeliveryFailed("T1", "limit", not_before=5000.0))
    assert deliver(limited, RULES, 2000.0).wake == 5000.0


def test_trouble_that_stays_is_told_to_a_person() -> None:
    failed = events.DeliveryFailed("T1", "the remote can't be reached")
    assert inbox(after(*READY, failed, failed)) == []
    assert "the remote can't be reached" in inbox(after(*READY, failed, failed, failed))[0].why


def test_a_yes_waits_for_the_checks_and_others_go_first() -> None:
    yes = events.MergeApproved("T1", "h1", "you")
    assert merges(after(*OPENED, yes), RULES, 1030.0) == Decision()
    assert merges(after(*OPENED, OK, yes), RULES, 1030.0).effects == (Merge("T1"),)
    moved = events.TargetMoved("T1", "new")
    assert merges(after(*OPENED, OK, yes, moved), RULES, 1030.0).effects == (RunGates("T1"),)


def test_on_the_way_out_nothing_leaves_but_what_a_person_approved() -> None:
    stopping = events.NightStopping("stop", "you")
    assert deliver(after(*READY, stopping), RULES, 2000.0) == Decision()
    assert deliver(after(*OPENED, stopping), RULES, 2000.0) == Decision()
    approved = after(*READY, stopping, events.MergeApproved("T1", "h1", "you"))
    assert deliver(approved, RULES, 2000.0).effects == (OpenPull("T1"),)


def test_what_was_merged_on_github_lands_here_as_soon_as_nobody_works_on_it() -> None:
    merged = events.PullMerged("T1", "c0ffee", "ada")
    assert deliver(after(*OPENED, merged), RULES, 2000.0).effects == (Merge("T1"),)
    at_work: tuple[Any, ...] = (
        *(*OPENED, RED, events.ReworkAsked("T1", "ci", "unit")),
        events.TaskClaimed("T1", 1, "T1-1", "s", True),
        merged,
    )
    assert "while its agent was at work" in deliver(after(*at_work), RULES, 2000.0).records[0].reason  # type: ignore[union-attr]


def test_issues_are_told_only_what_is_new_after_a_restart_too() -> None:
    log: tuple[Event, ...] = READY[:2]
    assert mirror(after(*log), RULES, 2000.0).effects == (MarkIssue("T1", "queued"),)
    log = (*log, events.IssueMarked("T1", "queued"))
    assert mirror(after(*log), RULES, 2000.0) == Decision()
    log = (*log, *READY[2:4])
    assert mirror(after(*log), RULES, 2000.0).effects == (MarkIssue("T1", "in-progress"),)
    failed = events.IssueMarked("T1", "in-progress", "GitHub is down")
    assert mirror(after(*log, failed), RULES, 1010.0).effects == ()
    assert mirror(after(*log, failed), RULES, 2000.0).effects == (MarkIssue("T1", "in-progress"),)
    landed = events.TaskLanded("T1", "c", "main")
    assert mirror(after(*log, landed), RULES, 2000.0).effects == (MarkIssue("T1", "completed"),)
    assert mirror(after(*log, landed), Rules(), 2000.0) == Decision()


def test_pull_requests_in_words() -> None:
    state = after(*OPENED, RED)
    assert pull_text(state, state.tasks["T1"]) == "#8 open, CI failed: unit, https://hub/8"
    assert issue_of("acme/site#7") == 7
    assert issue_of("PLAN.md:7") == issue_of("you") == issue_of("see #7") == 0


def test_the_status_has_it_as_its_schema_says() -> None:
    import json
    from importlib import resources

    import jsonschema

    from cockpit.status_frame import build

    schema = json.loads((resources.files("cockpit") / "status.schema.json").read_text())
    found = json.loads(json.dumps(build(after(*OPENED, RED), None, 2000.0)))
    jsonschema.validate(found, schema)
    assert [(one["number"], one["ci"], one["checks"][0]["name"]) for one in found["pulls"]] == [(8, "failure", "unit")]
