"""The configuration's table for callers by tool (`[mcp]`)."""

from __future__ import annotations

from cockpit.config_base import Section


class Mcp(Section):
    """What the MCP server lets its callers do."""

    queue: bool = False
    """Tasks that your own programs propose are queued at once; false: they are suggested until you take them up."""
    agents: bool = False
    """The night's own agents (`claude`) get the tools too, each for its own run: report progress, ask you, look."""
