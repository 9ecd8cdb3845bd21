"""A dozen pictures of the whole screen, for its layout: `tests/pictures/NAME.txt` is what it has to look like.

A picture that is another now fails with the difference. Where that is meant, `COCKPIT_PICTURES=write scripts/test
tests/flows/test_pictures.py` accepts it; the change of the pictures is then part of what is reviewed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path

import pytest

from cockpit.presence import Seen
from tests.fakes.link import FakeLink, FakeWire
from tests.flows.test_asked import BASE, asking
from tests.flows.test_away import night_state
from tests.nights import PATCH, fleet, full_link
from tests.session import NOON, User, session
from tests.zones import zone

FOLDER = Path(__file__).parents[1] / "pictures"

SMALL, MIDDLE, LARGE = (80, 24), (120, 40), (200, 50)


@dataclass(frozen=True)
class Scene:
    """What is to be seen: a moment, a size, and the keys that lead there."""

    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    link: Callable[[], FakeLink] = full_link


def _asking() -> FakeLink:
    return FakeLink(asking(BASE))


def _away() -> FakeLink:
    link = FakeLink(night_state())
    link.seen.append(Seen(NOON - 8 * 3600))
    link.patches = {"T3": PATCH}
    return link


def _terminal() -> FakeLink:
    state = fleet(3)
    link = FakeLink(replace(state, runs={**state.runs, "T1-1": replace(state.runs["T1-1"], terminal=True)}))
    wire = link.wires["T1-1"] = FakeWire()
    wire.printed += [b"\x1b[2J\x1b[H\x1b[7m vim \x1b[0m zones.py\r\n~\r\n~\r\n", "\x1b[10;1H-- 漢字 --".encode()]
    return link


SCENES = {
    "board-80x24": Scene(SMALL),
    "board-columns-200x50": Scene(LARGE, ("b",)),
    "board-200x50": Scene(LARGE),
    "agents-120x40": Scene(MIDDLE, ("2",)),
    "zoomed-80x24": Scene(SMALL, ("2", "z")),
    "desk-80x24": Scene(SMALL, ("3",)),
    "desk-200x50": Scene(LARGE, ("3", "f")),
    "inbox-card-80x24": Scene(SMALL, ("4", "enter")),
    "question-80x24": Scene(SMALL, ("4", "enter"), _asking),
    "money-120x40": Scene(MIDDLE, ("dollar_sign",)),
    "away-80x24": Scene(SMALL, (), _away),
    "help-80x24": Scene(SMALL, ("question_mark",)),
    "terminal-80x24": Scene(SMALL, ("2",), _terminal),
}


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    """The clock on the screen shows local time."""
    with zone("UTC"):
        yield


@pytest.mark.parametrize("name", SCENES)
async def test_the_screen_looks_as_it_did(name: str) -> None:
    scene = SCENES[name]
    async with session(scene.link(), size=scene.size) as user:
        await user.presses(*scene.keys)
        shown = _picture(user)
    path = FOLDER / f"{name}.txt"
    if os.environ.get("COCKPIT_PICTURES") == "write":
        path.write_text(shown)
    kept = path.read_text() if path.exists() else ""
    assert kept == shown, _difference(name, kept, shown)


def test_every_picture_has_its_scene() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SCENES)


def _picture(user: User) -> str:
    return "\n".join(user.screen()) + "\n"


def _difference(name: str, kept: str, shown: str) -> str:
    lines = unified_diff(kept.splitlines(), shown.splitlines(), f"tests/pictures/{name}.txt", "now", lineterm="", n=1)
    accept = "COCKPIT_PICTURES=write scripts/test tests/flows/test_pictures.py"
    return "\n".join([f"{name} looks different:", *lines, f"Where that is meant, accept it: {accept}"])
