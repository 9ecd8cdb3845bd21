"""The merge desk: evidence that opens, comments that are kept and sent, marks that last, what landed lately."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cockpit.commands import Approve, Reject, RollBack
from cockpit.policy.forecast import subject
from cockpit.reading import Reading
from cockpit.state import (
    Answer,
    Clash,
    Comment,
    CriterionCheck,
    Finding,
    Forecast,
    GateResult,
    Severity,
    TaskState,
    Verdict,
)
from tests.fakes.link import FakeLink
from tests.flows.desk_flows import FILES, at_the_diff
from tests.nights import full_link, landed_on_top, of, ready, task
from tests.session import User, session

LONG = "\n".join(f"E line {n}" for n in range(100))
RED = (GateResult("lint", True, "all good\nreally", 0.4), GateResult("tests", False, LONG, 3.0))
VERDICT = Verdict(
    False,
    "Not yet.",
    (CriterionCheck("knows leap years", True), CriterionCheck("refuses the 30th of February", False, "it takes it")),
    (Finding(Severity.BLOCKING, "February is wrong", "tests/test_cli.py", 10),),
    head="h1",
)


def stuck() -> FakeLink:
    """T1 has red gates and a bad verdict."""
    facts: dict[str, Any] = {
        "head": "h1",
        "gated_head": "h1",
        "gates": RED,
        "verdict": VERDICT,
        "branch": "agent-1/task-T1",
    }
    criteria = ("knows leap years", "refuses the 30th of February", "is fast")
    link = FakeLink(of([task("T1", "Parse dates", TaskState.ESCALATED, reason="look", criteria=criteria, **facts)]))
    link.patches["T1"] = FILES
    return link


async def test_a_failed_gate_is_open_and_all_that_was_kept_can_be_read() -> None:
    async with session(stuck(), size=(120, 150)) as user:
        await user.presses("3", "enter")
        user.sees("desk").contains("✓ lint 0.4 s ▸ 2 lines", "✗ tests 3.0 s ▾ 100 lines", "60 more lines", "E line 99")
        user.sees("desk").lacks("really", "E line 59")
        await user.presses("down", "down", "down", "enter")
        user.sees("desk").contains("✓ lint 0.4 s ▾ 2 lines", "│ really")
        await user.presses("down", "down", "down", "enter")
        user.sees("desk").contains("E line 0", "E line 59", "E line 99")
        await user.presses("enter")
        user.sees("desk").contains("✗ tests 3.0 s ▸ 100 lines")
        user.sees("desk").lacks("E line")


async def test_the_verdict_goes_criterion_by_criterion_and_a_finding_leads_to_its_line() -> None:
    async with session(stuck(), size=(100, 30)) as user:
        await user.presses("3", "enter", *["down"] * 4, "enter", "enter")  # the tests' output, away
        user.sees("desk").has_lines(
            "Review 1 of 2 criteria met",
            "✗ rework: Not yet.",
            "✓ knows leap years",
            "✗ refuses the 30th of February (it takes it)",
            "? not judged: is fast",
            "✗ blocking tests/test_cli.py:10: February is wrong",
        )
        await user.presses(*["down"] * 7, "enter", "c")
        user.sees("dialog").contains("Comment on tests/test_cli.py:10", "import pytest")


# ── comments ─────────────────────────────────────────────────────────────────────────────────────────


async def comments_on_the_hunk(user: User, link: FakeLink, text: str = "Split this.") -> None:
    await at_the_diff(user, link)
    await user.presses("right_square_bracket", "c")
    await user.writes(text, question="Comment on parsers/cli.py:3-6")


async def test_comments_are_kept_over_an_attach_and_for_other_terminals() -> None:
    link = full_link()
    async with session(link) as user:
        await comments_on_the_hunk(user, link)
        user.sees("desk").contains("✎ Split this.")
    async with session(link, size=(120, 40)) as user:
        await user.presses("3")
        user.sees("desk").contains("T3 Add a --strict", "✎1", "✎ 1 comment not sent", "✎ Split this.")


async def test_a_comment_can_be_changed_and_erased() -> None:
    link = full_link()
    async with session(link) as user:
        await comments_on_the_hunk(user, link)
        await user.presses("down", "c")  # on the comment itself
        await user.writes(" Please.", question="Comment on parsers/cli.py:3-6")
        user.sees("desk").contains("✎ Split this. Please.")
        await user.presses("up", "c", "ctrl+u")
        user.sees("dialog").contains("an empty one erases it")
        await user.presses("enter")
        user.sees("desk").lacks("✎")
    assert link.desk.kept == {}


async def test_comments_alone_are_enough_and_stay_where_the_engine_refuses() -> None:
    link = full_link()
    link.replies = lambda command: Answer(False, "T3 is landed already")
    async with session(link) as user:
        await comments_on_the_hunk(user, link)
        await user.presses("x")
        user.sees("dialog").contains("parsers/cli.py:3-6: Split this.", "enter sends them alone")
        await user.presses("enter")
        user.sees("status").contains("T3 is landed already")
        user.sees("desk").contains("✎ Split this.")
    quote = "@@ -3,3 +3,4 @@ def options(parser):"
    assert link.commands == [Reject("T3", "", (Comment("parsers/cli.py", "Split this.", 3, 6, quote=quote),))]


async def test_a_yes_drops_comments_only_after_asking() -> None:
    link = full_link()
    async with session(link) as user:
        await comments_on_the_hunk(user, link)
        await user.presses("a")
        await user.confirms(question="Merge T3 without your comments?", detail="Your 1 comment on it", yes=False)
        assert link.commands == []
        await user.presses("A")
        user.sees("status").contains("nothing else is ready and green: T3 has comments that you did not send")
        await user.presses("a")
        await user.confirms(question="Merge T3 without your comments?", detail="dropped, not sent")
        assert link.commands == [Approve("T3")]
        user.sees("desk").lacks("✎")


async def test_after_rework_a_comment_stands_where_its_line_is_now() -> None:
    link = full_link()
    async with session(link) as user:
        await at_the_diff(user, link)
        await user.presses("right_square_bracket", "down", "down", "down", "down", "c")
        await user.writes("Why?", question="Comment on parsers/cli.py:5")
        link.patches["T3"] = FILES.replace("@@ -3,3 +3,4 @@", "@@ -13,3 +13,4 @@")
        newer = replace(link.state.tasks["T3"], head="c52d", gated_head="c52d", merged="m2")
        await link.becomes(replace(link.state, tasks={**link.state.tasks, "T3": newer}))
        await user.waits()
        user.sees("desk").contains("--strict", "✎ Why? (on an older version: parsers/cli.py:5)")


@pytest.mark.parametrize("keys", [["3", "c"], ["3", "enter", "home", "c"]])
async def test_without_a_line_under_the_cursor_there_is_nothing_to_comment_on(keys: list[str]) -> None:
    async with session(full_link()) as user:
        await user.presses(*keys)
        assert not user.is_asked
        user.sees("status").contains("put the cursor on a line, a hunk or a file of the diff")


# ── viewed files ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_viewed_mark_lasts_until_the_file_changes() -> None:
    link = full_link()
    async with session(link) as user:
        await at_the_diff(user, link)
        await user.presses("space", "end", "space")
        user.sees("desk").contains("2 of 3 viewed")
    link.patches["T3"] = FILES.replace('"--strict"', '"--pedantic"')
    async with session(link, size=(120, 40)) as user:
        await user.presses("3")
        user.sees("desk").contains("1 of 3 viewed", "--pedantic", "tests/test_cli.py changed +1 -0 ✓ viewed")


async def test_the_tree_shows_what_was_viewed_and_a_folded_file_opens_with_enter() -> None:
    link = full_link()
    async with session(link, size=(200, 50)) as user:
        link.patches["T3"] = FILES
        await user.presses("3", "enter", "f", "space")
        user.sees("desk").contains("✓ ~ cli.py", "parsers/cli.py changed +2 -1 ✓ viewed · ▸ folded")
        await user.presses("c")  # the next file is under both cursors
        user.sees("dialog").contains("Comment on poetry.lock")
        await user.presses("escape", "f", "left_curly_bracket", "enter")
        user.sees("desk").contains('"--strict"')


async def test_in_a_narrow_terminal_the_tree_lies_over_the_diff_and_goes_with_escape() -> None:
    link = full_link()
    async with session(link) as user:
        link.patches["T3"] = FILES
        await user.presses("3", "enter", "f")
        user.sees("desk").contains("~ test_cli.py +1 -0")
        await user.presses("escape")
        user.sees("desk").lacks("~ test_cli.py +1 -0")
        await user.presses("escape", "down", "x")
        user.sees("dialog").contains("Send T4 back?")


# ── what landed, other programs, the mouse ───────────────────────────────────────────────────────────


async def test_what_landed_lately_can_be_looked_at_and_rolled_back() -> None:
    link = full_link()
    await link.becomes(landed_on_top(link.state))
    async with session(link, size=(120, 40)) as user:
        await user.presses("3", "end")
        user.sees("desk").contains("Landed lately", "✓ T1", "landed on main as 1d4a77c0ff")
        await user.presses("B")
        await user.confirms(question="Roll back T1?", detail="T2 landed on top of it and stays")
        assert link.commands == [RollBack("T1")]
        undone = replace(link.state.tasks["T1"], rollback="T20")
        by = task("T20", "Roll back T1", TaskState.LANDED, landed="3f")
        await link.becomes(replace(link.state, tasks={**link.state.tasks, "T1": undone, "T20": by}))
        await user.waits()
        user.sees("desk").contains("↶ rolled back by T20")


async def test_a_file_that_is_gone_and_a_missing_editor_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "no-such-editor")
    link = full_link()
    async with session(link) as user:
        await at_the_diff(user, link)
        await user.presses("e")
        user.sees("status").contains("✗ $VISUAL names 'no-such-editor', which is not there")
        link.desk.trouble = "the commit is gone"
        await user.presses("e")
        user.sees("status").contains("✗ the commit is gone")
        await user.presses("1", "end", "e")
        assert link.desk.programs == []


async def test_the_mouse_puts_the_cursor_and_a_second_click_opens() -> None:
    link = full_link()
    async with session(link) as user:
        await at_the_diff(user, link)
        await user.clicks("--strict")
        await user.presses("c", "escape")
        await user.clicks("poetry.lock", times=2)
        user.sees("desk").contains("bb22")


async def test_all_green_names_what_it_merges_and_says_when_there_is_nothing() -> None:
    link = FakeLink(of([ready(f"T{n}", f"Part {n}") for n in range(1, 9)]))
    async with session(link) as user:
        await user.presses("A")
        await user.confirms(question="Merge all 8 that are ready and green?", detail="T6 Part 6 and 2 more", yes=False)
        await link.becomes(of([task("T1", state=TaskState.ESCALATED, reason="red")]))
        await user.presses("A")
        user.sees("status").contains("nothing is ready and green")
    assert link.commands == []
    assert link.desk.kept == {} != {"T1": Reading()}


async def test_forecast_conflicts_are_said_and_the_list_has_the_suggested_order() -> None:
    state = of([replace(ready(f"T{n}", f"Part {n}", minutes=10 - n), head=f"h{n}") for n in (1, 2, 3)])
    found = (Clash("T2", "T1", ("a.py",)), Clash("T3", "T1", ("b.py",)))
    async with session(FakeLink(replace(state, forecast=Forecast(subject(state), found))), size=(120, 40)) as user:
        await user.presses("3")
        user.sees("desk").contains("≠ conflicts are forecast: with T1 in a.py")
        lines = [line.split("▕")[0].strip() for line in user.sees("desk").lines[:3]]
        assert [line.split()[1] for line in lines] == ["T2", "T3", "T1"]
        assert "≠T1 ready" in lines[0]
        assert "≠T2… ready" in lines[2]


async def test_from_the_list_the_diffs_keys_lead_into_the_diff() -> None:
    link = full_link()
    link.patches["T3"] = FILES
    async with session(link, size=(120, 40)) as user:
        await user.presses("3", "right_square_bracket", "down", "c")
        user.sees("dialog").contains("Comment on parsers/cli.py:3")
        await user.presses("escape", "escape", "space")
        user.sees("desk").contains("1 of 3 viewed")
