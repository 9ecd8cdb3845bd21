"""The configuration's files as they lie there, for whoever can't wait for them to be read for good."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def texts(root: Path) -> Iterator[str]:
    """What they say; nothing for one that is not there."""
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", "~")) / ".config")
    for path in (home / "cockpit" / "config.toml", root / "cockpit.toml"):
        try:
            yield path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
