"""What a planner's tasks must be before a person sees them: pure checks, and what can be mended by rule.

A problem is a sentence. Those found in the planner's first answer go back to it once; what is left then is shown as
a warning. A circle of dependencies can't stay, nor a task that stands there twice: these are mended here, and said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cockpit.policy import graph
from cockpit.policy.actions import NOTHING, AskPlanner, Decision
from cockpit.reserves import call_key
from cockpit.state import ROLE_OF, Kind, State, Task, TaskDraft, TaskState
from cockpit.value import replace
from cockpit.watching import Window

ALIKE = 0.75
"""Two titles that share so much of their words are taken for the same task."""

MOST_LONG = 12
"""Names in one sentence."""

_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset({"a", "an", "and", "the", "to", "of", "in", "for", "on", "with", "by", "so", "that", "it", "its"})
_GLOB = re.compile(r"[*?\[]")


def due(state: State) -> Decision:
    """The planner is asked as long as somebody wants a plan that is not there; a limit's end is waited for."""
    plan = state.plan
    if plan is None or not plan.is_asked or waits(state) is not None:
        return NOTHING
    return Decision(effects=(AskPlanner(plan.id),))


def waits(state: State) -> Window | None:
    """The limit of the model's service that a wanted plan waits for; a call that has begun comes to its end."""
    if state.plan is None or not state.plan.is_asked or call_key(ROLE_OF[Kind.PLAN], "") in state.reserves:
        return None
    return max(state.windows.values(), key=lambda window: window.until, default=None)


# ── checks ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many tasks were asked for."""

    least: int
    most: int


def problems(
    drafts: Sequence[TaskDraft], state: State, bounds: Bounds, absent: Collection[str] = ()
) -> tuple[str, ...]:
    """All that is wrong with a plan, in sentences; `absent` are files that are not there and that no task makes."""
    return (
        *_count(drafts, bounds),
        *_titles(drafts),
        *_twins(drafts),
        *_known(drafts, state),
        *(f"{name(d)} has no acceptance criteria" for d in drafts if not any(c.strip() for c in d.criteria)),
        *_dependencies(drafts, state),
        *_files(drafts, absent),
    )


def name(draft: TaskDraft) -> str:
    """A draft as sentences call it."""
    return f"{draft.key} {draft.title.strip()!r}" if draft.title.strip() else f"task {draft.key}"


def _count(drafts: Sequence[TaskDraft], bounds: Bounds) -> Iterable[str]:
    if not bounds.least <= len(drafts) <= bounds.most:
        wanted = f"{bounds.least}" if bounds.least == bounds.most else f"{bounds.least} to {bounds.most}"
        few = "few" if len(drafts) < bounds.least else "many"
        yield f"{len(drafts)} task{'s are' if len(drafts) != 1 else ' is'} too {few}: {wanted} were asked for"


def _titles(drafts: Sequence[TaskDraft]) -> Iterable[str]:
    return (f"{name(draft)} has no title" for draft in drafts if not draft.title.strip())


def _twins(drafts: Sequence[TaskDraft]) -> Iterable[str]:
    for n, draft in enumerate(drafts):
        twin = next((d for d in drafts[:n] if is_alike(d.title, draft.title)), None)
        if twin is not None:
            yield f"{name(draft)} is much the same as {name(twin)}"


def _known(drafts: Sequence[TaskDraft], state: State) -> Iterable[str]:
    others = [task for task in state.tasks.values() if _counts(task)]
    for draft in drafts:
        if (twin := next((t for t in others if is_alike(t.title, draft.title)), None)) is not None:
            how = "has landed already" if twin.state is TaskState.LANDED else f"is {state.seen_state(twin)} already"
            yield f"{name(draft)} is much the same as {twin.id} {twin.title!r}, which {how}"


def _counts(task: Task) -> bool:
    """Whether a task is open or has landed: what was given up may be planned again."""
    return not task.reverts and task.state not in (TaskState.FAILED, TaskState.SKIPPED)


def _dependencies(drafts: Sequence[TaskDraft], state: State) -> Iterable[str]:
    keys = {draft.key for draft in drafts}
    for draft in drafts:
        for need in draft.depends_on:
            if need == draft.key:
                yield f"{name(draft)} depends on itself"
            elif need not in keys and need not in state.tasks:
                yield f"{name(draft)} depends on {need!r}, which is no task"
    if found := circle(drafts):
        yield f"these tasks wait for each other: {' → '.join(found)}"


def _files(drafts: Sequence[TaskDraft], absent: Collection[str]) -> Iterable[str]:
    for draft in drafts:
        if unsafe := [path for path in draft.files if not is_inside(path)]:
            yield f"{name(draft)} names what is not in the repository: {_some(unsafe)}"
        if missing := [path for path in draft.files if path in absent and is_inside(path)]:
            what = "which is not there" if len(missing) == 1 else "which are not there"
            yield f"{name(draft)} names {_some(missing)}, {what}, and no task says that it makes it"


