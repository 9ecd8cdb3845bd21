"""`cockpit github setup|sync`: make GitHub ready, and take over what is new there."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from cockpit import commands
from cockpit.cli import REFUSED, Wrong, asking, surroundings
from cockpit.text import plain

if TYPE_CHECKING:
    import argparse

    from cockpit.github_facts import Sync
    from cockpit.places import Places
    from cockpit.policy.issues import Taken
    from cockpit.sources.github.client import Client
    from cockpit.state import State

WAIT_SECONDS = 300.0
"""How long a sync may take before we say that it goes on without us."""

T = TypeVar("T")


def setup(parsed: argparse.Namespace) -> int:
    """`github setup [--dry-run]`: 0, or 1 where the token lacks something."""
    where = surroundings.places(parsed)
    return _with_client(where, lambda client: _setup(client, parsed.dry_run))


async def _setup(client: Client, dry: bool) -> int:
    from cockpit.sources.github import setup as ready

    settings = client.settings
    print(f"repository   {client.where.repo} ({client.where.base_url})")
    for right in ready.needed(settings):
        print(f"needs        {right!s:<22} for {right.why}")
    print("             (a classic token: `repo`, or `public_repo` where it is public)")
    lacking = await ready.check(client)
    wanted = {} if lacking else await ready.missing(client)
    if not lacking and not dry:
        lacking = await ready.make(client, wanted) + await ready.check_writes(client)
    done = "would be made" if dry else "is missing" if lacking else "made"
    for name in wanted:
        print(plain(f"label        {name}: {done}"))
    rights = [] if lacking else await ready.rights(client, dry=dry)
    for one in rights:
        print(plain(f"{_HAS[one.has]:<12} {one.right!s:<22} {one.how}"))
    lacking += [f"the token lacks `{one.right}`" for one in rights if one.has is False]
    for why in lacking:
        print(f"✗ {why}")
    if lacking:
        return REFUSED
    print(_verdict(client, [str(one.right) for one in rights if one.has is None]))
    return 0


_HAS = {True: "has", False: "lacks", None: "unknown"}


def _verdict(client: Client, unknown: list[str]) -> str:
    """What it comes to where nothing is known to be missing."""
    switches = ("claim", "comment", "label", "assign", "close", "push", "pull_requests")
    off = [name for name in switches if not getattr(client.settings, name)]
    said = "✓ the token may do all that is switched on"
    if unknown:
        said = f"? nothing is known to be missing; whether the token has {', '.join(unknown)} shows when it is used"
    return said + (f"; off: {', '.join(off)}" if off else "")


def sync(parsed: argparse.Namespace) -> int:
    """`github sync [--dry-run] [--json]`."""
    where = surroundings.places(parsed)
    if parsed.dry_run:
        return _with_client(where, lambda client: _dry_run(client, surroundings.state(where), parsed.json))
    found = now(where, quiet=True)
    if found is None:
        return REFUSED
    if parsed.json:
        print(json.dumps(as_data(found), indent=2))
    else:
        print(in_words(found))
    return REFUSED if found.trouble else 0


def now(where: Places, *, quiet: bool = False) -> Sync | None:
    """Have the engine sync, and wait for what comes of it; None where it was refused."""
    if not surroundings.configuration(where).github.enabled:
        raise Wrong("GitHub is off: set [github] enabled = true in cockpit.toml, then run `cockpit github setup`")
    before = surroundings.state(where).github.sync.at
    if asking.give(where, commands.SyncGitHub(), quiet=quiet):
        return None
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        state = surroundings.state(where)
        if state.github.sync.at > before and not state.github.asked:
            return state.github.sync
        time.sleep(0.05)
    raise Wrong("the sync still goes on; `cockpit events -f` shows when it is over")


def in_words(found: Sync) -> str:
    """What a sync came to, for people."""
    if found.trouble:
        return plain(f"✗ {found.trouble}")
    lines = [f"added        {', '.join(found.added)}"] if found.added else []
    lines += [f"changed      {', '.join(found.changed)}"] if found.changed else []
    lines += [f"closed       {', '.join(f'#{number}' for number in found.closed)}"] if found.closed else []
    lines += [f"left out     #{one.issue} {one.title}: {one.why}" for one in found.left_out]
    asked = f"{found.calls} requests, {found.unchanged} of them unchanged"
    lines.append(f"{found.looked_at} issues looked at, {'something' if lines else 'nothing'} new ({asked})")
    return plain("\n".join(lines))


def as_data(found: Sync) -> dict[str, Any]:
    """The same as JSON, schema 1."""
    return {
        "schema": 1,
        "looked_at": found.looked_at,
        "added": list(found.added),
        "changed": list(found.changed),
        "left_out": [{"issue": one.issue, "title": one.title, "why": one.why} for one in found.left_out],
        "calls": found.calls,
        "unchanged": found.unchanged,
        "closed": list(found.closed),
        "trouble": found.trouble or None,
    }


async def _dry_run(client: Client, state: State, as_json: bool) -> int:
    """Look, and say what would come of it; nothing is recorded or written."""
    from dataclasses import replace

    from cockpit.github_facts import Sync
    from cockpit.policy import issues
    from cockpit.sources.github.issues import look

    looked = await look(client, {number: seen.is_open for number, seen in state.github.issues.items()})
    named = replace(state, github=replace(state.github, repo=client.where.repo, web=client.where.web))
    taken = issues.take(named, looked.found, lambda task, one: "")
    changed, counts = tuple(dict.fromkeys(taken.changed)), client.counts
    found = Sync(
        0.0, len(looked.found), tuple(taken.added), changed, tuple(taken.left_out), counts.calls, counts.unchanged
    )
    if as_json:
        print(json.dumps(as_data(found), indent=2))
        return 0
    for line in _titles(taken):
        print(line)
    print(in_words(found) + "; nothing was taken over")
    return 0


def _titles(taken: Taken) -> list[str]:
    from cockpit.events import TaskAdded

    added = [event for event in taken.events if isinstance(event, TaskAdded)]
    lines = []
    for one in added:
        after = f"  after {', '.join(one.depends_on)}" if one.depends_on else ""
        lines.append(plain(f"{one.task:<5} #{one.issue} {one.title}  [priority {one.priority}]{after}"))
        lines += [plain(f"      - {criterion}") for criterion in one.criteria]
    return lines


def _with_client(where: Places, work: Callable[[Client], Awaitable[T]]) -> T:
    """Do something with a client of our own, every trouble in words."""
    settings = surroundings.configuration(where).github
    if not settings.enabled:
        raise Wrong("GitHub is off: set [github] enabled = true in cockpit.toml")
    from cockpit.repo.remotes import remote_url
    from cockpit.sources.github.client import Client
    from cockpit.sources.github.errors import GitHubError
    from cockpit.sources.github.remote import where as place

    remote = remote_url(surroundings.repository(where))

    async def run() -> T:
        async with Client.open(settings, place(settings, remote), where.folder / "github", os.environ) as client:
            return await work(client)

    try:
        return asyncio.run(run())
    except GitHubError as error:
        raise Wrong(str(error)) from error
