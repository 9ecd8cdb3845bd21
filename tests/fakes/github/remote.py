"""The git remote: a bare repository that the stand-in's pull requests know; merging one merges in it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "GitHub",
    "GIT_AUTHOR_EMAIL": "noreply@github.com",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@github.com",
}


@dataclass(frozen=True)
class Remote:
    """A bare repository on this disk."""

    path: Path

    @classmethod
    def make(cls, path: Path, branch: str = "main") -> Remote:
        """A new one; it takes pushes by HTTP as well."""
        made = cls(path)
        path.mkdir(parents=True)
        made.git("init", "-q", "--bare", "-b", branch)
        made.git("config", "http.receivepack", "true")
        return made

    def git(self, *arguments: str, okay: tuple[int, ...] = (0,), env: dict[str, str] | None = None) -> str:
        """Run git in it and give what it printed."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            env=clean | {"LC_ALL": "C", **WHO, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in okay:
            raise RuntimeError(f"git {' '.join(arguments)}: {done.stderr}{done.stdout}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def ref(self, name: str) -> str:
        """The commit of a full ref such as `refs/heads/main`; empty where there is none."""
        return self.git("rev-parse", "--verify", "-q", name, okay=(0, 1))

    def tip(self, branch: str) -> str:
        """The commit of a branch; empty where there is none."""
        return self.ref(f"refs/heads/{branch}")

    def refs(self, prefix: str) -> list[tuple[str, str]]:
        """Full names that begin so, and their commits."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        pairs = [(line.split()[0], line.split()[1]) for line in lines]
        return [pair for pair in pairs if pair[0].startswith(prefix)]

    def knows(self, commit: str) -> bool:
        """Whether it holds that commit."""
        return bool(commit) and bool(self.git("rev-parse", "--verify", "-q", f"{commit}^{{commit}}", okay=(0, 1, 128)))

    def holds(self, branch: str, commit: str) -> bool:
        """Whether a branch contains a commit."""
        base = self.git("merge-base", commit, f"refs/heads/{branch}", okay=(0, 1, 128))
        return base == commit

    def merges(self, base: str, head: str) -> str:
        """The tree that merging two branches gives; empty where they conflict."""
        tree = self.git("merge-tree", "--write-tree", self.tip(base), self.tip(head), okay=(0, 1))
        return tree.splitlines()[0] if tree else ""

    def merge(self, base: str, head: str, method: str, text: str) -> str:
        """Merge as GitHub does, by `merge` or `squash`; the new commit, empty where they conflict."""
        tree, old = self.merges(base, head), self.tip(base)
        if not tree:
            return ""
        parents = ["-p", old] + (["-p", self.tip(head)] if method == "merge" else [])
        made = self.git("commit-tree", tree, *parents, "-m", text)
        self.git("update-ref", f"refs/heads/{base}", made, old)
        return made

    def commit(self, branch: str, path: str, text: str, message: str = "by somebody else") -> str:
        """Somebody's commit on a branch: one file, written anew."""
        old, index = self.tip(branch), {"GIT_INDEX_FILE": str(self.path / "stand-in.index")}
        file = self.path / "stand-in.file"
        file.write_text(text, encoding="utf-8")
        blob = self.git("hash-object", "-w", str(file))
        self.git("read-tree", old, env=index)
        self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
        made = self.git("commit-tree", self.git("write-tree", env=index), "-p", old, "-m", message)
        self.git("update-ref", f"refs/heads/{branch}", made, old)
        return made
