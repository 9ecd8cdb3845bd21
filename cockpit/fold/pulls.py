"""What pull requests, and what issues were told, change."""

from __future__ import annotations

from typing import Any, assert_never

from cockpit.events import pulls as events
from cockpit.events.pulls import PullEvent
from cockpit.fold.changes import with_
from cockpit.pulls import CLOSED, MERGED, NONE, OPEN, UNMARKED, Mark, Pull
from cockpit.state import State
from cockpit.value import replace

WELL: dict[str, Any] = {"trouble": "", "fatal": False, "tries": 0, "not_before": 0.0}


def github(state: State, event: PullEvent, at: float) -> State:
    if event.task not in state.tasks:
        return state
    if isinstance(event, events.IssueMarked):
        old = state.marks.get(event.task, UNMARKED)
        mark = Mark(old.status if event.trouble else event.status, event.trouble, at)
        return replace(state, marks=with_(state.marks, event.task, mark))
    pull = _pull(state.pulls.get(event.task, NONE), event, at)
    return replace(state, pulls=with_(state.pulls, event.task, pull))


def _pull(pull: Pull, event: PullEvent, at: float) -> Pull:
    match event:
        case events.BranchPushed(branch=branch, head=head, commit=commit):
            fresh: dict[str, Any] = {} if commit == pull.commit else {"checks": (), "pushed_at": at, "foreign": ""}
            return replace(pull, branch=branch, head=head, commit=commit, **fresh, **WELL)
        case events.PullOpened(number=number, url=url, base=base, head=head, draft=draft):
            return replace(pull, number=number, url=url, base=base, told=head, draft=draft, state=OPEN, **WELL)
        case events.PullSeen():
            return _seen(pull, event)
        case events.ReviewHeeded():
            return replace(pull, wants="")
        case events.PullMerged(commit=commit, by=by):
            return replace(pull, state=MERGED, merged=commit, by=by, **WELL)
        case events.PullClosed(by=by):
            return replace(pull, state=CLOSED, by=by, **WELL)
        case events.PullForgotten():
            return Pull(branch=pull.branch, head=pull.head, commit=pull.commit, review=pull.review)
        case events.DeliveryFailed(reason=reason, fatal=fatal, not_before=until):
            told: dict[str, Any] = {"trouble": reason, "fatal": fatal, "tried_at": at, "not_before": until}
            return replace(pull, tries=pull.tries + 1, **told)
        case events.RemoteBranchRemoved():
            return replace(pull, branch="")
        case events.IssueMarked():
            return pull
        case _:
            assert_never(event)


def _seen(pull: Pull, event: events.PullSeen) -> Pull:
    wants = "\n\n".join(filter(None, (pull.wants, event.wants)))
    return replace(
        pull,
        checks=event.checks if event.commit == pull.commit else pull.checks,
        approvals=event.approvals,
        objections=event.objections,
        review=max(pull.review, event.newest),
        wants=wants,
        foreign=event.foreign,
        draft=event.draft,
        **WELL,
    )
