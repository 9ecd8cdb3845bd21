"""Where things lie: the folders that the cockpit keeps in and beside a repository."""

from __future__ import annotations

from pathlib import Path

WORKTREES = "../{repo}.worktrees"
"""The folder of all worktrees, where the configuration names no other."""


class Places:
    """The cockpit's places for the repository whose main working tree is `root`."""

    __slots__ = ("root",)

    def __init__(self, root: Path) -> None:
        """`root` is absolute."""
        self.root = root

    @property
    def folder(self) -> Path:
        """`.cockpit/`: ledger, lock and runs."""
        return self.root / ".cockpit"

    @property
    def sessions(self) -> Path:
        """`.claude-sessions/`: one session file an agent."""
        return self.root / ".claude-sessions"

    @property
    def seen_file(self) -> Path:
        """When somebody was last at a screen of this repository."""
        return self.folder / "seen"

    @property
    def report(self) -> Path:
        """The last night's report, in Markdown."""
        return self.folder / "report.md"

    @property
    def context(self) -> Path:
        """What all agents may read: findings, and files of the user's; see `cockpit.shared_files`."""
        return self.folder / "context"

    @property
    def engine_log(self) -> Path:
        """What the engine prints, which is nothing while all is well."""
        return self.folder / "engine.log"

    @property
    def screen_file(self) -> Path:
        """What a person chose for the screen here; see `cockpit.screen_file`."""
        return self.folder / "screen.toml"

    def run_dir(self, run: str) -> Path:
        """Everything of one run; see `cockpit.hosts`."""
        return self.folder / "runs" / run

    def stream(self, run: str) -> Path:
        """What a run's agent said and did, in our own words (`agents.stream`)."""
        return self.run_dir(run) / "events.jsonl"

    def session_file(self, agent: int) -> Path:
        """The session file of an agent."""
        return self.sessions / f"agent-{agent}.session"

    def worktrees(self, template: str) -> Path:
        """The folder of all worktrees, outside the repository so that tools run there don't walk them."""
        return Path(self.root / template.replace("{repo}", self.root.name)).resolve()


def find_root(start: Path) -> Path | None:
    """The main working tree that `start` is in, without asking git: quick enough for `status`."""
    for folder in (start, *start.parents):
        dot_git = folder / ".git"
        if dot_git.is_dir():
            return folder
        if dot_git.is_file():
            return _main_of(dot_git)
    return None


def _main_of(dot_git: Path) -> Path | None:
    """The main working tree behind a linked worktree's `.git` file."""
    pointer = dot_git.read_text(encoding="utf-8", errors="replace").strip().removeprefix("gitdir:").strip()
    own = (dot_git.parent / pointer).resolve()
    common = own.parent.parent
    if own.parent.name != "worktrees" or common.name != ".git" or _is_bare(common):
        return dot_git.parent
    return common.parent


def _is_bare(common: Path) -> bool:
    """Whether a repository has no working tree of its own, so that a linked one is the checkout."""
    try:
        text = (common / "config").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(line.split("#")[0].replace(" ", "").strip().lower() == "bare=true" for line in text.splitlines())
