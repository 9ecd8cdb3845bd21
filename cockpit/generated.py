"""Files that nobody writes by hand: lock files, minified and vendored code. The desk folds them away at first."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.gates.changes import is_protected

USUAL = (
    "*.lock",
    "*.lockb",
    "*.lock.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "go.sum",
    "*.min.js",
    "*.min.css",
    "*.js.map",
    "*.css.map",
    "vendor/",
    "node_modules/",
    "third_party/",
    "*_pb2.py",
    "*_pb2_grpc.py",
    "*.pb.go",
    "*.snap",
)
"""Globs as in a .gitignore, where the configuration has none of its own."""


def is_generated(path: str, globs: Sequence[str] = USUAL) -> bool:
    """Whether one of the globs covers the file."""
    return is_protected(path, globs)
