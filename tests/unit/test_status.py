"""The status: its schema, its exit codes, its words; and the report that says the same in the morning."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources

import jsonschema
import pytest
from hypothesis import given, settings

from cockpit import events, report
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.state import GateResult, MergePolicy, State
from cockpit.status import exit_code, oneline, plain_text
from cockpit.status_frame import build
from tests.unit.test_fold import LOGS, recorded
from tests.unit.test_requests import READY, after

SCHEMA = json.loads((resources.files("cockpit") / "status.schema.json").read_text())
FITS = jsonschema.Draft202012Validator(SCHEMA)
ADDED = READY[:2]


@settings(deadline=None)
@given(LOGS)
def test_whatever_happened_the_status_fits_its_schema_and_the_report_can_be_written(log: list[Event]) -> None:
    state = fold(recorded(log))

    found = build(state, 17, now=5000.0)

    FITS.validate(json.loads(json.dumps(found)))
    assert plain_text(found)
    assert oneline(found)
    assert report.markdown(report.build(state, 5000.0))


def code(state: State, engine: int | None) -> int:
    return exit_code(build(state, engine, 100.0))


def test_the_exit_codes() -> None:
    landed = (*READY, events.MergeApproved("T1", "head", "you"), events.TaskLanded("T1", "c", "main"))
    ended = (events.NightStopping("done"), events.NightEnded("done"))

    assert code(State(), None) == 0
    assert code(after(*ADDED), 9) == 0
    assert code(after(*ADDED), None) == 30
    assert code(after(*READY), 9) == 10
    assert code(after(*READY), None) == 30
    assert code(after(*READY, *ended), None) == 10
    assert code(after(*landed, *ended), None) == 0
    assert code(after(*ADDED, events.NightStopping("budget"), events.NightEnded("budget")), None) == 20
    assert code(after(*ADDED, *ended), None) == 30


def test_the_text_says_what_waits_and_what_to_type() -> None:
    text = plain_text(build(after(*READY), 9, 100.0))

    assert "Waiting for you:" in text
    assert "T1   fix login: gates and review are good; it waits for your yes" in text
    assert "`cockpit approve T1`" in text


def test_a_night_without_a_network_says_so() -> None:
    assert "network " not in plain_text(build(after(*READY), 9, 100.0))
    found = build(after(*READY, events.NightChanged(network=False)), 9, 100.0)

    assert found["night"]["network"] is False
    assert "network  none: agents reach their model and nothing else" in plain_text(found)


def test_a_task_that_merges_by_itself_does_not_wait_for_you() -> None:
    state = after(*READY, events.NightChanged(merge=MergePolicy.AUTO))

    assert build(state, 9, 100.0)["inbox"] == []


def test_text_of_others_cannot_send_escape_sequences() -> None:
    state = after(events.TaskAdded("T1", "evil \x1b]52;c;aGk=\x07 title"), events.TaskEscalated("T1", "\x1b[31mred"))

    assert "\x1b" not in plain_text(build(state, None, 1.0))


def test_the_report_tells_landed_waiting_failed_and_the_money() -> None:
    log = (
        *READY,
        events.CostSeen("T1-1", 2, 1.25, 100, "m", "cli"),
        events.CallPaid("reviewer", 0.25, 10, "n", "genai-prices", "T1"),
        events.MergeApproved("T1", "head", "you"),
        events.TaskLanded("T1", "abcdef1234567", "main", "1 file, +2 -1"),
        events.TaskAdded("T2", "second"),
        events.TaskFailed("T2", "the last evidence"),
        events.TaskAdded("T3", "third"),
        events.GatesFinished("T3", "h", "t", "m", (GateResult("tests", False, "boom"),)),
        events.TaskEscalated("T3", "the gate tests failed again after 3 attempts to mend it"),
    )
    text = report.markdown(report.build(fold(Recorded(n, "s", n, 50.0, e) for n, e in enumerate(log, 1)), 100.0))

    assert "- **T1** fix login: `abcdef1234` (1 file, +2 -1; $1.50" in text
    assert "- **T2** second ($0.00)\n  - The last evidence.\n" in text
    assert "- **T3** third ($0.00; waits 50s)\n  - The gate tests failed again" in text
    assert "  - Gate tests failed:\n\n        boom\n" in text
    assert "By role: builder $1.25, reviewer $0.25." in text
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == [
        "What next",
        "Waiting for you",
        "Failed",
        "Landed",
        "Money",
    ]


def test_money_without_a_price_is_said_to_be_unknown() -> None:
    state = after(*READY, events.CostSeen("T1-1", 2, 0.0, 100, "gpt-x", "unknown"))

    assert build(state, 1, 1.0)["budget"]["unpriced"] == ["gpt-x"]
    assert "no price is known: gpt-x" in report.markdown(report.build(state, 1.0))


@pytest.mark.parametrize("module", ["textual", "anthropic", "git", "pydantic", "watchfiles", "asyncio"])
def test_status_imports_nothing_heavy(module: str) -> None:
    program = (
        f"import sys; from cockpit.cli import command; command('status.status'); assert {module!r} not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", program], check=True)
