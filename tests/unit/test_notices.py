"""Notifications: each is told once by each service, when a person wants it, and nothing else waits for that."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit import events, notices_text, notify, quiet
from cockpit.events import Event, Recorded
from cockpit.fold import apply, fold
from cockpit.notified import FAILING, FINISHED, HOUR, KINDS, NEEDS_YOU
from cockpit.occasions import found
from cockpit.policy import notices
from cockpit.policy.actions import Decision, Tell
from cockpit.policy.notify_rules import NotifyRules, Occasion, never
from cockpit.policy.rules import Rules
from cockpit.quiet import Quiet
from cockpit.state import State, Task
from tests.unit.test_fold import LOGS, recorded
from tests.unit.test_money import BEGIN, running, stopped
from tests.zones import zone

SERVICES = ("ntfy-1", "mailto-2")


class Evening:
    """A ledger, a clock that somebody moves on, occasions that come and go, and services that do as they are told."""

    def __init__(self, **rules: object) -> None:
        self.occasions: list[Occasion] = []
        self.now = BEGIN
        self.state = State()
        self.delivered: list[tuple[str, float, tuple[str, ...]]] = []
        self.down: set[str] = set()
        chosen = NotifyRules(services=SERVICES, occasions=lambda _: tuple(self.occasions))
        self.rules = Rules(notify=replace(chosen, **rules))  # type: ignore[arg-type]

    def record(self, *new: Event) -> None:
        for event in new:
            self.state = apply(self.state, Recorded(self.state.position + 1, "night", 1, self.now, event))

    def comes_up(self, kind: str, key: str) -> None:
        self.occasions.append(Occasion(kind, f"{kind}/{key}", key, at=self.now))

    def decides(self) -> Decision:
        """What is to be sent, once nothing is left to record."""
        for _ in range(10):
            decision = notices.tell(self.state, self.rules, self.now)
            if not decision.records:
                return decision
            assert not decision.effects
            self.record(*decision.records)
        raise AssertionError("it never ends")

    def goes_on(self, seconds: float) -> None:
        """Time passes; whatever is to be sent is sent when it is due."""
        until = self.now + seconds
        while True:
            decision = self.decides()
            for effect in decision.effects:
                assert isinstance(effect, Tell)
                self.sends(effect)
            if not decision.effects:
                if decision.wake is None or decision.wake > until:
                    break
                assert decision.wake > self.now
                self.now = decision.wake
        self.now = until

    def sends(self, effect: Tell) -> None:
        ok = effect.service not in self.down
        keys = tuple(self.state.told.notifications[name].key for name in effect.notifications)
        if ok:
            self.delivered.append((effect.service, self.now - BEGIN, keys))
        error = "" if ok else "503 out of order"
        self.record(events.NotificationSent(effect.service, effect.notifications, ok, error=error))

    def told(self, service: str = "ntfy-1") -> list[tuple[float, tuple[str, ...]]]:
        """When what was told."""
        return [(at, keys) for name, at, keys in self.delivered if name == service]


def test_each_is_told_once_by_each_service_whatever_restarts() -> None:
    user = Evening()
    user.comes_up(NEEDS_YOU, "T1")
    user.goes_on(60)
    log_before = user.state
    user.goes_on(6 * HOUR)

    assert user.told() == user.told("mailto-2") == [(0.0, ("needs_you/T1",))]
    assert user.state == log_before, "nothing more is recorded"


def test_the_first_comes_at_once_and_what_follows_soon_becomes_one_message() -> None:
    user = Evening(digest_seconds=600.0)
    user.comes_up(NEEDS_YOU, "T1")
    user.goes_on(100)
    user.comes_up(NEEDS_YOU, "T2")
    user.goes_on(100)
    user.comes_up(FAILING, "T3")
    user.goes_on(HOUR)

    assert user.told() == [(0.0, ("needs_you/T1",)), (600.0, ("needs_you/T2", "failing/T3"))]


def test_the_nights_end_does_not_wait_for_a_digest() -> None:
    user = Evening()
    user.comes_up(NEEDS_YOU, "T1")
    user.goes_on(100)
    user.comes_up(NEEDS_YOU, "T2")
    user.goes_on(100)
    user.comes_up(FINISHED, "night-1")
    user.goes_on(100)

    assert user.told()[1:] == [(200.0, ("needs_you/T2", "finished/night-1"))]


def test_what_settles_before_it_is_told_is_not_told() -> None:
    user = Evening(quiet=lambda now: BEGIN + HOUR if now < BEGIN + HOUR else 0.0)
    user.comes_up(NEEDS_YOU, "T1")
    user.comes_up(NEEDS_YOU, "T2")
    user.goes_on(60)
    user.occasions.pop(0)
    user.goes_on(2 * HOUR)

    assert user.told() == [(HOUR, ("needs_you/T2",))]


def test_in_quiet_hours_only_what_may_break_through_is_told_and_the_rest_afterwards_as_one() -> None:
    user = Evening(quiet=lambda now: BEGIN + HOUR if now < BEGIN + HOUR else 0.0, through=frozenset({FAILING}))
    user.comes_up(NEEDS_YOU, "T1")
    user.goes_on(60)
    user.comes_up(FAILING, "agents")
    user.comes_up(NEEDS_YOU, "T2")
    user.goes_on(2 * HOUR)

    assert user.told() == [(60.0, ("failing/agents",)), (HOUR, ("needs_you/T1", "needs_you/T2"))]


def test_a_service_that_is_down_is_tried_less_and_less_often_then_given_up_and_holds_up_no_other() -> None:
    user = Evening()
    user.down.add("ntfy-1")
    user.comes_up(NEEDS_YOU, "T1")
    user.goes_on(12 * HOUR)
    box = user.state.told.outboxes["ntfy-1"]

    assert user.told("mailto-2") == [(0.0, ("needs_you/T1",))]
    assert (user.told(), box.waiting, box.dropped, box.error) == ([], (), 1, "503 out of order")
    assert not user.state.told.is_behind
    assert "given up" in user.state.notices[-1]


def test_a_service_that_comes_back_is_told_all_that_it_missed() -> None:
    user = Evening()
    user.down.add("ntfy-1")
    user.comes_up(NEEDS_YOU, "T1")
    user.goes_on(100)
    user.comes_up(NEEDS_YOU, "T2")
    user.goes_on(300)
    user.down.clear()
    user.goes_on(HOUR)

    assert user.told() == [(850.0, ("needs_you/T1", "needs_you/T2"))], "10, 50, 210, then 850 seconds after the first"


def test_a_url_that_no_service_has_is_tried_once() -> None:
    user = Evening(services=("bogus-1",))
    user.comes_up(NEEDS_YOU, "T1")
    decision = user.decides()
    (effect,) = decision.effects
    assert isinstance(effect, Tell)
    user.record(events.NotificationSent("bogus-1", effect.notifications, False, error="no such service", fatal=True))
    user.goes_on(HOUR)

    assert user.state.told.outboxes["bogus-1"].dropped == 1


def test_a_service_that_was_taken_out_is_forgotten() -> None:
    user = Evening()
    user.down |= set(SERVICES)
    user.comes_up(NEEDS_YOU, "T1")
    user.goes_on(1)
    user.rules = Rules(notify=NotifyRules())
    user.goes_on(HOUR)

    assert not user.state.told.is_behind
    assert user.state.told.notifications == {}


def test_a_clock_that_is_set_back_holds_nothing_up() -> None:
    user = Evening()
    user.comes_up(NEEDS_YOU, "T1")
    user.goes_on(60)
    user.now -= 5 * HOUR
    user.comes_up(NEEDS_YOU, "T2")
    user.goes_on(60)

    assert [keys for _, keys in user.told()] == [("needs_you/T1",), ("needs_you/T2",)]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("up"), st.sampled_from(KINDS), st.integers(0, 8)),
        st.tuples(st.just("over"), st.integers(0, 8), st.just(0)),
        st.tuples(st.just("wait"), st.floats(0, 4000), st.just(0)),
        st.tuples(st.just("down"), st.sampled_from(SERVICES), st.just(0)),
        st.tuples(st.just("well"), st.sampled_from(SERVICES), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS, st.integers(1, 5), st.floats(0, 3000), st.booleans())
def test_whatever_happens_nothing_is_told_twice_the_bound_holds_and_it_comes_to_an_end(
    steps: list[tuple[str, object, object]], per_hour: int, digest: float, is_quiet: bool
) -> None:
    end = BEGIN + 2 * HOUR
    hours = (lambda now: end if now < end else 0.0) if is_quiet else never
    user = Evening(per_hour=per_hour, digest_seconds=digest, quiet=hours, through=frozenset({FAILING}))
    for what, one, two in steps:
        match what:
            case "up":
                user.comes_up(str(one), str(two))
            case "over" if user.occasions:
                user.occasions.pop(int(str(one)) % len(user.occasions))
            case "wait":
                user.goes_on(float(str(one)))
            case "down":
                user.down.add(str(one))
            case "well":
                user.down.discard(str(one))
    user.goes_on(7 * 24 * HOUR)

    for service in SERVICES:
        keys = [key for _, told in user.told(service) for key in told]
        assert len(keys) == len(set(keys))
        times = [at for at, _ in user.told(service)]
        assert all(sum(at <= other < at + HOUR for other in times) <= per_hour for at in times)
        early = [key for at, told in user.told(service) for key in told if is_quiet and at < 2 * HOUR]
        assert all(key.startswith(FAILING) for key in early)
    assert not user.state.told.is_behind


@given(LOGS)
def test_whatever_happened_each_occasion_has_a_key_of_its_own_and_is_plain_text(log: list[Event]) -> None:
    occasions = found(fold(recorded(log)))

    assert len({one.key for one in occasions}) == len(occasions)
    assert all("\n" not in one.title + one.text and "\x1b" not in one.title + one.text for one in occasions)


def test_a_budget_that_stopped_the_night_is_told_as_a_stop_with_the_command_that_goes_on() -> None:
    (stop,) = (one for one in found(stopped()) if one.kind == "stopped")

    assert stop.title == "The budget stopped the night"
    assert "`cockpit budget --night USD`" in stop.do


def test_a_task_that_comes_back_with_the_same_work_is_no_news() -> None:
    before = running((10, events.TaskReady("T1")))
    task = before.tasks["T1"]
    one = replace_task(before, task, head="abc123", since=10.0)
    two = replace_task(before, task, head="abc123", since=99.0)
    three = replace_task(before, task, head="def456", since=99.0)

    keys = [[o.key for o in found(state) if o.about == "T1"] for state in (one, two, three)]
    assert keys[0] == keys[1] != keys[2]


def replace_task(state: State, task: Task, **changes: object) -> State:
    from cockpit.value import replace as changed

    return changed(state, tasks={**state.tasks, "T1": changed(task, **changes)})  # type: ignore[arg-type]


# ── quiet hours ──────────────────────────────────────────────────────────────────────────────────────


BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"


def utc(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        ("23:00-07:00", utc(2026, 11, 20, 22, 30), utc(2026, 11, 21, 6, 0)),  # 23:30, until 07:00
        ("23:00-07:00", utc(2026, 11, 21, 1, 0), utc(2026, 11, 21, 6, 0)),  # after midnight
        ("23:00-07:00", utc(2026, 11, 20, 21, 59), 0.0),  # 22:59
        ("23:00-07:00", utc(2026, 11, 21, 6, 0), 0.0),  # 07:00 sharp
        ("12:00-13:30", utc(2026, 11, 20, 11, 0), utc(2026, 11, 20, 12, 30)),  # within one day
        ("23:00-07:00", utc(2026, 3, 28, 23, 0), utc(2026, 3, 29, 5, 0)),  # an hour is left out: 07:00 comes sooner
        ("23:00-07:00", utc(2026, 10, 24, 22, 0), utc(2026, 10, 25, 6, 0)),  # an hour comes twice
        ("01:00-02:30", utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 0)),  # 02:30 does not exist: 03:00
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(hours: str, now: float, end: float) -> None:
    with zone(BERLIN):
        assert (quiet.read(hours) or Quiet(0, 0)).ends(now) == end


@given(st.integers(0, 1439), st.integers(0, 1439), st.floats(1.7e9, 1.9e9))
def test_quiet_hours_always_end_within_a_day_and_an_hour(begin: int, end: int, now: float) -> None:
    with zone(BERLIN):
        hours = Quiet(begin, end)
        at = hours.ends(now)
        if at:
            assert now < at <= now + 25 * HOUR
            assert hours.ends(at) == 0.0


@pytest.mark.parametrize("text", ["23-7", "25:00-07:00", "23:00", "07:00-07:00", "late"])
def test_quiet_hours_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected HH:MM-HH:MM|begins when it ends"):
        quiet.read(text)


# ── what is said ─────────────────────────────────────────────────────────────────────────────────────


def test_a_message_is_short_says_what_where_and_how_to_answer_and_calls_nobody() -> None:
    user = Evening()
    text = "says @everyone [look](http://evil) <!channel> \x1b[31mred ghp_" + "a1B2" * 9
    occasion = Occasion(NEEDS_YOU, "k", "Parse dates", text, "`cockpit approve T3`", "T3", BEGIN)
    user.occasions.append(occasion)
    user.decides()
    (one,) = user.state.told.notifications.values()

    message = notices_text.compose(user.state, [one], "parsers", user.now)

    assert message.title == "parsers: T3 waits for you: Parse dates"
    assert message.body.startswith("**T3** Parse dates\n")
    assert message.body.endswith("`cockpit approve T3`")
    for bad in ("@everyone", "](", "<!", "\x1b", "ghp_"):
        assert bad not in message.body


def test_an_error_has_nothing_of_the_url_in_it() -> None:
    url = "mailto://me:p%40ssw0rd@smtp.example.org?to=you@example.org"
    said = notify.without("login me:p@ssw0rd at smtp.example.org failed for you@example.org (p%40ssw0rd)", url)

    for part in ("p@ssw0rd", "p%40ssw0rd", "smtp.example.org"):
        assert part not in said
