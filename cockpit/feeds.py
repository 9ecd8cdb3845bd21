"""Feeds what shows: transcripts and terminals of the agents whose panes are on the screen, and the desk's diff."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar, cast

from textual.app import App
from textual.worker import Worker

from cockpit.link import Link
from cockpit.state import Run, State, Task

if TYPE_CHECKING:
    from panes.agent_pane import AgentPane
    from panes.diff_model import Diff
    from panes.merge_desk import MergeDesk

Item = TypeVar("Item")


def closing(iterator: AsyncIterator[Item]) -> aclosing[AsyncGenerator[Item, None]]:
    """Closes what a link iterates when nobody listens any more, so that its files and watches go at once."""
    return aclosing(cast("AsyncGenerator[Item, None]", iterator))


@dataclass
class Feed:
    """How far one agent's pane is fed."""

    run: str
    seq: int = 0
    worker: Worker[None] | None = None


class Feeds:
    """One worker for each pane that shows; a pane that is hidden for a while goes on where it was."""

    def __init__(self, app: App[None], link: Link) -> None:
        """Nothing is followed yet."""
        self._app = app
        self._link = link
        self._feeds: dict[int, Feed] = {}

    def follow(self, state: State, panes: Mapping[int, AgentPane], shown: tuple[int, ...]) -> None:
        """Follow the newest run of each agent in `shown`, and nothing else."""
        for number in panes:
            run = newest_run(state, number)
            if number in shown and run is not None:
                self._start(number, run, panes[number])
            else:
                self._stop(number)

    def _start(self, number: int, run: Run, pane: AgentPane) -> None:
        feed = self._feeds.get(number)
        if feed is None or feed.run != run.id:
            self._stop(number)
            if feed is not None:
                pane.transcript.reset()
            feed = self._feeds[number] = Feed(run.id)
        if feed.worker is None:
            show = partial(self._show_terminal, run.started) if run.terminal else self._feed
            work = partial(show, feed, pane)
            feed.worker = self._app.run_worker(work, group="transcripts", exit_on_error=False)

    def _stop(self, number: int) -> None:
        feed = self._feeds.get(number)
        if feed is not None and feed.worker is not None:
            feed.worker.cancel()
            feed.worker = None

    async def _show_terminal(self, started: float, feed: Feed, pane: AgentPane) -> None:
        view = pane.open_terminal()
        name = f"{self._link.repository}/{feed.run}@{started:.0f}"  # run ids come again in other repositories
        await view.follow(partial(self._link.terminal, feed.run), name)

    async def _feed(self, feed: Feed, pane: AgentPane) -> None:
        pane.close_terminal()
        async with closing(self._link.transcript(feed.run, feed.seq)) as batches:
            async for lines in batches:
                fresh = [line for line in lines if line.seq > feed.seq]
                if fresh:
                    feed.seq = fresh[-1].seq
                    pane.transcript.add(fresh)


def newest_run(state: State, number: int) -> Run | None:
    """The run an agent's slot holds, or the last one that it held."""
    if (run := state.agent_run(number)) is not None:
        return run
    return max((r for r in state.runs.values() if r.agent == number), key=lambda r: r.started, default=None)


async def fetch_diff(link: Link, task: Task) -> tuple[Diff | None, str]:
    """A task's diff, read in a thread; or None, and why there is none."""
    from panes.diff_model import parse  # brings the diff reader, which only the desk needs

    try:
        diff = await asyncio.to_thread(parse, await link.diff(task))
        paths = [change.path for change in diff.files]
        written = await link.desk.generated(paths) if paths else frozenset()
        diff.generated = frozenset(n for n, path in enumerate(paths) if path in written)
        return diff, ""
    except Exception as error:  # the desk says it where the diff would be
        return None, str(error) or type(error).__name__


def is_still_wanted(task: Task | None, wanted: MergeDesk.DiffWanted) -> bool:
    """Whether the task still compares the commits that the diff was asked for."""
    from panes.desk_text import commits

    return task is not None and commits(task) == (wanted.base, wanted.head)
