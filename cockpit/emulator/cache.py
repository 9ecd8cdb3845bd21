"""The folder where a person's screens keep what saves time, and what outlives a crash."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path:
    """The folder, which nobody else may write to. Raises OSError where there can be none."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    path = Path(base) / "cockpit"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    stat = path.stat()
    if stat.st_uid != os.getuid() or stat.st_mode & 0o022:
        raise PermissionError(f"{path} can be written to by others")
    return path
