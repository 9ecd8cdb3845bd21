"""What a line of a plan says about its task: `after: 1, 2`, `files: a.py`, `priority: high`, `(2h)`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cockpit.state import Kind, MergePolicy

_NAMES = {
    "after": "after",
    "depends on": "after",
    "depends": "after",
    "dependencies": "after",
    "blocked by": "after",
    "needs": "after",
    "requires": "after",
    "files": "files",
    "file": "files",
    "files to touch": "files",
    "files to change": "files",
    "touches": "files",
    "kind": "kind",
    "type": "kind",
    "priority": "priority",
    "category": "category",
    "merge": "merge",
    "estimate": "estimate",
    "effort": "estimate",
    "time": "estimate",
    "acceptance criteria": "criteria",
    "acceptance": "criteria",
    "criteria": "criteria",
    "done when": "criteria",
    "definition of done": "criteria",
    "tests": "criteria",
}
"""How people call a field, and what it is."""

_FIELD = re.compile(r"(?i)(" + "|".join(sorted(_NAMES, key=len, reverse=True)) + r")\s*:\s*(.*)$")
_PHRASE = re.compile(r"(?i)(depends on|blocked by)\s+(\S.*?)\.?$")
_IN_TITLE = re.compile(r"(?i)\s*[(\[](?:after|depends on|blocked by|needs):?\s+([^)\]]+)[)\]]")
_HOURS = re.compile(
    r"(?i)\s*(?:[(\[]\s*(?:~|ca\.?\s*|est\.?:?\s*)?(\d+(?:[.,]\d+)?(?:\s*[-–]\s*\d+(?:[.,]\d+)?)?\s*"
    r"(?:h|hrs?|hours?|m|min|minutes?|d|days?|pts?|points?))\s*[)\]]|[-–—,:]?\s*~\s*(\d+(?:[.,]\d+)?\s*"
    r"(?:h|hrs?|hours?|min|minutes?|days?)))\s*$"
)
_PRIORITY_MARK = re.compile(r"\s*[(\[](P[0-4])[)\]]\s*|^(P[0-4])\s*[:-]\s+")
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|\*|___|__|~~)(?=\S)(.+?)(?<=\S)\1")
_CODE = re.compile(r"`([^`]*)`")
_UNDERSCORED = re.compile(r"(?<!\w)_(?=\S)([^_]+)(?<=\S)_(?!\w)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_PRIORITIES = {
    "critical": 20,
    "urgent": 20,
    "high": 10,
    "medium": 0,
    "normal": 0,
    "low": -10,
    "p0": 20,
    "p1": 10,
    "p2": 0,
    "p3": -10,
    "p4": -20,
}


@dataclass(slots=True)
class Fields:
    """What was said about one task."""

    after: list[str] = field(default_factory=list)
    """Names of what must land first, as written."""
    files: list[str] = field(default_factory=list)
    criteria: list[str] = field(default_factory=list)
    kind: Kind = Kind.BUILD
    priority: int = 0
    category: str = ""
    merge: MergePolicy | None = None
    estimate: str = ""
    problems: list[str] = field(default_factory=list)

    def take(self, name: str, value: str) -> None:
        """Note a field; a value that makes no sense becomes a problem, said with the line."""
        value = value.strip()
        match name:
            case "after":
                self.after += names(value)
            case "files":
                self.files += file_names(value)
            case "criteria" if value:
                self.criteria.append(value)
            case "priority":
                self._priority(value)
            case "category":
                self.category = value
            case "estimate":
                self.estimate = value
            case "kind":
                self._kind(value)
            case "merge":
                self._merge(value)

    def _priority(self, value: str) -> None:
        word = value.lower().strip("()[] ")
        if word in _PRIORITIES:
            self.priority = _PRIORITIES[word]
        elif re.fullmatch(r"[+-]?\d{1,6}", word):
            self.priority = int(word)
        else:
            self.problems.append(f"priority {value!r} is unknown; say high, low, P1 or a number")

    def _kind(self, value: str) -> None:
        if value.lower() in set(Kind):
            self.kind = Kind(value.lower())

    def _merge(self, value: str) -> None:
        if value.lower() in set(MergePolicy):
            self.merge = MergePolicy(value.lower())
        else:
            self.problems.append(f"merge {value!r} is unknown; say ask or auto")


def named(line: str) -> tuple[str, str] | None:
    """The field that a line is about, and its value; None for an ordinary line."""
    text = plain_words(line).strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    if match := _FIELD.match(text):
        return _NAMES[match[1].lower()], match[2]
    if match := _PHRASE.match(text):
        return "after", match[2]
    return None


def label(text: str) -> str:
    """The field that a heading or a label such as `Acceptance criteria` names; empty for others."""
    return _NAMES.get(plain_words(text).strip().rstrip(":").strip().lower(), "")


def title_of(text: str, fields: Fields) -> str:
    """A title without what it says about estimate, priority and dependencies, which go to `fields`."""
    text = plain_words(text).strip()
    for said in _IN_TITLE.finditer(text):
        fields.take("after", said[1])
    text = _IN_TITLE.sub("", text)
    if match := _PRIORITY_MARK.search(text):
        fields.take("priority", match[1] or match[2])
        text = _PRIORITY_MARK.sub(" ", text)
    text = text.strip()
    if (match := _HOURS.search(text)) and match.start() > 0:
        fields.take("estimate", match[1] or match[2])
        text = text[: match.start()]
    return " ".join(text.split()).rstrip(":").strip()


def plain_words(text: str) -> str:
    """`text` without emphasis and links; code loses its backticks and nothing else."""
    code: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        code.append(match[1])
        return f"\0{len(code) - 1}\0"

    text = _CODE.sub(put_aside, _LINK.sub(r"\1", text))
    for _ in range(2):
        text = _UNDERSCORED.sub(r"\1", _EMPHASIS.sub(r"\2", text))
    return re.sub("\0(\\d+)\0", lambda match: code[int(match[1])], text)


def names(text: str) -> list[str]:
    """The names in `1, 2 and the parser`, ranges such as `1-3` written out."""
    found: list[str] = []
    for part in re.split(r"\s*[,;&]\s*|\s+and\s+", text):
        word = part.strip().strip("\"'").rstrip(".")
        numbers = re.fullmatch(r"#?(\d{1,3})\s*[-–]\s*#?(\d{1,3})", word)
        if numbers and int(numbers[1]) <= int(numbers[2]):
            found += [str(n) for n in range(int(numbers[1]), int(numbers[2]) + 1)]
        elif word and word.lower() not in ("none", "-", "–", "nothing", "n/a"):
            found.append(word)
    return found


def file_names(text: str) -> list[str]:
    """The paths in `a.py, src/b.py (new)`."""
    without_notes = re.sub(r"\([^)]*\)", " ", plain_words(text))
    return [word.strip("\"'.,;") for word in re.split(r"[\s,;]+", without_notes) if _is_path(word)]


def _is_path(word: str) -> bool:
    return bool(re.search(r"[\w)*\]][./][\w*]|^[\w.-]+/|^(Makefile|Dockerfile|LICENSE)$|^\.\w", word.strip("\"'.,;")))


def merged(texts: Iterable[str]) -> str:
    """Lines as one sentence."""
    return " ".join(" ".join(plain_words(t) for t in texts).split())
