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
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cockpit
from cockpit.cage import BUBBLEWRAP, Cage
from cockpit.hosts import process

if TYPE_CHECKING:
    from cockpit.hosts.launch import Launch

KEY, TOKEN, BASE = "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"
PASS = "COCKPIT_STAND_IN_TOKEN"
"""How the stand-in is told the agent's token."""


def beside(environ: Mapping[str, str], launch: Launch) -> tuple[dict[str, str], Cage, socket.socket | None]:
    """The stand-in of a launch that wants one: what its agent is told, its cage, and the socket for the cage's door."""
    cage = launch.cage
    if not launch.stand_in:
        return {}, cage, None
    if cage.network:
        return start(environ), cage, None
    if cage.kind == BUBBLEWRAP:
        told, way = start_behind_door(environ)
        return told, cage, way
    told = start(environ)
    return told, replace(cage, ports=(int(told[BASE].rpartition(":")[2]),)), None


def start(environ: Mapping[str, str]) -> dict[str, str]:
    """Start one for this host; what the agent is told instead of the key. `environ` has the key. Raises OSError."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        told = _serve(environ, listening)
        return told | {BASE: f"http://127.0.0.1:{listening.getsockname()[1]}"}


def start_behind_door(environ: Mapping[str, str]) -> tuple[dict[str, str], socket.socket]:
    """The same for an agent without a network: it is served by the socket that `cage.door` hands to the other end.

    That is the socket which comes back, for the agent's process; the agent is told where by the door.
    """
    ours, theirs = socket.socketpair()
    with ours:
        return _serve(environ, ours, "--door"), theirs


def _serve(environ: Mapping[str, str], listening: socket.socket, *more: str) -> dict[str, str]:
    token = f"cockpit-{secrets.token_urlsafe(32)}"
    parent = os.getpid()
    subprocess.Popen(
        [sys.executable, "-P", "-m", "cockpit.hosts.stand_in_server", str(listening.fileno()), *more],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={**environ, "PYTHONPATH": str(Path(cockpit.__file__).parent.parent), PASS: token},
        pass_fds=(listening.fileno(),),
        preexec_fn=lambda: process.die_with_parent(parent),
    )
    direct = {n: ",".join(filter(None, (environ.get(n, ""), "127.0.0.1"))) for n in ("NO_PROXY", "no_proxy")}
    return {**direct, **{n: token for n in (KEY, TOKEN) if environ.get(n)}}
