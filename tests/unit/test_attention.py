"""What draws the eye: the title's counts, what is news, and the sequences for a notification."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.attention import news, notification, title
from cockpit.screen_settings import ScreenSettings
from cockpit.state import State, TaskState
from tests.fakes.link import FakeLink
from tests.nights import of, ready, task
from tests.session import NOON, session


def test_the_title_counts_what_waits_works_and_landed_tonight() -> None:
    landed = task("T3", state=TaskState.LANDED)
    state = of(
        [
            ready("T1"),
            task("T2", state=TaskState.WORKING),
            replace(landed, landed_at=NOON - 60),
            replace(landed, id="T4", landed_at=NOON - 90_000),
        ]
    )
    assert title(state, "parsers") == "◆ 1 waiting · 1 at work · 1 landed · parsers"
    assert title(State(), "par\x1b]0;evil\x07sers") == "◆ parsers"


def test_news_is_what_waits_now_and_did_not_before() -> None:
    before, after = of([ready("T1")]), of([ready("T1"), ready("T2")])
    assert news(before, after) == "T2 waits for you"
    assert news(after, before) == ""
    assert news(State(), after) == "2 things wait for you"


def test_a_notification_says_it_both_ways_and_goes_through_tmux() -> None:
    plainly = notification("a;b", "T2 waits for you", {})
    assert plainly == "\x1b]9;a b: T2 waits for you\x07\x1b]777;notify;a b;T2 waits for you\x07"
    wrapped = notification("r", "x", {"TMUX": "/tmp/tmux"})
    assert wrapped.startswith("\x1bPtmux;\x1b\x1b]9;r: x\x07\x1b\\")


@pytest.mark.parametrize(("bell", "rings"), [(True, 1), (False, 0)])
async def test_the_bell_rings_once_when_something_new_waits_and_never_by_default(
    monkeypatch: pytest.MonkeyPatch, bell: bool, rings: int
) -> None:
    link = FakeLink(of([ready("T1")]))
    async with session(link, settings=ScreenSettings(bell=bell)) as user:
        rung = []
        monkeypatch.setattr(user.app, "bell", lambda: rung.append(1))
        await link.becomes(of([ready("T1"), ready("T2")]))
        await user.waits()
        await link.becomes(of([ready("T2")]))
        await user.waits()
        assert len(rung) == rings


async def test_the_configured_colours_are_worn_from_the_first_paint() -> None:
    async with session(FakeLink(), settings=ScreenSettings(theme="high-contrast")) as user:
        assert user.app.theme == "high-contrast"
