"""`plan --ai` and what follows it: ask the planner, show what it proposes, edit it, agree or discard."""

from __future__ import annotations

import math
import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import commands
from cockpit.cli import REFUSED, Wrong, asking, surroundings
from cockpit.lock import engine_pid
from cockpit.plan_text import shown, waiting
from cockpit.policy.forecast_plan import agents_of, forecast
from cockpit.policy.planning import waits
from cockpit.text import plain

if TYPE_CHECKING:
    import argparse

    from cockpit.config import Config
    from cockpit.places import Places
    from cockpit.state import Plan, State

_TASKS = re.compile(r"(\d{1,3})(?:\s?[-–]\s?(\d{1,3}))?")

HOW = "nothing was added: `cockpit plan --accept` adds it, `--edit` opens it in $EDITOR, `--discard` drops it"


def answer(parsed: argparse.Namespace, where: Places) -> int:
    """`plan --show|--edit|--accept|--discard`: what a person does with what is proposed."""
    if parsed.show:
        return show(where)
    if parsed.edit:
        return edit(where)
    if parsed.discard:
        return asking.give(where, commands.DiscardPlan())
    return asking.give(where, commands.AgreePlan())


def show(where: Places) -> int:
    """`plan --show`: the proposed plan; 1 where there is none to agree to."""
    state = surroundings.state(where)
    if state.plan is None:
        print("no plan is proposed; `cockpit plan --ai FILE` asks for one")
        return REFUSED
    _print(state, state.plan)
    if not state.plan.is_proposed:
        return REFUSED
    print(HOW)
    return 0


def ask(parsed: argparse.Namespace, where: Places) -> int:
    """`plan --ai FILE…`: ask, wait, show; with --yes agree."""
    settings = surroundings.configuration(where)
    wished = wanted(parsed.files, parsed.section or "", tasks_in(parsed.tasks) if parsed.tasks else None, settings)
    if parsed.dry_run:
        return _dry_run(wished, settings)
    check_ready(settings)
    if code := asking.give(where, wished):
        return code
    sys.stdout.flush()
    try:
        plan = awaited(where, partial(print, flush=True))
    except KeyboardInterrupt:
        print("the planner goes on; `cockpit plan --show` has what comes of it, `--discard` has it leave off")
        raise
    state = surroundings.state(where)
    if plan is None:
        print("the plan was discarded or agreed to from elsewhere", file=sys.stderr)
        return REFUSED
    if plan.failed:
        print(f"there is no plan: {plan.failed}", file=sys.stderr)
        return REFUSED
    _print(state, plan)
    if parsed.yes:
        return asking.give(where, commands.AgreePlan(plan.version))
    print(HOW)
    return 0


def wanted(files: Sequence[Path], section: str, tasks: tuple[int, int] | None, settings: Config) -> commands.AskPlan:
    """What is asked for, its files looked at first: a wrong name is best said at once."""
    from cockpit.sources import prose
    from cockpit.sources.plan import PlanError

    least, most = tasks or (settings.planner.least, settings.planner.most)
    paths = [path.expanduser().absolute() for path in files]
    try:
        prose.read(paths, section)
    except PlanError as error:
        raise Wrong(str(error)) from error
    return commands.AskPlan(tuple(map(str, paths)), section, least, most)


def tasks_in(text: str) -> tuple[int, int]:
    """`12-16` or `8`."""
    found = _TASKS.fullmatch(text.strip())
    if not found:
        raise Wrong(f"--tasks {text}: expected a number or two, e.g. 12-16 or 8")
    least = int(found[1])
    return least, int(found[2] or least)


def _dry_run(wanted: commands.AskPlan, settings: Config) -> int:
    """What would be asked. That costs money, so nobody is: without --yes nothing is ever added unseen."""
    names = ", ".join(Path(path).name for path in wanted.files)
    part = f", of it {wanted.section!r}" if wanted.section else ""
    print(f"would ask {settings.role('planner').model} for {wanted.least} to {wanted.most} tasks made of {names}{part}")
    print(f"it may cost up to ${settings.planner.max_usd:.2f} ([planner] max_usd), less where a cap has less room")
    print("nobody was asked, and nothing was added; without --dry-run the plan is shown, and waits for your yes")
    return 0


def check_ready(settings: Config) -> None:
    """See that there is somebody to ask. Raises Wrong."""
    from cockpit.engine import readiness

    try:
        readiness.check_agent(settings, os.environ)
    except readiness.NotReady as error:
        raise Wrong(str(error)) from error


def awaited(where: Places, say: Callable[[str], object], until: float = math.inf) -> Plan | None:
    """The plan when it is there, or why it isn't; None where somebody else answered it meanwhile.

    `say` is told why it takes longer. Raises TimeoutError when `until` (monotonic) is past; the planner goes on.
    """
    from cockpit.engine import desk
    from cockpit.fold import fold
    from cockpit.ledger.sqlite import SqliteLedger

    ledger = SqliteLedger(where.folder, create=False)
    state, told = surroundings.state(where), False
    try:
        while state.plan is not None and state.plan.is_asked:
            if not told and (limit := waits(state)):
                say(plain(waiting(limit)))
                told = True
            if engine_pid(where.folder) is None:
                state = fold(ledger.read(state.position), state)
                if state.plan is not None and state.plan.is_asked:
                    desk.ensure_engine(where)  # it died: the next one asks, or says that this came to nothing
            if time.monotonic() > until:
                raise TimeoutError("the planner is still at work, and goes on")
            time.sleep(0.05)
            state = fold(ledger.read(state.position), state)
        return state.plan
    except desk.DeskError as error:
        raise Wrong(str(error)) from error
    finally:
        ledger.close()


def _print(state: State, plan: Plan) -> None:
    found = forecast(state, plan.drafts, plan.guesses, agents_of(state, plan.agents))
    print("\n".join(shown(plan, found, waits(state))))


def edit(where: Places) -> int:
    """`plan --edit`: the whole plan in $EDITOR, as the Markdown that `cockpit plan` reads."""
    import asyncio

    from cockpit.editor import EditorError
    from cockpit.plan_editing import Desk, edit_plan
    from cockpit.state import Answer

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Wrong("there is no terminal for an editor; `cockpit plan --show` shows the plan")

    async def give(command: commands.ChangePlan) -> Answer:
        from cockpit.engine import desk

        return await asyncio.to_thread(desk.give, where, command)

    try:
        said = asyncio.run(edit_plan(Desk(lambda: surroundings.state(where), give)))
    except EditorError as error:
        raise Wrong(str(error)) from error
    print(said.message, file=sys.stdout if said.ok else sys.stderr)
    return 0 if said.ok else REFUSED
