"""Delivering by pull request: pushing, opening, and landing what was merged on GitHub.

Each step first looks at what is there, so one that an engine before us began is taken up and nothing is done twice. A
task has landed when the branch on GitHub holds its work and the target here was moved to it, by the same `repo.land`
that lands everything else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cockpit import events, repo
from cockpit.engine import pull_text
from cockpit.engine.github import client
from cockpit.policy.delivery import is_delivered
from cockpit.prompting import PromptError
from cockpit.pulls import MERGED, NONE, Pull
from cockpit.repo import Blocked, Moved, RepoError
from cockpit.state import Night, Task, TaskState

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine
    from cockpit.sources.github.client import Client

PULLS = "/repos/{owner}/{repo}/pulls"
PULL = PULLS + "/{number}"


class CantDeliver(Exception):
    """Something that a person must put right first; the text says what."""


async def open_pull(engine: Engine, name: str) -> None:
    """Push a task's branch and open its pull request, or bring both up to date."""
    task, night = engine.state.tasks[name], engine.state.night
    if night is None:
        return
    from cockpit.sources.github.client import Priority
    from cockpit.sources.github.errors import GitHubError

    try:
        github = await client(engine)
        with github.urgency(Priority.REVIEWS):
            await _push(engine, github, task, night)
            await _open(engine, github, task, night)
    except (GitHubError, RepoError, PromptError, CantDeliver) as error:
        engine.record(failed(name, error))


def failed(name: str, error: Exception) -> events.DeliveryFailed:
    """What went wrong, whether trying again can help, and from when on."""
    from cockpit.sources.github.errors import Denied, Limited, Missing, NoAccess, Refused

    fatal = isinstance(error, Denied | Missing | NoAccess | Refused | PromptError | CantDeliver)
    until = getattr(error, "until", 0.0) if isinstance(error, Limited) else 0.0
    return events.DeliveryFailed(name, str(error), fatal, until)


async def remote(engine: Engine, github: Client) -> tuple[str, Mapping[str, str]]:
    """The remote's address, and what lets git in there."""
    url = await asyncio.to_thread(repo.remote_url, engine.repository)
    if not url:
        raise CantDeliver("there is no remote `origin` to push to: add it with `git remote add origin ADDRESS`")
    return url, repo.credentials(url, await github.ready())


async def _push(engine: Engine, github: Client, task: Task, night: Night) -> None:
    url, variables = await remote(engine, github)
    repository, pull = engine.repository, engine.state.pulls.get(task.id, NONE)
    theirs = await asyncio.to_thread(repo.fetch, repository, url, night.target, variables)
    if not theirs:
        raise CantDeliver(f"{night.target} is not on GitHub yet: push it first, `git push origin {night.target}`")
    if ahead := await asyncio.to_thread(repo.lacks, repository, theirs, task.target_commit):
        said = f"{ahead} commit{'s' if ahead != 1 else ''} of {night.target} here"
        raise CantDeliver(f"{said} not on GitHub: push or undo them first, since a pull request would hold them too")
    branch = pull.branch or task.branch
    pushed = await asyncio.to_thread(repo.push, repository, url, branch, task.head, pull.commit, variables)
    if (pushed.branch, pushed.commit, task.head) != (pull.branch, pull.commit, pull.head):
        engine.record(events.BranchPushed(task.id, pushed.branch, task.head, pushed.commit))


async def _open(engine: Engine, github: Client, task: Task, night: Night) -> None:
    pull = engine.state.pulls[task.id]
    wanted: dict[str, Any] = {"title": pull_text.title(task), "body": pull_text.body(engine, task)}
    found = await _find(github, pull.branch, night.target)
    if found is None:
        found = await _make(engine, github, pull, wanted | {"head": pull.branch, "base": night.target})
    elif (found.get("title"), (found.get("body") or "").strip()) != (wanted["title"], wanted["body"].strip()):
        await github.patch(PULL, wanted, number=found["number"])
    seen = _read(found)
    opened = events.PullOpened(task.id, seen.number, seen.html_url, night.target, task.head, bool(seen.draft))
    engine.record(opened)


async def _find(github: Client, branch: str, base: str) -> dict[str, Any] | None:
    """The open pull request of a branch, whoever opened it."""
    owner = github.where.repo.partition("/")[0]
    found = await github.get(PULLS + "{?state,head,base}", state="open", head=f"{owner}:{branch}", base=base)
    return found[0] if found else None


async def _make(engine: Engine, github: Client, pull: Pull, wanted: dict[str, Any]) -> dict[str, Any]:
    """Open it; where nobody knows whether that went through, or another was quicker, look again."""
    from cockpit.sources.github.errors import Refused, Unreachable

    try:
        made: dict[str, Any] = await github.post(PULLS, wanted | {"draft": engine.config.github.draft})
        return made
    except (Refused, Unreachable) as error:
        if isinstance(error, Unreachable) and not error.sent:
            raise
        found = await _find(github, pull.branch, wanted["base"])
        if found is None:
            raise
        return found


def _read(data: object) -> Any:
    from cockpit.sources.github.models import PullRequest, read

    return read(PullRequest, data)


async def drop_branches(engine: Engine, tasks: Iterable[Task]) -> None:
    """Remove from GitHub the branches of tasks that landed, where they still are what was pushed."""
    pulls = [(t.id, engine.state.pulls.get(t.id, NONE)) for t in tasks if t.state is TaskState.LANDED]
    wanted = [(name, pull) for name, pull in pulls if pull.branch and pull.state == MERGED]
    if not wanted or not engine.rules.delivers:
        return
    from cockpit.sources.github.errors import GitHubError

    try:
        github = await client(engine)
        for name, pull in wanted:
            if await _drop(github, pull):
                engine.record(events.RemoteBranchRemoved(name, pull.branch))
    except GitHubError as error:
        engine.record(events.Noticed(f"landed branches stay on GitHub: {error}"))


