"""The report: one account of a night or of an absence, true in every part; and when somebody was last there."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit import events, keys, presence, report
from cockpit.cli import Wrong
from cockpit.cli.reporting import begin
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.places import Places
from cockpit.presence import AWAY_SECONDS, Seen
from cockpit.state import GateResult, TaskState
from tests.unit import rich_night
from tests.unit.test_fold import LOGS, recorded
from tests.unit.test_money import BEGIN, at, call, cost, running, stopped


def landing(task: str, when: float) -> list[tuple[float, Event]]:
    return [(when, events.TaskLanded(task, f"{task}-commit", "main", "1 file"))]


def test_what_landed_before_is_left_out_and_what_waits_is_not() -> None:
    state = running(
        (10, cost("T1", 1.0)), *landing("T1", 100), (200, events.TaskEscalated("T2", "stuck")), *landing("T3", 7200)
    )

    whole = report.build(state, BEGIN + 9000)
    since = report.build(state, BEGIN + 9000, BEGIN + 3600)

    assert [t["id"] for t in whole["landed"]] == ["T1", "T3"]
    assert [t["id"] for t in since["landed"]] == ["T3"]
    assert [(e["id"], e["new"]) for e in since["waiting_for_you"]] == [("T2", False)]
    assert whole["waiting_for_you"][0]["new"]
    assert report.happened(since) == "1 landed"
    assert report.happened(report.build(state, BEGIN + 9000, BEGIN + 8000)) == ""


def test_money_since_then_says_from_when_it_counts() -> None:
    """The book is kept by quarters of an hour: the report counts from the last one before, and says which."""
    state = running((10, cost("T1", 4.0)), (3700, call(1.0)), (4000, call(0.5, source="genai-prices")))

    money = report.build(state, BEGIN + 5000, BEGIN + 3900)["money"]

    assert money["period"]["since"] == (BEGIN + 3900) // 900 * 900 == BEGIN + 3200
    assert money["period"]["spent_usd"] == 1.5
    assert money["period"]["estimate"]
    assert money["spent_usd"] == 5.5
    text = "\n".join(report.money_lines(money))
    assert text.startswith(f"Spent $1.50 (est.) since {time.strftime('%H:%M', time.localtime(BEGIN + 3200))}.")
    assert "The night: $5.50 of $10.00 (est.)." in text


def test_a_model_without_a_price_is_said_in_the_period_it_was_used_in() -> None:
    state = running((10, cost("T1", 0.0, "unknown", "new-model")), (4000, cost("T2", 1.0)))

    assert report.build(state, BEGIN + 5000, BEGIN)["money"]["period"]["unpriced_models"] == ["new-model"]
    assert report.build(state, BEGIN + 5000, BEGIN + 3600)["money"]["period"]["unpriced_models"] == []


def test_a_budget_that_stopped_the_night_waits_with_what_to_do() -> None:
    found = report.build(stopped(), BEGIN + 500, BEGIN)

    assert found["waiting_for_you"][0]["title"] == "The budget stopped the night"
    assert found["next"] == [
        "`cockpit budget --night USD` raises the cap and goes on, `cockpit stop` leaves it at that"
    ]
    assert report.happened(found) == "1 waits for you, the night ended (budget)"
    assert (
        "- **The budget stopped the night** (waits 8m)\n  - Spent $10.02 of $10.00; 3 tasks are not done.\n"
        in report.markdown(found)
    )


def test_a_cap_that_holds_no_start_says_what_one_needs() -> None:
    state = stopped()
    task = next(task for task in state.tasks.values() if task.state is TaskState.QUEUED)
    state = replace(state, tasks={**state.tasks, task.id: replace(task, waits_cap="night", waits_usd=1.07)})

    assert "the next start needs $1.07 to be set aside" in report.build(state, BEGIN + 500)["waiting_for_you"][0]["why"]


@given(LOGS, st.none() | st.floats(0, 100))
def test_whatever_happened_the_report_is_plain_data_and_text(log: list[Event], since: float | None) -> None:
    found = report.build(fold(recorded(log)), 5000.0, since)

    assert json.loads(json.dumps(found)) == found
    assert report.markdown(found).startswith("# ")


@given(LOGS, st.floats(0, 100), st.floats(0, 100))
def test_a_longer_absence_never_has_less_to_tell(log: list[Event], one: float, other: float) -> None:
    state = fold(recorded(log))
    short = report.build(state, 5000.0, max(one, other))
    long = report.build(state, 5000.0, min(one, other))

    for part in ("landed", "failed", "skipped"):
        assert {t["id"] for t in short[part]} <= {t["id"] for t in long[part]}
    assert short["money"]["period"]["spent_usd"] <= long["money"]["period"]["spent_usd"] + 1e-6
    assert short["waiting_for_you"] or not long["waiting_for_you"]


def test_the_heading_says_what_it_is_about() -> None:
    state = at((0, events.NightStarted("n", 1, "main")))
    shown = time.strftime("%H:%M", time.localtime(BEGIN))

    assert report.heading(report.build(state, BEGIN + 3600, BEGIN)) == f"Since {shown} (1h00m)"
    assert report.heading(report.build(state, BEGIN + 90000, BEGIN)).startswith(f"Since {shown} of 20")
    assert report.heading(report.build(state, BEGIN + 60)).startswith("The night of 20")


# ── when somebody was last there ─────────────────────────────────────────────────────────────────────


def test_who_left_a_while_ago_is_away_since_then_and_who_came_back_was_away_before() -> None:
    left = Seen(1000.0)

    assert left.away_since(1000.0 + AWAY_SECONDS + 1) == 1000.0
    assert left.away_since(1000.0 + AWAY_SECONDS) is None
    assert Seen(9000.0, since=1000.0).away_since(9100.0) == 1000.0


@given(st.floats(0, 2e9), st.none() | st.floats(1, 2e9))
def test_what_is_kept_comes_back(tmp_path_factory: pytest.TempPathFactory, when: float, since: float | None) -> None:
    path = tmp_path_factory.mktemp("seen") / "seen"
    presence.write(path, Seen(when, since))

    assert presence.read(path) == Seen(when, since)
    assert [p.name for p in path.parent.iterdir()] == ["seen"]


@pytest.mark.parametrize("text", ["", "yesterday", "1 2 3", "\xff"])
def test_a_note_that_makes_no_sense_means_that_nobody_was_here(tmp_path: Path, text: str) -> None:
    (tmp_path / "seen").write_text(text, encoding="latin-1")

    assert presence.read(tmp_path / "seen") is None
    presence.write(tmp_path / "gone" / "seen", Seen(1.0))
    assert presence.read(tmp_path / "gone" / "seen") is None


NOW = time.mktime((2026, 11, 21, 7, 30, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("23:05", (2026, 11, 20, 23, 5, 0)),
        ("07:30", (2026, 11, 21, 7, 30, 0)),
        ("2026-11-20", (2026, 11, 20, 0, 0, 0)),
        ("2026-11-20T23:05", (2026, 11, 20, 23, 5, 0)),
    ],
)
def test_since_takes_a_time_or_a_date(tmp_path: Path, text: str, moment: tuple[int, ...]) -> None:
    assert begin(text, Places(tmp_path), NOW) == time.mktime((*moment, 0, 0, -1))  # type: ignore[arg-type]


def test_since_last_is_when_you_were_away(tmp_path: Path) -> None:
    where = Places(tmp_path)
    where.folder.mkdir()
    with pytest.raises(Wrong, match="nobody was away"):
        begin("last", where, NOW)
    presence.write(where.seen_file, Seen(NOW - 3600))
    assert begin("last", where, NOW) == NOW - 3600


@pytest.mark.parametrize(
    ("text", "words"), [("soon", "expected last, HH:MM, or a date"), ("2031-01-01", "in the future")]
)
def test_a_since_that_makes_no_sense_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Wrong, match=words):
        begin(text, Places(tmp_path), NOW)


# ── one rich night, whole ────────────────────────────────────────────────────────────────────────────

GOLDEN = Path(__file__).parent / "recorded" / "rich_night.md"


def test_the_report_of_a_rich_night_is_as_it_was_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """COCKPIT_PICTURES=write accepts another one; read it as somebody who just woke up."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    try:
        text = report.markdown(report.build(rich_night.state(), rich_night.MORNING))
    finally:
        monkeypatch.undo()
        time.tzset()
    if os.environ.get("COCKPIT_PICTURES") == "write":
        GOLDEN.write_text(text, encoding="utf-8")

    assert text == GOLDEN.read_text(encoding="utf-8")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.splitlines().index("## Waiting for you") < 20, "the first screenful says what to do"


