"""Every key of the table does what the table says; a key without a flow here fails."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from textual.binding import Binding
from textual.widget import Widget

from cockpit import keys
from cockpit.commands import (
    AddTasks,
    Approve,
    ChangeNight,
    HandBack,
    Kill,
    Message,
    Pause,
    Reject,
    Resume,
    RetryTask,
    RollBack,
    SkipTask,
    StartNight,
    StopNight,
    SyncGitHub,
    TakeOver,
    TryAgain,
)
from cockpit.pulls import Pull
from cockpit.state import Agent, Hold, TaskDraft
from cockpit.text import plain
from cockpit.watching import Window
from panes.agent_grid import AgentGrid
from panes.away import Away
from panes.board import Board
from panes.columns import TaskColumns
from panes.desk_list import DeskList
from panes.diff_view import DiffView
from panes.file_tree import FileTree
from panes.inbox import Inbox
from panes.merge_desk import MergeDesk
from panes.task_list import TaskList
from panes.terminal_view import TerminalView
from panes.transcript import TranscriptView
from tests.fakes.link import FakeLink
from tests.flows import reading
from tests.flows.desk_flows import DESK_FLOWS
from tests.flows.idea_keys import FLOWS as IDEAS
from tests.flows.idea_keys import refuse
from tests.flows.plan_flows import FLOWS as PLAN_FLOWS
from tests.flows.queue_keys import FLOWS as QUEUE
from tests.flows.tidy_keys import FLOWS as TIDY
from tests.nights import full_link, landed_on_top, taken_over
from tests.session import User, session

Flow = Callable[[User, FakeLink], Awaitable[None]]


async def approve(user: User, link: FakeLink) -> None:
    await user.presses("down", "a")
    assert link.commands == [Approve("T3")]
    user.sees("status").contains("✓ Approve: done")


async def reject(user: User, link: FakeLink) -> None:
    await user.presses("down", "x")
    user.sees("dialog").contains("Add a --strict flag")
    await user.writes("Name it --pedantic.\nAnd test it.", question="Send T3 back?")
    assert link.commands == [Reject("T3", "Name it --pedantic.\nAnd test it.")]


async def pause(user: User, link: FakeLink) -> None:
    await user.presses("2", "p")
    assert link.commands == [Pause(1)]
    await link.becomes(replace(link.state, agents={**link.state.agents, 1: Agent(1, "T5", "T5-1", paused=True)}))
    await user.presses("p")
    assert link.commands == [Pause(1), Resume(1)]


async def pause_all(user: User, link: FakeLink) -> None:
    await user.presses("P")
    assert link.commands == [Pause()]
    held = {n: replace(a, paused=True) for n, a in link.state.agents.items()}
    await link.becomes(replace(link.state, agents=held))
    await user.presses("P")
    assert link.commands == [Pause(), Resume()]


async def hold(user: User, link: FakeLink) -> None:
    await user.presses("h")
    user.sees("dialog").contains("Hold, or let go on", "role builder", "at work")
    await user.picks("role builder")
    assert link.commands == [Pause(role="builder")]
    await link.becomes(replace(link.state, holds=(Hold("role", "builder"),)))
    await user.waits()
    user.sees("top").contains("held: role builder")
    await user.presses("h")
    await user.picks("role builder")
    assert link.commands == [Pause(role="builder"), Resume(role="builder")]


async def sync(user: User, link: FakeLink) -> None:
    await user.presses("U")
    assert link.commands == [SyncGitHub()]
    user.sees("status").contains("✓ ")


async def try_again(user: User, link: FakeLink) -> None:
    await user.presses("N")
    user.sees("status").contains("nothing waits for a limit")
    window = Window("claude", "usage limit reached", 0.0, 0.0)
    await link.becomes(replace(link.state, windows={"claude": window}))
    await user.presses("N")
    user.sees("top").contains("limit until")
    assert link.commands == [TryAgain()]


async def emergency(user: User, link: FakeLink) -> None:
    await user.presses("exclamation_mark")
    user.sees("status").contains("press ! once more to kill every agent")
    assert link.emergencies == 0
    await user.presses("exclamation_mark")
    assert link.emergencies == 1
    user.sees("status").contains("✓ 3 agents and the engine were killed")
    user.sees("top").contains("emergency stop: S goes on")
    await user.presses("S")
    assert link.commands == [Resume()]


async def message(user: User, link: FakeLink) -> None:
    await user.presses("2", "m")
    user.sees("dialog").contains("T5 Report the column in parse errors")
    await user.writes("Tabs count as one column.", question="Tell agent-1")
    assert link.commands == [Message(1, "Tabs count as one column.")]


async def take_over(user: User, link: FakeLink) -> None:
    await user.presses("2", "t")
    assert link.commands == [TakeOver(1)]
    assert link.visits == []
    await link.becomes(taken_over(link.state))
    await user.waits()
    assert link.visits == [1]
    assert link.commands == [TakeOver(1), HandBack(1)]


async def kill(user: User, link: FakeLink) -> None:
    await user.presses("2", "k")
    assert link.commands == []
    await user.confirms(question="Kill agent-1?", detail="Its work is kept")
    assert link.commands == [Kill(1)]


async def open_task(user: User, link: FakeLink) -> None:
    await user.presses("end", "enter")
    user.sees("dialog").contains("T1 Read ISO dates with week numbers", "landed for 1h36m", "3 files, +88 −12")
    await user.presses("escape")
    assert not user.is_asked


async def new_task(user: User, link: FakeLink) -> None:
    await user.presses("n")
    await user.types("Read Roman numerals")
    await user.presses("enter")
    await user.types("MCMXC is 1990\n- empty text is refused")
    await user.presses("ctrl+s")
    wanted = TaskDraft("new", "Read Roman numerals", criteria=("MCMXC is 1990", "empty text is refused"), source="you")
    assert link.commands == [AddTasks((wanted,))]


async def retry(user: User, link: FakeLink) -> None:
    await user.presses("R")
    assert link.commands == [RetryTask("T4")]


async def roll_back(user: User, link: FakeLink) -> None:
    await link.becomes(landed_on_top(link.state))
    await user.presses("end", "B")
    await user.confirms(question="Roll back T1?", detail="T2 landed on top of it and stays")
    assert link.commands == [RollBack("T1")]


async def skip(user: User, link: FakeLink) -> None:
    await user.presses("s")
    await user.confirms(question="Skip T4?", detail="Rewrite the tokenizer as a generator")
    assert link.commands == [SkipTask("T4")]


async def night(user: User, link: FakeLink) -> None:
    await user.presses("S")
    await user.confirms(question="Stop the night?", detail="all work is kept")
    assert link.commands == [StopNight()]
    await link.becomes(replace(link.state, night=None))
    await user.presses("S")
    await user.confirms(
        question="Start the night?", detail="3 agents on main; you say yes to each merge. At most $5.00"
    )
    assert link.commands == [StopNight(), StartNight(3, "main", cap_usd=5.0)]


async def away(user: User, link: FakeLink) -> None:
    await user.presses("w")
    user.sees("away").contains("The night of", "What next", "Waiting for you")


async def away_leave(user: User, link: FakeLink) -> None:
    await user.presses("4", "w", "escape")
    assert user.shows("inbox")
    assert not user.shows("away")


async def money_card(user: User, link: FakeLink) -> None:
    await user.presses("dollar_sign")
    user.sees("dialog").contains("$3.80 of $10.00 (38%)", "agent-2 $1.62 $1.62 $1.62", "reviewer $0.66")
    await user.presses("pagedown")
    user.sees("dialog").contains("T6 Replace the hand-written calendar maths $0.74")
    await user.presses("dollar_sign")
    assert not user.is_asked


async def copy_link(user: User, link: FakeLink) -> None:
    address = "https://github.com/owner/name/pull/7"
    await link.becomes(replace(link.state, pulls={"T4": Pull(7, address, state="open")}))
    await user.presses("y")
    assert user.app.clipboard == address
    github = replace(link.state.github, web="https://github.com/owner/name")
    tasks = {**link.state.tasks, "T4": replace(link.state.tasks["T4"], issue=12)}
    await link.becomes(replace(link.state, pulls={}, tasks=tasks, github=github))
    await user.presses("y")
    assert user.app.clipboard == "https://github.com/owner/name/issues/12"
    await link.becomes(replace(link.state, github=replace(github, web="")))
    await user.presses("y")
    user.sees("status").contains("✗ T4 has no pull request, and is no issue")


async def numbers(user: User, link: FakeLink) -> None:
    await user.presses("number_sign")
    user.sees("dialog").contains("The last 30 days", "landed", "approved at first review", "waited for you")
    await user.presses("number_sign")
    assert not user.is_asked


async def money_cap(user: User, link: FakeLink) -> None:
    await user.presses("dollar_sign", "c")
    await user.writes("$12,50", question="The night's cap?")
    assert link.commands == [ChangeNight(12.5)]


async def board(user: User, link: FakeLink) -> None:
    await user.presses("4", "1")
    assert user.shows("board")
    assert not user.shows("inbox")


async def agents(user: User, link: FakeLink) -> None:
    await user.presses("2")
    user.sees("agents").contains("agent-1", "Now the three callers must pass the offset along.")
    assert link.followed == ["T5-1"]


async def desk(user: User, link: FakeLink) -> None:
    await user.presses("3")
    user.sees("desk").contains("T3 Add a --strict flag", "✓ tests", "approve", "parsers/cli.py", '"--lax")')
    assert link.asked_diffs == ["T3"]
    await user.presses("a")
    assert link.commands == [Approve("T3")]
    await user.presses("1")
    assert not user.shows("desk")


async def next_hunk(user: User, link: FakeLink) -> None:
    await _reads_a_long_diff(user, link)
    await user.presses("right_square_bracket")
    user.sees("desk").contains("first change")
    await user.presses("right_square_bracket")
    user.sees("desk").contains("second change")


async def previous_hunk(user: User, link: FakeLink) -> None:
    await next_hunk(user, link)
    await user.presses("left_square_bracket")
    user.sees("desk").contains("first change")


async def next_file(user: User, link: FakeLink) -> None:
    await _reads_a_long_diff(user, link)
    await user.presses("right_curly_bracket", "right_curly_bracket")
    user.sees("desk").contains("b.py", "third change")


async def previous_file(user: User, link: FakeLink) -> None:
    await next_file(user, link)
    await user.presses("left_curly_bracket")
    user.sees("desk").contains("a.py", "first change")


async def turn_diff(user: User, link: FakeLink) -> None:
    await user.resizes(200, 50)
    await user.presses("3", "enter")
    before = user.sees("desk").line_with('"--lax", action')
    await user.presses("v")
    assert user.sees("desk").line_with('"--lax", action') != before
    await user.presses("v")
    assert user.sees("desk").line_with('"--lax", action') == before


async def desk_list(user: User, link: FakeLink) -> None:
    await user.presses("3", "enter", "escape", "down", "R")
    assert link.commands == [RetryTask("T4")]


async def _reads_a_long_diff(user: User, link: FakeLink) -> None:
    context = "".join(f" line {n}\n" for n in range(30))
    hunk = "@@ -{0},30 +{0},31 @@\n" + context + "+{1} change\n"
    first = "--- a/a.py\n+++ b/a.py\n" + hunk.format(1, "first") + hunk.format(100, "second")
    link.patches["T3"] = first + "--- a/b.py\n+++ b/b.py\n" + hunk.format(1, "third")
    await user.resizes(80, 46)
    await user.presses("3", "enter", "home")
    user.sees("desk").lacks("second change", "third change")


async def inbox(user: User, link: FakeLink) -> None:
    await user.presses("4")
    user.sees("inbox").contains("three reviews asked for changes")


async def next_pane(user: User, link: FakeLink) -> None:
    await user.presses("tab")
    assert user.shows("inbox")
    await user.presses("tab", "tab")
    user.sees("agents").contains("agent-2")
    await user.presses("p")
    assert link.commands == [Pause(2)]
    await user.presses("tab", "tab")
    assert user.shows("board")


async def previous_pane(user: User, link: FakeLink) -> None:
    await user.presses("shift+tab", "p")
    assert link.commands == [Pause(3)]
    await user.presses("shift+tab", "shift+tab", "shift+tab")
    assert user.shows("inbox")


async def up(user: User, link: FakeLink) -> None:
    await user.presses("down", "up", "R")
    assert link.commands == [RetryTask("T4")]


async def down(user: User, link: FakeLink) -> None:
    await user.presses("down", "a")
    assert link.commands == [Approve("T3")]


async def palette(user: User, link: FakeLink) -> None:
    await user.presses("ctrl+p")
    await user.types("pause all")
    await user.presses("enter")
    assert link.commands == [Pause()]


async def theme(user: User, link: FakeLink) -> None:
    await user.presses("T")
    user.sees("dialog").contains("dark", "light", "high contrast", "no colour", "catppuccin-mocha")
    await user.picks("high contrast")
    assert user.app.theme == "high-contrast"
    assert link.choices["look"] == {"theme": "high-contrast"}
    user.sees("status").contains("colours: high-contrast")


async def help_card(user: User, link: FakeLink) -> None:
    await user.resizes(150, 200)
    await user.presses("question_mark")
    for key in keys.TABLE:
        user.sees("dialog").contains(keys.pretty(key.default), key.help, key.twin)


async def detach(user: User, link: FakeLink) -> None:
    await user.presses("2")
    shown = user.screen()
    await user.presses("q")
    assert user.has_left
    assert link.frame[:2] == (80, 24)
    rows = [plain(row).rstrip() for row in re.split(r"\x1b\[\d+;1H", link.frame[2])[1:]]
    assert rows == shown
    assert user.app.return_code == 0
    assert link.commands == []


async def zoom(user: User, link: FakeLink) -> None:
    await user.resizes(120, 40)
    await user.presses("z")
    assert not user.shows("board")
    user.sees("agents").contains("agent-1", "zoomed")
    await user.presses("z")
    assert user.shows("board")


async def layout(user: User, link: FakeLink) -> None:
    await user.presses("l")
    user.sees("status").contains("layout: main+stack")
    user.sees("agents").contains("▌ ◐ agent-1", "◕ agent-2")
    assert link.choices == {"agents": {"layout": "main+stack"}}


async def go_agent(user: User, link: FakeLink) -> None:
    await user.presses("g", "3", "p")
    assert link.commands == [Pause(3)]


async def more_panes(user: User, link: FakeLink) -> None:
    await user.presses("2", "plus")
    user.sees("agents").contains("Now the three callers", "41 lines are gone")


async def fewer_panes(user: User, link: FakeLink) -> None:
    await more_panes(user, link)
    await user.presses("minus")
    user.sees("agents").lacks("41 lines are gone")


async def terminal_prefix(user: User, link: FakeLink) -> None:
    runs = {**link.state.runs, "T5-1": replace(link.state.runs["T5-1"], terminal=True)}
    await link.becomes(replace(link.state, runs=runs))
    await user.presses("2", "p", "ctrl+b", "p", "ctrl+b", "ctrl+b")
    assert link.commands == [Pause(1)]
    assert link.wires["T5-1"].typed == b"p\x02"


FLOWS: dict[str, Flow] = QUEUE | {
    **DESK_FLOWS,
    **IDEAS,
    **PLAN_FLOWS,
    **TIDY,
    "approve": approve,
    "reject": reject,
    "pause": pause,
    "pause-all": pause_all,
    "hold": hold,
    "try-again": try_again,
    "sync": sync,
    "emergency": emergency,
    "message": message,
    "kill": kill,
    "take-over": take_over,
    "open": open_task,
    "new-task": new_task,
    "retry": retry,
    "skip": skip,
    "roll-back": roll_back,
    "night": night,
    "away": away,
    "away.leave": away_leave,
    "money": money_card,
    "money.cap": money_cap,
    "numbers": numbers,
    "copy-link": copy_link,
    "terminal.prefix": terminal_prefix,
    "board": board,
    "agents": agents,
    "desk": desk,
    "inbox": inbox,
    "diff.next-hunk": next_hunk,
    "diff.previous-hunk": previous_hunk,
    "diff.next-file": next_file,
    "diff.previous-file": previous_file,
    "diff.turn": turn_diff,
    "desk.list": desk_list,
    **reading.FLOWS,
    "zoom": zoom,
    "layout": layout,
    "go-agent": go_agent,
    "grid.more": more_panes,
    "grid.fewer": fewer_panes,
    "next": next_pane,
    "previous": previous_pane,
    "up": up,
    "down": down,
    "theme": theme,
    "palette": palette,
    "help": help_card,
    "detach": detach,
}


@pytest.mark.parametrize("action", [key.action for key in keys.TABLE])
async def test_each_key_does_what_the_table_says(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true")
    monkeypatch.setenv("SHELL", "/bin/sh")
    link = full_link()
    async with session(link) as user:
        await FLOWS[action](user, link)
    assert link.followed == []


# ── one table ────────────────────────────────────────────────────────────────────────────────────────


PANES: list[tuple[type[Widget], str]] = [
    (Board, keys.BOARD),
    (TaskList, keys.BOARD),
    (TaskColumns, keys.BOARD),
    (Inbox, keys.INBOX),
    (Away, keys.AWAY),
    (TranscriptView, keys.AGENTS),
    (AgentGrid, keys.AGENTS),
    (TerminalView, keys.AGENTS),
    (DeskList, keys.DESK),
    (DiffView, keys.DESK),
    (MergeDesk, keys.DESK),
    (FileTree, keys.DESK),
]


@pytest.mark.parametrize(("pane", "view"), PANES)
def test_no_pane_takes_a_key_that_is_at_home_in_its_view(pane: type[Widget], view: str) -> None:
    at_home = {key.default: key.action for key in keys.TABLE if key.applies(view)}
    ours = [kind for kind in pane.__mro__ if kind.__module__.startswith("panes.")]
    bound = [b for kind in ours for b in kind.__dict__.get("BINDINGS", []) if isinstance(b, Binding)]
    for binding in bound:
        for key in binding.key.split(","):
            assert at_home.get(key, binding.id) == binding.id, f"{pane.__name__} takes {key} from {at_home[key]}"


# ── the configuration's keys ─────────────────────────────────────────────────────────────────────────


async def test_keys_of_the_configuration_are_obeyed_and_shown() -> None:
    link = full_link()
    async with session(link, keys={"approve": "Y", "down": "j", "help": "%"}) as user:
        user.sees("keys").contains("Y approve", "% help")
        await user.presses("a", "j", "Y")
        assert link.commands == [Approve("T3")]
        await user.presses("4")
        user.sees("inbox").contains("Y merge")


async def test_a_click_on_a_key_does_what_the_key_does() -> None:
    link = full_link()
    async with session(link) as user:
        await user.clicks("4 inbox")
        assert user.shows("inbox")
        await user.clicks("S night")
        await user.confirms(question="Stop the night?", detail="all work is kept")
    assert link.commands == [StopNight()]


async def test_a_suggestion_is_refused_with_a_reason_or_without() -> None:
    link = full_link()
    async with session(link) as user:
        await refuse(user, link)


async def test_help_begins_with_the_keys_of_the_view_you_are_in() -> None:
    async with session(full_link()) as user:
        for pressed, here, first in (
            ("1", "board", "a Merge"),
            ("2", "agents", "p Pause"),
            ("3", "merge desk", "a Merge"),
        ):
            await user.presses(pressed, "question_mark")
            user.sees("dialog").contains(f"Here ({here}) {first}")
            await user.presses("escape")


async def test_the_footer_offers_what_only_this_view_has_before_what_every_view_has() -> None:
    async with session(full_link()) as user:
        await user.presses("2")
        user.sees("keys").contains("enter open z zoom ? help")
        await user.presses("3")
        user.sees("keys").contains("c comment space viewed")
