"""The table of keys: no two alike, overrides checked, and every command it names exists."""

from __future__ import annotations

import argparse
import re

import pytest

from cockpit import keys
from cockpit.cli.parser import parser
from cockpit.keys import KeyConflict, bindings, markdown_table, pretty


def test_the_defaults_do_not_clash() -> None:
    assert len(bindings()) == len(keys.TABLE) == len(keys.BY_ACTION)


def test_a_key_may_mean_two_things_only_in_panes_that_never_show_together() -> None:
    assert bindings({"desk.list": "n"} | {"new-task": "f2"})["desk.list"] == "n"
    with pytest.raises(KeyConflict):
        bindings({"diff.turn": "escape"})


def test_an_override_moves_one_key() -> None:
    assert bindings({"approve": "Y"}) == {**bindings(), "approve": "Y"}
    assert bindings({"help": "%"})["help"] == "percent_sign"
    swapped = bindings({"transcript.search": "-", "grid.fewer": "/"})
    assert (swapped["transcript.search"], swapped["grid.fewer"]) == ("minus", "slash")


def test_two_actions_may_swap_their_keys() -> None:
    swapped = bindings({"approve": "x", "reject": "a"})
    assert (swapped["approve"], swapped["reject"]) == ("x", "a")


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"approve": "x"}, "approve and reject would both be on x; give one of them another key"),
        ({"kill": "?"}, "kill and help would both be on ?; give one of them another key"),
        ({"aprove": "y"}, "there is no action 'aprove'; did you mean 'approve'?"),
        ({"approve": " "}, "approve: ' ' is no key; give one, such as a, P, f5 or ctrl+a"),
        ({"approve": "a,b"}, "approve: 'a,b' is no key; give one, such as a, P, f5 or ctrl+a"),
    ],
)
def test_what_can_not_be_is_refused_by_name(overrides: dict[str, str], said: str) -> None:
    with pytest.raises(KeyConflict) as refused:
        bindings(overrides)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("key", "name"),
    [("question_mark", "?"), ("a", "a"), ("up", "↑"), ("shift+tab", "shift+tab"), ("plus", "+"), ("slash", "/")],
)
def test_keys_are_called_what_people_call_them(key: str, name: str) -> None:
    assert pretty(key) == name


def test_every_twin_is_a_command_that_exists() -> None:
    top = parser()
    known = _commands(top)
    for key in keys.TABLE:
        for twin in filter(None, key.twin.split(", ")):
            words = [word for word in twin.split()[1:] if re.fullmatch(r"[a-z|]+", word)]
            for choice in words[0].split("|") if words else []:
                assert " ".join([choice, *words[1:]]) in known, f"{key.action}: {twin}"


def test_the_readme_table_has_every_key() -> None:
    table = markdown_table().splitlines()
    assert sum(line.startswith("| `") for line in table) == len(keys.TABLE)
    parts = [line.strip("|* ") for line in table if "**" in line]
    assert parts[0] == "Everywhere"
    assert {"On the board", "At the agents", "At the merge desk"} < set(parts)
    assert all(re.fullmatch(r"\|.*[^\\]\|.*[^\\]\|.*\|", line) for line in table)
    assert "| `a` | Merge the selected task that waits for your yes. | `cockpit approve TASK` |" in table
    assert all(line.replace("\\|", "").count("|") == 4 for line in table)


def _commands(top: argparse.ArgumentParser, before: str = "") -> set[str]:
    found = {before.strip()}
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                found |= _commands(sub, f"{before} {name}")
    return found
