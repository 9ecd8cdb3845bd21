"""A search in a transcript: what matches, and which match is looked at. Pure; knows no screen.

A match is a line, however often the words are in it. Small letters find large ones too; a large letter in the
query means itself. New lines are looked through as they come, the old ones only when the query changes, and then
only those that matched before where the query became longer.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from panes.paragraphs import Paragraph
from panes.rows import Place
from panes.transcript_model import Transcript


class Search:
    """A query and where it is found; places count paragraphs from the first ever."""

    def __init__(self, transcript: Transcript) -> None:
        """Nothing is sought yet."""
        self._transcript = transcript
        self.query = ""
        self._pattern: re.Pattern[str] | None = None
        self._found: list[Place] = []
        self._seen = transcript.end
        """The number of the first paragraph that was not looked through."""
        self.at = 0
        """Which of the matches is looked at."""

    @property
    def count(self) -> int:
        """The matches."""
        return len(self._found)

    @property
    def place(self) -> Place | None:
        """The match that is looked at."""
        return self._found[self.at] if self._found else None

    def seek(self, query: str, near: Place) -> None:
        """Look for something else, beginning with the first match from `near` on."""
        transcript = self._transcript
        longer = self.query and query.startswith(self.query) and _has_large(query) == _has_large(self.query)
        numbers: Iterable[int] = range(transcript.dropped, transcript.end)
        if longer:
            numbers = dict.fromkeys(p.paragraph for p in self._found if p.paragraph >= transcript.dropped)
        self.query = query
        self._pattern = re.compile(re.escape(query), 0 if _has_large(query) else re.IGNORECASE) if query else None
        self._found = [place for number in numbers for place in self._places(number)]
        if longer:
            self._look_on()
        self._seen = transcript.end
        self.at = bisect_left(self._found, near) if self._found else 0
        self.at %= max(1, len(self._found))

    def take_in(self) -> bool:
        """Look through what was added, forget what was dropped; whether there are other matches now."""
        before = len(self._found)
        gone = bisect_left(self._found, Place(self._transcript.dropped, 0))
        del self._found[:gone]
        self.at = max(0, self.at - gone)
        self._look_on()
        return bool(gone) or len(self._found) != before

    def _look_on(self) -> None:
        first = max(self._seen, self._transcript.dropped)
        self._found += [place for n in range(first, self._transcript.end) for place in self._places(n)]
        self._seen = self._transcript.end

    def step(self, steps: int) -> Place | None:
        """Go to another match, from the last on to the first again."""
        if self._found:
            self.at = (self.at + steps) % len(self._found)
        return self.place

    def _places(self, number: int) -> Iterator[Place]:
        if self._pattern is None:
            return
        paragraph: Paragraph = self._transcript.paragraph(number)
        if not paragraph.folded:
            if match := self._pattern.search(paragraph.text):
                yield Place(number, match.start())
            return
        after = -1
        for match in self._pattern.finditer(paragraph.text):
            if match.start() > after:
                yield Place(number, match.start())
                end = paragraph.text.find("\n", match.end())
                after = end if end >= 0 else len(paragraph.text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the query is in a row's text."""
        return [match.span() for match in self._pattern.finditer(text)] if self._pattern else []


def _has_large(query: str) -> bool:
    return query != query.lower()
