"""The command line: parse, ask, print. Each command's module is imported when it is used, so that
`cockpit status` answers at once.

Exit codes: 0 done, 1 the engine refused what was asked, 2 usage, configuration or surroundings are wrong;
`status` has more (`cli/status.py`).
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import SimpleNamespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

QUICK = {
    (): "attaching.attach",
    ("status",): "status.status",
    ("status", "--json"): "status.status",
    ("status", "--oneline"): "status.status",
}
"""What must answer at once, and so is understood without building the whole parser."""

REFUSED = 1
WRONG = 2


class Wrong(Exception):
    """The command can't be carried out as things are; the text says what is wrong, where, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        if quick := QUICK.get(tuple(words)):
            asked = {option: f"--{option}" in words for option in ("json", "oneline", "watch", "plain")}
            return command(quick)(SimpleNamespace(root=None, **asked))
        from cockpit.cli.parser import parser

        parsed = parser().parse_args(words)
        return command(parsed.run)(parsed)
    except Wrong as error:
        print(f"cockpit: {error}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def command(path: str) -> Callable[[Any], int]:
    """The function that `module.function` names, in this package."""
    module, _, name = path.partition(".")
    found: Callable[[Any], int] = getattr(import_module(f"cockpit.cli.{module}"), name)
    return found
