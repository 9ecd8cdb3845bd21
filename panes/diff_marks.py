"""What was read and written about a diff, in words: on a file's heading, and as comments under their lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

from cockpit.reading import Draft, Reading
from cockpit.text import plain
from panes.diff_layout import Note
from panes.diff_model import Diff
from panes.wrap import rows as wrapped


def is_viewed(reading: Reading, diff: Diff, file: int) -> bool:
    """Whether a file was read as it is now; one that was never viewed is not looked into."""
    digest = reading.viewed.get(diff.files[file].path)
    return digest is not None and digest == diff.digest(file)


def headings(diff: Diff, reading: Reading, drafts: Sequence[tuple[int, Draft]], folded: Set[int]) -> dict[int, str]:
    """What the heading of a file says besides its name: viewed, generated, commented, folded."""
    counts = Counter(diff.file_at(row) for row, _ in drafts)
    found = dict[int, str]()
    for file in {*folded, *counts, *diff.generated}:
        parts = [
            "✓ viewed" if is_viewed(reading, diff, file) else "",
            "generated" if file in diff.generated else "",
            f"✎ {counts[file]}" if counts[file] else "",
            "▸ folded" if file in folded else "",
        ]
        found[file] = " · ".join(part for part in parts if part)
    return found


def note(row: int, draft: Draft, about: str, width: int) -> Note:
    """A comment as it stands under its line; one on an older version says so."""
    moved = "" if draft.head == about else f"  (on an older version: {plain(draft.comment.where)})"
    text = " ⏎ ".join(plain(draft.comment.text).strip().split("\n")) + moved
    lines = wrapped(text, max(10, width - 4)) or [""]
    return Note(row, draft.key, tuple(f"{'    ' if n else '  ✎ '}{line}" for n, line in enumerate(lines)))
