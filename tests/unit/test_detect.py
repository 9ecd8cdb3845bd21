"""Detection: small project trees, and the commands that are found in them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cockpit.config import Config
from cockpit.detect import Detected, Gate, cockpit_toml, detect
from tests.repos import write

PYTEST = """
[build-system]
[project]
name = "x"
[project.optional-dependencies]
dev = ["pytest"]
[tool.ruff]
[tool.mypy]
files = "src"
"""
NODE = """{
    "scripts": {"test": "vitest", "lint": "eslint .", "build": "tsc", "typecheck": "tsc --noEmit"},
    "devDependencies": {"x": "1"}
}"""


def gates(found: Detected) -> dict[str, str]:
    return {gate.name: gate.command for gate in found.gates}


@pytest.mark.parametrize(
    ("files", "languages", "setup", "commands"),
    [
        (
            {"pyproject.toml": PYTEST},
            ("Python",),
            "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]'",
            {"lint": ".venv/bin/ruff check .", "types": ".venv/bin/mypy", "test": ".venv/bin/pytest -q"},
        ),
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\n", "uv.lock": ""},
            ("Python",),
            "uv sync --all-extras",
            {"test": "uv run pytest -q"},
        ),
        ({"tool.py": "", "tests/test_tool.py": ""}, ("Python",), "", {"test": "python3 -m unittest"}),
        (
            {"package.json": NODE, "pnpm-lock.yaml": ""},
            ("Node",),
            "pnpm install --frozen-lockfile",
            {
                "build": "pnpm run build",
                "lint": "pnpm run lint",
                "types": "pnpm run typecheck",
                "test": "pnpm run test",
            },
        ),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, ("Node",), "", {}),
        ({"Cargo.toml": "[package]"}, ("Rust",), "", {"build": "cargo check --all-targets", "test": "cargo test"}),
        (
            {"go.mod": "module x"},
            ("Go",),
            "",
            {"build": "go build ./...", "lint": "go vet ./...", "test": "go test ./..."},
        ),
        (
            {"Makefile": "VERSION := 1\ntest: build\n\tgo test\nlint:\n\tx\n", "go.mod": "module x"},
            ("Go",),
            "",
            {"build": "go build ./...", "lint": "make lint", "test": "make test"},
        ),
        (
            {"go.mod": "module x", "package.json": '{"scripts": {"test": "vitest"}}', "package-lock.json": ""},
            ("Node", "Go"),
            "npm ci",
            {"build": "go build ./...", "lint": "go vet ./...", "test": "npm run test", "go test": "go test ./..."},
        ),
        ({"README.md": "# x"}, (), "", {}),
        ({"package.json": "not json", "pyproject.toml": "not [toml"}, ("Python",), "", {}),
    ],
)
def test_what_is_found(
    tmp_path: Path, files: dict[str, str], languages: tuple[str, ...], setup: str, commands: dict[str, str]
) -> None:
    write(tmp_path, files)

    found = detect(tmp_path)

    assert found.languages == languages
    assert found.setup == setup
    assert gates(found) == commands


def test_an_environment_file_is_copied(tmp_path: Path) -> None:
    write(tmp_path, {".env": "SECRET=1"})

    assert detect(tmp_path).copy == (".env",)


@pytest.mark.parametrize("command", ["pytest -k 'a and \"b\"'", "grep '\\d' x | tee \"out\"", "true"])
def test_what_is_written_is_a_configuration_with_the_same_commands(command: str) -> None:
    found = Detected(("Python",), setup=command, gates=(Gate("test", command),), copy=(".env",))

    data = tomllib.loads(cockpit_toml(found, "main"))
    config = Config.model_validate(data)

    assert (config.repository.target, config.repository.setup, config.repository.copy_files) == (
        "main",
        command,
        [".env"],
    )
    assert [(g.name, g.command) for g in config.gates] == [("test", command)]


def test_a_file_for_a_repository_where_nothing_was_found_still_parses() -> None:
    assert Config.model_validate(tomllib.loads(cockpit_toml(Detected(), "trunk"))).repository.target == "trunk"
