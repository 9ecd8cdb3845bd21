"""`cockpit integrate claude`: what it writes, what it leaves alone, and that removing it leaves nothing behind."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from cockpit import integrate
from cockpit.cli import main
from cockpit.cli.parser import parser
from tests.repos import make_repo

WRITTEN = [
    *(f".claude/commands/{name}.md" for name in sorted(integrate.COMMANDS)),
    ".claude/skills/cockpit/SKILL.md",
    ".mcp.json",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repo(tmp_path)


def run(root: Path, *more: str) -> int:
    return main(["-C", str(root), "integrate", "claude", *more])


def everything(root: Path) -> dict[str, str]:
    """Every file with its text, and every folder."""
    found = (path for path in sorted(root.rglob("*")) if ".git" not in path.relative_to(root).parts)
    return {str(path.relative_to(root)): path.read_text() if path.is_file() else "" for path in found}


def test_what_was_written_is_removed_by_one_command_and_nothing_else(root: Path) -> None:
    before = everything(root)
    assert run(root) == 0
    assert sorted(path for path in set(everything(root)) - set(before) if (root / path).is_file()) == WRITTEN

    assert run(root, "--remove") == 0
    assert everything(root) == before


def test_a_dry_run_says_it_and_touches_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(root)
    assert run(root, "--dry-run") == 0
    said = capsys.readouterr().out
    assert all(f"would write: {root / path}" in said for path in WRITTEN)
    assert everything(root) == before


def test_doing_it_twice_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(root)
    first = everything(root)
    capsys.readouterr()
    assert run(root) == 0
    assert everything(root) == first
    assert "wrote" not in capsys.readouterr().out


def test_a_file_of_the_users_own_stays_and_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = root / ".claude" / "commands" / "search.md"
    own.parent.mkdir(parents=True)
    own.write_text("Search the web.\n")
    before = everything(root)

    run(root)
    assert f"left alone: {own} (it is a file of your own)" in capsys.readouterr().out
    assert own.read_text() == "Search the web.\n"
    run(root, "--remove")
    assert everything(root) == before


def test_a_file_that_was_changed_since_stays_and_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(root)
    changed = root / ".claude" / "commands" / "analyze.md"
    changed.write_text(changed.read_text() + "\nIn German.\n")
    kept = changed.read_text()

    run(root)
    assert f"left alone: {changed} (you changed it" in capsys.readouterr().out
    run(root, "--remove")
    assert f"left alone: {changed} (you changed it; remove it by hand)" in capsys.readouterr().out
    assert everything(root) == {"README.md": (root / "README.md").read_text(), "app.py": "VALUE = 1\n"} | {
        ".claude": "",
        ".claude/commands": "",
        ".claude/commands/analyze.md": kept,
    }


def test_an_older_version_of_ours_is_brought_up_to_date(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = root / ".claude" / "commands" / "implement.md"
    old.parent.mkdir(parents=True)
    old.write_text(integrate.marked("---\ndescription: as it was\n---\nDo it.\n", (".claude/commands", ".claude")))

    run(root)
    assert f"brought up to date: {old}" in capsys.readouterr().out
    run(root, "--remove")
    assert not (root / ".claude").exists()


def test_other_servers_in_the_projects_list_stay_as_they_are(root: Path) -> None:
    listed = root / ".mcp.json"
    text = '{\n    "mcpServers": {\n        "files": {\n            "command": "files"\n        }\n    }\n}'
    listed.write_text(text)
    run(root)
    found = json.loads(listed.read_text())["mcpServers"]
    assert found["files"] == {"command": "files"}
    assert found["cockpit"]["args"][-1] == "mcp"
    run(root, "--remove")
    assert listed.read_text() == text


def test_a_server_of_the_users_own_by_our_name_stays(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = root / ".mcp.json"
    listed.write_text('{"mcpServers": {"cockpit": {"command": "airliner"}}}\n')
    run(root)
    run(root, "--remove")
    assert capsys.readouterr().out.count("its server 'cockpit' is your own") == 2
    assert listed.read_text() == '{"mcpServers": {"cockpit": {"command": "airliner"}}}\n'


def test_an_entry_as_claude_code_itself_writes_it_is_ours(root: Path) -> None:
    entry = {"type": "stdio", "command": "cockpit", "args": ["mcp"], "env": {}}
    assert integrate.is_ours(entry)
    assert not integrate.is_ours(entry | {"env": {"TOKEN": "x"}})
    assert not integrate.is_ours(entry | {"args": ["mcp", "--http"]})


@pytest.mark.parametrize("text", ["{", "[]", '{"mcpServers": []}'])
def test_a_list_that_is_no_list_is_said_and_left(root: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (root / ".mcp.json").write_text(text)
    assert run(root) == 2
    assert f"{root / '.mcp.json'}" in capsys.readouterr().err
    assert (root / ".mcp.json").read_text() == text
    assert not (root / ".claude").exists()


def test_nothing_is_written_through_a_link_that_leads_out(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    (root / ".claude").symlink_to(elsewhere)
    assert run(root) == 2
    assert "outside" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []


def test_every_command_that_they_name_exists() -> None:
    """What Claude is told to run is understood by the very parser that will get it."""
    for path, text in integrate.files(Path(".claude"), "cockpit").items():
        for line in re.findall(r"`cockpit ([a-z][^`]*)`", text):
            words = [word for word in line.replace("||", "|").split("|")[0].split() if word != "true"]
            parses(words, path)


def parses(words: list[str], path: Path) -> None:
    """Placeholders stand for what Claude puts in; numbers must be numbers."""
    given = ["2" if word in ("N", "USD") else "07:30" if word == "HH:MM" else word for word in words]
    try:
        parser().parse_args(shlex.split(" ".join(given)))
    except SystemExit:
        pytest.fail(f"{path.name} names `cockpit {' '.join(words)}`, which is no command")


def test_no_arguments_of_a_persons_reach_a_shell() -> None:
    """What stands between !` and ` is run as it is; a person's words must not be in it."""
    for text in integrate.files(Path(".claude"), "cockpit").values():
        for line in re.findall(r"!`([^`]*)`", text):
            assert "$" not in line
