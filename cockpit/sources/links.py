"""Dependencies: from the words of a plan to the keys of its tasks, and whether they go in a circle."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from cockpit.sources.fields import Reference
from cockpit.sources.found import Found, Group
from cockpit.sources.words import plain_title, slug

_NOTHING = ("none", "nothing", "-", "–", "—", "n/a", "nil", "no", "no one")
_NUMBERED = re.compile(r"(?:(?P<word>[a-z]+(?: [a-z]+)?)\s+)?#?(?P<number>[a-z]{0,6}-?\d+(?:\.\d+)*[a-z]?)$")
_LETTERED = re.compile(r"(?P<word>phase|milestone|part|stage|track|epic|task|step)\s+(?P<number>[a-z]|[ivx]+)$")
_RANGE = re.compile(r"(?P<word>(?:[a-z]+\s+)?)#?(?P<first>\d{1,4})\s*(?:[-–]|to|through)\s*#?(?P<last>\d{1,4})$")
_TASK_ID = re.compile(r"T\d+$")
_SPLIT = re.compile(r"\s*[,;]\s*(?:and\s+|&\s*)?|\s+(?:and|plus)\s+|\s*[&+]\s*")
_QUOTED = re.compile(r"[\"“‘']([^\"“”‘’']+)[\"”’'](?=$|\s|[,;&.)])")
MOST_DIGITS = 6
"""No list is as long as a number with more of them."""

_EDGES = " .:\"'“”‘’()[]"


class Links:
    """Looks up what a plan's words refer to; every task and group of the whole document is known."""

    def __init__(self, tasks: Sequence[Found], groups: Sequence[Group], keys: Sequence[str]) -> None:
        self.tasks = tasks
        self.by_slug: dict[str, list[Found]] = defaultdict(list)
        self.by_number: dict[str, list[Found]] = defaultdict(list)
        self.slugs: list[tuple[Found, str]] = []
        self.groups = groups
        self.inside: dict[int, list[Found]] = defaultdict(list)
        for task, key in zip(tasks, keys, strict=True):
            self.slugs.append((task, slug(task.title)))
            for name in {self.slugs[-1][1], key}:
                self.by_slug[name].append(task)
            if task.number:
                self.by_number[task.number].append(task)
            for line in task.groups:
                self.inside[line].append(task)
        self.problems: list[str] = []

    def resolve(self, task: Found, reference: Reference) -> list[Found | str]:
        """What a reference names: tasks of this document, and ids of tasks that exist already."""
        found: list[Found | str] = []
        for name in self._names(task, plain_quoted(reference.text)):
            fitting, problem = self._look_up(task, name)
            found += fitting
            if problem and not reference.in_passing:
                self.problems.append(f"line {reference.line}: {task.title!r} depends on {name!r}, {problem}; left out")
        return found

    def _names(self, task: Found, text: str) -> list[str]:
        """The names in a list; a title that has commas itself is one name."""
        if text.startswith("\0"):
            return [text[1:]]
        whole = text.strip(_EDGES)
        if whole.casefold() in _NOTHING or not whole:
            return []
        if self.by_slug.get(slug(whole)):
            return [whole]
        parts = [part for part in _SPLIT.split(text, maxsplit=100) if part.strip(_EDGES)]
        return self._joined(parts, text) if len(parts) > 1 else self._range(whole)

    def _joined(self, parts: list[str], text: str) -> list[str]:
        """Put parts together again where together they are a title."""
        names: list[str] = []
        spans = [(m.start(), m.end()) for m in re.finditer("|".join(map(re.escape, dict.fromkeys(parts))), text)]
        place = 0
        while place < len(parts):
            end = next(
                (e for e in range(min(len(parts), place + 6), place + 1, -1) if self._is_title(text, spans, place, e)),
                0,
            )
            if end:
                names.append(text[spans[place][0] : spans[end - 1][1]].strip(_EDGES))
                place = end
            else:
                names += self._range(parts[place].strip(_EDGES))
                place += 1
        return _with_words([name for name in names if name.casefold() not in _NOTHING])

    def _is_title(self, text: str, spans: list[tuple[int, int]], first: int, end: int) -> bool:
        return end <= len(spans) and slug(text[spans[first][0] : spans[end - 1][1]]) in self.by_slug

    def _range(self, name: str) -> list[str]:
        match = _RANGE.match(name.casefold())
        if (
            match
            and slug(name) not in self.by_slug
            and int(match["first"]) <= int(match["last"]) < int(match["first"]) + 100
        ):
            return [f"{match['word']}{number}" for number in range(int(match["first"]), int(match["last"]) + 1)]
        return [name]

    def _look_up(self, task: Found, name: str) -> tuple[list[Found | str], str]:
        """What one name fits; else nothing, and why."""
        nothing: list[Found | str] = []
        if exact := self._nearest(task, self.by_slug.get(slug(name), [])):
            return [exact], ""
        folded = name.casefold()
        if match := _NUMBERED.match(folded) or _LETTERED.match(folded):
            word = (match["word"] or "").removesuffix("s")
            if numbered := self._by_number(task, word, match["number"]):
                return list(numbered), ""
            if _TASK_ID.match(name.upper()) and not word:
                return [name.upper()], ""
        if groups := [g for g in self.groups if slug(g.title) == slug(name)]:
            return [t for g in groups for t in self.inside[g.line] if t is not task], ""
        partly = self._partly(task, slug(name))
        if len(partly) == 1:
            return [partly[0]], ""
        if partly:
            titles = ", ".join(f"{t.title!r} (line {t.line})" for t in partly[:5])
            return nothing, f"which could be any of {titles}"
        return nothing, "which is no task here"

    def _by_number(self, task: Found, word: str, number: str) -> list[Found]:
        fitting = self.by_number.get(number, [])
        if word and (counted := [t for t in fitting if t.word == word]):
            return [counted[0]] if (near := self._nearest(task, counted)) is None else [near]
        groups = [g for g in self.groups if g.number == number and (g.word == word if word else not fitting)]
        if groups and (word or not fitting):
            return [t for t in self.inside[groups[0].line] if t is not task]
        if near := self._nearest(task, fitting):
            return [near]
        return self._counted(task, int(number)) if number.isdecimal() and len(number) <= MOST_DIGITS else []

    def _counted(self, task: Found, number: int) -> list[Found]:
        """Where nothing has a number, people count: in their list, else in the document."""
        for among in ([t for t in self.tasks if t.group == task.group], self.tasks):
            if not any(t.number.isdecimal() for t in among) and 1 <= number <= len(among):
                return [among[number - 1]]
        return []

    def _nearest(self, task: Found, fitting: Sequence[Found]) -> Found | None:
        """Of several, the one in the same list, else the same heading, else the last before, else the first."""
        if len(fitting) <= 1:
            return fitting[0] if fitting else None
        others = [t for t in fitting if t is not task]
        near = [t for t in others if t.group == task.group] or [t for t in others if set(t.groups) & set(task.groups)]
        before = [t for t in near or others if t.line < task.line]
        return before[-1] if before else (near or others)[0]

    def _partly(self, task: Found, wanted: str) -> list[Found]:
        """The tasks whose title begins with the words, else those that have them."""
        if len(wanted) < 2 or wanted.isdigit():
            return []
        begin = [t for t, title in self.slugs if t is not task and f"{title}-".startswith(f"{wanted}-")]
        return begin or [t for t, title in self.slugs if t is not task and f"-{wanted}-" in f"-{title}-"]


