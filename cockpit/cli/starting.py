"""Commands that start something: init, doctor, plan, run, demo, and attaching to what runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import commands
from cockpit.cli import REFUSED, Wrong, asking, notifying, surroundings
from cockpit.state import MergePolicy, TaskChanges, TaskDraft, TaskState

if TYPE_CHECKING:
    import argparse

    from cockpit.config import Config
    from cockpit.places import Places
    from cockpit.repo import Repository


def init(parsed: argparse.Namespace) -> int:
    """`init`: write a `cockpit.toml`, never over an existing one."""
    from cockpit.detect import cockpit_toml, detect

    where = surroundings.places(parsed)
    path = where.root / "cockpit.toml"
    text = cockpit_toml(detect(where.root), surroundings.repository(where).current_branch() or "main")
    if parsed.print:
        print(text, end="")
        return 0
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Wrong(f"{path} exists already and is left as it is; `cockpit init --print` shows a new one") from None
    print(f"wrote {path}; look it over, then `cockpit plan PLAN.md` and `cockpit run`")
    return 0


def doctor(parsed: argparse.Namespace) -> int:
    """`doctor`: 0 where nothing is wrong, 1 otherwise."""
    from cockpit.doctor import examine

    start = (parsed.root or Path.cwd()).resolve()
    kind, command, cap, cage, hooks = "claude", "", None, ("auto", False), False
    services: dict[str, str] = {}
    network = None
    try:
        settings = surroundings.configuration(surroundings.places(parsed))
        kind, command = settings.agents.kind, settings.agents.command
        hooks = settings.agents.repo_hooks
        services = settings.notify.services()
        cap = None if settings.agents.unpriced else settings.budget.night_usd
        cage = (settings.cage.kind, settings.cage.require)
        network = None if settings.cage.network else _cut_problem(settings)
    except Wrong as error:
        print(f"✗ configuration: {error}")
    checks = examine(
        start,
        agent_kind=kind,
        agent_command=command,
        cap_usd=cap,
        cage=cage[0],
        cage_required=cage[1],
        environ=os.environ,
        repo_hooks=hooks,
        network=network,
    )
    checks += notifying.examine(parsed, services)
    for check in checks:
        mark = {True: "✓", None: "!", False: "✗"}[check.ok]
        print(f"{mark} {check.name}: {check.found}")
        if check.ok is not True and check.fix:
            print(f"    {check.fix}")
    return REFUSED if any(check.ok is False for check in checks) else 0


def _cut_problem(settings: Config) -> str:
    """Why agents could not do without a network here; empty where they can."""
    from cockpit.engine import readiness

    try:
        readiness.check_network(settings, os.environ)
    except readiness.NotReady as error:
        return str(error)
    return ""


def plan(parsed: argparse.Namespace) -> int:
    """`plan FILE…`: Markdown to tasks; with --ai, prose to tasks that wait for a yes."""
    from cockpit.cli import planning

    where = surroundings.places(parsed)
    about = parsed.show or parsed.edit or parsed.accept or parsed.discard
    if bool(about) == bool(parsed.files):
        raise Wrong("name a file to plan from, or one of --show, --edit, --accept and --discard for what is proposed")
    if about:
        return planning.answer(parsed, where)
    if parsed.ai:
        return planning.ask(parsed, where)
    if parsed.yes or parsed.tasks:
        raise Wrong("--yes and --tasks belong to --ai; without it a plan is read as it is written")
    drafts = read_plans(parsed.files, parsed.section)
    if parsed.dry_run:
        _print_drafts(where, drafts)
        _print_reserves(where, drafts)
        return 0
    return asking.give(where, commands.AddTasks(tuple(drafts)))


def read_plans(files: Sequence[Path], section: str | None) -> list[TaskDraft]:
    """The tasks of several plans; their keys are kept apart."""
    from cockpit.sources.plan import PlanError, read

    drafts: list[TaskDraft] = []
    for file in files:
        try:
            found = read(file, section)
        except PlanError as error:
            raise Wrong(str(error)) from error
        for warning in found.warnings:
            print(f"{file}: {warning}", file=sys.stderr)
        drafts += found.drafts if len(files) == 1 else _apart(found.drafts, str(file))
    return drafts


def _apart(drafts: Sequence[TaskDraft], prefix: str) -> list[TaskDraft]:
    from dataclasses import replace

    own = {d.key for d in drafts}
    return [
        replace(
            d,
            key=f"{prefix}#{d.key}",
            depends_on=tuple(f"{prefix}#{k}" if k in own else k for k in d.depends_on),
        )
        for d in drafts
    ]


def _print_drafts(where: Places, drafts: Sequence[TaskDraft]) -> None:
    """The tasks, and where they lead: both are as sure as an estimate is."""
    from cockpit import plan_text
    from cockpit.cli import reserves
    from cockpit.policy.forecast_plan import agents_of, forecast

    state, settings = surroundings.state(where), surroundings.configuration(where)
    print("\n".join(plan_text.tasks(drafts, sources=True)))
    print(f"{len(drafts)} tasks; nothing was added")
    found = forecast(state, drafts, reserves.guesses(state, settings), agents_of(state, settings.agents.count))
    if found is not None:
        numbers = {draft.key: n for n, draft in enumerate(drafts, 1)}
        print("\n".join(plan_text.where(found, numbers)))


def _print_reserves(where: Places, drafts: Sequence[TaskDraft]) -> None:
    """What would be set aside for each kind of task before it starts."""
    from cockpit.cli.reserves import lines

    for line in lines(surroundings.state(where), surroundings.configuration(where), [draft.kind for draft in drafts]):
        print(line)


def run(parsed: argparse.Namespace) -> int:
    """`run [PLAN…]`: start the night; with a terminal, open the cockpit on it."""
    where = surroundings.places(parsed)
    settings = surroundings.configuration(where)
    repository = surroundings.repository(where)
    night = night_command(parsed, where, settings, repository)
    if parsed.plans:
        drafts = read_plans(parsed.plans, parsed.section)
        if code := asking.give(where, commands.AddTasks(tuple(_forced(drafts, parsed)))):
            return code
    elif parsed.role or parsed.model:
        for task in surroundings.state(where).in_state(TaskState.QUEUED, TaskState.WAITING):
            changes = TaskChanges(role=parsed.role or None, model=parsed.model or None)
            if code := asking.give(where, commands.EditTask(task.id, changes), quiet=True):
                return code
    if settings.github.enabled:
        _sync(where)
    if code := asking.give(where, night):
        return code
    if parsed.detach:
        return 0
    if sys.stdin.isatty() and sys.stdout.isatty():
        from cockpit.cli.attaching import open_screen

        return open_screen(where)
    from cockpit.cli.following import follow

    return follow(where)


def _forced(drafts: Sequence[TaskDraft], parsed: argparse.Namespace) -> list[TaskDraft]:
    """The drafts, done by the role and the model that were asked for."""
    from dataclasses import replace

    return [replace(d, role=parsed.role or d.role, model=parsed.model or d.model) for d in drafts]


def _sync(where: Places) -> None:
    """A night begins with what is new on GitHub; trouble there is said, and does not keep it from beginning."""
    from cockpit.cli import github

    if (found := github.now(where, quiet=True)) is not None:
        print(github.in_words(found))


def night_command(
    parsed: argparse.Namespace, where: Places, settings: Config, repository: Repository
) -> commands.StartNight:
    """What `run` asks for: the flags over the night of the configuration."""
    from dataclasses import replace

    from cockpit.engine import readiness

    notifying.refuse_unknown(where, settings)
    if parsed.budget is not None and parsed.budget <= 0:
        raise Wrong(f"--budget {parsed.budget}: must be more than 0")
    try:
        if parsed.budget is not None:
            readiness.check_price(settings, parsed.budget)
        if parsed.no_network:
            readiness.check_network(settings, os.environ)
        night = readiness.night(where, settings, repository, until=parsed.until or "")
    except readiness.NotReady as error:
        raise Wrong(str(error)) from error
    return replace(
        night,
        agents=night.agents if parsed.agents is None else parsed.agents,
        merge=MergePolicy.AUTO if parsed.auto_merge else night.merge,
        cap_usd=night.cap_usd if parsed.budget is None else parsed.budget,
        network=night.network and not parsed.no_network,
    )


def demo(parsed: argparse.Namespace) -> int:
    """`demo`: a whole night on a throwaway repository, with a scripted model in place of a real one."""
    from cockpit.demo import show

    return show.run(parsed.keep, headless=parsed.headless or not sys.stdout.isatty())


def config_command(parsed: argparse.Namespace) -> int:
    """`config check|show`."""
    where = surroundings.places(parsed)
    settings = surroundings.configuration(where)
    if parsed.what == "check":
        notifying.refuse_unknown(where, settings)
        print("the configuration is good")
        return 0
    import tomli_w

    print(tomli_w.dumps(settings.model_dump(by_alias=True, exclude_none=True)), end="")
    return 0
