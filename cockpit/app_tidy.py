"""The keys about what lies around: cleaning up, and what all agents may read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cockpit.commands import Clean
from cockpit.text import plain
from cockpit.words import size, stamp

if TYPE_CHECKING:
    from cockpit.app_base import AppBase
    from cockpit.git_facts import Removal
    from cockpit.shared import Shared

HOURS = 24
"""What is over for less stays, as `cockpit clean` has it."""
WIDTH = 110
"""Of a shared file's card, where the terminal is as wide."""


# ── cleaning up ──────────────────────────────────────────────────────────────────────────────────────


def clean(app: AppBase) -> None:
    """Look what would go, and ask."""
    app.say("looking what can go …", None)
    app.begin_work(partial(_clean, app), "clean")


async def _clean(app: AppBase) -> None:
    try:
        goes, stays = await app.link.cleanable(HOURS * 3600.0)
    except Exception as error:  # git, or a disk: the person must read why nothing happens
        app.say(f"it can't be found out what may go: {error}", ok=False)
        return
    if not goes:
        left = f"; {len(stays)} stay{'s' if len(stays) == 1 else ''}: {_why(stays[0])}" if stays else ""
        app.say(f"nothing to remove{left}", ok=True)
        return
    from panes.clean_up import CleanUp

    count = f"{len(goes)} thing{'s' if len(goes) != 1 else ''}"
    room = sum(one.size for one in goes)
    question = f"Remove {count}{f', {size(room)}' if room else ''}?"
    asked = CleanUp(question, cleaning_text(goes, stays))
    app.push_screen(asked, lambda yes: app.give(Clean(HOURS * 3600.0)) if yes else None)


def cleaning_text(goes: tuple[Removal, ...], stays: tuple[Removal, ...]) -> str:
    """A line each, as `cockpit clean --dry-run` says it."""
    lines = [f"would remove {_name(one)}: {one.why}{_kept(one)}" for one in goes]
    lines += [f"stays {_name(one)}: {one.why}" for one in stays]
    return "\n".join(plain(line) for line in lines)


def _name(one: Removal) -> str:
    return f"{one.what} {one.name.rpartition('/')[2] if one.what != 'branch' else one.name}"


def _kept(one: Removal) -> str:
    return f"; what only it held is kept as {one.rescued}" if one.rescued else ""


def _why(one: Removal) -> str:
    return plain(f"{_name(one)}, {one.why}")


# ── what all agents may read ─────────────────────────────────────────────────────────────────────────


def context(app: AppBase) -> None:
    """Show what is shared."""
    app.begin_work(partial(_context, app), "context")


async def _context(app: AppBase) -> None:
    from panes.pick import Option, Pick

    found = await app.link.shared()
    if not found:
        app.say("nothing is shared; explorations share their answers, `cockpit context add FILE` shares a file", None)
        return
    known = app.state.context
    options = [Option(name, name, _about(known.get(name), length)) for name, length in found]
    app.push_screen(Pick("What all agents may read", options), partial(_chosen, app))


def _about(one: Shared | None, length: int) -> str:
    if one is None:
        return size(length)
    title = one.title if not one.task else " ".join(filter(None, (one.task, one.title)))
    return plain(" · ".join(filter(None, (title, stamp(one.at) if one.at else "", size(length)))))


def _chosen(app: AppBase, name: str | None) -> None:
    if name:
        app.begin_work(partial(_read, app, name), "context")


async def _read(app: AppBase, name: str) -> None:
    from textual.content import Content

    from panes.dialogs import Card

    try:
        text = await app.link.shared_text(name)
    except Exception as error:  # it may have been removed since
        app.say(str(error), ok=False)
        return
    one = app.state.context.get(name)
    heading = plain(f"{name}  {one.title}" if one and one.title else name)
    card = Card(heading, Content(plain(text).rstrip()), min(app.size.width * 96 // 100, WIDTH))
    app.push_screen(card, lambda _: context(app))
