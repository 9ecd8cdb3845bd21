"""The person's own programs on a task's files: the editor at a line, and the shell. Only their command lines."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from cockpit import editor

_GOTO = {"code": "--goto", "codium": "--goto", "cursor": "--goto", "zed": "", "hx": "", "helix": "", "subl": ""}
"""Editors that take `FILE:LINE`, and the option that says so; all the others take `+LINE FILE`."""


def at_line(path: Path, line: int = 0, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The command line that opens a file at a line. Raises EditorError."""
    words = editor.command(environ)
    if line <= 0:
        return [*words, str(path)]
    name = Path(words[0]).name
    if name in _GOTO:
        return [*words, *filter(None, [_GOTO[name]]), f"{path}:{line}"]
    return [*words, f"+{line}", str(path)]


def shell(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The person's shell."""
    return [environ.get("SHELL") or shutil.which("bash") or "/bin/sh"]
