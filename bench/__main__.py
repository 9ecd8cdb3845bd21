"""The table: each row a promise, what it is measured against, and what came out here and now."""

from __future__ import annotations

import compileall
import platform
import sys
import tempfile
from pathlib import Path

from bench import agents_at_work, commands, github, ledger, panes, recovery, terminal, terminal_host, watching
from bench.rows import Row


def main() -> int:
    """Measure everything and print a Markdown table; 1 where a target was missed."""
    for package in ("cockpit", "panes", "prompts"):  # as installing them does
        compileall.compile_dir(Path(__file__).parent.parent / package, quiet=1)
    with tempfile.TemporaryDirectory(prefix="cockpit-bench-") as folder:
        base = Path(folder)
        rows: list[Row] = []
        for part in (
            commands.rows,
            ledger.rows,
            watching.rows,
            agents_at_work.rows,
            panes.rows,
            terminal.rows,
            terminal_host.rows,
            recovery.rows,
            github.rows,
        ):
            rows += part(base)
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
    print("| what | measured | target | |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.what} | {row.measured} | {row.target} | {'✓' if row.met else '✗ missed'} |")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