def plain_quoted(text: str) -> str:
    """A reference without marks; one that is a single quoted title begins with a mark that keeps it whole."""
    shown = plain_title(text).strip()
    match = _QUOTED.fullmatch(shown.rstrip("."))
    return f"\0{match[1]}" if match else shown


def _with_words(names: list[str]) -> list[str]:
    """`Sessions 1 and 2`: the word is said once."""
    word = re.match(r"(?i)([a-z]{3,}) #?\d", names[0]) if names else None
    if not word:
        return names
    said = word[1].removesuffix("s") if word[1].lower() not in ("s",) else word[1]
    return [f"{said} {name}" if re.fullmatch(r"#?\d+(?:\.\d+)*", name) else name for name in names]


def keys_of(tasks: Sequence[Found]) -> list[str]:
    """A key for each task, made of its title; no two alike."""
    keys: list[str] = []
    taken: set[str] = set()
    counts: dict[str, int] = defaultdict(int)
    for task in tasks:
        base = slug(task.title) or "task"
        counts[base] += 1
        key = base if counts[base] == 1 else f"{base}-{counts[base]}"
        while key in taken:
            counts[base] += 1
            key = f"{base}-{counts[base]}"
        taken.add(key)
        keys.append(key)
    return keys


def circle(after: Mapping[str, Sequence[str]]) -> list[str]:
    """The keys of one circle of dependencies, its first again at the end; empty where there is none."""
    waiting = {key: [k for k in needs if k in after] for key, needs in after.items()}
    counts = {key: len(set(needs)) for key, needs in waiting.items()}
    behind: dict[str, list[str]] = defaultdict(list)
    for key, needs in waiting.items():
        for need in set(needs):
            behind[need].append(key)
    free = [key for key, count in counts.items() if not count]
    while free:
        key = free.pop()
        del counts[key]
        for next_key in behind[key]:
            counts[next_key] -= 1
            if not counts[next_key]:
                free.append(next_key)
    return _walk(counts, waiting) if counts else []


def _walk(stuck: Mapping[str, int], waiting: Mapping[str, Sequence[str]]) -> list[str]:
    key = next(iter(stuck))
    seen: dict[str, int] = {}
    path: list[str] = []
    while key not in seen:
        seen[key] = len(path)
        path.append(key)
        key = next(k for k in waiting[key] if k in stuck)
    return [*path[seen[key] :], key]
