"""The gate on secrets: ten of ten planted ones are found, none in a thousand clean lines, by either scanner."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.gates import brought, scan
from cockpit.gates.scan import Line
from tests.secrets_made import clean_lines, planted

SCANNERS = ["built-in", "auto"]
"""`auto` has betterleaks where it is installed; alone, that one knows no AWS key id without its other half."""
ALLOWING = " # gitleaks" + ":allow"


def lines_of(text: str) -> list[Line]:
    return [Line(f"app.py:{n}", line) for n, line in enumerate(text.split("\n"), 1)]


@pytest.mark.parametrize("scanner", SCANNERS)
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_ten_of_ten_are_found_and_none_is_shown(scanner: str, seed: int, tmp_path: Path) -> None:
    made = planted(seed)
    lines = lines_of("\n".join(line for line, _ in made.values()))
    found = await scan.scan(lines, scanner, (), tmp_path)
    places = {leak.where for leak in found}
    number = 0
    for name, (line, _) in made.items():
        rows = {f"app.py:{number + n}" for n in range(1, line.count("\n") + 2)}
        assert rows & places, f"{scanner} does not see the {name}"
        number += line.count("\n") + 1
    said = brought.secrets(found, scan.scanner_name(scanner), {})
    assert not said.passed
    for _, secret in made.values():
        assert secret not in repr(said)
        assert secret not in repr(found)


@pytest.mark.parametrize("scanner", SCANNERS)
async def test_none_in_a_thousand_clean_lines(scanner: str, tmp_path: Path) -> None:
    assert await scan.scan(lines_of("\n".join(clean_lines())), scanner, (), tmp_path) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 50))
def test_a_planted_secret_is_found_wherever_it_lies(seed: int, at: int) -> None:
    lines = [Line(f"f:{n}", text) for n, text in enumerate(clean_lines(seed, 51))]
    text, secret = planted(seed)["github"]
    lines.insert(at, Line("here", text))
    assert [(lines[n].where, found) for n, _, found in scan.built_in(lines)] == [("here", secret)]


@pytest.mark.parametrize("scanner", SCANNERS)
async def test_a_comment_in_the_change_makes_no_scanner_look_away(scanner: str, tmp_path: Path) -> None:
    line, _ = planted()["github"]
    assert [leak.where for leak in await scan.scan([Line("a:1", line + ALLOWING)], scanner, (), tmp_path)] == ["a:1"]


async def test_what_the_user_allows_is_no_secret(tmp_path: Path) -> None:
    line, secret = planted()["stripe"]
    lines = [Line("a:1", line)]
    assert await scan.scan(lines, "built-in", [secret[:12]], tmp_path) == []
    assert await scan.scan(lines, "built-in", ["charge"], tmp_path) == []
    assert len(await scan.scan(lines, "built-in", ["other"], tmp_path)) == 1


def test_lines_are_found_again_in_texts_of_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "AT_ONCE", 200)
    made = planted()
    lines = [Line(str(n), text) for n, text in enumerate(clean_lines(3, 40))]
    lines.insert(33, Line("here", made["slack"][0]))
    assert [lines[n].where for n, _, _ in scan.built_in(lines)] == ["here"]


def test_the_scanner_that_ran_is_said() -> None:
    assert "built-in" in scan.scanner_name("built-in")
    result = brought.secrets([], "scanned by the built-in rules", {"big.sql": 7_000_000})
    assert (result.passed, result.note) == (False, "scanned by the built-in rules")
    assert "big.sql: 7.0 MB, too large to be looked through" in result.output
