"""Comments on a change, written out for the agent that is to settle them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cockpit.state import Comment
from cockpit.text import cut, plain

MAX_QUOTE = 200
"""Characters of a quoted line."""
MAX_COMMENT = 4_000
"""Characters of one comment."""


def rework_text(note: str, comments: Sequence[Comment]) -> str:
    """The note, then the comments one by one: where, the line as it stood, and what is wanted of it."""
    parts = [note.strip()] if note.strip() else []
    if comments:
        parts.append("Comments on your change:" if len(comments) > 1 else "A comment on your change:")
        parts += ["\n".join(_lines(number, comment)) for number, comment in enumerate(comments, 1)]
    return "\n\n".join(parts)


def _lines(number: int, comment: Comment) -> Iterator[str]:
    yield f"{number}. {' '.join(plain(comment.where).split())}{'' if comment.line else ' (the whole file)'}"
    if quote := plain(comment.quote).strip("\n"):
        yield f"   > {quote[:MAX_QUOTE]}{'…' if len(quote) > MAX_QUOTE else ''}"
    yield from (f"   {line}".rstrip() for line in cut(plain(comment.text).strip(), MAX_COMMENT).split("\n"))
