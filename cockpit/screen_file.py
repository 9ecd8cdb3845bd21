"""What a person chose for the screen in one repository: `.cockpit/screen.toml`, a table for each part of it.

    [agents]
    layout = "main+stack"

It is the cockpit's own file, written by temp file and rename, and nothing depends on it: one that can't be read
is left where it is until the next choice, and said. Nothing is imported at the top that the first paint could
do without.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

Choices = Mapping[str, str | int | float | bool]
"""One part's choices."""


def read(path: Path) -> tuple[dict[str, Choices], str]:
    """The choices of each part, and what was wrong with the file; a file that is not there has none and no fault."""
    import tomllib

    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"{path} can't be read and is ignored: {error}"
    odd = [name for name, part in found.items() if not isinstance(part, dict)]
    said = f"{path}: {odd[0]} is no table and is ignored" if odd else ""
    return {name: part for name, part in found.items() if isinstance(part, dict)}, said


def write(path: Path, part: str, choices: Choices) -> None:
    """Keep the choices of one part, and what the file has of the others."""
    import tomli_w

    from cockpit.ledger.sqlite import prepare_folder

    found, _ = read(path)
    found[part] = dict(choices)
    prepare_folder(path.parent)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(tomli_w.dumps(found), encoding="utf-8")
    fresh.replace(path)