async def _drop(github: Client, pull: Pull) -> bool:
    """Whether a branch is gone from GitHub; what somebody pushed there since stays."""
    from cockpit.sources.github.errors import Missing

    try:
        found = await github.get("/repos/{owner}/{repo}/git/ref/heads/{+branch}", branch=pull.branch)
        if found["object"]["sha"] != pull.commit:
            return False
        await github.delete("/repos/{owner}/{repo}/git/refs/heads/{+branch}", branch=pull.branch)
    except Missing:
        pass  # GitHub removed it by itself when it merged
    return True


# ── landing ──────────────────────────────────────────────────────────────────────────────────────────


async def land(engine: Engine, task: Task, night: Night) -> None:
    """Have GitHub merge the pull request, and follow; records TaskLanded, TargetMoved or MergeBlocked."""
    from cockpit.sources.github.client import Priority
    from cockpit.sources.github.errors import GitHubError

    try:
        github = await client(engine)
        with github.urgency(Priority.REVIEWS):
            await _land(engine, github, task, night)
    except (GitHubError, RepoError, CantDeliver) as error:
        engine.record(events.MergeBlocked(task.id, str(error)))


async def _land(engine: Engine, github: Client, task: Task, night: Night) -> None:
    pull = engine.state.pulls[task.id]
    url, variables = await remote(engine, github)
    seen = _read(await github.get(PULL, number=pull.number))
    if not seen.merged:
        if not is_delivered(task, pull) or not await _is_up_to_date(engine, task, night, url, variables):
            return
        seen = await _merge(engine, github, task, pull)
    if seen is None:
        return
    if pull.state != "merged":
        engine.record(events.PullMerged(task.id, seen.merge_commit_sha or "", pull.by))
    theirs = await asyncio.to_thread(repo.fetch, engine.repository, url, night.target, variables)
    await _follow(engine, task, night, theirs, seen)


async def _is_up_to_date(engine: Engine, task: Task, night: Night, url: str, variables: Mapping[str, str]) -> bool:
    """Whether GitHub's target is what the gates merged with; else it is brought here, and they run again."""
    theirs = await asyncio.to_thread(repo.fetch, engine.repository, url, night.target, variables)
    if theirs == task.target_commit == engine.repository.tip(night.target):
        return True
    if await _bring(engine, task, night, theirs):
        engine.record(events.TargetMoved(task.id, engine.repository.tip(night.target)))
    return False


async def _bring(engine: Engine, task: Task, night: Night, theirs: str) -> bool:
    """Move the target here to where GitHub's is; records MergeBlocked, and says no, where that can't be."""
    ours = engine.repository.tip(night.target)
    if not theirs or not engine.repository.is_ancestor(ours, theirs):
        why = f"{night.target} here and on GitHub went different ways: bring them together first"
        engine.record(events.MergeBlocked(task.id, why))
        return False
    outcome = await asyncio.to_thread(repo.land, engine.repository, night.target, ours, theirs)
    if isinstance(outcome, Blocked):
        engine.record(events.MergeBlocked(task.id, outcome.reason))
        return False
    return not isinstance(outcome, Moved)


async def _merge(engine: Engine, github: Client, task: Task, pull: Pull) -> Any:
    """Ask GitHub to merge exactly what was pushed; what it says of it afterwards, None where it doesn't."""
    from cockpit.sources.github.errors import Refused, Unreachable

    text = {"commit_title": f"Merge #{pull.number}: {pull_text.title(task)}", "commit_message": f"Task: {task.id}"}
    how = {"sha": pull.commit, "merge_method": engine.config.github.merge_method}
    try:
        await github.put(PULL + "/merge", text | how, number=pull.number)
    except (Refused, Unreachable) as error:
        if isinstance(error, Unreachable) and not error.sent:
            raise
        seen = _read(await github.get(PULL, number=pull.number))
        if not seen.merged:
            engine.record(events.MergeBlocked(task.id, f"GitHub does not merge #{pull.number}: {error}"))
            return None
        return seen
    return _read(await github.get(PULL, number=pull.number))


async def _follow(engine: Engine, task: Task, night: Night, theirs: str, seen: Any) -> None:
    """Land here what was merged there."""
    repository, commit = engine.repository, seen.merge_commit_sha or ""
    work = engine.state.pulls[task.id].commit
    if not await asyncio.to_thread(_holds, engine, theirs, commit, seen.head.sha, work):
        reason = f"#{seen.number} was merged on GitHub, and {night.target} there does not hold this work"
        engine.record(events.TaskEscalated(task.id, reason), events.PullForgotten(task.id))
        return
    if task.head != engine.state.pulls[task.id].head:
        reason = f"#{seen.number} was merged on GitHub while work went on: what came since has not landed"
        engine.record(events.TaskEscalated(task.id, reason), events.PullForgotten(task.id))
        return
    if not await _bring(engine, task, night, theirs):
        return
    if task.merged and not await asyncio.to_thread(repo.same_files, repository, commit, task.merged):
        said = f"{task.id}: {night.target} moved on GitHub just before it merged, so the gates saw other files"
        engine.record(events.Noticed(said, task.id))
    engine.record(events.TaskLanded(task.id, commit, night.target, task.diffstat))


def _holds(engine: Engine, theirs: str, commit: str, head: str, work: str) -> bool:
    """Whether the remote's target holds the merge, and the merge is of this very work or of more."""
    with contextlib.suppress(RepoError):
        if not theirs or not commit or not engine.repository.is_ancestor(commit, theirs):
            return False
        return head == work or engine.repository.is_ancestor(work, commit)
    return False
