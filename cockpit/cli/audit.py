"""`audit`: who decided what, when, and why."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from cockpit import codec
from cockpit.audit import Entry, trail
from cockpit.cli import surroundings
from cockpit.text import plain

if TYPE_CHECKING:
    import argparse


def audit(parsed: argparse.Namespace) -> int:
    """`audit [TASK] [--json]`."""
    from cockpit.ledger.sqlite import SqliteLedger

    where = surroundings.places(parsed)
    if not surroundings.has_ledger(where):
        return 0
    ledger = SqliteLedger(where.folder, create=False)
    try:
        for entry in trail(ledger.read()):
            if parsed.task is None or parsed.task.upper() in (entry.about.upper(), f"T{entry.about}"):
                print(json.dumps(codec.encode(entry)) if parsed.json else line(entry))
    finally:
        ledger.close()
    return 0


def line(entry: Entry) -> str:
    """An entry in a line."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at))
    why = f": {entry.why}" if entry.why else ""
    return " ".join(plain(f"{stamp} {entry.about:<8} {entry.who}: {entry.what}{why}").split("\n"))
