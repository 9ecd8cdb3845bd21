"""Commands that ask for something: each gives one command, the same as its key in the cockpit."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from cockpit import commands
from cockpit.cli import REFUSED, Wrong, surroundings
from cockpit.lock import engine_pid
from cockpit.state import Kind, MergePolicy, TaskDraft

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places
    from cockpit.state import Answer

STOP_SECONDS = 90.0
"""How long a polite stop may take before we say that it goes on without us."""


def ask(parsed: argparse.Namespace, command: commands.Command) -> int:
    """Give a command, print the answer; 0, or 1 where it was refused."""
    return give(surroundings.places(parsed), command)


def give(where: Places, command: commands.Command, *, quiet: bool = False) -> int:
    """Give a command, print the answer (`quiet`: only a refusal); 0, or 1 where it was refused."""
    from cockpit.engine import desk
    from cockpit.ledger import LedgerError

    try:
        said = desk.give(where, command)
    except (desk.DeskError, LedgerError) as error:
        raise Wrong(str(error)) from error
    return 0 if said.ok and quiet else _say(said)


def _say(said: Answer) -> int:
    print(said.message, file=sys.stdout if said.ok else sys.stderr)
    return 0 if said.ok else REFUSED


def add(parsed: argparse.Namespace) -> int:
    """`task add [explore|build|review] TITLE`."""
    kind, words = parsed.kind, parsed.title
    if words[0] in ("explore", "build", "review") and len(words) > 1:
        kind, words = words[0], words[1:]
    draft = TaskDraft(
        key="new",
        title=" ".join(words),
        description=parsed.description,
        criteria=tuple(parsed.criterion),
        depends_on=tuple(name.upper() for name in parsed.after),
        kind=Kind(kind),
        role=parsed.role,
        model=parsed.model,
        subject=parsed.of,
        parallel=parsed.parallel,
        category=parsed.category,
        files=tuple(parsed.file),
        priority=parsed.priority,
        merge=MergePolicy(parsed.merge) if parsed.merge else None,
        source="you",
        suggested=parsed.suggest,
    )
    return ask(parsed, commands.AddTasks((draft,)))


def skip(parsed: argparse.Namespace) -> int:
    """`task skip TASK [-m REASON]`."""
    return ask(parsed, commands.SkipTask(parsed.task, parsed.message))


def retry(parsed: argparse.Namespace) -> int:
    """`task retry TASK`."""
    return ask(parsed, commands.RetryTask(parsed.task))


def rollback(parsed: argparse.Namespace) -> int:
    """`rollback TASK`."""
    return ask(parsed, commands.RollBack(parsed.task))


def pause(parsed: argparse.Namespace) -> int:
    """`pause [AGENT|--category C|--role R|--all]`."""
    return ask(parsed, commands.Pause(*_which(parsed)))


def resume(parsed: argparse.Namespace) -> int:
    """`resume [AGENT|--category C|--role R|--all|--now]`."""
    if parsed.now:
        return ask(parsed, commands.TryAgain())
    return ask(parsed, commands.Resume(*_which(parsed)))


def _which(parsed: argparse.Namespace) -> tuple[int | None, str, str]:
    if sum((parsed.agent is not None, bool(parsed.category), bool(parsed.role), parsed.all)) != 1:
        raise Wrong("say which: an agent, --category C, --role R, or --all")
    return parsed.agent, parsed.category, parsed.role


def kill(parsed: argparse.Namespace) -> int:
    """`kill AGENT`."""
    return ask(parsed, commands.Kill(parsed.agent))


def answer(parsed: argparse.Namespace) -> int:
    """`answer QUESTION CHOICE…|TEXT`."""
    return ask(parsed, commands.AnswerQuestion(parsed.question, tuple(parsed.words)))


def stop(parsed: argparse.Namespace) -> int:
    """`stop [--now]`: end the night; with --now kill everything by the process table, without asking anybody."""
    where = surroundings.places(parsed)
    if parsed.now:
        from cockpit.engine import emergency

        return _say(emergency.stop(where))
    code = give(where, commands.StopNight())
    until = time.monotonic() + STOP_SECONDS
    while engine_pid(where.folder) is not None:
        if time.monotonic() > until:
            raise Wrong("the engine is still busy ending the night; `cockpit status` shows it, `stop --now` kills it")
        time.sleep(0.05)
    return code
