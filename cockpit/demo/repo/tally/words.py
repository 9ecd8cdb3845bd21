"""Words: taking a text apart, and counting what is in it."""

from __future__ import annotations

import re
from collections import Counter

_WORD = re.compile(r"[a-z']+")


def split(text: str) -> list[str]:
    """The words of a text in lower case, in their order."""
    return _WORD.findall(text.lower())


def frequencies(text: str, top: int | None = None) -> list[tuple[str, int]]:
    """Each word and how often it occurs, the most frequent first, then by the alphabet."""
    counted = sorted(Counter(split(text)).items(), key=lambda pair: (-pair[1], pair[0]))
    return counted[:top]
