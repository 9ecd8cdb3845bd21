"""Messages: where each is, honestly; none is lost with a process, and an unread one is said."""

from __future__ import annotations

from cockpit import events
from cockpit.fold import fold
from cockpit.policy.actions import Deliver
from cockpit.policy.decide import decide
from cockpit.policy.rules import Rules
from cockpit.state import State, TaskState
from panes.remarks import remarks
from tests.unit.test_fold import recorded

AT_WORK: tuple[events.Event, ...] = (
    events.TaskAdded("T1", "Count words"),
    events.NightStarted("night-1", 1, "main"),
    events.TaskClaimed("T1", 1, "T1-1", "session"),
    events.RunStarted("T1-1", "branch", "w", "base", 1),
    events.MessageSent("m1", "T1-1", "mind the tabs"),
)
HANDED, DELIVERED, READ = events.MessageHanded("m1"), events.MessageDelivered("m1"), events.MessageRead("m1", 5)
ENDED = events.TurnEnded("T1-1", 4, ok=True)


def after(*more: events.Event) -> State:
    return fold(recorded([*AT_WORK, *more]))


def effects(state: State) -> tuple[object, ...]:
    return decide(state, Rules(), 100.0).effects


def test_a_message_is_sent_then_delivered_then_read_each_with_its_time() -> None:
    assert after().messages["m1"].where == "sent"
    assert Deliver("m1") in effects(after())
    assert after(HANDED).messages["m1"].where == "sent", "a host that has it has not written it yet"
    assert Deliver("m1") not in effects(after(HANDED))
    delivered = after(HANDED, DELIVERED).messages["m1"]
    assert (delivered.where, delivered.since) == ("delivered", 7.0)
    read = after(HANDED, DELIVERED, READ).messages["m1"]
    assert (read.where, read.at, read.delivered_at, read.read_at) == ("read", 5.0, 7.0, 8.0)
    assert after(HANDED, DELIVERED, READ).on_their_way() == ()


def test_the_pane_says_where_the_oldest_message_is() -> None:
    assert remarks(after(HANDED), 1, 17.0) == "✉ sent 12s"
    assert remarks(after(HANDED, DELIVERED), 1, 17.0) == "✉ delivered 10s"
    two = after(HANDED, DELIVERED, events.MessageSent("m2", "T1-1", "and this"))
    assert remarks(two, 1, 17.0) == "✉ delivered 10s (+1)"
    assert remarks(after(HANDED, DELIVERED, READ), 1, 17.0) == ""


def test_a_message_that_is_not_read_by_the_end_of_the_turn_is_said() -> None:
    state = after(HANDED, DELIVERED, ENDED)
    assert state.messages["m1"].where == "not read by the end of the turn"
    assert state.notices[-1] == "agent-1 ended its turn and has not read: mind the tabs"


def test_a_message_that_is_read_after_the_turn_begins_another_before_anything_is_checked() -> None:
    gates = events.GatesFinished("T1", "head", "target", "merged", ())
    state = after(HANDED, DELIVERED, ENDED, gates, READ)
    assert state.tasks["T1"].state is TaskState.WORKING
    assert state.tasks["T1"].gated_head == ""
    assert state.messages["m1"].where == "read"
    again = after(HANDED, DELIVERED, ENDED, READ, events.TurnEnded("T1-1", 6, ok=True))
    assert again.tasks["T1"].state is TaskState.TESTING


def test_what_a_dead_process_was_told_and_never_read_is_delivered_to_the_next() -> None:
    dead = (HANDED, DELIVERED, events.RunExited("T1-1", 4, -9))
    state = after(*dead, events.RunStarted("T1-1", "branch", "w", "base", 2, restart=True))
    assert state.messages["m1"].where == "sent"
    assert Deliver("m1") in effects(state)
    read = after(HANDED, DELIVERED, READ, *dead[2:], events.RunStarted("T1-1", "branch", "w", "base", 2, restart=True))
    assert Deliver("m1") not in effects(read)


def test_an_older_ledger_without_the_hosts_receipt_reads_the_same() -> None:
    assert after(DELIVERED).messages["m1"].where == "delivered"
    assert Deliver("m1") not in effects(after(DELIVERED))
