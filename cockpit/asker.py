"""Who asks: the person's name, user number and terminal, and by which way, for the audit trail."""

from __future__ import annotations

import os
import pwd
import sys


def who(way: str) -> str:
    """`ada@pts/3 (uid 1000), command line`."""
    uid = os.getuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    sudo = f", sudo from {user}" if (user := os.environ.get("SUDO_USER")) else ""
    remote = f", from {address.split()[0]}" if (address := os.environ.get("SSH_CONNECTION", "").strip()) else ""
    return f"{name}@{_terminal()} (uid {uid}{sudo}{remote}), {way}"


def _terminal() -> str:
    for file in (sys.stdin, sys.stdout, sys.stderr):
        try:
            return os.ttyname(file.fileno()).removeprefix("/dev/")
        except (OSError, ValueError, AttributeError):
            continue
    return "no terminal"
