"""What a plan says about one task beside its title: `after: 1, 2`, `files: a.py`, `priority: high`, `(2h)`.

A field may stand on a line of its own, several on one line, or in a title: in brackets, or at its end. A
title is only cut where what is cut off makes sense as fields; otherwise it is left as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from cockpit.sources.words import LABELS, Label, plain_title, unmarked
from cockpit.state import ROLE_OF, Kind, MergePolicy

Pairs = list[tuple[str, str]]

KINDS = {kind.value: kind for kind in Kind} | {
    "research": Kind.EXPLORE,
    "investigate": Kind.EXPLORE,
    "spike": Kind.EXPLORE,
    "implement": Kind.BUILD,
    "feature": Kind.BUILD,
    "fix": Kind.BUILD,
}
PRIORITIES = {
    "critical": 20,
    "urgent": 20,
    "highest": 20,
    "high": 10,
    "medium": 0,
    "normal": 0,
    "low": -10,
    "lowest": -20,
    "p0": 20,
    "p1": 10,
    "p2": 0,
    "p3": -10,
    "p4": -20,
}
ROLES = {role: role for role in ROLE_OF.values()}
_MODEL = re.compile(r"(?:opus|sonnet|haiku)(?:\[1m\])?|(?=claude-|\S*[\d/])[a-z][\w.:/@\[\]-]{1,99}")
"""What is surely the name of a model: `opus`, `claude-opus-4-5`, `gateway/name`; `Model: User` is something else."""
_MERGES = {policy.value: policy for policy in MergePolicy} | {"manual": MergePolicy.ASK}

FIELDS = {name: "after" for name, label in LABELS.items() if label is Label.AFTER}
FIELDS |= {name: "files" for name, label in LABELS.items() if label is Label.FILES}
FIELDS |= {"kind": "kind", "type": "kind", "priority": "priority", "prio": "priority"}
FIELDS |= {"category": "category", "merge": "merge", "role": "role", "model": "model"}
FIELDS |= {name: "estimate" for name in ("estimate", "effort", "time", "duration", "hours", "estimated time")}
"""How people call a field, and what it is."""

_ANY = "|".join(sorted(map(re.escape, FIELDS), key=len, reverse=True))
_PHRASES = r"depends (?:up)?on|(?:is |are )?blocked by|must come after"
_AMOUNT = (
    r"\d{1,4}(?:[.,]\d{1,2})?(?:\s?[-–]\s?\d{1,4}(?:[.,]\d{1,2})?)?\s?"
    r"(?:h|hrs?|hours?|m|mins?|minutes?|d|days?|w|weeks?|pts?|points?)(?:\s?\d{1,2}\s?(?:m|min))?"
)
_ABOUT = r"(?:[~≈]|ca\.?|about|approx\.?|est\.?:?|estimate:?)"
_ESTIMATE = re.compile(rf"(?i){_ABOUT}?\s?({_AMOUNT})")
_LATE_ESTIMATE = re.compile(rf"(?i)\s*(?:[-–—,:]\s*{_ABOUT}?|\s[~≈])\s?({_AMOUNT})$")
_LATE_FIELD = re.compile(rf"(?i)[\s,;–—-]({_ANY})\s?:\s(?=\S)")
_SEPARATED_FIELD = re.compile(rf"(?i)\s?[,;|·]\s?(?=(?:{_ANY})\s?:)")
_FIELD = re.compile(rf"(?i)({_ANY})\s?:(?!:|//)\s*(.*)$")
_PHRASE = re.compile(rf"(?i)(?:{_PHRASES}):?\s+(.+?)(?:\.(?:\s+(.*))?)?$")
_IN_PASSING = re.compile(
    rf"(?i)\b(?:this|it|(?:this |the )?(?:task|session|step|story)(?: \d+)?)\s+(?:also )?(?:{_PHRASES})\s+([^.;()]+)"
)
_TITLE_PHRASE = re.compile(rf"(?i)(?:([,;.:–—(-])\s?|\s)(?:{_PHRASES})\s+(.+)$")
_GROUP = re.compile(r"\s*(?:\(([^()\[\]]{1,300})\)|\[([^()\[\]]{1,300})\])")
_IN_GROUP = re.compile(rf"(?i)(?:({_ANY})\s?:\s*|(after|{_PHRASES}|needs|requires|follows)\s+)(\S.*)$")
_NUMBERS = re.compile(
    r"(?i)(?:(?:task|session|step|story|item|phase)s?\s+)?#?[A-Z]?-?\d+(?:\.\d+)*(?:\s*[-–]\s*#?\d+)?"
    r"(?:\s*(?:,|&|\band\b)\s*(?:(?:task|session|step|story|item|phase)s?\s+)?#?[A-Z]?-?\d+(?:\.\d+)*)*"
)
_PRIORITY_WORDS = re.compile(r"(?i)(P[0-4])|(critical|urgent|high|medium|normal|low)[ -]prio(?:rity)?")
_PRIORITY_FIRST = re.compile(r"(P[0-4])\s*[:–—-]\s+(?=\S)")
_PATH = re.compile(
    r"(?=.*[./*]|(?:Makefile|Dockerfile|LICENSE|README|Procfile|Justfile|Rakefile|Gemfile)$)[^\s:]*\w[^\s:]*/?"
)
_LINE_NUMBERS = re.compile(r":\d+(?:-\d+)?$")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a task waits for, in the plan's words."""

    text: str
    line: int
    in_passing: bool = False
    """Only mentioned in a sentence; no warning where it fits nothing."""


