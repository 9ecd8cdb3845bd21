"""Whether two titles mean the same work: normalised words, compared as sets. Pure, and the same both ways round."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

ENOUGH = 0.6
"""Titles that share so much of their words are taken for the same."""

_EMPTY_WORDS = """
a an and are as at be by can do does for from get has have if in into is it its let make makes more of on onto or
should so than that the their them then there they this to use uses using via when where which while with
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())
"""Words that say nothing about what is to be done."""

_SAME = {
    "speed": "fast",
    "quick": "fast",
    "quicken": "fast",
    "accelerate": "fast",
    "improve": "better",
    "enhance": "better",
    "introduce": "add",
    "create": "add",
    "implement": "add",
    "provide": "add",
    "support": "add",
    "delete": "remove",
    "drop": "remove",
    "repair": "fix",
    "mend": "fix",
    "correct": "fix",
    "documentation": "document",
    "doc": "document",
    "docs": "document",
    "validate": "check",
    "verify": "check",
    "unit": "test",
}
"""Words for the same, as titles use them."""


class Known(NamedTuple):
    """Something that is there already."""

    title: str
    what: str
    """`T3, which landed`."""


def words(text: str) -> frozenset[str]:
    """The words that matter, in one form each."""
    found = re.findall(r"[^\W_]+", text.casefold().replace("'s ", " "))
    kept = {_stem(word) for word in found if word not in _EMPTY}
    return frozenset(kept or found)


def similarity(one: str, other: str) -> float:
    """How much of their words two texts share: 0 for nothing, 1 for all."""
    if one.casefold().split() == other.casefold().split():
        return 1.0
    mine, yours = words(one), words(other)
    if not mine or not yours:
        return 0.0
    return 2 * len(mine & yours) / (len(mine) + len(yours))


def duplicate(title: str, known: Iterable[Known]) -> Known | None:
    """What is so near to a title that it must be the same; the nearest."""
    near = [(similarity(title, one.title), one) for one in known]
    best = max(near, key=lambda found: found[0], default=None)
    return best[1] if best is not None and best[0] >= ENOUGH else None


def _stem(word: str) -> str:
    """A word without its ending, as crudely as titles need it."""
    word = _SAME.get(word, word)
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    word = word.removesuffix("e") if len(word) > 4 else word
    if len(word) > 4 and word[-1] == word[-2]:
        word = word[:-1]
    return _SAME.get(word, word)
