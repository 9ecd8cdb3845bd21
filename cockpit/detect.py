"""What a repository is built and checked with, found from its files: for `cockpit init`.

Only commands that are configured, or as good as certain to work, are proposed. A Makefile's own targets win
over what is guessed for the same gate.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Gate:
    """A check by name, and the command that does it."""

    name: str
    command: str


@dataclass(frozen=True, slots=True)
class Detected:
    """What was found."""

    languages: tuple[str, ...] = ()
    setup: str = ""
    gates: tuple[Gate, ...] = ()
    copy: tuple[str, ...] = ()
    link: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """What one language contributes."""

    language: str
    setup: str = ""
    gates: tuple[Gate, ...] = ()


def detect(root: Path) -> Detected:
    """Look at the files in `root`; nothing is run."""
    parts = [part for look in (_make, _python, _node, _rust, _go) if (part := look(root))]
    gates: dict[str, Gate] = {}
    for part in parts:
        for gate in part.gates:
            if gate.name in gates and part is not parts[0] and not _is_make(gates[gate.name]):
                gate = Gate(f"{part.language.lower()} {gate.name}", gate.command)
            gates.setdefault(gate.name, gate)
    found = sorted(gates.values(), key=lambda g: _ORDER.index(g.name.split()[-1]))
    return Detected(
        languages=tuple(p.language for p in parts if p.language != "Make"),
        setup=" && ".join(p.setup for p in parts if p.setup),
        gates=tuple(found),
        copy=tuple(name for name in (".env",) if (root / name).is_file()),
    )


_ORDER = ("build", "lint", "types", "check", "test")
"""Quick ones first, so that a mistake is told early."""


def _is_make(gate: Gate) -> bool:
    return gate.command.startswith("make ")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _has(root: Path, *patterns: str) -> bool:
    return any(next(root.glob(pattern), None) is not None for pattern in patterns)


# ── Make ─────────────────────────────────────────────────────────────────────────────────────────────

_TARGETS = {"test": "test", "lint": "lint", "typecheck": "types", "types": "types", "build": "build", "check": "check"}


def _make(root: Path) -> _Part | None:
    text = next((t for name in ("GNUmakefile", "makefile", "Makefile") if (t := _text(root / name))), "")
    lines = re.findall(r"^([A-Za-z][\w. -]*?)[ \t]*::?(?!:?=)", text, re.MULTILINE)
    targets = {target for line in lines for target in line.split()}
    gates = [Gate(gate, f"make {target}") for target, gate in _TARGETS.items() if target in targets]
    return _Part("Make", gates=tuple(gates)) if gates else None


# ── Python ───────────────────────────────────────────────────────────────────────────────────────────


def _python(root: Path) -> _Part | None:
    files = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
    if not any((root / name).is_file() for name in files) and not _has(root, "*.py", "tests/*.py"):
        return None
    project = _toml(root / "pyproject.toml")
    tools = dict(_python_tools(root, _table(project, "tool")))
    runner, setup = _python_setup(root, project, [command.split()[0] for command in tools.values()])
    gates = [Gate(name, _python_command(runner, command)) for name, command in tools.items()]
    return _Part("Python", setup, tuple(gates))


def _python_command(runner: str, command: str) -> str:
    return f"{runner}{command}" if runner else re.sub(r"^python\b", "python3", command)


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    """A table of a file that somebody else wrote; empty where it is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _python_setup(root: Path, project: dict[str, Any], tools: list[str]) -> tuple[str, str]:
    """What commands begin with, and the command that makes an environment for them."""
    if (root / "uv.lock").is_file():
        return "uv run ", "uv sync --all-extras"
    if (root / "poetry.lock").is_file():
        return "poetry run ", "poetry install"
    what = [f"-r {name}" for name in _REQUIREMENTS if (root / name).is_file()]
    if "build-system" in project or (root / "setup.py").is_file():
        extras = _table(_table(project, "project"), "optional-dependencies")
        extra = next((name for name in ("dev", "test", "tests") if name in extras), "")
        what = [f"-e '.[{extra}]'" if extra else "-e .", *what]
    if not what:
        return "", ""
    # A tool that is configured and nowhere asked for would be missing in a fresh worktree.
    asked_for = "".join(_text(root / name) for name in (*_REQUIREMENTS, "setup.py", "setup.cfg"))
    asked_for += json.dumps([project.get("project"), project.get("dependency-groups")], default=str)
    what += [tool for tool in tools if tool != "python" and not re.search(rf"\b{tool}\b", asked_for)]
    return ".venv/bin/", f"python3 -m venv .venv && .venv/bin/pip install -q {' '.join(what)}"


