"""The lock of an issue on the GitHub of this machine: one has it, it lapses, is given back; faults lose nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.config_github import GitHubConfig
from cockpit.sources.github import locks, remote, showing
from cockpit.sources.github.client import Client
from cockpit.sources.github.errors import Denied, GitHubError
from cockpit.sources.github.issues import look, newest
from cockpit.sources.github.locks import Held, Other, Owner, Word
from tests.fakes.github import Fault, StandIn
from tests.repos import git, make_repo

ADA, BOB = Owner("a", "desk", 1800.0), Owner("b", "nas", 1800.0)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[StandIn]:
    """A GitHub with a commit on main."""
    root = make_repo(tmp_path)
    with StandIn(tmp_path / "hub") as hub:
        git(root, "push", "-q", str(hub.repo.remote.path), "main")
        yield hub


@asynccontextmanager
async def line(hub: StandIn, folder: Path, right: str = "write") -> AsyncIterator[Client]:
    """A client of somebody with that right; nobody waits in real time."""

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    where = remote.Where("acme/site", hub.api_url)
    environ = {"GITHUB_TOKEN": hub.token(f"ada-{right}", right)}
    async with Client.open(GitHubConfig(), where, folder, environ, sleep=sleep) as client:
        yield client


async def test_of_many_that_want_an_issue_at_once_exactly_one_gets_it(hub: StandIn, tmp_path: Path) -> None:
    owners = [Owner(str(n), f"host-{n}", 1800.0) for n in range(6)]
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(line(hub, tmp_path / str(n))) for n in range(6)]
        pairs = zip(lines, owners, strict=True)
        said = await asyncio.gather(*(locks.take(client, 7, owner, "T1") for client, owner in pairs))
        winner = next(n for n, one in enumerate(said) if isinstance(one, Held))
        assert sum(isinstance(one, Held) for one in said) == 1
        assert all(one.by == f"the cockpit on host-{winner}, as its T1" for one in said if isinstance(one, Other))


async def test_a_lock_that_lapsed_goes_to_one_and_its_old_owner_notices(hub: StandIn, tmp_path: Path) -> None:
    async with line(hub, tmp_path / "a") as ada, line(hub, tmp_path / "b") as bob, line(hub, tmp_path / "c") as carol:
        held = await locks.take(ada, 7, replace(ADA, lease=0.0), "T1")
        assert isinstance(held, Held)
        others = [locks.take(bob, 7, BOB, "T4"), locks.take(carol, 7, Owner("c", "hub", 1800.0), "T9")]
        said = await asyncio.gather(*others)
        assert [isinstance(one, Held) for one in said].count(True) == 1
        lost = await locks.keep(ada, 7, ADA, "T1", held)
        assert isinstance(lost, Other)
        assert lost.by.startswith(("the cockpit on nas", "the cockpit on hub"))
        assert not await locks.give_back(ada, 7, ADA, "T1", held, Word.FREE)


async def test_it_is_kept_given_back_and_taken_anew_also_by_an_engine_that_remembers_nothing(
    hub: StandIn, tmp_path: Path
) -> None:
    async with line(hub, tmp_path / "a") as ada, line(hub, tmp_path / "b") as bob:
        held = await locks.take(ada, 7, ADA, "T1")
        assert isinstance(held, Held)
        assert isinstance(held := await locks.keep(ada, 7, ADA, "T1", held), Held)
        assert isinstance(await locks.keep(ada, 7, ADA, "T1", None), Held)
        assert isinstance(await locks.take(bob, 7, BOB, "T4"), Other)
        assert await locks.give_back(ada, 7, ADA, "T1", None, Word.FREE)
        assert isinstance(await locks.take(bob, 7, BOB, "T4"), Held)
        assert await locks.give_back(bob, 7, BOB, "T4", None, Word.DONE)
        done = await locks.take(ada, 7, ADA, "T1")
        assert isinstance(done, Other)
        assert done.by == "the cockpit on nas has done it, as its T4"


async def test_an_answer_that_is_lost_loses_no_lock(hub: StandIn, tmp_path: Path) -> None:
    async with line(hub, tmp_path / "a") as ada:
        hub.faults.append(Fault(method="POST", path="/git/refs", cut="after"))
        held = await locks.take(ada, 7, ADA, "T1")
        assert isinstance(held, Held)
        hub.faults.append(Fault(method="PATCH", path="/git/refs", cut="after"))
        assert isinstance(await locks.keep(ada, 7, ADA, "T1", held), Held)
        hub.faults.append(Fault.broken(method="PATCH", path="/git/refs"))
        assert isinstance(await locks.keep(ada, 7, ADA, "T1", None), Held)


async def test_without_the_right_nothing_is_claimed_and_it_is_said(hub: StandIn, tmp_path: Path) -> None:
    async with line(hub, tmp_path / "a", "read") as ada:
        with pytest.raises(Denied):
            await locks.take(ada, 7, ADA, "T1")
        with pytest.raises(GitHubError):
            await showing.say(ada, 99, "words", "mark")


async def test_a_thousand_unchanged_issues_cost_nothing_of_the_quota(hub: StandIn, tmp_path: Path) -> None:
    for n in range(1000):
        hub.repo.issue(f"Issue {n}", "some words", by="acme", labels=["cockpit"])
    async with line(hub, tmp_path / "a") as ada:
        mark = await newest(ada)
        assert len((await look(ada, {})).found) == 1000
    left = hub.remaining
    async with line(hub, tmp_path / "a") as ada:  # the next process
        assert await newest(ada) == mark
        assert (ada.counts.calls, ada.counts.unchanged) == (1, 1)
        assert len((await look(ada, dict.fromkeys(range(1, 1001), True))).found) == 1000
        assert ada.counts.calls == ada.counts.unchanged
        assert hub.remaining == left
        hub.repo.issues[500].title = "another"
        hub.repo.touch(500)
        found = (await look(ada, {})).found
        assert (found[499].title, hub.remaining) == ("another", left - 1)


async def test_parts_and_blockers_make_the_order(hub: StandIn, tmp_path: Path) -> None:
    whole = hub.repo.issue("Whole", "", by="acme", labels=["cockpit"])
    part = hub.repo.issue("Part", "", by="acme", labels=["cockpit"])
    late = hub.repo.issue("Late", "depends on #4", by="acme", labels=["cockpit"])
    other = hub.repo.issue("Nobody's", "", by="acme")
    whole.sub_issues.append(part.number)
    async with line(hub, tmp_path / "a") as ada:
        found = {one.number: one for one in (await look(ada, {})).found}
        assert found[whole.number].needs == (part.number,)
        assert found[late.number].left_out == "it waits for #4, which is open and not ours"
        hub.repo.close(other.number)
        found = {one.number: one for one in (await look(ada, {})).found}
        assert (found[late.number].left_out, found[late.number].needs) == ("", ())
