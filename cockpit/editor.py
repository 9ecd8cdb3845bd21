"""The person's own editor: `$VISUAL`, `$EDITOR`, or what is there; the text goes out in a file and comes back."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

USUAL = ("sensible-editor", "nano", "vim", "vi")
"""What is tried where neither variable is set."""


class EditorError(Exception):
    """There is no editor, or it failed; the text says where what was written is kept."""


def command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The editor's command line, without the file. Raises EditorError."""
    for name in ("VISUAL", "EDITOR"):
        if wanted := environ.get(name, "").strip():
            try:
                words = shlex.split(wanted)
            except ValueError as error:
                raise EditorError(f"${name} can't be understood: {error}") from error
            if shutil.which(words[0], path=environ.get("PATH")) is None:
                raise EditorError(f"${name} names {words[0]!r}, which is not there; set it to your editor")
            return words
    for usual in USUAL:
        if path := shutil.which(usual, path=environ.get("PATH")):
            return [path]
    raise EditorError("there is no editor; set $EDITOR to yours, such as EDITOR=nano")


class Draft:
    """A text on its way through the editor, as often as it takes; kept on disk until `done`.

    The folder is private, and stays when something goes wrong.
    """

    def __init__(self, name: str, text: str, environ: Mapping[str, str] = os.environ) -> None:
        """`name` is the file's, so that the editor knows what it is. Raises EditorError."""
        self._command = command(environ)
        self._environ = dict(environ)
        self.path = Path(tempfile.mkdtemp(prefix="cockpit-edit-")) / name
        self.put(text)

    def edit(self) -> str:
        """Open the editor and wait for it; what the file says then. Raises EditorError."""
        try:
            done = subprocess.run([*self._command, str(self.path)], env=self._environ, check=False)
            text = self.path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise EditorError(f"{self._command[0]}: {error}; what was written is kept in {self.path}") from error
        if done.returncode:
            raise EditorError(
                f"{self._command[0]} ended with {done.returncode}; what was written is kept in {self.path}"
            )
        return text

    def put(self, text: str) -> None:
        """What the editor opens with next."""
        self.path.write_bytes(text.encode("utf-8", "replace"))

    def done(self) -> None:
        """It came through: the file is not needed any more."""
        shutil.rmtree(self.path.parent, ignore_errors=True)
