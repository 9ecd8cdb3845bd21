"""The README says what is true: the key table, every command, the status keys."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from cockpit.cli.parser import parser
from cockpit.keys import markdown_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(mark: str) -> str:
    found = re.search(f"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", README, re.DOTALL)
    assert found, f"README.md has no part {mark!r}"
    return found[1].strip()


def test_the_key_table_is_the_one_table() -> None:
    assert between("keys") == markdown_table().strip()


def test_every_command_is_in_the_readme() -> None:
    (commands,) = (a for a in parser()._actions if isinstance(a, argparse._SubParsersAction))

    for name in commands.choices:
        assert re.search(rf"`(cockpit )?{name}\b", README), f"the README does not tell of `{name}`"


def test_every_key_of_the_status_is_in_the_readme() -> None:
    schema = json.loads((ROOT / "cockpit" / "status.schema.json").read_text())

    for key in schema["properties"]:
        assert f"`{key}`" in README or f"`{key}[]`" in README or f'"{key}"' in README


def test_the_measurements_are_quoted_with_their_date() -> None:
    assert re.search(r"`scripts/bench` on \d{4}-\d\d-\d\d", README)
    assert "| what | measured | target |" in between("bench")


def test_what_it_links_to_is_there() -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / link).exists(), f"the README links to {link}, which is not there"