def absent_files(drafts: Iterable[TaskDraft], there: Collection[str], made: Collection[str]) -> tuple[str, ...]:
    """The files that drafts name, that are neither there nor said to be made; folders and patterns match what is."""
    folders = {folder for path in (*there, *made) for folder in _parents(path)}
    named = dict.fromkeys(path for draft in drafts for path in draft.files)
    return tuple(path for path in named if not _GLOB.search(path) and not _is_there(path, there, made, folders))


def _is_there(path: str, there: Collection[str], made: Collection[str], folders: Collection[str]) -> bool:
    plain = path.rstrip("/")
    return path in there or path in made or plain in folders or plain in made


def _parents(path: str) -> Iterable[str]:
    parts = path.split("/")[:-1]
    return ("/".join(parts[: n + 1]) for n in range(len(parts)))


def is_inside(path: str) -> bool:
    """Whether a path that a model named can be one of the repository's."""
    return bool(path) and not path.startswith(("/", "~")) and ".." not in path.split("/") and "\\" not in path


# ── likeness ─────────────────────────────────────────────────────────────────────────────────────────


def is_alike(one: str, other: str) -> bool:
    """Whether two titles say the same, as far as words tell."""
    words, others = _words(one), _words(other)
    if not words or not others:
        return False
    return words == others or len(words & others) / len(words | others) >= ALIKE


def _words(title: str) -> frozenset[str]:
    """The words that carry a title's meaning; a plural is its singular."""
    found = (word.casefold() for word in _WORD.findall(title))
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in found) - _EMPTY


# ── dependencies ─────────────────────────────────────────────────────────────────────────────────────


def circle(drafts: Sequence[TaskDraft]) -> tuple[str, ...]:
    """The keys of a circle of several drafts, its first again at the end; empty where there is none."""
    needs: dict[str, tuple[str, ...]] = {}
    for draft in drafts:
        after = tuple(need for need in draft.depends_on if need != draft.key)
        if found := graph.circle(needs, draft.key, after):
            return found
        needs[draft.key] = after
    return ()


def mended(drafts: Sequence[TaskDraft], state: State) -> tuple[tuple[TaskDraft, ...], tuple[str, ...]]:
    """Drafts that can be put into the queue, and what had to be changed for that."""
    kept, said = _once(drafts)
    keys = {draft.key for draft in kept}
    made: list[TaskDraft] = []
    needs: dict[str, tuple[str, ...]] = {}
    for draft in kept:
        after: tuple[str, ...] = ()
        for need in dict.fromkeys(draft.depends_on):
            if need == draft.key or (need not in keys and need not in state.tasks):
                said.append(f"{name(draft)}: it no longer waits for {need!r}, which it can't")
            elif found := graph.circle(needs, draft.key, (*after, need)):
                said.append(f"{name(draft)}: it no longer waits for {need}, for that was a circle: {' → '.join(found)}")
            else:
                after = (*after, need)
        needs[draft.key] = after
        made.append(draft if after == draft.depends_on else replace(draft, depends_on=after))
    return tuple(made), tuple(said)


def _once(drafts: Sequence[TaskDraft]) -> tuple[list[TaskDraft], list[str]]:
    """Without those that have no title, or the very title of one before; who waited for such a one waits for that."""
    kept: list[TaskDraft] = []
    said: list[str] = []
    stands_for: dict[str, str] = {}
    by_title: dict[str, str] = {}
    for draft in drafts:
        title = " ".join(draft.title.split()).casefold()
        if not title or title in by_title:
            said.append(f"{name(draft)} was left out: it {'stands there twice' if title else 'has no title'}")
            stands_for[draft.key] = by_title.get(title, "")
        else:
            by_title[title] = draft.key
            kept.append(draft)
    return [_turned(draft, stands_for) for draft in kept], said


def _turned(draft: TaskDraft, stands_for: Mapping[str, str]) -> TaskDraft:
    """A draft whose needs that are gone are the ones that stand for them."""
    after = [stands_for.get(need, need) for need in draft.depends_on]
    after = [need for need in after if need and need != draft.key]
    return replace(draft, depends_on=tuple(dict.fromkeys(after)))


def without(drafts: Sequence[TaskDraft], key: str) -> tuple[TaskDraft, ...]:
    """The plan without one task: who waited for it waits for what it waited for."""
    gone = next((draft for draft in drafts if draft.key == key), None)
    if gone is None:
        return tuple(drafts)
    above = [need for need in gone.depends_on if need != key]
    rest = (draft for draft in drafts if draft.key != key)
    return tuple(_instead(draft, key, above) if key in draft.depends_on else draft for draft in rest)


def _instead(draft: TaskDraft, key: str, above: Sequence[str]) -> TaskDraft:
    after = [n for need in draft.depends_on for n in (above if need == key else [need]) if n != draft.key]
    return replace(draft, depends_on=tuple(dict.fromkeys(after)))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_LONG]) + (f" and {len(names) - MOST_LONG} more" if len(names) > MOST_LONG else "")
