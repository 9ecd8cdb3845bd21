"""The thread that follows the newest state, and the driver that sleeps until a key is pressed."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import aclosing
from pathlib import Path
from queue import Queue

from textual.events import Key
from textual.message import Message

from cockpit import events
from cockpit.hosts.session_file import write
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.newest import Newest
from cockpit.newest_thread import News, follow
from cockpit.places import Places
from cockpit.state import Session
from panes.driver import SleepingDriver

SECONDS = 60.0


def a_night(tmp_path: Path) -> Places:
    places = Places(tmp_path)
    ledger = SqliteLedger(places.folder)
    ledger.append("night", 0, [events.NightStarted("n", 2, "main")], 1.0)
    ledger.close()
    return places


def says(places: Places, number: int, step: str, beat: float) -> Path:
    path = places.session_file(number)
    write(path, Session(f"agent-{number}", current_step=step, last_heartbeat=beat))
    return path


def test_that_an_agent_lives_is_kept_back_for_a_while_and_what_it_does_is_not(tmp_path: Path) -> None:
    places = a_night(tmp_path)
    newest = Newest(places)
    says(places, 1, "one", 1.0)
    news = News(newest, newest.state())

    assert news.look({says(places, 1, "one", 2.0)}) is None
    told = news.look({says(places, 1, "two", 3.0)})
    assert told is not None
    assert told.sessions[1].current_step == "two"
    assert news.look() is None, "that is known"
    newest.close()


def test_of_what_changed_only_that_is_read_but_for_the_ledger(tmp_path: Path) -> None:
    places = a_night(tmp_path)
    newest = Newest(places)
    newest.state()
    first, second = says(places, 1, "one", 1.0), says(places, 2, "two", 1.0)

    assert newest.state({first}).sessions.keys() == {1}
    assert newest.state({second}).sessions.keys() == {1, 2}
    first.unlink()
    assert newest.state({first}).sessions.keys() == {2}
    ledger = SqliteLedger(places.folder)
    ledger.append("task/T1", 0, [events.TaskAdded("T1", "fix login")], 2.0)
    assert "T1" not in newest.state({second}).tasks
    assert "T1" in newest.state({places.folder / "bell"}).tasks
    ledger.close()
    newest.close()


async def test_news_come_by_themselves_and_the_thread_goes_with_its_listener(tmp_path: Path) -> None:
    places = a_night(tmp_path)
    newest = Newest(places)
    async with asyncio.timeout(SECONDS), aclosing(follow(newest, newest.state(), places.sessions)) as news:
        says(places, 1, "one", 1.0)
        while (state := await anext(news)).sessions[1].current_step != "one":
            continue
        says(places, 2, "two", 1.0)
        while 2 not in (state := await anext(news)).sessions:
            continue
        assert state.sessions[1].current_step == "one"
    assert not [thread for thread in threading.enumerate() if thread.name == "following"]
    newest.close()


class Typing(SleepingDriver):
    """Without an app: what is typed comes out at `typed`."""

    def __init__(self, fileno: int) -> None:
        self.fileno, self.typed = fileno, Queue[Message]()
        self.exit_event, self._debug, self._mouse = threading.Event(), False, False
        self._key_thread = threading.Thread(target=self.run_input_thread)
        self._key_thread.start()

    def process_message(self, message: Message) -> None:
        self.typed.put(message)


def test_the_driver_hands_on_keys_and_a_lone_escape_and_ends_when_it_is_told() -> None:
    reading, keyboard = os.pipe()
    driver = Typing(reading)
    thread = driver._key_thread
    assert thread is not None
    for text, key in ((b"x", "x"), (b"\x1b", "escape"), ("ä".encode(), "ä")):
        os.write(keyboard, text)
        event = driver.typed.get(timeout=SECONDS)
        assert isinstance(event, Key)
        assert key in (event.key, event.character)

    driver.disable_input()
    assert not thread.is_alive()
    os.close(reading)
    os.close(keyboard)
