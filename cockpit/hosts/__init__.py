"""Hosts: the process that runs one agent's process, and the files they share with the engine.

    engine ── launch.json, control.jsonl, SIGUSR1 ──▶ host ── input (FIFO) ──▶ agent CLI
       ▲                                               │ ▲                         │
       └── .claude-sessions/agent-N.session ◀──────────┘ └──── stream.jsonl ◀──────┘
       └── events.jsonl ◀──────────────────────────────┘       stderr.log

Everything of a run lies in `.cockpit/runs/<run>/`:

- `branch`         the branch that the engine makes for the run, noted before it is there
- `launch.json`    what to start (`launch.Launch`), written by the engine before each start
- `host.lock`      held (flock) by the host as long as it lives: whoever can take it knows that it is dead
- `host.json`      pids, for people and for the process sweep
- `input`          the FIFO that is the agent's stdin; opened O_RDWR, so the agent never sees its end
- `stream.jsonl`   the agent's raw stdout without secrets, bounded (the part before it: `stream.jsonl.1`)
- `stderr.log`     the agent's stderr, likewise
- `control.jsonl`  what the engine wants, a line each (`launch.Control`); new for each start; SIGUSR1 says "look"
- `events.jsonl`   what the stream said (`agents.stream`), append only over the whole run

A terminal agent (`terminal_host`) has no stdin, stream and stderr of its own but a pseudo-terminal, and instead:

- `prompt-N.md`    what the command is told in its Nth turn
- `terminal.log`   what it printed, as it came; with `terminal.log.1`, which holds what was before, bounded
- `terminal.sock`  where screens look at the terminal and type into it (`frames`)

A host outlives its engine; the engine adopts living hosts when it comes back. A host's death kills its
agent. One host has one agent process and ends with it; only a terminal agent's host stays between turns, each
of which is a process.
"""
