"""What callers by tool may do: questions within bounds, reports by the run that holds the task, tokens as proof."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit import events, run_tokens
from cockpit.commands import AnswerQuestion, AskPerson, StopAsking, TellProgress
from cockpit.events import Event, Recorded
from cockpit.fold import fold
from cockpit.mcpserver.callers import from_environment, from_header, named
from cockpit.policy import questions, talk
from cockpit.policy.requests import answer
from cockpit.questions import Choice
from cockpit.state import State
from tests.nights import fleet

NOW = 1_000_000.0


def happens(state: State, *new: Event, at: float = NOW) -> State:
    return fold([Recorded(state.position + n, "s", n, at, event) for n, event in enumerate(new, 1)], state)


def given(state: State, command: object, name: str = "c1") -> tuple[State, str, bool]:
    made, said = answer(state, name, command, "claude", NOW)
    return happens(state, *made), said.message, said.ok


def asked(state: State | None = None, **more: object) -> State:
    command = replace(AskPerson("Which port?", (Choice("80"), Choice("81")), caller="claude"), **more)  # type: ignore[arg-type]
    state, said, ok = given(state or State(), command)
    assert ok, said
    return state


def test_an_answer_is_there_for_the_tool_at_once_and_is_on_nobodys_way() -> None:
    state = asked()
    question = state.questions["Q1"]
    assert (question.asker, question.run, question.is_open, question.due) == ("claude", "", True, NOW + 600)
    state, said, _ = given(state, AnswerQuestion("Q1", ("2",)))
    assert said == "Q1 is answered: 81; on its way to claude"
    question = state.questions["Q1"]
    assert (question.answer, question.delivered, question.is_on_its_way) == ("81", True, False)


def test_a_question_whose_time_is_up_expires_whether_its_run_lives_or_not() -> None:
    state = asked(seconds=60.0)
    assert questions.of_callers(state, NOW + 59).wake == NOW + 60
    (expired,) = questions.of_callers(state, NOW + 60).records
    assert isinstance(expired, events.QuestionExpired)
    state = happens(state, expired)
    assert (state.questions["Q1"].expired, state.questions["Q1"].answer) == (True, talk.NOBODY)
    assert not questions.of_callers(state, NOW + 61).records


def test_a_question_is_taken_back_once() -> None:
    state, said, _ = given(asked(), StopAsking("Q1"))
    assert said == "Q1 is withdrawn"
    assert state.questions["Q1"].closed == "whoever asked no longer waits for an answer"
    state, said, ok = given(state, StopAsking("Q1"))
    assert (said, ok) == ("Q1 does not wait any more", True)


def test_an_agents_own_question_is_not_taken_back_by_a_tool() -> None:
    own = events.QuestionAsked("Q1", "T1-1", "r1", "Which base?")
    state = happens(fleet(1), own)
    state, _, _ = given(state, StopAsking("Q1"))
    assert state.questions["Q1"].is_open


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (AskPerson("  "), "the question is empty"),
        (AskPerson("x" * 5000), "4000 is the most"),
        (AskPerson("x", tuple(Choice(str(n)) for n in range(10))), "can be given 9"),
        (AskPerson("x", (Choice(" "),)), "a choice is empty"),
        (AskPerson("x", seconds=1.0), "10 to 86400 seconds"),
        (AskPerson("x", seconds=float("nan")), "10 to 86400 seconds"),
        (AskPerson("x", run="T9-1"), "there is no run 'T9-1'"),
        (TellProgress("T9-1", "half"), "there is no run 'T9-1'"),
        (TellProgress("T1-1", " "), "how far it is"),
        (TellProgress("T1-1", "x", 1.5), "between 0 and 1"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_the_reason(command: object, why: str) -> None:
    state, said, ok = given(fleet(1), command)
    assert not ok
    assert why in said
    assert not state.questions


def test_only_so_many_questions_wait_at_once() -> None:
    state = State()
    for _ in range(talk.MAX_OPEN):
        state = asked(state)
    _, said, ok = given(state, AskPerson("One more?"))
    assert not ok
    assert "10 questions wait already" in said


def test_the_run_that_holds_the_task_reports_and_no_other() -> None:
    state, said, ok = given(fleet(2), TellProgress("T1-1", "the parser is written", 0.4))
    assert (ok, said) == (True, "noted for T1")
    assert (state.runs["T1-1"].told, state.runs["T1-1"].told_done, state.runs["T1-1"].tellings) == (
        "the parser is written",
        0.4,
        1,
    )
    state = happens(state, events.RunEnded("T1-1", "done"))
    _, said, ok = given(state, TellProgress("T1-1", "and more"))
    assert not ok
    assert "T1-1 does not hold T1 any more" in said


def test_a_run_that_talks_without_end_is_told_that_it_is_enough() -> None:
    state = fleet(1)
    for _ in range(talk.MAX_TELLINGS):
        state = happens(state, events.ProgressTold("T1-1", "on"))
    _, said, ok = given(state, TellProgress("T1-1", "on"))
    assert not ok
    assert "enough for one run" in said


def test_a_token_is_of_one_run_of_one_repository_and_for_the_owner_alone(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    token = run_tokens.of_run(here, "T1-1")
    assert run_tokens.run_of(here, token) == "T1-1"
    assert token == run_tokens.of_run(here, "T1-1")
    assert run_tokens.run_of(there, token) is None
    assert run_tokens.run_of(here, token.replace("T1-1", "T2-1")) is None
    for wrong in ("", ".", "T1-1", "T1-1.", f"{token}0", "T1-1.é"):
        assert run_tokens.run_of(here, wrong) is None
    assert {stat.S_IMODE(path.stat().st_mode) for path in here.iterdir()} == {0o600}
    assert run_tokens.is_owner(here, run_tokens.owner(here))
    assert not run_tokens.is_owner(here, run_tokens.owner(there))
    assert not run_tokens.is_owner(here, "")


def test_a_token_file_that_is_none_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / run_tokens.OWNER).write_text("")
    assert not run_tokens.is_owner(tmp_path, "")
    with pytest.raises(OSError, match="holds no token"):
        run_tokens.owner(tmp_path)


def test_who_calls_is_what_it_shows(tmp_path: Path) -> None:
    token = run_tokens.of_run(tmp_path, "T1-1")
    assert from_environment({}, tmp_path, "claude").run == ""
    assert from_environment({"COCKPIT_RUN_TOKEN": token}, tmp_path, "claude").by == "claude of T1-1"
    assert from_environment({"COCKPIT_RUN_TOKEN": "T1-1.x"}, tmp_path, "claude").wrong
    assert from_header("", tmp_path) is None
    assert from_header("Bearer ", tmp_path) is None
    found = from_header(f"bearer {token}", tmp_path, "claude")
    assert found is not None
    assert found.run == "T1-1"
    assert named("\x1b[31mEvil\n  name" + "x" * 99) == ("Evil name" + "x" * 99)[:40]
    assert named("") == "an MCP client"