def test_each_step_has_the_key_of_the_configuration_and_its_command() -> None:
    chosen = keys.bindings({"approve": "Y"})
    steps = report.build(rich_night.state(), rich_night.MORNING, chosen=chosen)["first"]

    assert [(step["task"], step["key"], step["command"]) for step in steps] == [
        ("T6", "enter", "cockpit answer Q1 1"),
        ("T3", "Y", "cockpit approve T3"),
        ("T4", "x", "cockpit reject T4 -m …"),
        ("T5", "R", "cockpit task retry T5"),
    ]
    assert steps[1]["why"] == "T7 waits for it"


def test_what_holds_up_most_comes_first_and_all_that_is_green_in_one_step() -> None:
    def queued(name: str, *needs: str) -> events.TaskAdded:
        return events.TaskAdded(name, name, depends_on=needs)

    green = (GateResult("tests", True),)
    log: list[Event] = [events.NightStarted("n", 1, "main", review=False)]
    log += [queued("T1"), queued("T2"), queued("T3", "T2"), queued("T4", "T3")]
    log += [events.GatesFinished(name, "h", "t", "m", green) for name in ("T1", "T2")]
    log += [events.TaskReady(name) for name in ("T1", "T2")]
    steps = report.build(fold(recorded(log)), 100.0)["first"]

    assert [(step["command"], step["why"]) for step in steps] == [
        ("cockpit approve --all-green", ""),
        ("cockpit approve T2", "T3, T4 wait for it"),
        ("cockpit approve T1", ""),
    ]


