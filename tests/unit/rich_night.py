"""One rich night: all that a report tells of, in one ledger."""

from __future__ import annotations

from cockpit import events
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.questions import Choice
from cockpit.state import CriterionCheck, Finding, GateResult, MergePolicy, Severity, State, Verdict

EVENING = 1_763_762_700.0
"""22:05 UTC on 2025-11-21."""

GREEN = (GateResult("tests", True, seconds=4.0), GateResult("types", True, seconds=9.0))
FLAKY = (GateResult("tests", True, seconds=4.0, flaky=True), GateResult("types", True, seconds=9.0))
RED = (
    GateResult(
        "tests",
        False,
        "collected 31 items\n\nE   assert total == 3\nE   +  where total = 4\n\n1 failed, 30 passed in 2.1s",
    ),
)

PLAN = (
    ("Parse dates in ISO format", ()),
    ("Use them in the report", ("T1",)),
    ("Rename the public function", ()),
    ("Read the configuration once", ()),
    ("Cache what the parser found", ("T5",)),
    ("Say which file is broken, with its line and the text that could not be read there", ()),
    ("Describe the formats", ("T3",)),
    ("Measure the start", ()),
)


def works(
    task: str, agent: int, minute: float, *, model: str = "claude-sonnet-5-5", usd: float = 0.4
) -> list[tuple[float, Event]]:
    """A task is taken up and its agent says that it is done."""
    run = f"{task}-1"
    return [
        (minute, events.TaskClaimed(task, agent, run, f"s-{task}", reserve_usd=1.0, review_usd=0.5, model=model)),
        (minute + 0.1, events.RunStarted(run, f"agent-{agent}/task-{task}", f"/w/agent-{agent}", "base", 100, model)),
        (minute + 8, events.CostSeen(run, 4, usd, 30_000, model, "cli")),
        (minute + 10, events.TurnEnded(run, 5, True, f"{task} is done. All tests pass here.")),
    ]


def reviewed(
    task: str, minute: float, *, missed: bool = False, gates: tuple[GateResult, ...] = GREEN
) -> list[tuple[float, Event]]:
    """Its gates are green and a reviewer answers."""
    checks = (CriterionCheck("a wrong date raises ValueError", True), CriterionCheck("it is documented", not missed))
    said = "It does what the task asks; one criterion is missing." if missed else "It does what the task asks."
    finding = (Finding(Severity.BLOCKING, "The format is nowhere described.", "dates.py", 12),) if missed else ()
    return [
        (minute, events.GatesFinished(task, f"{task}-head", "base", f"{task}-merge", gates, "2 files, +14 -1")),
        (minute + 1, events.CallStarted("reviewer", task, "claude-opus-5-5", 0.5)),
        (minute + 3, events.CallPaid("reviewer", 0.11, 9000, "claude-opus-5-5", "genai-prices", task)),
        (minute + 3, events.VerdictGiven(task, Verdict(not missed, said, checks, finding, f"{task}-head"))),
    ]


def landed(task: str, minute: float, by: str = "policy") -> list[tuple[float, Event]]:
    """It is approved and lands."""
    run = f"{task}-1"
    return [
        (minute, events.TaskReady(task)),
        (minute, events.MergeApproved(task, f"{task}-head", by)),
        (minute + 1, events.RunEnded(run, "done")),
        (minute + 1, events.TaskLanded(task, f"{task.lower()}c0ffee12345", "main", "2 files, +14 -1")),
    ]


def story() -> list[tuple[float, Event]]:
    """By minutes since the evening."""
    told: list[tuple[float, Event]] = [(0, events.EngineStarted(10, "1"))]
    told += [
        (0, events.TaskAdded(f"T{n}", title, criteria=("a", "b"), depends_on=needs, rank=float(n)))
        for n, (title, needs) in enumerate(PLAN, 1)
    ]
    told.append((1, events.NightStarted("n", 3, "main", MergePolicy.AUTO, cap_usd=5.0, reserve_usd=1.0)))
    told += works("T1", 1, 2) + reviewed("T1", 13, gates=FLAKY) + landed("T1", 18)
    told += works("T2", 1, 20, usd=0.6) + reviewed("T2", 31)
    told += [(35, events.ReworkAsked("T2", "conflict", "both sides")), (36, events.TurnSent("T2-1"))]
    told += [(40, events.TurnEnded("T2-1", 9, True, "Mended.")), *reviewed("T2", 41), *landed("T2", 46)]
    told += works("T3", 2, 2) + reviewed("T3", 14)
    told += [(18, events.TaskReady("T3", ("protected paths",))), (18, events.RunEnded("T3-1", "done"))]
    told += [(20, events.EngineStarted(11, "1"))]
    told += [
        *works("T4", 2, 20),
        (31, events.TurnSent("T4-1", restart=True)),
        (33, events.TurnEnded("T4-1", 8, True, "I can't find why the total is 4.")),
    ]
    told += [
        (34, events.GatesFinished("T4", "h4", "base", "m4", RED, "1 file, +3 -3")),
        (34, events.TaskEscalated("T4", "the gate tests failed again after 3 attempts to mend it")),
        (34, events.RunEnded("T4-1", "done")),
        (50, events.LimitHit("claude", "a usage limit of the model's service", EVENING + 95 * 60)),
        (95, events.WindowOpened("claude")),
    ]
    told += [
        *works("T5", 3, 2, usd=0.9),
        (14, events.GatesFinished("T5", "h5", "base", "m5", RED, "1 file, +9 -2")),
        (15, events.RunCut("T5-1", "stuck", "no sign of life and no changed file for 35 minutes")),
        (16, events.WorkRescued("T5-1", "refs/cockpit/rescue/T5-1/1", "abc")),
        (17, events.TaskFailed("T5", "its agent could not mend the gate tests, neither could a second one")),
        (17, events.RunEnded("T5-1", "failed")),
    ]
    told += [
        *works("T6", 3, 100)[:2],
        (104, events.QuestionAsked("Q1", "T6-1", "r1", "Which encoding?", (Choice("utf-8"), Choice("latin-1")), seq=3)),
    ]
    return sorted(told, key=lambda one: one[0])


def state() -> State:
    """The state at five in the morning."""
    recorded = [
        Recorded(n, events.stream_of(event), n, EVENING + minute * 60, event)
        for n, (minute, event) in enumerate(story(), 1)
    ]
    return fold(recorded)


MORNING = EVENING + 7 * 3600
