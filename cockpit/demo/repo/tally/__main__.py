"""The command line: `python3 -m tally numbers FILE` and `python3 -m tally words FILE`."""

from __future__ import annotations

import argparse
import sys

from .report import numbers_report, words_report


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 1 where the file does not hold what the command needs."""
    given = _parser().parse_args(arguments)
    try:
        with open(given.file, encoding="utf-8") as file:
            text = file.read()
        print(numbers_report(text) if given.command == "numbers" else words_report(text, given.top))
    except (OSError, ValueError) as error:
        print(f"tally: {given.file}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tally", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    numbers = commands.add_parser("numbers", help="sum up the numbers in a file")
    numbers.add_argument("file")
    words = commands.add_parser("words", help="count the words in a file")
    words.add_argument("file")
    words.add_argument("--top", type=int, default=10, help="how many words to show")
    return parser


if __name__ == "__main__":
    sys.exit(main())
