"""The status's frame, kept beside the ledger, so that `cockpit status` need not fold a long night anew.

It counts only for the very position of the ledger it was made at; in doubt it is made again. Whoever made a
newer one writes it: the engine while it works, or `status` itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cockpit import __version__, durable

NAME = "status.json"

SCHEMA = 2
"""`ledger.schema` says so; not imported, because `status` must answer at once."""


def position(folder: Path) -> int:
    """The position of the ledger's last event; 0 where there is no ledger, -1 where it is one of another format."""
    path = folder / "ledger.db"
    if not path.exists():
        return 0
    database = sqlite3.connect(path, timeout=10)
    try:
        (schema,) = database.execute("PRAGMA user_version").fetchone()
        if schema != SCHEMA:
            return -1  # to be upgraded, or to be refused: not by us
        (found,) = database.execute("SELECT COALESCE(MAX(position), 0) FROM events").fetchone()
    finally:
        database.close()
    return int(found)


def read(folder: Path, at: int) -> dict[str, Any] | None:
    """The frame for the ledger's position `at`; None where none is kept."""
    try:
        kept = json.loads((folder / NAME).read_bytes())
        if kept["position"] == at and kept["version"] == __version__:
            frame: dict[str, Any] = kept["frame"]
            return frame
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def write(folder: Path, at: int, frame: Mapping[str, Any]) -> None:
    """Keep a frame. It is only a help, so a full disk is no trouble."""
    with suppress(OSError):
        durable.replace(folder / NAME, json.dumps({"position": at, "version": __version__, "frame": frame}).encode())
