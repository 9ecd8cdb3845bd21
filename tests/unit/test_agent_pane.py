"""An agent's pane: its frame and its line at every width, and the transcript in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from cockpit.agents import stream
from cockpit.state import Agent, Run, Session, Task, TaskState
from panes.agent_pane import AgentPane, Shown, line, title
from tests.unit.stage import on_stage

AGENT = Agent(3, task="T7", run="T7-1")
TASK = Task("T7", "Teach the parser about nested lists", state=TaskState.WORKING)
RUN = Run("T7-1", "T7", 3, "s", live=True, started=1_000.0, usd=0.42, phase="build")
SESSION = Session("agent-3", current_phase="test", current_step="run pytest", progress=0.4, last_heartbeat=1_298.0)
NOW = 1_300.0


def shown(**changes: object) -> Shown:
    return replace(Shown(AGENT, TASK, RUN, SESSION, NOW), **changes)  # type: ignore[arg-type]


def test_a_wide_line_has_everything() -> None:
    text = str(line(shown(), 76))
    assert text.startswith("test · run pytest ")
    assert text.endswith(" 40% 5m $0.42 ♥2s")


@pytest.mark.parametrize("width", [1, 5, 12, 20, 38, 76, 196])
def test_title_and_line_fit_any_width(width: int) -> None:
    for one in (shown(), shown(task=replace(TASK, title="日本語 " * 30)), Shown(Agent(10))):
        assert cell_len(str(title(one, width))) <= width
        assert cell_len(str(line(one, width))) == width


def test_a_narrow_pane_says_the_most_important() -> None:
    assert str(title(shown(), 34)) == "◐ agent-3  T7 Teach the parser ab…"
    text = str(line(shown(), 38))
    assert text.startswith("test · run py")
    assert text.endswith("$0.42 ♥2s")


def test_a_paused_agent_is_marked() -> None:
    paused = shown(agent=replace(AGENT, paused=True))
    assert str(title(paused, 40)).startswith("‖ agent-3  T7")
    assert str(line(paused, 76)).startswith("‖ paused · test")
    assert str(line(Shown(Agent(1, paused=True)), 40)).startswith("‖ paused")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"session": replace(SESSION, last_heartbeat=1_100.0)}, "! silent 3m"),
        ({"session": replace(SESSION, cost_usd_est=0.61)}, "≈$0.61"),
        ({"session": replace(SESSION, errors=2)}, "✗2"),
        ({"run": replace(RUN, cost_source="unknown")}, "$?"),
        ({"session": None}, "build"),
        ({"task": replace(TASK, state=TaskState.TESTING)}, "testing"),
        ({"task": replace(TASK, state=TaskState.REWORK, reason="lint\nfailed")}, "rework: lint failed"),
    ],
)
def test_what_the_line_tells(changes: dict[str, object], wanted: str) -> None:
    assert wanted in str(line(shown(**changes), 90))


def test_a_run_that_is_over_has_no_heartbeat() -> None:
    text = str(line(shown(run=replace(RUN, live=False, ended=1_060.0)), 90))
    assert "♥" not in text
    assert "silent" not in text
    assert " 1m " in text


@pytest.mark.parametrize(("width", "height"), [(38, 10), (80, 24), (200, 50)])
async def test_frame_line_and_transcript(width: int, height: int) -> None:
    async with on_stage(AgentPane(), width, height) as stage:
        pane = stage.widget
        pane.show(AGENT, TASK, RUN, SESSION, NOW)
        pane.transcript.add([stream.Line(1, 1.0, stream.Said("I look at the parser."))])
        await stage.until(lambda: pane.transcript.is_settled)
        screen = stage.screen()

        assert "agent-3  T7 Teach" in screen[0]
        assert "♥2s" in screen[1]
        assert "I look at the parser." in screen[2]
        assert len(screen[-1]) == width


async def test_an_idle_agent_says_what_it_waits_for() -> None:
    async with on_stage(AgentPane(), 80, 12) as stage:
        stage.widget.show(Agent(2), now=NOW)
        await stage.until()
        assert "agent-2  idle" in stage.screen()[0]
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