@dataclass(slots=True)
class Fields:
    """What was said about one task; None where nothing was."""

    after: list[Reference] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    criteria: list[str] = field(default_factory=list)
    kind: Kind | None = None
    priority: int | None = None
    category: str = ""
    merge: MergePolicy | None = None
    role: str = ""
    model: str = ""
    estimate: str = ""
    problems: list[str] = field(default_factory=list)
    """What makes no sense, with its line."""

    def take(self, name: str, value: str, line: int) -> None:
        """Note a field; a value that makes no sense becomes a problem."""
        value = value.strip()
        match name:
            case "after" if value:
                self.after.append(Reference(value, line))
            case "files":
                self.files += paths_in(value)
            case "category":
                self.category = plain_title(value).rstrip(".")
            case "estimate":
                self.estimate = plain_title(value)
            case "model" if name_found := _model(value):
                self.model = name_found
            case _ if value and not self._choose(name, plain_title(value).lower().strip("()[]. ")):
                known: dict[str, list[str]] = {
                    "kind": [*Kind],
                    "merge": [*MergePolicy],
                    "role": [*ROLES],
                    "model": ["opus", "sonnet", "haiku", "a model's whole name"],
                    "priority": ["high", "low", "P1", "a number"],
                }
                self.problems.append(f"line {line}: {name} {value!r} is unknown; say {_either(known[name])}")

    def _choose(self, name: str, word: str) -> bool:
        """Take one of the values that a field can have; False for another."""
        if name == "kind":
            self.kind = KINDS.get(word, self.kind)
            return word in KINDS
        if name == "role":
            self.role = ROLES.get(word, self.role)
            return word in ROLES
        if name == "merge":
            self.merge = _MERGES.get(word, self.merge)
            return word in _MERGES
        number = _priority(word) if name == "priority" else None
        self.priority = self.priority if number is None else number
        return number is not None

    def inherit(self, group: Fields) -> None:
        """Take over what was said for the whole group and not for this task."""
        self.after = [*group.after, *self.after]
        self.kind = self.kind or group.kind
        self.priority = group.priority if self.priority is None else self.priority
        self.category = self.category or group.category
        self.merge = self.merge or group.merge
        self.role, self.model = self.role or group.role, self.model or group.model


def _model(value: str) -> str:
    """The model's name; empty where it is none."""
    match = _MODEL.fullmatch(value.strip().strip("`\"'"))
    return match[0] if match else ""


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _priority(word: str) -> int | None:
    if word in PRIORITIES:
        return PRIORITIES[word]
    return int(word) if re.fullmatch(r"[+-]?\d{1,4}", word) else None


def makes_sense(name: str, value: str) -> bool:
    """Whether a value is of the sort that its field has."""
    word = plain_title(value).lower().strip("()[]. ")
    tests: dict[str, Callable[[], bool]] = {
        "after": lambda: bool(word),
        "files": lambda: bool(paths_in(value)),
        "kind": lambda: word in KINDS,
        "merge": lambda: word in _MERGES,
        "role": lambda: word in ROLES,
        "model": lambda: bool(_model(value)),
        "priority": lambda: _priority(word) is not None,
        "category": lambda: 0 < len(word.split()) <= 3,
        "estimate": lambda: _ESTIMATE.fullmatch(word) is not None or word.isdigit(),
    }
    return tests[name]()


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────


def read_line(text: str, line: int, fields: Fields) -> str | None:
    """Take the fields of a line. What is left of it for the description; None where it was fields only."""
    said = unmarked(text)
    if said.startswith("(") and said.endswith(")") and (pairs := _group(said[1:-1])):
        _take(pairs, line, fields)
        return None
    if pairs := _pairs(said):
        _take(pairs, line, fields)
        return None
    if match := _PHRASE.match(said):
        fields.take("after", match[1], line)
        return match[2] or None
    if match := _IN_PASSING.search(said):
        fields.after.append(Reference(match[1].strip(), line, in_passing=True))
    return text


