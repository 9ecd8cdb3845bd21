"""The way to the model out of a cage without a network: a socket that is opened inside and served outside.

    python -I -S door.py FD -- COMMAND…

Runs inside the cage: opens a port on the cage's own loopback, hands the listening socket out by the socket FD, says in
the environment where it is, and becomes the command. A socket belongs to the network that it was opened in, whoever
serves it: so the host's stand-in (`hosts/stand_in_server.py`) answers in there, and nothing else of the world does.

Both a module and the program, so it imports nothing of ours.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence

BASE = "ANTHROPIC_BASE_URL"

REFUSED = 125
"""The exit code where no way out could be made, and so nothing was run."""


def through(fd: int, argv: Sequence[str]) -> list[str]:
    """The command line that runs `argv` with a door, whose socket is handed to who holds the other end of `fd`."""
    return [sys.executable, "-I", "-S", os.path.abspath(__file__), str(fd), "--", *argv]


def main(arguments: list[str]) -> int:
    """Open the door and become the command; comes back only where that failed."""
    fd, _, *command = arguments
    try:
        with socket.socket(fileno=int(fd)) as out, socket.create_server(("127.0.0.1", 0)) as listening:
            socket.send_fds(out, [b"door"], [listening.fileno()])
            os.environ[BASE] = f"http://127.0.0.1:{listening.getsockname()[1]}"
    except OSError as error:
        print(f"there is no way to the model out of the cage: {error}", file=sys.stderr)
        return REFUSED
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
    return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
