"""Records real programs: `python -m tests.recordings.record [NAME…]`.

Each runs in a terminal of its own, in a made-up place with a made-up clock's worth of files, and is typed the same
keys. htop needs root, for it runs where it sees no other process and no other machine's name.
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path

from tests.recordings import COLUMNS, FOLDER, ROWS

PAUSE = 0.4
"""Seconds in which a program that prints nothing more has said all it had to say."""

LINES = "".join(f"{n:3d}  the quick brown fox jumps over the lazy dog, and {n * n} is a square\n" for n in range(1, 81))
SOURCE = '''"""A module to look at."""


def median(values: list[float]) -> float:
    """The middle of `values`, or the mean of the two in the middle."""
    ordered = sorted(values)  # a comment, wide: 漢字 ✓
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2
'''


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and what to type at it, a piece at a time."""

    command: Sequence[str]
    keys: Sequence[str] = ()


_ALONE = ("unshare", "--pid", "--uts", "--mount-proc", "--fork", "sh", "-c")
PROGRAMS = {
    "git-log": Program(("git", "--no-pager", "log", "-p", "--color=always", "--stat")),
    "less": Program(("less", "-M", "lines.txt"), (" ", " ", "/fox\n", "n", "g", "\x1b[B", "G", "k", "k")),
    "vim": Program(
        ("vim", "-u", "NONE", "-N", "--cmd", "set nomore noswapfile", "+syntax on|set number hlsearch", "module.py"),
        ("jjj", "ddu", ":split\n", "/half\n", ":set list\n", "ggOnew line\x1b", "\x06", "\x02", "Vjj", "\x1b"),
    ),
    "vim-split": Program(
        ("vim", "-u", "NONE", "-N", "--cmd", "set nomore noswapfile", "-O", "module.py", "lines.txt"),
        ("\x04", "\x15", "\x17w", "\x04\x04", "\x15", "10ddp", ":10,20d\n", "u"),
    ),
    "htop": Program((*_ALONE, "hostname demo; exec htop --delay=100"), ("\x1b[B", "t", "\x1bOQ")),
    "nano": Program(("nano", "--ignorercfiles", "module.py"), ("new line\n", "\x1b[B\x1b[B\x0b", "\x16", "\x07")),
    "progress": Program(("sh", "progress.sh")),
}
_PROGRESS = r"""
for n in 1 2 3 4 5 6 7 8 9 10; do
    bar=$(printf '%*s' "$n" '' | tr ' ' '#')
    printf '\r\033[2K\033[32m%3d%%\033[0m [%-10s] file %d' $((n * 10)) "$bar" "$n"
    [ $((n % 4)) = 0 ] && printf '\r\033[Kdone with %d\n' "$n"
done
printf '\n\033[1mdone\033[0m\n'
"""


def main(names: Sequence[str]) -> None:
    """Record `names`, or all of them."""
    for name in names or PROGRAMS:
        program = PROGRAMS[name]
        if shutil.which(program.command[0]) is None:
            print(f"{name}: {program.command[0]} is not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            _furnish(Path(folder))
            data = _record(program, Path(folder))
        (FOLDER / f"{name}.bin").write_bytes(data)
        print(f"{name}: {len(data)} bytes")


def _furnish(folder: Path) -> None:
    (folder / "lines.txt").write_text(LINES)
    (folder / "module.py").write_text(SOURCE)
    (folder / "progress.sh").write_text(_PROGRESS)
    person = {"NAME": "Ada", "EMAIL": "ada@example.org", "DATE": "2025-01-01T12:00:00Z"}
    environment = os.environ | {f"GIT_{who}_{k}": v for who in ("AUTHOR", "COMMITTER") for k, v in person.items()}
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-qm", "Say what a median is"],
        ["mv", "lines.txt", "numbers.txt"],
        ["commit", "-qm", "Call the numbers numbers"],
        ["mv", "numbers.txt", "lines.txt"],
    ):
        subprocess.run(["git", *words], cwd=folder, env=environment, check=True)


def _record(program: Program, folder: Path) -> bytes:
    pid, terminal = pty.fork()
    if pid == 0:
        ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.chdir(folder)
        kept = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(folder)}
        os.execvpe(program.command[0], list(program.command), kept)
    data = _read(terminal)
    for keys in program.keys:
        os.write(terminal, keys.encode())
        data += _read(terminal)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(terminal)
    return data


def _read(terminal: int) -> bytes:
    data = b""
    while select.select([terminal], [], [], PAUSE)[0]:
        try:
            data += os.read(terminal, 65536)
        except OSError:  # it has ended
            return data
    return data


if __name__ == "__main__":
    main(sys.argv[1:])