_REQUIREMENTS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements-test.txt",
    "requirements/dev.txt",
)


def _python_tools(root: Path, tools: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Gate and command of each tool that is configured."""
    setup_cfg = _text(root / "setup.cfg")
    if "ruff" in tools or _has(root, "ruff.toml", ".ruff.toml"):
        yield "lint", "ruff check ."
    if "mypy" in tools or _has(root, "mypy.ini", ".mypy.ini") or "[mypy]" in setup_cfg:
        yield "types", f"mypy{'' if _names_files(root, tools) else ' .'}"
    elif "pyright" in tools or (root / "pyrightconfig.json").is_file():
        yield "types", "pyright"
    elif "ty" in tools or (root / "ty.toml").is_file():
        yield "types", "ty check"
    if command := _python_tests(root, tools, setup_cfg):
        yield "test", command


def _python_tests(root: Path, tools: dict[str, Any], setup_cfg: str) -> str:
    """pytest where it is configured, asked for or imported; else unittest, told where the tests are."""
    files = sorted({path for pattern in _TEST_FILES for path in root.glob(pattern)})[:50]
    texts = "".join(_text(path) for path in files)
    named = "".join(_text(root / name) for name in ("pyproject.toml", *_REQUIREMENTS, "tox.ini")) + setup_cfg
    configured = "pytest" in tools or _has(root, "pytest.ini", "conftest.py", "tests/conftest.py")
    if configured or re.search(r"\bpytest\b", named) or re.search(r"^(?:import pytest|from pytest)\b", texts, re.M):
        return "pytest -q"
    if "unittest" not in texts:
        return "pytest -q" if re.search(r"^(?:async )?def test_", texts, re.MULTILINE) else ""
    # Without __init__.py in it, unittest by itself passes the folder over and reports success on no test.
    lone = [
        name for name in ("tests", "test") if _has(root, f"{name}/test*.py") and not _has(root, f"{name}/__init__.py")
    ]
    return f"python -m unittest discover -s {lone[0]}" if lone else "python -m unittest"


_TEST_FILES = (
    "test*.py",
    "*_test.py",
    "tests/test*.py",
    "tests/*_test.py",
    "tests/*/test*.py",
    "test/test*.py",
    "*/test*.py",
    "*/tests/test*.py",
)


def _names_files(root: Path, tools: dict[str, Any]) -> bool:
    """Whether mypy knows from its configuration what to check."""
    if any(key in _table(tools, "mypy") for key in ("files", "packages", "modules")):
        return True
    ini = "".join(_text(root / name) for name in ("mypy.ini", ".mypy.ini", "setup.cfg"))
    return re.search(r"^(?:files|packages|modules)\s*=", ini, re.MULTILINE) is not None


# ── Node ─────────────────────────────────────────────────────────────────────────────────────────────

_LOCKS = {
    "pnpm-lock.yaml": ("pnpm", "pnpm install --frozen-lockfile"),
    "yarn.lock": ("yarn", "yarn install --frozen-lockfile"),
    "bun.lockb": ("bun", "bun install --frozen-lockfile"),
    "bun.lock": ("bun", "bun install --frozen-lockfile"),
    "package-lock.json": ("npm", "npm ci"),
    "npm-shrinkwrap.json": ("npm", "npm ci"),
}
_SCRIPTS = {"build": "build", "lint": "lint", "typecheck": "types", "type-check": "types", "test": "test"}


def _node(root: Path) -> _Part | None:
    try:
        package = json.loads(_text(root / "package.json") or "null")
    except ValueError:
        return None
    if not isinstance(package, dict):
        return None
    manager, setup = next((v for name, v in _LOCKS.items() if (root / name).is_file()), ("npm", ""))
    if manager == "yarn" and (root / ".yarnrc.yml").is_file():
        setup = "yarn install --immutable"
    if not setup and isinstance(named := package.get("packageManager"), str):
        manager = named.partition("@")[0] if named.partition("@")[0] in ("pnpm", "yarn", "bun") else "npm"
    needs = package.get("dependencies") or package.get("devDependencies")
    scripts = package.get("scripts")
    scripts = scripts if isinstance(scripts, dict) else {}
    real = {s: c for s, c in scripts.items() if isinstance(c, str) and "no test specified" not in c}
    gates = [Gate(gate, f"{manager} run {script}") for script, gate in _SCRIPTS.items() if script in real]
    return _Part("Node", setup or (f"{manager} install" if needs else ""), tuple(gates))


# ── Rust and Go ──────────────────────────────────────────────────────────────────────────────────────


def _rust(root: Path) -> _Part | None:
    if not (root / "Cargo.toml").is_file():
        return None
    gates = [Gate("build", "cargo check --all-targets"), Gate("test", "cargo test")]
    if _has(root, "clippy.toml", ".clippy.toml") or "clippy" in _text(root / "Cargo.toml"):
        gates.append(Gate("lint", "cargo clippy --all-targets -- -D warnings"))
    return _Part("Rust", gates=tuple(gates))


def _go(root: Path) -> _Part | None:
    if not (root / "go.mod").is_file():
        return None
    return _Part(
        "Go", gates=(Gate("build", "go build ./..."), Gate("lint", "go vet ./..."), Gate("test", "go test ./..."))
    )


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────


def cockpit_toml(detected: Detected, target_branch: str) -> str:
    """The text of a new `cockpit.toml`."""
    found = ", ".join(detected.languages) or "no language that is known"
    lines = [
        f"# Written by `cockpit init`, which found {found} here. Look it over.",
        "# config.example.toml of the cockpit documents every key.",
        "",
        "[repository]",
        f"target = {_value(target_branch)}  # the branch that work lands on",
        f"setup = {_value(detected.setup)}  # run once in every fresh worktree",
        f"copy = {_list(detected.copy)}  # files copied into every worktree",
        f"link = {_list(detected.link)}  # files or folders linked into every worktree",
        "",
        "[agents]",
        "count = 3  # how many work at once",
        'kind = "claude"  # the Claude Code CLI; "api" is the built-in agent, which needs a key',
        "",
        "# What must succeed on the merge result before anything lands, in this order.",
    ]
    for gate in detected.gates:
        lines += ["[[gates]]", f"name = {_value(gate.name)}", f"command = {_value(gate.command)}", "timeout = 900", ""]
    if not detected.gates:
        lines += ["# [[gates]]", '# name = "test"', '# command = "make test"', ""]
    lines += [
        "[merge]",
        'policy = "ask"  # your keystroke merges; "auto": green gates and a good review do',
        "",
        "[budget]",
        "night_usd = 10.0  # nothing new starts once this is spent",
        "",
    ]
    return "\n".join(lines)


def _value(text: str) -> str:
    import tomli_w

    return tomli_w.dumps({"x": text}).removeprefix("x = ").rstrip("\n")


def _list(items: tuple[str, ...]) -> str:
    return "[" + ", ".join(_value(item) for item in items) + "]"
