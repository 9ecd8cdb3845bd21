"""Where a command runs: the repository, its ledger and its configuration, with errors in words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.cli import Wrong
from cockpit.places import Places, find_root

if TYPE_CHECKING:
    import argparse

    from cockpit.config import Config
    from cockpit.repo import Repository
    from cockpit.screen_settings import ScreenSettings
    from cockpit.state import State


def places(parsed: argparse.Namespace) -> Places:
    """The places of the repository we are in, or that -C names."""
    start = (parsed.root or Path.cwd()).resolve()
    if not start.is_dir():
        raise Wrong(f"{start} is no folder")
    root = find_root(start)
    if root is None:
        raise Wrong(f"{start} is in no git repository; go to one, or make one with `git init`")
    return Places(root)


def has_ledger(where: Places) -> bool:
    """Whether anything was ever recorded here."""
    return (where.folder / "ledger.db").exists()


def state(where: Places) -> State:
    """The state as the ledger has it; nothing has happened where there is none."""
    from cockpit.ledger import LedgerError, snapshot
    from cockpit.ledger.sqlite import SqliteLedger
    from cockpit.state import State
    from cockpit.words import show_in

    if not has_ledger(where):
        return State()
    try:
        ledger = SqliteLedger(where.folder, create=False)
        try:
            found = snapshot.replay(ledger, where.folder)
            show_in(found.currency, found.rate)
            return found
        finally:
            ledger.close()
    except LedgerError as error:
        raise Wrong(str(error)) from error


def configuration(where: Places) -> Config:
    """The configuration, or what is wrong with it."""
    from cockpit import config

    try:
        return config.load(where.root)
    except config.ConfigError as error:
        raise Wrong(str(error)) from error


def repository(where: Places) -> Repository:
    """The git repository, fit to work on."""
    from cockpit.repo import RepoError, Repository

    try:
        return Repository.open(where.root)
    except RepoError as error:
        raise Wrong(str(error)) from error


def screen_settings(where: Places) -> ScreenSettings:
    """What the files say about the screen. Where none does, nothing heavy is imported: it must open at once."""
    from cockpit.screen_settings import ScreenSettings

    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", "~")) / ".config")
    files = (where.root / "cockpit.toml", home / "cockpit" / "config.toml")
    theme = _kept_theme(where)
    if not any(_says(path, "keys", "screen", "notify") for path in files):
        return ScreenSettings(theme=theme)
    chosen = configuration(where)
    screen, notify = chosen.screen, chosen.notify
    return ScreenSettings(chosen.keys, theme or screen.theme, screen.frames, notify.bell, notify.desktop)


def _says(path: Path, *words: str) -> bool:
    """Whether a file may have something to say; reading it for good costs what the first paint can't spare."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(word in text for word in words)


def _kept_theme(where: Places) -> str:
    """The colours that were chosen on the screen itself."""
    if not _says(where.screen_file, "theme"):
        return ""
    from cockpit.screen_file import read

    theme = read(where.screen_file)[0].get("look", {}).get("theme", "")
    return theme if isinstance(theme, str) else ""
