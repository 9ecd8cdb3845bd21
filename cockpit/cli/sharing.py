"""Commands about the shared context: what all agents may read beside the repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cockpit import commands, shared_files
from cockpit.cli import Wrong, asking, surroundings
from cockpit.shared_files import CannotShare
from cockpit.text import plain
from cockpit.words import stamp

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from cockpit.places import Places


def listed(parsed: argparse.Namespace) -> int:
    """`context [list] [--json]`."""
    found = entries(surroundings.places(parsed))
    if getattr(parsed, "json", False):
        print(json.dumps(found, indent=2))
        return 0
    for one in found:
        who = f"from {one['task']}" if one["task"] else f"by {one['by'] or 'somebody'}"
        when = f", {stamp(one['at'])}" if one["at"] else ""
        print(plain(f"{one['name']:<32} {one['bytes']:>7} B  {who}{when}  {one['title']}".rstrip()))
    if not found:
        print("nothing is shared; explorations share their answers, and `cockpit context add FILE` shares a file")
    return 0


def entries(where: Places) -> list[dict[str, Any]]:
    """What lies in the folder, with what the ledger knows of it."""
    known = surroundings.state(where).context
    found = []
    for name in shared_files.names(where.context):
        one = known.get(name)
        facts = {"title": one.title, "task": one.task, "by": one.by, "at": one.at} if one else _UNKNOWN
        found.append({"name": name, "bytes": (where.context / name).stat().st_size, **facts})
    return found


_UNKNOWN = {"title": "", "task": "", "by": "", "at": 0.0}


def show(parsed: argparse.Namespace) -> int:
    """`context show NAME`."""
    try:
        print(plain(shared_files.read(surroundings.places(parsed).context, parsed.name)).rstrip())
    except CannotShare as error:
        raise Wrong(str(error)) from error
    return 0


def add(parsed: argparse.Namespace) -> int:
    """`context add FILE [--name NAME] [--title TITLE]`."""
    where = surroundings.places(parsed)
    name = parsed.name or parsed.file.name
    try:
        shared_files.put(where.context, name, _text(parsed.file))
    except CannotShare as error:
        raise Wrong(str(error)) from error
    return asking.give(where, commands.ShareContext(name, parsed.title))


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CannotShare(f"{file} can't be read: {error.strerror}") from error
    if b"\0" in data:
        raise CannotShare(f"{file} is a binary file; agents read text")
    return data.decode("utf-8", "replace")


def remove(parsed: argparse.Namespace) -> int:
    """`context remove NAME`."""
    where = surroundings.places(parsed)
    try:
        shared_files.read(where.context, parsed.name)
    except CannotShare as error:
        raise Wrong(str(error)) from error
    code = asking.give(where, commands.RemoveContext(parsed.name))
    if code == 0:
        shared_files.take_out(where.context, parsed.name)
    return code
