"""What changed inside a line: the words that are gone and the words that are new. Pure, and bounded.

It is asked only for lines on the screen. Long lines, and lines of very many words, get one span from the first
difference to the last, which costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

Span = tuple[int, int]
Spans = tuple[Span, ...]

MAX_WORDS = 200
"""Words of one line, after what both lines begin and end with, that are compared one by one."""
MAX_CHARACTERS = 1_000
MAX_PAIRS = 900
"""Pairs of lines that are compared to find out which line became which."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


def word_spans(before: str, after: str) -> tuple[Spans, Spans] | None:
    """What differs: spans of `before`, and of `after`; None where too little is common for marks to help."""
    if before == after:
        return None
    if max(len(before), len(after)) > MAX_CHARACTERS:
        return _ends_only(before, after)
    old, new = _WORD.findall(before), _WORD.findall(after)
    start, end = _same_ends(old, new)
    if max(len(old), len(new)) - start - end > MAX_WORDS:
        return _ends_only(before, after)
    matcher = SequenceMatcher(None, old[start : len(old) - end], new[start : len(new) - end], autojunk=False)
    blocks = [(a + start, b + start, size) for a, b, size in matcher.get_matching_blocks() if size]
    common = _weight(old[:start]) + _weight(old[len(old) - end :])
    common += sum(_weight(old[a : a + size]) for a, _, size in blocks)
    if common * 3 < max(_weight(old), _weight(new)):
        return None
    kept_old, kept_new = [(a, a + size) for a, _, size in blocks], [(b, b + size) for _, b, size in blocks]
    return _spans(old, start, end, kept_old), _spans(new, start, end, kept_new)


def likeness(before: str, after: str) -> float:
    """How much two lines have in common, 0 to 1; quick."""
    old, new = set(_WORD.findall(before[:MAX_CHARACTERS])), set(_WORD.findall(after[:MAX_CHARACTERS]))
    old.discard(" ")
    new.discard(" ")
    return len(old & new) / max(1, len(old | new))


def couples(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Which line became which, in order: those that have most in common; one by one where there are many."""
    if len(before) == len(after) or len(before) * len(after) > MAX_PAIRS:
        return [(n, n) for n in range(min(len(before), len(after)))]
    best = [[0.0] * (len(after) + 1) for _ in range(len(before) + 1)]
    like = [[likeness(a, b) for b in after] for a in before]
    for a in range(len(before) - 1, -1, -1):
        for b in range(len(after) - 1, -1, -1):
            best[a][b] = max(best[a + 1][b], best[a][b + 1], like[a][b] + best[a + 1][b + 1])
    found, a, b = list[tuple[int, int]](), 0, 0
    while a < len(before) and b < len(after):
        if like[a][b] > 0 and best[a][b] == like[a][b] + best[a + 1][b + 1]:
            found.append((a, b))
            a, b = a + 1, b + 1
        elif best[a][b] == best[a + 1][b]:
            a += 1
        else:
            b += 1
    return found


def _same_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many words are the same at the beginning, and at the end."""
    most = min(len(old), len(new))
    start = next((n for n in range(most) if old[n] != new[n]), most)
    end = next((n for n in range(most - start) if old[-1 - n] != new[-1 - n]), most - start)
    return start, end


def _weight(words: Sequence[str]) -> int:
    return sum(len(word) for word in words if not word.isspace())


def _spans(words: Sequence[str], start: int, end: int, kept: Sequence[Span]) -> Spans:
    """The characters of the words between the ends that were not kept; with a mere space between them, one span."""
    places = [0]
    for word in words:
        places.append(places[-1] + len(word))
    found: list[Span] = []
    at = start
    for first, last in (*kept, (len(words) - end, len(words))):
        if first > at:
            glued = found and all(words[n].isspace() for n in range(_word_at(places, found[-1][1]), at))
            begin = found.pop()[0] if glued else places[at]
            found.append((begin, places[first]))
        at = max(at, last)
    return tuple(found)


def _word_at(places: Sequence[int], character: int) -> int:
    return places.index(character)


def _ends_only(before: str, after: str) -> tuple[Spans, Spans] | None:
    """One span on each side, from the first character that differs to the last."""
    start, end = _same_ends(before, after)
    common = len(before[:start].strip()) + len(before[len(before) - end :].strip())
    if common * 3 < max(len(before.strip()), len(after.strip())):
        return None
    sides = ((start, len(before) - end), (start, len(after) - end))
    one, other = (((side,) if side[0] < side[1] else ()) for side in sides)
    return one, other
