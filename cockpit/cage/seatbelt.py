"""macOS' sandbox-exec: a profile in its own language. Its text is tested; on a Mac it was tried lightly."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cockpit.cage.kinds import CageError

if TYPE_CHECKING:
    from cockpit.cage import Cage

DEVICES = ("/dev/null", "/dev/zero", "/dev/tty", "/dev/ptmx", "/dev/dtracehelper")


def wrap(cage: Cage, argv: Sequence[str]) -> list[str]:
    """The command line. Raises CageError where there is no sandbox-exec."""
    program = shutil.which("sandbox-exec")
    if program is None:
        raise CageError("sandbox-exec was not found; it is part of macOS. Set [cage] kind in cockpit.toml")
    return [program, "-p", profile(cage), *argv]


def profile(cage: Cage) -> str:
    """The rules; of two that match, the later one counts."""
    writable = (*cage.writable, *([cage.tmp] if cage.tmp else []))
    lines = ["(version 1)", "(allow default)", "(deny file-write*)"]
    lines += [f"(allow file-write* (literal {_quoted(path)}))" for path in DEVICES]
    lines.append('(allow file-write* (regex #"^/dev/ttys[0-9]+"))')
    lines += [f"(deny file-read* {_place(path)})" for path in cage.hidden]
    lines += [f"(allow file-read* {_place(path)})" for path in (*cage.shown, *writable)]
    lines += [f"(allow file-write* {_place(path)})" for path in writable]
    lines += [f"(deny file-write* {_place(path)})" for path in cage.frozen]
    if not cage.network:
        lines.append("(deny network*)")
        lines += [f'(allow network-outbound (remote tcp "localhost:{port}"))' for port in cage.ports]
    return "\n".join(lines) + "\n"


def _place(path: str) -> str:
    return f"({'subpath' if os.path.isdir(path) else 'literal'} {_quoted(path)})"


def _quoted(path: str) -> str:
    return json.dumps(path, ensure_ascii=False)
