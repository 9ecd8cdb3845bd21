"""Any command as an agent: it runs in a terminal of its own and reads from a file what it is to do.

Nothing is typed into the terminal for it and nothing on its screen is believed: a turn is one run of the
command, exit code 0 says that it takes itself to be done, and gates and review judge the work as they do
any agent's. The command gets the file's path where it says `{prompt}`, and in COCKPIT_PROMPT_FILE.

Imports nothing heavy: every host carries it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterable, Mapping

from cockpit.agents import LaunchError, Spec, Translator
from cockpit.agents.stream import StreamEvent

PROMPT_VARIABLE = "COCKPIT_PROMPT_FILE"
PLACEHOLDER = "{prompt}"

KIND_OF_TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""What the screen that shows it understands, whatever terminal the cockpit was started from."""

_WORDS = """. : [ break case cd command echo eval exec exit export false for if printf read set test time trap true
umask unset until wait while ulimit"""
LAUNCHERS = re.compile(r"python[0-9.]*|node|deno|bun|ruby|perl|(ba|z|da)?sh|env|exec|uv|uvx|npx|pipx|run|nice|time")
"""What stands before the program's own name."""

SHELL_WORDS = frozenset(_WORDS.split())
"""Words that a command line may begin with though no program is called so."""


class TerminalAgent:
    """Starts the user's command; everything else is the host's, see `hosts.terminal_host`."""

    name = "terminal"

    def argv(self, spec: Spec) -> list[str]:
        """The command line for the run's first turn. Raises LaunchError where it can't be one."""
        return command_line(spec.command, prompt_file(spec.run_dir, 1))

    def environment(self, spec: Spec) -> Mapping[str, str]:
        """What sort of terminal it runs in."""
        return KIND_OF_TERMINAL

    def translator(self, spec: Spec) -> Translator:
        """It has no stream: what it prints is for people."""
        return _NoStream()

    def say(self, text: str, message: str) -> str:
        """Nothing is typed: the host writes a prompt file and starts the command again."""
        return ""

    def interrupt(self) -> str:
        """What a person would type: ctrl+c."""
        return "\x03"

    def end(self) -> str:
        """Nothing is typed: the host hangs up."""
        return ""


class _NoStream:
    def read(self, line: str) -> Iterable[StreamEvent]:
        return ()


def prompt_file(run_dir: str, turn: int) -> str:
    """Where the prompt of a run's turn lies; each has a file of its own."""
    return os.path.join(run_dir, f"prompt-{turn}.md")


def command_line(command: str, prompt: str) -> list[str]:
    """What to start for a turn whose prompt lies in the file `prompt`. Raises LaunchError."""
    if not command.strip():
        raise LaunchError(
            "the terminal agent needs a command: set agents.command in cockpit.toml, "
            f'e.g. command = "my-agent --task {PLACEHOLDER}"'
        )
    if missing := missing_program(command):
        raise LaunchError(f"{missing} was not found on PATH; install it, or mend agents.command in cockpit.toml")
    return ["/bin/sh", "-c", command.replace(PLACEHOLDER, shlex.quote(prompt))]


def missing_program(command: str) -> str:
    """The program that a command line begins with, where it certainly does not exist; else nothing."""
    try:
        first = shlex.split(command)[0]
    except ValueError as error:
        raise LaunchError(f"agents.command in cockpit.toml is no command line: {error}") from error
    if not re.fullmatch(r"[\w.+-]+|/[\w./+-]+", first) or first in SHELL_WORDS:
        return ""  # a variable, a loop, a path in the worktree: only the shell can tell
    return "" if shutil.which(first) else first


def label(command: str) -> str:
    """What the command is called, where its price is not known, say: its program, or what an interpreter runs."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    names = [os.path.basename(word) for word in words if not re.match(r"-|\w+=", word) and word != PLACEHOLDER]
    own = (name for name in names if not LAUNCHERS.fullmatch(name))
    return next(own, next(iter(names), ""))


ADAPTER = TerminalAgent()
