"""The command line."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from ..__main__ import main


def run(text: str, *arguments: str) -> tuple[int, str, str]:
    """Run Tally on a file with `text`; gives exit code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "input.txt"
        file.write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([arguments[0], str(file), *arguments[1:]])
    return code, out.getvalue(), err.getvalue()


class CommandLine(unittest.TestCase):
    def test_numbers_prints_a_table(self) -> None:
        code, out, _ = run("1 2 3", "numbers")
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith("measure"))

    def test_words_can_be_limited(self) -> None:
        _, out, _ = run("a a b", "words", "--top", "1")
        self.assertEqual(len(out.splitlines()), 3)

    def test_a_mistake_is_told_and_not_printed(self) -> None:
        code, out, err = run("1 x", "numbers")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("'x' is not a number", err)
