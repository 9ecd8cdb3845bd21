"""An agent's pane: its bar at every width, and the transcript under it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from cockpit.agents import stream
from cockpit.state import Agent, Kind, Run, Session, Task, TaskState
from panes.agent_pane import AgentPane
from panes.title_bar import Shown, bar, pieces
from tests.unit.stage import on_stage

AGENT = Agent(3, task="T7", run="T7-1")
TASK = Task("T7", "Teach the parser about nested lists", state=TaskState.WORKING)
RUN = Run("T7-1", "T7", 3, "s", live=True, started=1_000.0, usd=0.42, cost_source="cli", phase="build")
SESSION = Session("agent-3", current_phase="test", current_step="run pytest", progress=0.4, last_heartbeat=1_298.0)
NOW = 1_300.0


def shown(**changes: object) -> Shown:
    return replace(Shown(AGENT, TASK, RUN, SESSION, NOW), **changes)  # type: ignore[arg-type]


def said(width: int, **changes: object) -> str:
    return str(bar(shown(**changes), width))


def test_a_wide_bar_has_everything() -> None:
    text = said(100)
    assert text.startswith("─ ◐ agent-3 T7 test Teach the parser about nested lists · run pytest ─")
    assert text.endswith("─ B 40% 5m $0.42 ♥10s")


@pytest.mark.parametrize("width", [1, 5, 12, 20, 30, 38, 76, 196])
@pytest.mark.parametrize("is_selected", [True, False])
def test_a_bar_fits_any_width(width: int, is_selected: bool) -> None:
    long = replace(TASK, title="日本語 " * 30)
    for one in (shown(), shown(task=long), shown(remark="zoomed"), Shown(Agent(10)), Shown(Agent(10, paused=True))):
        assert cell_len(str(bar(one, width, is_selected))) == width


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (30, "─ ◐ agent-3 T7 test $0.42 ♥10s"),
        (44, "─ ◐ agent-3 T7 test Teach the… 5m $0.42 ♥10s"),
        (60, "─ ◐ agent-3 T7 test Teach the parser ab… B 40% 5m $0.42 ♥10s"),
    ],
)
def test_a_narrow_bar_says_the_most_important(width: int, wanted: str) -> None:
    assert " ".join(said(width).split()) == wanted


def test_a_silent_host_stands_out_before_all_but_the_name() -> None:
    session = replace(SESSION, last_heartbeat=1_100.0)
    assert "! silent 3m" in said(30, session=session)
    assert "! silent 3m" in said(100, session=session)
    assert "! silent" in said(26, session=session)


def test_a_paused_agent_is_marked() -> None:
    paused = replace(AGENT, paused=True)
    assert said(40, agent=paused).startswith("─ ‖ agent-3 T7 paused")
    assert str(bar(Shown(Agent(1, paused=True)), 40)).startswith("─ ‖ agent-1 paused")


def test_the_bar_under_the_keys_begins_differently() -> None:
    assert str(bar(shown(), 60, True)).startswith("▌ ◐ agent-3")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"session": replace(SESSION, cost_usd_est=0.61)}, " est. $0.61 "),
        ({"run": replace(RUN, cost_source="genai-prices")}, " est. $0.42 "),
        ({"session": replace(SESSION, errors=2)}, " ✗2 "),
        ({"run": replace(RUN, cost_source="unknown")}, " $? "),
        ({"session": None}, " build "),
        ({"task": replace(TASK, state=TaskState.TESTING)}, " testing "),
        ({"task": replace(TASK, state=TaskState.REWORK, reason="lint\nfailed")}, "nested lists · lint failed "),
        ({"remark": "zoomed"}, " zoomed "),
    ],
)
def test_what_the_bar_tells(changes: dict[str, object], wanted: str) -> None:
    assert wanted in said(100, **changes)


def test_a_new_task_does_not_begin_with_the_progress_of_the_one_before() -> None:
    assert "60%" not in said(120, session=replace(SESSION, current_task="T-before", progress=0.6))


def test_a_run_that_is_over_has_no_heartbeat() -> None:
    text = said(90, run=replace(RUN, live=False, ended=1_060.0))
    assert "♥" not in text
    assert "silent" not in text
    assert " 1m " in text


@pytest.mark.parametrize(("width", "height"), [(48, 10), (80, 24), (200, 50)])
async def test_bar_and_transcript(width: int, height: int) -> None:
    async with on_stage(AgentPane(), width, height) as stage:
        pane = stage.widget
        pane.show(AGENT, TASK, RUN, SESSION, NOW)
        pane.transcript.add([stream.Line(1, 1.0, stream.Said("I look at the parser."))])
        await stage.until(lambda: pane.transcript.is_settled)
        screen = stage.screen()

        assert "agent-3 T7 test Teach" in screen[0]
        assert screen[0].endswith("♥10s")
        assert len(screen[0]) == width
        assert "I look at the parser." in screen[1]


async def test_an_idle_agent_says_what_it_waits_for() -> None:
    async with on_stage(AgentPane(), 80, 12) as stage:
        stage.widget.show(Agent(2), now=NOW)
        await stage.until()
        assert "agent-2 idle" in stage.screen()[0]
        assert "Idle: it takes the next task" in stage.text()


async def test_it_says_when_the_end_does_not_show() -> None:
    async with on_stage(AgentPane(), 80, 12) as stage:
        pane = stage.widget
        pane.show(AGENT, TASK, RUN, SESSION, NOW)
        pane.transcript.add([stream.Line(n, 1.0, stream.Said(f"line {n}")) for n in range(100)])
        await stage.until(lambda: pane.transcript.is_settled)
        pane.transcript.focus()
        await stage.press("pageup")
        assert "scrolled up" in stage.screen()[-1]
        await stage.press("end")
        assert "scrolled up" not in stage.screen()[-1]


async def test_markup_in_a_title_is_text() -> None:
    async with on_stage(AgentPane(), 80, 12) as stage:
        for name in ("[red]Fix[/red]", "a\\[b] \x1b]0;x\x07[@click=app.quit]q[/]"):
            stage.widget.show(AGENT, replace(TASK, title=name), RUN, SESSION, NOW)
            await stage.until()
            assert name.replace("\x1b]0;x\x07", "") in stage.screen()[0]


async def test_the_same_again_paints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(AgentPane(), 80, 12) as stage:
        pane = stage.widget
        pane.show(AGENT, TASK, RUN, SESSION, NOW)
        await stage.until()
        painted: list[object] = []
        monkeypatch.setattr(pane, "refresh", lambda *regions, **options: painted.append(regions))
        pane.show(AGENT, TASK, RUN, replace(SESSION, tokens=9), NOW)
        await stage.until()
        assert painted == []


def test_a_bar_says_the_role_by_letter_and_colour() -> None:
    for kind, letter, style in (
        (Kind.EXPLORE, "E", "primary"),
        (Kind.BUILD, "B", "success"),
        (Kind.REVIEW, "R", "error"),
    ):
        found = pieces(shown(task=replace(TASK, kind=kind)), 120)
        assert (letter, f"bold $text-{style}") in found
