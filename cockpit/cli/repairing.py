"""`cockpit repair`: what a crash left behind, found and put right; needs no engine and harms no living one."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from cockpit.cli import REFUSED, Wrong, surroundings
from cockpit.text import plain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from cockpit.engine.repair import Case
    from cockpit.places import Places

SCHEMA = 1


def repair(parsed: argparse.Namespace) -> int:
    """0 where nothing is wrong or all was put right; 1 where something is left, or `--check` found anything."""
    from cockpit.ledger import LedgerError
    from cockpit.lock import EngineLock, EngineRuns, engine_pid

    where = surroundings.places(parsed)
    if not surroundings.has_ledger(where):
        raise Wrong(f"there is no ledger at {where.folder}; nothing was ever done here")
    try:
        if parsed.check:
            return _told(parsed, engine_pid(where.folder), _look(where, engine_pid(where.folder)))
        try:
            with EngineLock(where.folder):
                return _told(parsed, None, _mend(where, None))
        except EngineRuns:
            living = engine_pid(where.folder)
            return _told(parsed, living, _mend(where, living))
    except (LedgerError, sqlite3.Error, OSError) as error:
        raise Wrong(str(error)) from error


def _case(where: Places, living: int | None) -> Case:
    from cockpit.engine.engine import Engine
    from cockpit.engine.repair import Case
    from cockpit.ledger.sqlite import SqliteLedger

    settings, repository = surroundings.configuration(where), surroundings.repository(where)
    ledger = SqliteLedger(where.folder, create=False)
    engine = Engine(ledger, repository=repository, config=settings, environ=os.environ)
    engine.catch_up()
    return Case(engine, living)


def _look(where: Places, living: int | None) -> list[dict[str, Any]]:
    """All that is wrong, untouched."""
    from cockpit.engine import repair, repair_git
    from cockpit.ledger import LedgerError, damage

    damaged = damage.check(where.folder)
    try:
        case = _case(where, living)
    except LedgerError:
        if damaged:  # nothing else can be looked at before it can be read
            return [_entry(repair.Trouble("ledger", str(where.folder), one.text), None, "") for one in damaged]
        raise
    found = [*repair.find(case), *repair_git.find(case)]
    case.engine.ledger.close()
    return [_entry(t, None, t.do) for t in found]


def _mend(where: Places, living: int | None) -> list[dict[str, Any]]:
    from cockpit.engine import repair, repair_git
    from cockpit.ledger import damage

    mended = [] if living else damage.mend(where.folder, time.time())  # first, or nothing else can be read
    done = [_entry(repair.Trouble("ledger", str(where.folder), words), True, "") for words in mended]
    case = _case(where, living)
    fixed = []
    for trouble in [*repair.find(case), *repair_git.find(case)]:
        why = repair.put_right(case, trouble)
        done.append(_entry(trouble, not why, why))
        fixed += [trouble] if not why else []
    repair.told(case, fixed)
    case.engine.ledger.close()
    return done


def _entry(trouble: Any, fixed: bool | None, why: str) -> dict[str, Any]:
    return {"what": trouble.what, "where": trouble.where, "text": plain(trouble.text), "fixed": fixed, "do": plain(why)}


def _told(parsed: argparse.Namespace, living: int | None, found: list[dict[str, Any]]) -> int:
    if parsed.json:
        print(json.dumps({"schema": SCHEMA, "engine": living, "checked_only": parsed.check, "found": found}, indent=2))
    else:
        print("\n".join(_lines(living, found)))
    return REFUSED if any(not entry["fixed"] for entry in found) else 0


def _lines(living: int | None, found: list[dict[str, Any]]) -> Iterator[str]:
    if living is not None:
        yield f"engine {living} runs and looks after its runs and git itself; the rest was looked at"
    for entry in found:
        mark = {True: "✓ put right", False: "✗ left", None: "! found"}[entry["fixed"]]
        yield f"{mark}: {entry['text']}"
        if entry["do"]:
            yield f"    {entry['do']}"
    if not found:
        yield "nothing is wrong"
