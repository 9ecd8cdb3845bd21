"""`cockpit mcp`: the MCP server, over stdio or on a loopback port."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.cli import Wrong, surroundings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from cockpit.mcpserver.callers import Caller
    from cockpit.mcpserver.server import ToolsOf
    from cockpit.mcpserver.tools import Tools
    from cockpit.places import Places


def mcp(parsed: argparse.Namespace) -> int:
    """`mcp [--http] [--port N]`."""
    if parsed.port is not None and not parsed.http:
        raise Wrong("--port needs --http; without it the server speaks over stdio")
    if parsed.http:
        return _http(surroundings.places(parsed), parsed.port or 0)
    return _stdio(parsed.root or Path.cwd())


def for_starter(start: Path, environ: Mapping[str, str]) -> ToolsOf:
    """The tools for whoever started us: where there is no repository, each of them says so."""
    from cockpit.api import Cockpit, CockpitError
    from cockpit.mcpserver.callers import from_environment
    from cockpit.mcpserver.tools import Unable

    def tools_of(_: Any, name: str) -> Tools:
        try:
            folder = Cockpit(start).places.folder
        except CockpitError as error:
            raise Unable(str(error)) from error
        return _tools(start, from_environment(environ, folder, name))

    return tools_of


def _stdio(start: Path) -> int:
    from cockpit.mcpserver.server import build

    async def serve() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, _leave)
        await build(for_starter(start, os.environ)).run_stdio_async()

    asyncio.run(serve())
    return 0


def _leave() -> None:
    """At once: the thread that reads standard input can't be broken off. What was asked is taken back first."""
    from cockpit.mcpserver.tools import withdraw_all

    def leave() -> None:
        withdraw_all()
        os._exit(0)

    threading.Thread(target=leave, name="leave").start()


def _tools(start: Path, caller: Caller) -> Tools:
    from cockpit.api import Cockpit
    from cockpit.mcpserver.tools import Tools, Unable

    cockpit = Cockpit(start, by=caller.by, way="MCP")
    try:
        queues = surroundings.configuration(cockpit.places).mcp.queue
    except Wrong as error:
        raise Unable(str(error)) from error
    return Tools(cockpit, caller, queues)


def _http(where: Places, port: int) -> int:
    from cockpit import run_tokens
    from cockpit.mcpserver.callers import from_header
    from cockpit.mcpserver.http import HOST, PATH, listen, serve
    from cockpit.mcpserver.server import build
    from cockpit.mcpserver.tools import Unable

    def tools_of(ctx: Any, name: str) -> Tools:
        caller = from_header((ctx.headers or {}).get("authorization", ""), where.folder, name)
        if caller is None:
            raise Unable("show a token")
        return _tools(where.root, caller)

    def admits(authorization: str) -> bool:
        return from_header(authorization, where.folder) is not None

    try:
        run_tokens.owner(where.folder)
        listening = listen(port)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", "") or error
        raise Wrong(f"the server can't start on {HOST}, port {port or 'any'}: {why}") from error
    with listening:
        _say(where, f"http://{HOST}:{listening.getsockname()[1]}{PATH}", run_tokens.OWNER)
        asyncio.run(serve(build(tools_of), listening, admits))
    return 0


def _say(where: Places, url: str, name: str) -> None:
    token = where.folder / name
    header = f'-H "Authorization: Bearer $(cat {shlex.quote(str(token))})"'
    print(url)
    print(f"The token is in {token} (only you can read it). For Claude Code:", file=sys.stderr)
    print(f"  claude mcp add -t http cockpit {url} {header}", file=sys.stderr)
    sys.stdout.flush()
