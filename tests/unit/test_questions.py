"""Questions: what words answer them, how they expire, and what the ledger makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit import events
from cockpit.asked import decided
from cockpit.commands import AnswerQuestion, Pause, Resume
from cockpit.fold import fold
from cockpit.policy.actions import Decision, Reply, Suspend
from cockpit.policy.decide import decide
from cockpit.policy.requests import answer
from cockpit.policy.rules import Rules
from cockpit.questions import (
    PERMISSION,
    PERMISSION_CHOICES,
    BadAnswer,
    Choice,
    Question,
    Resolved,
    default,
    resolve,
)
from cockpit.state import State
from cockpit.views import inbox
from tests.unit.test_fold import recorded

BASE = Question("Q1", "T1-1", 1, "r1", "Which base?", (Choice("postgres"), Choice("sqlite", "small")))
SEVERAL = replace(BASE, many=True)
OPEN = replace(BASE, choices=())
LEAVE = replace(BASE, kind=PERMISSION, choices=PERMISSION_CHOICES, tool="Bash", text="bash npm publish")


@pytest.mark.parametrize(
    ("question", "words", "resolved"),
    [
        (BASE, ["2"], Resolved("sqlite")),
        (BASE, ["Postgres"], Resolved("postgres")),
        (BASE, ["a", "flat", "file"], Resolved("a flat file")),
        (SEVERAL, ["1", "sqlite", "1"], Resolved("postgres, sqlite")),
        (OPEN, ["2"], Resolved("2")),
        (LEAVE, ["1"], Resolved("", True)),
        (LEAVE, ["Allow"], Resolved("", True)),
        (LEAVE, ["deny"], Resolved("", False)),
        (LEAVE, ["no,", "use", "npm", "pack"], Resolved("use npm pack", False)),
        (LEAVE, ["use npm pack"], Resolved("use npm pack", False)),
    ],
)
def test_words_that_answer(question: Question, words: list[str], resolved: Resolved) -> None:
    assert resolve(question, words) == resolved


@pytest.mark.parametrize(
    ("question", "words", "said"),
    [
        (BASE, ["1", "2"], "Q1 takes one answer, not 2: 1 postgres, 2 sqlite, or a text of yours"),
        (BASE, ["3"], "Q1 has no choice 3: 1 postgres, 2 sqlite, or a text of yours"),
        (OPEN, [" "], "Q1 needs an answer: a text"),
        (LEAVE, [], "Q1 needs an answer: allow, or deny, with words if you like"),
        (
            LEAVE,
            ["allow", "but", "slowly"],
            "allow takes no more words; to have it do something else, deny it with words",
        ),
    ],
)
def test_words_that_answer_nothing_say_what_would(question: Question, words: list[str], said: str) -> None:
    with pytest.raises(BadAnswer) as refused:
        resolve(question, words)
    assert str(refused.value) == said


def test_the_default_is_what_the_configuration_says() -> None:
    assert default(BASE.kind, BASE.choices, "first", "deny") == Resolved("postgres")
    assert default(BASE.kind, (), "first", "deny").text == "Nobody answered in time. Decide yourself."
    assert default(BASE.kind, BASE.choices, "decide yourself", "deny") == Resolved("decide yourself")
    assert not default(PERMISSION, PERMISSION_CHOICES, "first", "deny").allow
    assert default(PERMISSION, PERMISSION_CHOICES, "first", "allow").allow


AT_WORK: tuple[events.Event, ...] = (
    events.TaskAdded("T1", "Count words"),
    events.NightStarted("night-1", 1, "main"),
    events.TaskClaimed("T1", 1, "T1-1", "session"),
    events.RunStarted("T1-1", "branch", "w", "base", 1),
)


def asked(part: int = 1, parts: int = 1, seconds: float = 60.0) -> events.QuestionAsked:
    return events.QuestionAsked(
        f"Q{part}", "T1-1", "r1", "Which?", BASE.choices, part=part, parts=parts, seconds=seconds, otherwise="postgres"
    )


def after(*more: events.Event) -> State:
    return fold(recorded([*AT_WORK, *more]))


def gives(state: State, *words: str, question: str = "Q1") -> tuple[tuple[events.Event, ...], str]:
    made, said = answer(state, "c1", AnswerQuestion(question, words), "you", 10.0)
    return made, said.message


def test_an_answer_goes_to_the_agent_once_all_that_it_asked_is_settled() -> None:
    both = (asked(1, 2), asked(2, 2))
    first, said = gives(after(*both), "2")
    assert said == "Q1 is answered: sqlite; on its way to agent-1"
    halfway = after(*both, *first)
    assert Reply("T1-1", "r1") not in decide(halfway, Rules(), 10.0).effects
    second, _ = gives(halfway, "1", question="q2")
    assert Reply("T1-1", "r1") in decide(after(*both, *first, *second), Rules(), 10.0).effects
    sent = after(*both, *first, *second, events.AnswerSent("T1-1", "r1"))
    assert decide(sent, Rules(), 10.0).effects == ()


def test_what_nobody_answers_expires_with_the_default_and_says_so() -> None:
    state = after(asked())
    begun = state.questions["Q1"].at
    waiting = decide(state, Rules(), begun + 59)
    assert (waiting.records, waiting.wake) == ((), begun + 60)
    expired = decide(state, Rules(), begun + 60).records
    assert expired == (events.QuestionExpired("Q1", "T1-1", "postgres"),)
    late = after(asked(), *expired)
    assert "nobody answered agent-1 in time; by default: postgres" in late.notices[-1]
    assert [question.id for question in decided(late)] == ["Q1"]
    assert gives(late, "2") == ((), "Q1 was answered by nobody already: postgres")


def test_a_question_without_a_limit_waits_for_ever() -> None:
    state = after(asked(seconds=0.0))
    assert decide(state, Rules(), 10**9).records == ()


def test_the_time_for_an_answer_begins_anew_when_a_paused_agent_is_resumed() -> None:
    pause = (asked(), events.AgentPaused(1), events.RunSuspended("T1-1"))
    assert decide(after(*pause), Rules(), 10**6).records == ()
    made, _ = answer(after(*pause), "c1", Resume(1), "you", 10**6)
    assert decide(after(*pause, *made), Rules(), 10**6) == Decision(effects=(Suspend("T1-1", stop=False),))
    going = after(*pause, *made, events.RunContinued("T1-1"))
    resumed_at = going.questions["Q1"].since
    assert resumed_at > going.questions["Q1"].at
    assert decide(going, Rules(), resumed_at + 59).records == ()
    assert decide(going, Rules(), resumed_at + 60).records


def test_an_answer_to_a_paused_agent_waits_until_it_goes_on() -> None:
    paused, _ = answer(after(asked()), "c0", Pause(1), "you", 9.0)
    said, _ = gives(after(asked(), *paused), "1")
    assert Reply("T1-1", "r1") not in decide(after(asked(), *paused, *said), Rules(), 11.0).effects
    assert Reply("T1-1", "r1") in decide(after(asked(), *paused, *said, events.AgentResumed(1)), Rules(), 11.0).effects


@pytest.mark.parametrize(
    ("gone", "why"),
    [
        (events.RunExited("T1-1", 9, -9), "its process is gone"),
        (events.RunEnded("T1-1", "stopped"), "its run has ended"),
        (events.TurnEnded("T1-1", 9, ok=False, error="interrupted"), "its turn is over"),
        (events.QuestionWithdrawn("T1-1", "r1"), "the agent no longer waits for an answer"),
    ],
)
def test_what_a_dead_run_asked_is_closed_and_that_is_said(gone: events.Event, why: str) -> None:
    state = after(asked(), gone)
    assert state.open_questions() == ()
    assert f"Q1 of agent-1 is closed: {why}" in state.notices
    assert gives(state, "1") == ((), f"Q1 can't be answered any more: {why}")
    assert not any(isinstance(event, events.QuestionExpired) for event in decide(state, Rules(), 10**6).records)


def test_questions_are_in_the_inbox_oldest_first_with_what_to_type() -> None:
    state = after(events.TaskAdded("T2", "b"), events.TaskEscalated("T2", "why"), asked())
    first, second = inbox(state)
    assert (first.id, second.id) == ("T2", "Q1")
    assert second.why == "agent-1 asks: Which? (1 postgres, 2 sqlite)"
    assert second.do.startswith("`cockpit answer Q1 1`")


def test_a_question_that_nobody_knows_is_refused_with_where_to_look() -> None:
    assert gives(after(), "1") == ((), "there is no question 'Q1'; `cockpit questions` lists what is asked")


def test_only_the_newest_settled_questions_are_kept_and_every_open_one() -> None:
    log: list[events.Event] = [*AT_WORK]
    for number in range(1, 302):
        one = replace(asked(), question=f"Q{number}", request=f"r{number}")
        log += [one] if number == 1 else [one, events.QuestionWithdrawn("T1-1", f"r{number}")]
    state = fold(recorded(log))
    assert state.asked == 301
    assert len(state.questions) <= 103
    assert [question.id for question in state.open_questions()] == ["Q1"]
