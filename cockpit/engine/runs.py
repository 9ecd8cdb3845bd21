"""Runs: a worktree made ready, a host started, an agent told what comes next, and brought to an end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit import agents, disk, durable, events, repo, run_tokens
from cockpit.agents import LaunchError, Spec
from cockpit.agents.stream import is_mid_turn
from cockpit.engine import (
    agents_tools,
    caging,
    cleaning,
    context,
    environment,
    network,
    pricing,
    readiness,
    takeover,
    taking,
    telling,
    watch,
)
from cockpit.gates import run_command
from cockpit.hosts import control, process
from cockpit.hosts.launch import Control, Launch
from cockpit.policy import watchdog
from cockpit.policy.actions import Deliver, EndRun, Reply, SendTurn, StartRun, Suspend
from cockpit.questions import in_words
from cockpit.repo import RepoError, Worktree
from cockpit.reserves import run_key
from cockpit.state import Run, Task, TaskState

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

END_SECONDS = 30.0
"""A host that was asked to leave and has not after this long is killed with all its children."""


async def start(engine: Engine, effect: StartRun) -> None:
    """Make the worktree ready and start a host on it; records RunStarted or LaunchFailed."""
    run = engine.state.runs[effect.run]
    task = engine.state.tasks[run.task]
    waiting: control.Waiting | None = None
    try:
        takeover.check_alone(engine, run)
        if run.live and run.stale:
            await _end_process(engine, run)  # it has an older bound; another goes on where it was
        if not control.is_alive(engine.places.run_dir(run.id)):
            waiting = control.Waiting(engine.places.run_dir(run.id), engine.config.agents.kind)  # while git works
        place = await _prepare(engine, run, task)
        launch = _launch(engine, run, task, place, effect.restart, await agents_tools.url(engine))
        launch = replace(launch, prompt=await takeover.told(engine, task, place.path, launch.prompt))
        paid = await takeover.bill(engine, run)
        run_dir = engine.places.run_dir(run.id)
        if control.is_alive(run_dir):
            pid = 0  # an engine that died started it and could not say so
        else:
            keys = environment.keys(engine.environ)
            pid = await asyncio.to_thread(control.start, run_dir, launch, keys, waiting)
    except (RepoError, LaunchError, OSError, readiness.NotReady) as error:
        if disk.is_no_room(error):
            raise
        engine.record(events.LaunchFailed(run.id, str(error), fatal=not isinstance(error, control.HostDied)))
        return
    finally:
        if waiting is not None:
            await asyncio.to_thread(waiting.dismiss)
    engine.record(
        *paid,
        events.RunStarted(
            run=run.id,
            branch=place.branch,
            worktree=str(place.path),
            base=task.base or place.base,
            host_pid=pid,
            model=launch.spec.model,
            restart=effect.restart,
            terminal=engine.config.agents.kind == agents.TERMINAL,
        ),
    )
    watch.drain(engine, engine.state.runs[run.id])
    await cleaning.measure(engine)


async def _prepare(engine: Engine, run: Run, task: Task) -> Worktree:
    settings = engine.config.repository
    path = engine.places.worktrees(settings.worktrees) / f"agent-{run.agent}"
    begun, base = _branch_begun(engine, run)
    branch = task.branch or begun or branch_name(settings.branch, run, engine.clock(), task.issue)
    base = base or await asyncio.to_thread(engine.repository.tip, telling.target(engine))
    fresh = not task.branch and not begun and not engine.places.stream(run.id).exists()
    async with engine.trees:
        if fresh and not engine.repository.branch_exists(branch):
            _begin_branch(engine, run, branch, base)
        engine.record(*await asyncio.to_thread(_make_room, engine, path, branch))
        place = await asyncio.to_thread(repo.prepare_worktree, engine.repository, path, branch, base, fresh=fresh)
    await taking.make_ready(engine, path)
    if place.created:
        await asyncio.to_thread(repo.restore, engine.repository, path, run.id)
        await outfit(engine, path, run.agent)
    return place


def _branch_begun(engine: Engine, run: Run) -> tuple[str, str]:
    """The branch that was about to be made for the run when somebody died, and its base; empty where there was none."""
    try:
        branch, _, base = (engine.places.run_dir(run.id) / "branch").read_text(encoding="utf-8").partition("\n")
    except OSError:
        return "", ""
    return branch, base.strip()


def _begin_branch(engine: Engine, run: Run, branch: str, base: str) -> None:
    """Note that the branch, which is not there yet, will be the run's, whoever dies before that can be recorded."""
    folder = engine.places.run_dir(run.id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    durable.replace(folder / "branch", f"{branch}\n{base}\n".encode(), sync=True)


def branch_name(template: str, run: Run, now: float, issue: int = 0) -> str:
    """The branch of a run, from the configuration's template; a task of no issue has its own name there."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%d-%H%M%S")
    return template.format(agent=run.agent, task=run.task, timestamp=stamp, issue=issue or run.task)


def _make_room(engine: Engine, path: Path, branch: str) -> list[events.Event]:
    """Take away an older worktree from the agent's place, and the branch's own from any other place."""
    kept: list[events.Event] = []
    for place in repo.working_trees(engine.repository):
        ours = place.path.parent == path.parent
        if ours and (place.path == path) != (place.branch == branch):
            holder = _holder(engine, place.path)
            if rescued := repo.release_worktree(engine.repository, place.path, holder):
                kept.append(events.WorkRescued(holder, rescued.ref, rescued.commit))
    return kept


def _holder(engine: Engine, path: Path) -> str:
    """The run that worked in a worktree last: its rescue ref is named after it."""
    runs = [r for r in engine.state.runs.values() if r.worktree == str(path)]
    return max(runs, key=lambda r: r.started).id if runs else path.name


async def outfit(engine: Engine, path: Path, agent: int) -> None:
    """Copy, link and set up what a fresh worktree needs. Raises LaunchError where the setup fails."""
    settings = engine.config.repository
    root = engine.repository.root
    await asyncio.to_thread(repo.copy_and_link, root, path, settings.copy_files, settings.link_files)
    if not settings.setup:
        return
    variables = environment.for_commands(engine.environ, engine.config.agents.environment)
    variables |= environment.ports(engine.config.agents.ports, agent)
    cage, told = caging.for_commands(engine, path, path.name, variables)
    cage = replace(cage, network=True)  # it fetches what the work needs
    result = await run_command(
        "setup", settings.setup, path, variables | told, settings.setup_timeout, prefix=caging.prefix(cage)
    )
    if not result.passed:
        raise LaunchError(f"the setup command `{settings.setup}` failed:\n{result.output[-1500:]}")


async def _end_process(engine: Engine, run: Run) -> None:
    run_dir = engine.places.run_dir(run.id)
    if control.send(run_dir, Control("end")):
        await asyncio.to_thread(control.wait_gone, run_dir, END_SECONDS)
    await asyncio.to_thread(process.kill_tree, str(run_dir))
    watch.check_dead(engine, run.id)


def _launch(engine: Engine, run: Run, task: Task, place: Worktree, restart: bool, tools_url: str) -> Launch:
    settings = engine.config.agents
    run_dir = engine.places.run_dir(run.id)
    role = watch.role_of(engine.state, run)
    model = run.model or engine.rules.route(task).model  # what its claim said: its money was set aside for that
    works = engine.config.role(role)
    spec = Spec(
        run=run.id,
        session=run.session,
        resume=engine.places.stream(run.id).exists(),
        model=model,
        worktree=str(place.path),
        run_dir=str(caging.own_folder(run_dir)),
        command=settings.command,
        system=telling.role(engine, task, role, place.branch),
        repo_hooks=settings.repo_hooks,
        tools_url=tools_url,
        ask_first=tuple(settings.ask_first),
        fallback=works.fallback_model if works.fallback_model != model else "",
        tools=tuple(works.tools),
        permission=works.permission,
        effort=works.effort,
        context=context.folder(engine),
        **_money(engine, run, [model, *([works.fallback_model] if works.fallback_model else [])]),
    )
    _check_price(engine)
    moved = str(place.path) if run.worktree not in ("", str(place.path)) else ""
    broken = spec.resume and is_mid_turn(engine.places.stream(run.id))
    words = telling.next_words(engine, task, resumed=spec.resume, restart=restart, moved_to=moved, broken=broken)
    if settings.kind == agents.TERMINAL:
        words = telling.afresh(engine, task, role, place.branch, words)
    variables = _variables(engine, run, spec) | {"COCKPIT_RUN": str(run_dir), "COCKPIT_TASK": task.id}
    stands_in = environment.can_stand_in(variables, settings.kind) and engine.config.cage.stand_in
    caging.check_branch(engine, place.branch, telling.target(engine))
    cage, told = caging.for_agent(engine, run_dir, place.path, place.branch, run.agent, variables, run.session)
    cage = network.of_agent(engine, cage)
    return Launch(
        adapter=settings.kind,
        spec=spec,
        prompt=words,
        message=str(uuid.uuid4()),
        agent=run.agent,
        task=task.id,
        title=task.title,
        role=role,
        branch=place.branch,
        session_file=str(engine.places.session_file(run.agent)),
        environment=environment.without_keys(variables | told) if stands_in else variables | told,
        stand_in=stands_in,
        heartbeat_seconds=settings.heartbeat,
        memory_mb=engine.config.machine.memory_mb or process.total_memory_mb() / 2,
        processes=engine.config.machine.processes,
        cpu_percent=engine.config.machine.cpu_percent,
        nice=engine.config.machine.nice,
        cage=cage,
        log_bytes=int(engine.config.logs.run_mb * 1e6),
    )


def _variables(engine: Engine, run: Run, spec: Spec) -> dict[str, str]:
    """The agent's environment: of ours what is allowed, and what it needs to know of this run."""
    settings = engine.config.agents
    found = environment.git_settings() | environment.allowed(engine.environ, settings.environment)
    found |= pricing.variables(engine.config, engine.environ)
    found |= environment.ports(settings.ports, run.agent) | dict(agents.find(settings.kind).environment(spec))
    found |= context.variables(engine)
    found[run_tokens.VARIABLE] = run_tokens.of_run(engine.places.folder, run.id)
    return found | {"COCKPIT_AGENT": str(run.agent)}


def _money(engine: Engine, run: Run, models: Sequence[str]) -> dict[str, Any]:
    """What its process may spend: what is left of the run's reserve, for a CLI's bound counts for one process."""
    reserve = engine.state.reserves.get(run_key(run.id))
    priced = engine.priced or pricing.Priced()
    if reserve is None:
        return {}
    return {
        "budget_usd": reserve.usd,
        "hold_back_usd": max(priced.hold_back.get(model) or 0.0 for model in models),
        "answer_usd": max(priced.answers.get(model) or 0.0 for model in models),
        "answer_tokens": engine.config.budget.answer_tokens,
        "subagents": engine.config.budget.subagents,
    }


def _check_price(engine: Engine) -> None:
    night, caps = engine.state.night, engine.state.caps.values()
    bounds = [*caps, *([night.cap_usd] if night and night.cap_usd is not None else [])]
    readiness.check_price(engine.config, min(bounds, default=None), engine.priced)


async def send_turn(engine: Engine, effect: SendTurn) -> None:
    """Tell a living agent what comes next, in the same conversation."""
    run = engine.state.runs[effect.run]
    task = engine.state.tasks[run.task]
    if not control.is_alive(engine.places.run_dir(run.id)):
        watch.check_dead(engine, run.id)
        return
    words = telling.next_words(engine, task, resumed=True, restart=effect.restart)
    if run.terminal:
        try:
            _check_price(engine)
        except readiness.NotReady as error:  # the cap was set while its last turn went on
            engine.record(events.LaunchFailed(run.id, str(error)))
            return
        words = telling.afresh(engine, task, watch.role_of(engine.state, run), run.branch, words)
    _tell(engine, run, Control("say", text=words, id=str(uuid.uuid4())))
    engine.record(events.TurnSent(run.id, effect.restart))


async def deliver(engine: Engine, effect: Deliver) -> None:
    """Hand over a person's message; the host says when it is delivered, the agent's own stream when it is read."""
    message = engine.state.messages[effect.message]
    run = engine.state.runs[message.run]
    if control.send(engine.places.run_dir(run.id), Control("say", text=message.text, id=message.id, by=message.by)):
        engine.record(events.MessageHanded(message.id))
    else:
        watch.check_dead(engine, run.id)


async def reply(engine: Engine, effect: Reply) -> None:
    """Hand an answer to the host of the agent that waits for it."""
    asked = [q for q in engine.state.questions.values() if (q.run, q.request) == (effect.run, effect.request)]
    asked.sort(key=lambda question: question.part)
    what = Control(
        "answer",
        "; ".join(in_words(question) for question in asked),
        effect.request,
        "nobody in time, so the default" if all(q.expired for q in asked) else asked[-1].by,
        answers=tuple(question.answer for question in asked),
        allow=all(question.allow for question in asked),
        note=asked[0].answer if asked[0].is_permission else "",
    )
    if control.send(engine.places.run_dir(effect.run), what):
        engine.record(events.AnswerSent(effect.run, effect.request))
    else:
        watch.check_dead(engine, effect.run)


async def suspend(engine: Engine, effect: Suspend) -> None:
    """Stop or let go on everything a run has started."""
    run = engine.state.runs[effect.run]
    _tell(engine, run, Control("pause" if effect.stop else "resume"))
    engine.record(events.RunSuspended(run.id) if effect.stop else events.RunContinued(run.id))


def _tell(engine: Engine, run: Run, what: Control) -> None:
    control.send(engine.places.run_dir(run.id), what)


def show_status(engine: Engine, task: Task, status: str, phase: str) -> None:
    """Have the session file say what happens to an agent's work while the agent itself waits."""
    run = engine.state.task_run(task)
    if run is not None and run.live and control.is_alive(engine.places.run_dir(run.id)):
        _tell(engine, run, Control("status", text=status, phase=phase))


async def end(engine: Engine, effect: EndRun) -> None:
    """End a run's processes, keep its work, free its slot."""
    run = engine.state.runs[effect.run]
    run_dir = engine.places.run_dir(run.id)
    if control.is_alive(run_dir):
        _tell(engine, run, Control("kill" if effect.outcome == "killed" else "end"))
        await asyncio.to_thread(control.wait_gone, run_dir, END_SECONDS)
    await asyncio.to_thread(process.kill_tree, str(run_dir))
    watch.drain(engine, run)
    kept = await asyncio.to_thread(_taken_in, engine, run, effect.outcome)
    after = watchdog.after_kill(engine.state, engine.state.runs[run.id]) if effect.outcome == "killed" else ()
    engine.record(*kept, events.RunEnded(run.id, effect.outcome), *after)
    await cleaning.measure(engine)


def _taken_in(engine: Engine, run: Run, outcome: str) -> list[events.Event]:
    """Keep the run's work, with nobody at it any more: its objects become the repository's, and its store goes."""
    if not run.worktree:
        return []
    path, task = Path(run.worktree), engine.state.tasks[run.task]
    gone = repo.settle(engine.repository, path, run.branch, task.base)
    kept = _keep(engine, run, outcome)
    repo.close_store(engine.repository, path)
    return [*([events.Noticed(f"{task.id}: {gone}", task.id)] if gone else []), *kept]


def _keep(engine: Engine, run: Run, outcome: str) -> list[events.Event]:
    """Keep what is in no commit: committed where the turn was over, under a rescue ref otherwise."""
    task = engine.state.tasks[run.task]
    path = Path(run.worktree) if run.worktree else None
    is_committed = outcome == "done" and task.state is not TaskState.ANSWERED
    if is_committed or path is None or not os.path.isdir(path):
        return []
    if task.state is TaskState.TESTING:
        with contextlib.suppress(RepoError):  # an unfinished merge or rebase: then it is rescued as it is
            words = f"{task.title}\n\nWork left uncommitted by {run.id}."
            repo.commit_leftovers(engine.repository, path, words, run.branch)
    rescued = repo.rescue(engine.repository, path, run.id)
    return [events.WorkRescued(run.id, rescued.ref, rescued.commit)] if rescued else []
