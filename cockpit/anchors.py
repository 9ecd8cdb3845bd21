"""Where any of many short words occurs in a text, in one pass.

The passes are those of a library written in Rust, several gigabytes a second; where it is not to be had, each word is
sought by itself, at some forty megabytes for all secrets' anchors. No word is given that lies inside another or begins
in one that was just given; such words follow from the one that is given, so they are looked for there, and what comes
out is every place of every word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter

Search = Callable[[bytes], list[tuple[int, int, int]]]
"""Which words are in bytes: the number of each, where it begins and where it ends, in order, none in another."""

Places = dict[str, list[int]]
"""By word, where it begins, in order; words that don't occur are left out."""


class Anchors:
    """Some words, each different and of characters that take one byte, sought as they are."""

    def __init__(self, words: Sequence[str]) -> None:
        """Words of at least three characters are sought quickest, and few quicker than many."""
        least = [word for word in words if not any(other in word for other in words if other != word)]
        first = {word: next(one for one in least if one in word) for word in words}
        self._least = [(one, _bytes(one)) for one in least]
        self._holding = [[(w, _bytes(w), w.index(one)) for w in words if first[w] == one != w] for one in least]
        """For each of the least words those that have it inside, and how far in."""
        self._hiding = [_overlaps(one, least) for one in least]
        """And which of the least may begin in it, and how far in."""
        self._has_more = [bool(h or o) for h, o in zip(self._holding, self._hiding, strict=True)]
        self._search = search_for([_bytes(one) for one in least])

    def add_places(self, data: bytes, places: Places) -> None:
        """Add where the words occur."""
        for number, at, _ in self._search(data):
            places.setdefault(self._least[number][0], []).append(at)
            if self._has_more[number]:
                self._add_longer(number, at, data, places)
                for other, inside in self._hiding[number]:
                    word, written = self._least[other]
                    if data.startswith(written, at + inside):
                        places.setdefault(word, []).append(at + inside)
                        self._add_longer(other, at + inside, data, places)

    def _add_longer(self, number: int, at: int, data: bytes, places: Places) -> None:
        for word, written, inside in self._holding[number]:
            if at >= inside and data.startswith(written, at - inside):
                places.setdefault(word, []).append(at - inside)

    def starts(self, data: bytes) -> list[int]:
        """Where any of the words begins, in order; of those that lie in or begin in one another only the first."""
        return [at for _, at, _ in self._search(data)]

    def occur(self, data: bytes) -> bool:
        """Whether any of the words does."""
        return bool(self._search(data))


def search_for(words: Sequence[bytes]) -> Search:
    """The quickest way that there is to look for words of which none has another one in it."""
    try:
        from ahocorasick_rs import BytesAhoCorasick, MatchKind  # who searches nothing need not load it
    except ImportError:
        return partial(one_by_one, words)
    return BytesAhoCorasick(words, MatchKind.LeftmostFirst).find_matches_as_indexes


def one_by_one(words: Sequence[bytes], data: bytes) -> list[tuple[int, int, int]]:
    """The same by a search for each word."""
    found: list[tuple[int, int, int]] = []
    for number, word in enumerate(words):
        at = data.find(word)
        while at >= 0:
            found.append((number, at, at + len(word)))
            at = data.find(word, at + 1)
    found.sort(key=itemgetter(1))
    end = 0
    return [(number, at, end := after) for number, at, after in found if at >= end]


def _bytes(word: str) -> bytes:
    return word.encode("latin-1")


def _overlaps(word: str, others: Sequence[str]) -> list[tuple[int, int]]:
    """Which of the others begin inside a word, and how far in, the nearest first."""
    ends = [(inside, word[inside:]) for inside in range(1, len(word))]
    return [(number, inside) for inside, end in ends for number, other in enumerate(others) if other.startswith(end)]
