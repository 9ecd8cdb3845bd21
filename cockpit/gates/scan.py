"""Looks for secrets in what a branch brings: by betterleaks where it is installed, and by the built-in rules.

betterleaks is a Go program in a shared library, so it runs in a process of its own: `python -m cockpit.gates.scan`
reads texts as JSON on stdin and says what it found, by place and never by value more than its parent needs to
mask it. Comments that tell a scanner to look away are taken out first: whoever wrote the change could write them.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cockpit import secret_shapes
from cockpit.gates.brought import Leak
from cockpit.secret_shapes import masked

SECONDS = 300.0
"""How long the scanner may take."""

AT_ONCE = 4_000_000
"""Characters in one text for the scanner."""

_LOOK_AWAY = re.compile(
    r"(?i)(?:better|git)leaks:allow|pragma:\s*allowlist\s+\S+|detect-secrets|nosec\w*|trufflehog:ignore"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line to be looked at, and what to call its place."""

    where: str
    text: str


class ScannerFailed(Exception):
    """The scanner that is configured can't be used; the text says why."""


def has_betterleaks() -> bool:
    """Whether the better scanner is installed."""
    return importlib.util.find_spec("betterleaks") is not None


def scanner_name(wanted: str) -> str:
    """Which scanner runs, in words for people."""
    if wanted == "built-in" or (wanted == "auto" and not has_betterleaks()):
        return "scanned by the built-in rules" + ("" if wanted == "built-in" else " (betterleaks is not installed)")
    return "scanned by betterleaks" + (" and the built-in rules" if wanted == "auto" else "")


async def scan(lines: Sequence[Line], wanted: str, allow: Sequence[str], folder: Path) -> list[Leak]:
    """The secrets in the lines, each once, in their order. Raises ScannerFailed."""
    found: dict[tuple[int, str], str] = {}
    if wanted != "built-in" and (wanted == "betterleaks" or has_betterleaks()):
        found |= {(n, secret): kind for n, kind, secret in await _betterleaks(lines, folder)}
    if wanted != "betterleaks":
        for n, kind, secret in built_in(lines):
            if not any(number == n and (secret in other or other in secret) for number, other in found):
                found[n, secret] = kind
    return leaks(found, lines, allow)


def leaks(found: Mapping[tuple[int, str], str], lines: Sequence[Line], allow: Sequence[str]) -> list[Leak]:
    """What was found (by line and secret, with its kind) and is not allowed, each once, in order, masked."""
    patterns = [re.compile(pattern) for pattern in allow]
    kept = (
        Leak(kind, lines[n].where, masked(secret))
        for (n, secret), kind in sorted(found.items(), key=lambda item: item[0][0])
        if not any(pattern.search(secret) or pattern.search(lines[n].text) for pattern in patterns)
    )
    return list(dict.fromkeys(kept))


def built_in(lines: Sequence[Line]) -> list[tuple[int, str, str]]:
    """What the built-in rules find: the line's number in `lines`, the kind, the secret."""
    found = []
    for text, starts in _joined(lines):
        for kind, start, end in secret_shapes.find(text):
            found.append((_line_at(starts, start), kind, text[start:end]))
    return found


def _joined(lines: Sequence[Line]) -> Iterable[tuple[str, list[int]]]:
    """The lines in texts of a bounded size, and where in its text each line begins; others begin at -1."""
    parts: list[str] = []
    starts: list[int] = [-1] * len(lines)
    size = 0
    for number, line in enumerate(lines):
        starts[number] = size
        parts.append(_LOOK_AWAY.sub("", line.text))
        size += len(parts[-1]) + 1
        if size > AT_ONCE:
            yield "\n".join(parts), starts
            parts, starts, size = [], [-1] * len(lines), 0
    if parts:
        yield "\n".join(parts), starts


def _line_at(starts: Sequence[int], place: int) -> int:
    """The line that a place is in."""
    first = next(n for n, start in enumerate(starts) if start >= 0)
    last = max(n for n, start in enumerate(starts) if start >= 0)
    return bisect_right(starts, place, first, last + 1) - 1


async def _betterleaks(lines: Sequence[Line], folder: Path) -> list[tuple[int, str, str]]:
    texts = list(_joined(lines))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = []
    for text, starts in texts:
        for finding in await _ask(text, folder):
            if secret_shapes.is_placeholder(str(finding["secret"])):
                continue
            row = int(finding["line"])
            first = next(n for n, start in enumerate(starts) if start >= 0)
            found.append((min(first + max(row - 1, 0), len(lines) - 1), str(finding["kind"]), str(finding["secret"])))
    return found


async def _ask(text: str, folder: Path) -> list[dict[str, str]]:
    argv = [sys.executable, "-P", "-m", "cockpit.gates.scan"]
    home = str(Path(__file__).parent.parent.parent)
    variables = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": home, "HOME": str(folder)}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *argv, cwd=folder, env=variables, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, errors = await process.communicate(text.encode("utf-8", "replace"))
    except TimeoutError as error:
        raise ScannerFailed(f"betterleaks gave no answer within {SECONDS:g} s") from error
    finally:
        if process.returncode is None:  # it starts none itself; nothing but it is left
            process.kill()
    try:
        answer: list[dict[str, str]] = json.loads(said)
    except ValueError as error:
        words = errors.decode("utf-8", "replace").strip()[-300:] or f"exit status {process.returncode}"
        raise ScannerFailed(f"betterleaks failed: {words}") from error
    return answer


def main() -> int:
    """The child: scan what comes on stdin."""
    import betterleaks

    findings = betterleaks.scan_string(sys.stdin.buffer.read().decode("utf-8", "replace"))
    json.dump([_said(finding) for finding in findings], sys.stdout)
    return 0


def _said(finding: Any) -> dict[str, object]:
    kind = str(finding.rule_id or "secret").replace("-", " ")
    return {"kind": kind, "line": int(finding.location.start_line), "secret": str(finding.secret)}


if __name__ == "__main__":
    sys.exit(main())
