"""The configuration: every key documented, every mistake named."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cockpit.config import Config, ConfigError, load
from cockpit.config_roles import Role

ROOT = Path(__file__).parents[2]


def written(folder: Path, text: str) -> Path:
    (folder / "cockpit.toml").write_text(text)
    return folder


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as error:
        load(written(folder, text), {"HOME": str(folder / "home")})
    return str(error.value)


def test_the_example_documents_every_key_and_its_default() -> None:
    example = tomllib.loads((ROOT / "config.example.toml").read_text())
    parsed = Config.model_validate(example)
    default = Config()

    for name in Config.model_fields:
        mine, theirs = getattr(parsed, name), getattr(default, name)
        if name == "gates":
            assert [set(g) for g in example["gates"]] == [set(type(mine[0]).model_fields)]
        elif name not in ("keys", "prices"):
            fields = {f.alias or n for n, f in type(theirs).model_fields.items()}
            assert set(example[name]) == fields, f"[{name}] documents other keys than there are"
            if name == "roles":
                assert all(set(role) == set(Role.model_fields) for role in example[name].values())
            without_cap = {"night_usd", "per_day_usd", "per_month_usd"}
            assert mine.model_dump(exclude=without_cap) == theirs.model_dump(exclude=without_cap)


def test_an_unknown_key_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    said = complaint(tmp_path, "[agents]\ncuont = 3\n")

    assert said == f"{tmp_path}/cockpit.toml: agents.cuont: unknown key; did you mean count?"


def test_a_key_without_end_is_not_repeated_whole(tmp_path: Path) -> None:
    assert f"/cockpit.toml: {'9' * 200}…: unknown key" in complaint(tmp_path, "9" * 5000 + " = 1\n")


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[agents]\ncount = 'many'", "agents.count = 'many'", "valid integer"),
        ("[agents]\ncount = 11", "agents.count = 11", "less than or equal to 10"),
        ("[agents]\nkind = 'gpt'", "agents.kind = 'gpt'", "'claude', 'api', 'terminal' or 'scripted'"),
        ("[merge]\npolicy = 'yolo'", "merge.policy = 'yolo'", "'ask' or 'auto'"),
        ("[budget]\nnight_usd = -1", "budget.night_usd = -1", "greater than 0"),
        ("[night]\nuntil = '25:00'", "night.until = '25:00'", "match pattern"),
        ("[[gates]]\nname = 'x'", "gates.0.command", "Field required"),
        ("agents = 3", "agents = 3", "Agents"),
    ],
)
def test_a_wrong_value_is_named_with_file_key_value_and_what_was_expected(
    tmp_path: Path, text: str, key: str, words: str
) -> None:
    said = complaint(tmp_path, text)

    assert said.startswith(f"{tmp_path}/cockpit.toml: {key}")
    assert words in said


def test_a_file_that_is_no_toml_says_where(tmp_path: Path) -> None:
    assert "is not valid TOML" in complaint(tmp_path, "[agents\n")
    assert "line 1" in complaint(tmp_path, "[agents\n")


def test_names_in_braces_come_from_the_environment(tmp_path: Path) -> None:
    written(tmp_path, '[agents]\ncommand = "${TOOLS}/claude"\n')

    found = load(tmp_path, {"HOME": str(tmp_path), "TOOLS": "/opt/tools"})

    assert found.agents.command == "/opt/tools/claude"


def test_a_variable_that_is_missing_is_named(tmp_path: Path) -> None:
    assert "agents.command: the environment has no variable TOOLS" in complaint(
        tmp_path, '[agents]\ncommand = "${TOOLS}/claude"\n'
    )


def test_the_repository_wins_over_the_user_and_both_over_the_defaults(tmp_path: Path) -> None:
    home = tmp_path / "home" / ".config" / "cockpit"
    home.mkdir(parents=True)
    (home / "config.toml").write_text("[agents]\ncount = 4\nports = 50000\n")
    written(tmp_path, "[agents]\ncount = 2\n")

    found = load(tmp_path, {"HOME": str(tmp_path / "home")})

    assert (found.agents.count, found.agents.ports, found.agents.kind) == (2, 50000, "claude")
