"""Starting the stand-in that holds the user's key beside a host, and what the agent is told instead of the key.

Light: every host carries it. What it does is in `stand_in_server`.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import cockpit
from cockpit.hosts import process

KEY, TOKEN, BASE = "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"
PASS = "COCKPIT_STAND_IN_TOKEN"
"""How the stand-in is told the agent's token."""


def start(environ: Mapping[str, str]) -> dict[str, str]:
    """Start one for this host; what the agent is told instead of the key. `environ` has the key. Raises OSError."""
    token = f"cockpit-{secrets.token_urlsafe(32)}"
    parent = os.getpid()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        subprocess.Popen(
            [sys.executable, "-P", "-m", "cockpit.hosts.stand_in_server", str(listening.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            env={**environ, "PYTHONPATH": str(Path(cockpit.__file__).parent.parent), PASS: token},
            pass_fds=(listening.fileno(),),
            preexec_fn=lambda: process.die_with_parent(parent),
        )
        port = listening.getsockname()[1]
    direct = {n: ",".join(filter(None, (environ.get(n, ""), "127.0.0.1"))) for n in ("NO_PROXY", "no_proxy")}
    return {BASE: f"http://127.0.0.1:{port}", **direct, **{n: token for n in (KEY, TOKEN) if environ.get(n)}}
