"""What answers cost, kept from one engine to the next: an engine that comes back needs no price list to go on.

The list takes longer to import than all else that a new engine does. It can save work and never lie: it counts only for
the very configuration, price list and code that it was made with, and for a day, since prices change with time; an
engine looks them up but once, too. In doubt it is as if there were none.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cockpit import codec, durable, prices, tokens
from cockpit.config import Config
from cockpit.engine import asking, pricing
from cockpit.engine.pricing import Priced

NAME = "prices.json"

DAY = 86_400.0
"""Seconds for which it counts."""

ASKED = {"models", "roles", "routing", "budget", "prices", "review", "ideas"}
"""The tables of the configuration that prices depend on, beside the sort of agents."""


def known(folder: Path, config: Config, environ: Mapping[str, str], more: Iterable[str] = ()) -> Priced:
    """What `pricing.known` says, from the file in `folder` where it counts; looked up and kept where not."""
    models = sorted(more)
    mark = _mark(config, environ, models)
    if (found := _read(folder / NAME, mark)) is not None:
        return found
    priced = pricing.known(config, environ, models)
    kept = {"mark": mark, "at": time.time(), "priced": codec.encode(priced)}
    with suppress(OSError):  # it is only a help
        durable.replace(folder / NAME, json.dumps(kept).encode())
    return priced


def _read(path: Path, mark: str) -> Priced | None:
    try:
        kept: dict[str, Any] = json.loads(path.read_bytes())
        if kept["mark"] != mark or not 0 <= time.time() - kept["at"] < DAY:
            return None
        return codec.decode(Priced, kept["priced"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def _mark(config: Config, environ: Mapping[str, str], models: list[str]) -> str:
    """A digest of all that the prices follow from."""
    spec = importlib.util.find_spec("genai_prices")
    files = [str(module.__file__) for module in (pricing, prices, tokens)]
    folder = os.path.dirname(spec.origin) if spec is not None and spec.origin else ""
    files += sorted(entry.path for entry in os.scandir(folder) if entry.is_file()) if folder else []
    seen = [(path, stat.st_size, stat.st_mtime_ns) for path in files for stat in (os.stat(path),)]
    asked = config.model_dump_json(include=ASKED)
    of = (asked, config.agents.kind, asking.way(config, environ), models, seen)
    return hashlib.sha256(repr(of).encode()).hexdigest()
