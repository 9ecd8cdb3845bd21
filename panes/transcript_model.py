"""What an agent's transcript says, in words; knows no screen.

The lines of an agent's stream (`cockpit.agents.stream`) become paragraphs, and those that belong together (a
message, a tool call with its result) a block. Paragraphs are numbered from the first ever and only ever added at
the end, so a number means the same for good; only the newest are kept, and how many were dropped is said.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import assert_never

from cockpit.agents import stream
from cockpit.questions import QUESTION
from cockpit.text import cut, plain
from cockpit.views import clock, money
from panes.paragraphs import Paragraph, Tone, bounded, folding, one_line, rest

MAX_PARAGRAPHS = 5_000
"""Paragraphs that are kept; when there are more, the oldest tenth goes."""
MAX_CHARACTERS = 1_000_000
"""Characters that are kept over all paragraphs, so that long lines are bounded too."""


SHOWN: dict[Tone, int] = {
    Tone.TEXT: 400,
    Tone.THOUGHT: 6,
    Tone.TOLD: 16,
    Tone.DETAIL: 6,
    Tone.HUNK: 24,
    Tone.ERROR: 12,
}
"""How many lines of one text show before somebody unfolds it, by the tone it begins with; diffs begin with `hunk`."""


class Transcript:
    """The newest paragraphs of one run, oldest first."""

    def __init__(self) -> None:
        self.paragraphs: list[Paragraph] = []
        self.dropped = 0
        """Paragraphs that were there and are gone."""
        self.starts: list[int] = []
        """The number of each block's first paragraph; the first block may have lost its beginning."""
        self.errors: list[int] = []
        """The numbers of the paragraphs at which an error begins."""
        self._characters = 0
        self._teller = Teller()
        self._open_call = ""
        """The tool call that the last block is, while its result has not come."""

    @property
    def end(self) -> int:
        """The number of the paragraph that comes next."""
        return self.dropped + len(self.paragraphs)

    def paragraph(self, number: int) -> Paragraph:
        """One that is kept."""
        return self.paragraphs[number - self.dropped]

    def block(self, number: int) -> tuple[int, int]:
        """The block that a paragraph is in: the numbers of its first one, and of the one after its last."""
        index = bisect_right(self.starts, number) - 1
        after = self.starts[index + 1] if index + 1 < len(self.starts) else self.end
        return self.starts[index], after

    def lines(self, start: int, end: int) -> int:
        """How many lines the paragraphs from `start` to before `end` have."""
        first = max(0, start - self.dropped)
        return sum(p.folded or 1 for p in self.paragraphs[first : end - self.dropped])

    def fails(self, start: int, end: int) -> bool:
        """Whether there is an error from `start` to before `end`."""
        return bisect_left(self.errors, start) < bisect_left(self.errors, end)

    def add(self, lines: Iterable[stream.Line]) -> None:
        """Take in what an agent's stream says next."""
        for line in lines:
            if told := self._teller.tell(line):
                self._index(line.event, told)
            self.paragraphs.extend(told)
            self._characters += sum(len(p.text) for p in told)
            if len(self.paragraphs) > MAX_PARAGRAPHS or self._characters > MAX_CHARACTERS:
                self._drop_oldest()

    def _index(self, event: stream.StreamEvent, told: list[Paragraph]) -> None:
        """A result goes into the block of its call where nothing came between; all else begins a block."""
        if not (isinstance(event, stream.ToolReturned) and event.id == self._open_call):
            self.starts.append(self.end)
        self._open_call = event.id if isinstance(event, stream.ToolCalled) else ""
        for number, paragraph in enumerate(told, self.end):
            if paragraph.tone is Tone.ERROR and "✗" in paragraph.mark:
                self.errors.append(number)

    def _drop_oldest(self) -> None:
        """Drop a tenth at a time, so that the work of dropping is spread thin."""
        gone = max(0, len(self.paragraphs) - MAX_PARAGRAPHS * 9 // 10)
        self._characters -= sum(len(p.text) for p in self.paragraphs[:gone])
        while self._characters > MAX_CHARACTERS * 9 // 10:
            self._characters -= len(self.paragraphs[gone].text)
            gone += 1
        self.dropped += gone
        del self.paragraphs[:gone]
        del self.starts[: bisect_right(self.starts, self.dropped) - 1]
        del self.errors[: bisect_left(self.errors, self.dropped)]


class Teller:
    """Puts a stream into words; remembers what the words of a later line need."""

    def __init__(self) -> None:
        self._spent = stream.Spent(0.0, 0)
        self._paid = stream.Spent(0.0, 0)
        """What `_spent` was when the last turn ended."""
        self._last_call = ""
        self._steps: dict[str, str] = {}
        self._said = ""
        self._waiting: set[str] = set()
        """Messages by people that the model has not got yet."""

    def tell(self, line: stream.Line) -> list[Paragraph]:
        """The paragraphs of one line of the stream; none where there is nothing to show."""
        event = line.event
        match event:
            case stream.Started(model=model):
                # The cost counts from nothing again in a new process.
                self._spent = self._paid = stream.Spent(0.0, 0)
                return block(Tone.NOTE, "▸ ", f"agent started{f' · {model}' if model else ''}")
            case stream.Told():
                return self._told(event, line.at)
            case stream.Said(text=text):
                self._said = text
                return block(Tone.TEXT, "", text.strip("\n"))
            case stream.Thought(text=text):
                return block(Tone.THOUGHT, "~ ", text.strip("\n"))
            case stream.ToolCalled():
                return self._called(event)
            case stream.ToolReturned():
                return self._returned(event)
            case stream.Spent():
                self._spent = event
                return []
            case stream.Read(id=name):
                return self._read(name)
            case stream.Asked():
                return _asked(event, line.at)
            case stream.Answered(text=text, by=by):
                return block(Tone.TOLD, "» ", f"{by} {clock(line.at)}: {text.strip()}")
            case stream.Withdrawn():
                return block(Tone.NOTE, "? ", "the agent no longer waits for an answer")
            case stream.Retrying(reason=reason, seconds=seconds):
                wait = f" in {seconds:.0f} s" if seconds else ""
                return block(Tone.WARNING, "↻ ", f"trying again{wait}: {reason}")
            case stream.Ended():
                return self._ended(event, line.at)
            case stream.Breached(why=why):
                return block(Tone.WARNING, "✗ ", f"ended by its host: {why}")
            case stream.Garbled(text=text):
                return block(Tone.WARNING, "? ", f"unreadable: {cut(text, 300)}")
            case stream.Exited():
                return _exited(event)
            case _:
                assert_never(event)

    def _told(self, event: stream.Told, at: float) -> list[Paragraph]:
        if event.id and event.by != "cockpit":
            self._waiting.add(event.id)
        return block(Tone.TOLD, "» ", f"{event.by} {clock(at)}: {event.text.strip()}")

    def _read(self, name: str) -> list[Paragraph]:
        if name not in self._waiting:
            return []
        self._waiting.discard(name)
        return block(Tone.GOOD, "  ✓ ", "the agent has read it")

    def _called(self, event: stream.ToolCalled) -> list[Paragraph]:
        step = event.step or event.name
        self._last_call = event.id
        self._steps[event.id] = step
        detail = event.detail.strip("\n")
        if is_diff(detail):
            return block(Tone.TOOL, "● ", step) + diff_block(detail)
        flat = " ".join(detail.split())
        if not flat or flat not in step:
            return block(Tone.TOOL, "● ", step) + block(Tone.DETAIL, "  $ ", detail)
        # The step has a command of several lines in one: it reads better as it was written, and is said once.
        first, _, others = detail.partition("\n")
        head = step.replace(flat, " ".join(first.split()))
        return block(Tone.TOOL, "● ", head) + block(Tone.DETAIL, "    ", others)

    def _returned(self, event: stream.ToolReturned) -> list[Paragraph]:
        step = self._steps.pop(event.id, "")
        # Tools that ran side by side answer later: then it must be said whose answer this is.
        named = [Paragraph(Tone.NOTE, "  ↳ ", one_line(step))] if step and event.id != self._last_call else []
        output = event.output.strip("\n")
        if event.failed:
            return named + block(Tone.ERROR, "  ✗ ", output or "failed and said nothing")
        return named + block(Tone.DETAIL, "  │ ", output) if output else []

    def _ended(self, event: stream.Ended, at: float) -> list[Paragraph]:
        cost, self._paid = self._cost(), self._spent
        self._steps.clear()
        refused = block(Tone.ERROR, "✗ ", f"refused: {', '.join(event.denials)}") if event.denials else []
        if not event.ok:
            why = event.error or event.summary or "no reason given"
            hope = " (trying again cannot help)" if event.fatal else ""
            return [*refused, *block(Tone.ERROR, "✗ ", f"turn failed {clock(at)}{cost}{hope}: {why}")]
        summary = event.summary.strip()
        said = [] if summary == self._said.strip() else block(Tone.TEXT, "", summary)
        return [*said, *refused, *block(Tone.GOOD, "✓ ", f"turn done {clock(at)}{cost}")]

    def _cost(self) -> str:
        """What the turn that ends now cost, with a dot in front; empty where nothing was counted."""
        spent = self._spent
        if spent == self._paid:
            return ""
        tokens = f"{count(spent.tokens - self._paid.tokens)} tokens"
        if spent.source == "unknown":
            return f" · $? ({spent.model or 'the model'} has no price) · {tokens}"
        return f" · ≈{money(spent.usd - self._paid.usd)} · {tokens}"


def _asked(event: stream.Asked, at: float) -> list[Paragraph]:
    """A question with its choices, or a tool that the agent wants leave for."""
    number = f" ({event.part} of {event.parts})" if event.parts > 1 else ""
    asks = "asks" if event.about == QUESTION else "may it"
    told = block(Tone.TOLD, "? ", f"{asks}{number} {clock(at)}: {event.text.strip()}")
    offered = (f"{n} {c.label}{f': {c.description}' if c.description else ''}" for n, c in enumerate(event.choices, 1))
    return told + block(Tone.DETAIL, "    ", "\n".join(offered))


def _exited(event: stream.Exited) -> list[Paragraph]:
    if event.code == 0:
        return block(Tone.NOTE, "■ ", "agent left")
    how = "agent is gone" if event.code is None else f"agent left with exit code {event.code}"
    reason = event.reason.strip()
    return block(Tone.ERROR, "✗ ", f"{how}: {reason}" if reason else how)


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────


def block(tone: Tone, mark: str, text: str) -> list[Paragraph]:
    """Text as paragraphs, folded after as many as a text of this tone shows."""
    return folding(tone, mark, text, SHOWN.get(tone, 40))


def diff_block(text: str) -> list[Paragraph]:
    """A unified diff of an edit, each line in the tone of its sign; without the lines that name the file."""
    lines = [s for s in plain(text).split("\n") if not s.startswith(("--- ", "+++ ", "diff --git ", "index "))]
    keep = SHOWN[Tone.HUNK]
    shown = [Paragraph(diff_tone(s), "  ", bounded(s)) for s in lines[:keep]]
    return shown + rest(Tone.HUNK, "  ", lines[keep:])


def is_diff(text: str) -> bool:
    """Whether a tool call's detail is a unified diff."""
    return text.startswith(("@@ ", "diff --git ")) or (text.startswith("--- ") and "\n+++ " in text)


def diff_tone(line: str) -> Tone:
    """The tone of a line of a diff, by its sign."""
    return {"+": Tone.ADDED, "-": Tone.REMOVED, "@": Tone.HUNK}.get(line[:1], Tone.DETAIL)


def count(number: int) -> str:
    """`812`, `12.3k`, `4.1M`."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)
