"""The MCP server: what other programs' models may do here, over stdio or on a loopback port.

They may look, propose tasks, ask the person, and (an agent that holds a task) say how far they are. Nothing that
merges, answers, starts or spends is among the tools: such wishes come from a person alone.
"""
