"""Tokens for callers: one for each run, by which an agent shows that it is that run's, and one for the owner.

A run's token is made from its name and a key that only the owner's processes can read, so nothing has to be kept and
no agent can make another's. The owner's token opens the server on a port to the owner's own programs.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

VARIABLE = "COCKPIT_RUN_TOKEN"
"""Where an agent finds its own."""

KEY, OWNER = "run.key", "mcp.token"
"""The files in `.cockpit/`."""


def of_run(folder: Path, run: str) -> str:
    """The token of a run; `folder` is `.cockpit/`. Raises OSError."""
    return f"{run}.{_proof(_kept(folder / KEY), run)}"


def run_of(folder: Path, token: str) -> str | None:
    """The run that a token is of; None for a token of nobody's."""
    run, _, proof = token.rpartition(".")
    try:
        right = _proof(_kept(folder / KEY), run)
    except OSError:
        return None
    return run if run and hmac.compare_digest(proof.encode(), right.encode()) else None


def owner(folder: Path) -> str:
    """The owner's token. Raises OSError."""
    return _kept(folder / OWNER)


def is_owner(folder: Path, token: str) -> bool:
    """Whether it is the owner's."""
    try:
        return hmac.compare_digest(token.encode(), owner(folder).encode())
    except OSError:
        return False


def _proof(key: str, run: str) -> str:
    return hmac.new(key.encode(), run.encode(), hashlib.sha256).hexdigest()


def _kept(path: Path) -> str:
    """What is in the file; made when it is first asked for, whole or not at all, for the owner's eyes only."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    while True:
        try:
            text = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            _make(path)
            continue
        if len(text) != 64:
            raise OSError(f"{path} holds no token; remove it, and another one is made")
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return text


def _make(path: Path) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w") as file:
        file.write(f"{secrets.token_hex(32)}\n")
    try:
        os.link(fresh, path)  # whoever comes first has made it
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
