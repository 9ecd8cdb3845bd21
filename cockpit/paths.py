"""The one check for paths that an agent, a file or an issue names: they must lie in the worktree."""

from __future__ import annotations

from pathlib import Path


class OutsideWorktree(ValueError):
    """A path leads out of the worktree; the text names both."""


def inside(worktree: Path, path: str) -> Path:
    """The absolute path that `path` means in `worktree`, every symlink on the way resolved.

    A relative path counts from the worktree, an absolute one must lie in it. The file need not exist. Raises
    OutsideWorktree for a path that leads out, be it by `..`, by a symlink or from the root, and for one
    that no file can have.
    """
    try:
        top = worktree.resolve()
        resolved = (top / path).resolve()
    except (ValueError, OSError, RuntimeError) as error:  # a NUL byte, a loop of links
        raise OutsideWorktree(f"{path!r} is not a usable path: {error}") from error
    if not resolved.is_relative_to(top):
        raise OutsideWorktree(f"{path!r} leads to {resolved}, which is outside the worktree {top}")
    return resolved
