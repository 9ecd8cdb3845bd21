"""Detection: small project trees, and the commands that are found in them."""

from __future__ import annotations

import subprocess
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
UNITTEST = "import unittest\n\n\nclass Tests(unittest.TestCase):\n    def test_it(self):\n        self.fail('it ran')\n"
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
            "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' ruff mypy",
            {"lint": ".venv/bin/ruff check .", "types": ".venv/bin/mypy", "test": ".venv/bin/pytest -q"},
        ),
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\n", "uv.lock": ""},
            ("Python",),
            "uv sync --all-extras",
            {"test": "uv run pytest -q"},
        ),
        (
            {"tool.py": "", "tests/test_tool.py": UNITTEST},
            ("Python",),
            "",
            {"test": "python3 -m unittest discover -s tests"},
        ),
        (
            {"tool.py": "", "tests/test_tool.py": UNITTEST, "tests/__init__.py": ""},
            ("Python",),
            "",
            {"test": "python3 -m unittest"},
        ),
        ({"tool.py": "", "test_tool.py": "def test_it():\n    pass\n"}, ("Python",), "", {"test": "pytest -q"}),
        ({"tool.py": "", "tests/test_data.py": "ROWS = 3\n"}, ("Python",), "", {}),
        (
            {"requirements.txt": "flask\n", "requirements-dev.txt": "pytest\n", "mypy.ini": "[mypy]\nfiles = src\n"},
            ("Python",),
            "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt -r requirements-dev.txt mypy",
            {"types": ".venv/bin/mypy", "test": ".venv/bin/pytest -q"},
        ),
        (
            {"pyproject.toml": "[tool.pyright]\n[tool.poetry]\n", "poetry.lock": "", "tests/conftest.py": ""},
            ("Python",),
            "poetry install",
            {"types": "poetry run pyright", "test": "poetry run pytest -q"},
        ),
        (
            {"pyproject.toml": "project = 3\ntool = 4\n[build-system]\n"},
            ("Python",),
            "python3 -m venv .venv && .venv/bin/pip install -q -e .",
            {},
        ),
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
        (
            {
                "package.json": '{"scripts": {"test": "jest"}, "dependencies": {"a": "1"}}',
                "yarn.lock": "",
                ".yarnrc.yml": "",
            },
            ("Node",),
            "yarn install --immutable",
            {"test": "yarn run test"},
        ),
        (
            {"package.json": '{"packageManager": "pnpm@9.1.0", "scripts": {"test": "x"}, "dependencies": {"a": "1"}}'},
            ("Node",),
            "pnpm install",
            {"test": "pnpm run test"},
        ),
        ({"package.json": '{"scripts": ["test"], "dependencies": 3}'}, ("Node",), "npm install", {}),
        (
            {"Cargo.toml": "[package]\n[lints.clippy]\nall = 'deny'\n"},
            ("Rust",),
            "",
            {
                "build": "cargo check --all-targets",
                "lint": "cargo clippy --all-targets -- -D warnings",
                "test": "cargo test",
            },
        ),
        (
            {"Makefile": ".PHONY: test\nCHECK ::= no\nlint := no\nbuild test: x\n\techo\ncheck::\n\techo\n"},
            (),
            "",
            {"build": "make build", "check": "make check", "test": "make test"},
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


@pytest.mark.parametrize("extra", [{}, {"tests/__init__.py": ""}])
def test_the_command_for_unittest_really_runs_the_tests(tmp_path: Path, extra: dict[str, str]) -> None:
    write(tmp_path, {"tool.py": "", "tests/test_tool.py": f"import tool\n{UNITTEST}"} | extra)
    (gate,) = detect(tmp_path).gates

    done = subprocess.run(gate.command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "it ran" in done.stderr


def test_what_is_installed_is_neither_copied_nor_linked(tmp_path: Path) -> None:
    write(tmp_path, {"package.json": NODE, "node_modules/x/index.js": "", ".venv/pyvenv.cfg": ""})

    found = detect(tmp_path)

    assert (found.copy, found.link) == ((), ())


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