def _pairs(said: str) -> Pairs:
    """The fields that a line consists of; none where it is an ordinary line."""
    pairs: Pairs = []
    for part in _SEPARATED_FIELD.split(said):
        match = _FIELD.match(part)
        if not match:
            return []
        name = FIELDS[match[1].lower()]
        # `Type: string` and `Time: it takes too long` are sentences; `Kind: explor` is a mistake to be told.
        if match[1].lower() in ("type", "time", "hours", "model") and not makes_sense(name, match[2]):
            return []
        if name in ("kind", "merge", "role", "priority", "category") and len(match[2].split()) > 3:
            return []
        pairs.append((name, match[2]))
    return pairs


def _take(pairs: Pairs, line: int, fields: Fields) -> None:
    for name, value in pairs:
        fields.take(name, value, line)


# ── titles ───────────────────────────────────────────────────────────────────────────────────────────


def read_title(text: str, line: int, fields: Fields) -> str:
    """A title without its fields, which go to `fields`."""
    whole = unmarked(text)
    said = whole
    if match := _PRIORITY_FIRST.match(said):
        fields.take("priority", match[1], line)
        said = said[match.end() :]
    said = _without_groups(said, line, fields)
    said = _without_late_fields(said, line, fields)
    if (match := _LATE_ESTIMATE.search(said[-60:])) and len(said) > len(match[0]):
        fields.take("estimate", match[1], line)
        said = said[: len(said) - len(match[0])]
    if match := _TITLE_PHRASE.search(said):
        # It stays in the title: whether it names a task is only known when all titles are.
        fields.after.append(Reference(match[2].rstrip(" .)"), line, in_passing=match[1] is None))
    return plain_title(said).strip(" ,;–—:").removesuffix(" -") or plain_title(whole)


def _without_groups(said: str, line: int, fields: Fields) -> str:
    kept, position = [], 0
    for match in _GROUP.finditer(said[:4_000]):
        if pairs := _group(match[1] or match[2]):
            _take(pairs, line, fields)
            kept.append(said[position : match.start()])
            position = match.end()
    return "".join([*kept, said[position:]]).strip()


def _group(content: str) -> Pairs:
    """The fields in brackets; none where any part of it is something else."""
    pairs: Pairs = []
    for part in re.split(r"\s*[,;|·]\s*", content.strip()):
        if pair := _group_field(part):
            pairs.append(pair)
        elif pairs and pairs[-1][0] in ("after", "files") and part:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}, {part}")
        else:
            return []
    return pairs


def _group_field(part: str) -> tuple[str, str] | None:
    if match := _IN_GROUP.match(part):
        phrase = (match[2] or "").lower()
        # "(requires Python)" and "(needs review)" name no task.
        if phrase in ("needs", "requires", "follows") and not _NUMBERS.fullmatch(match[3]):
            return None
        name = "after" if phrase else FIELDS[match[1].lower()]
        return (name, match[3]) if makes_sense(name, match[3]) else None
    if match := _ESTIMATE.fullmatch(part):
        return "estimate", match[1]
    if match := _PRIORITY_WORDS.fullmatch(part):
        return "priority", match[1] or match[2]
    return None


def _without_late_fields(said: str, line: int, fields: Fields) -> str:
    """`Print it after: Parser, files: a.py` gives `Print it`."""
    match = _LATE_FIELD.search(said)
    if not match or not said[: match.start()].strip():
        return said
    pairs = _pairs(said[match.start(1) :])
    if not pairs or not all(makes_sense(name, value) for name, value in pairs):
        return said
    _take(pairs, line, fields)
    return said[: match.start()]


# ── paths ────────────────────────────────────────────────────────────────────────────────────────────


def paths_in(text: str) -> list[str]:
    """The paths in a list such as `a.py`, src/b.py (new) and docs/, without what is said about each."""
    said = re.sub(r"\([^()]*\)", " ", unmarked(text))
    found: list[str] = []
    for part in re.split(r"[,;]\s+", said):
        codes = re.findall(r"`([^`]+)`", part)
        bare = re.split(r"\s[–—-]\s|:\s", part, maxsplit=1)[0]
        found += [path for code in codes for path in _paths(code)] or _paths(bare)
    return found


def paths_of_entry(text: str) -> list[str]:
    """The paths of one entry in a list of files; what is said about them may name others."""
    said = unmarked(text)
    codes = [path for code in re.findall(r"`([^`]+)`", said) for path in _paths(code)]
    return codes or paths_in(re.split(r"\s[–—-]\s|:\s", said, maxsplit=1)[0])


def _paths(text: str) -> list[str]:
    words = (
        word.strip("\"'.,;") if not word.startswith(".") else word.rstrip("\"'.,;")
        for word in re.split(r"[\s,;]+", text)
    )
    cut = (_LINE_NUMBERS.sub("", word).removeprefix("./") for word in words)
    return [word for word in cut if _PATH.fullmatch(word)]