def test_what_would_be_done_with_more_is_an_estimate_from_what_was_done() -> None:
    found = report.build(rich_night.state(), rich_night.MORNING)["with_more"]

    assert [(task["id"], task["usd"]) for task in found["tasks"]] == [("T7", 0.51), ("T8", 0.51)]
    assert found["estimate"]
    nothing_done = fold(recorded([events.NightStarted("n", 1, "main"), events.TaskAdded("T1", "one")]))
    assert report.build(nothing_done, 10.0)["with_more"]["usd"] is None, "so nobody knows"


@given(LOGS)
def test_what_was_unexpected_is_counted_for_its_night_only(log: list[Event]) -> None:
    state = fold([*recorded(log), Recorded(len(log) + 1, "night", 1, 99.0, events.NightStarted("n", 1, "main"))])

    assert report.build(state, 5000.0)["unexpected"] == []


def test_an_engine_that_was_killed_is_told_and_one_that_left_or_was_stopped_at_once_is_not() -> None:
    begun: list[Event] = [events.EngineStarted(1, "1"), events.NightStarted("n", 1, "main")]

    def told(*more: Event) -> list[str]:
        return [one["kind"] for one in report.build(fold(recorded([*begun, *more])), 100.0)["unexpected"]]

    assert told(events.EngineStarted(2, "1")) == ["engine"]
    assert told(events.EngineStopped("asked"), events.EngineStarted(2, "1")) == []
    assert told(events.Halted("you"), events.HaltLifted("you"), events.EngineStarted(2, "1")) == ["emergency stop"]
