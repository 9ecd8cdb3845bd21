"""What real programs printed, to judge the emulators by; `python -m tests.recordings.record` makes it anew."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
COLUMNS, ROWS = 80, 24
"""The size of the terminal they ran in."""


def recordings() -> list[str]:
    """Their names."""
    return sorted(path.stem for path in FOLDER.glob("*.bin"))


def recording(name: str) -> bytes:
    """One of them."""
    return (FOLDER / f"{name}.bin").read_bytes()
