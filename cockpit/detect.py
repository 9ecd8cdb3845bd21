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
    targets = set(re.findall(r"^([A-Za-z][\w-]*)\s*:(?!=)", text, re.MULTILINE))
    gates = [Gate(gate, f"make {target}") for target, gate in _TARGETS.items() if target in targets]
    return _Part("Make", gates=tuple(gates)) if gates else None


# ── Python ───────────────────────────────────────────────────────────────────────────────────────────


def _python(root: Path) -> _Part | None:
    files = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
    if not any((root / name).is_file() for name in files) and not _has(root, "*.py", "tests/*.py"):
        return None
    project = _toml(root / "pyproject.toml")
    runner = _runner(root)
    return _Part("Python", _python_setup(root, project), tuple(_python_gates(root, project, runner)))


def _runner(root: Path) -> str:
    if (root / "uv.lock").is_file():
        return "uv run "
    if (root / "poetry.lock").is_file():
        return "poetry run "
    return ""


def _python_setup(root: Path, project: dict[str, Any]) -> str:
    if (root / "uv.lock").is_file():
        return "uv sync --all-extras"
    if (root / "poetry.lock").is_file():
        return "poetry install"
    what = "-r requirements.txt" if (root / "requirements.txt").is_file() else ""
    if not what and ("build-system" in project or (root / "setup.py").is_file()):
        extras = project.get("project", {}).get("optional-dependencies", {})
        extra = next((name for name in ("dev", "test", "tests") if name in extras), "")
        what = f"-e '.[{extra}]'" if extra else "-e ."
    return f"python3 -m venv .venv && .venv/bin/pip install -q {what}" if what else ""


def _python_gates(root: Path, project: dict[str, Any], runner: str) -> Iterator[Gate]:
    tools = project.get("tool", {})
    everything = _text(root / "pyproject.toml") + _text(root / "requirements.txt") + _text(root / "setup.cfg")
    own = ".venv/bin/" if not runner and _python_setup(root, project) else ""
    if "ruff" in tools or (root / "ruff.toml").is_file():
        yield Gate("lint", f"{runner}{own}ruff check .")
    if "mypy" in tools or (root / "mypy.ini").is_file():
        yield Gate("types", f"{runner}{own}mypy{'' if _names_files(tools) else ' .'}")
    elif "pyright" in tools or (root / "pyrightconfig.json").is_file():
        yield Gate("types", f"{runner}{own}pyright")
    elif "ty" in tools:
        yield Gate("types", f"{runner}{own}ty check")
    if "pytest" in tools or "pytest" in everything or _has(root, "pytest.ini", "conftest.py", "tests/conftest.py"):
        yield Gate("test", f"{runner}{own}pytest -q")
    elif _has(root, "test*.py", "tests/test*.py", "test/test*.py", "*/test*.py"):
        yield Gate("test", f"{runner}{own}python -m unittest" if own else f"{runner}python3 -m unittest")


def _names_files(tools: dict[str, Any]) -> bool:
    return any(key in tools.get("mypy", {}) for key in ("files", "packages", "modules"))


# ── Node ─────────────────────────────────────────────────────────────────────────────────────────────

_LOCKS = {
    "pnpm-lock.yaml": ("pnpm", "pnpm install --frozen-lockfile"),
    "yarn.lock": ("yarn", "yarn install --frozen-lockfile"),
    "bun.lockb": ("bun", "bun install --frozen-lockfile"),
    "bun.lock": ("bun", "bun install --frozen-lockfile"),
    "package-lock.json": ("npm", "npm ci"),
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
    needs = package.get("dependencies") or package.get("devDependencies")
    scripts = package.get("scripts")
    scripts = scripts if isinstance(scripts, dict) else {}
    real = {s: c for s, c in scripts.items() if isinstance(c, str) and "no test specified" not in c}
    gates = [Gate(gate, f"{manager} run {script}") for script, gate in _SCRIPTS.items() if script in real]
    return _Part("Node", setup or ("npm install" if needs else ""), tuple(gates))


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
