"""The configuration: `cockpit.toml` over `~/.config/cockpit/config.toml` over the defaults below.

Every mistake in a file becomes one `ConfigError` that names the file, the key, the value and what was
expected. `${NAME}` in a text is replaced from the environment after parsing.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from cockpit.config_base import ConfigError, Section, Usd
from cockpit.config_github import GitHubConfig
from cockpit.config_ideas import Ideas
from cockpit.config_mcp import Mcp
from cockpit.config_notify import Notify, masked
from cockpit.config_planner import Planner
from cockpit.config_roles import Models, Role, Roles, Routing, routes
from cockpit.generated import USUAL
from cockpit.places import WORKTREES
from cockpit.policy.rules import Rules
from cockpit.questions import FIRST
from cockpit.reserves import CATEGORY, DAY, MONTH, ROLE

FILE = "cockpit.toml"

__all__ = ["FILE", "Config", "ConfigError", "Section", "Usd", "check", "load", "read_file"]


class Repository(Section):
    """Where work comes from and goes to."""

    target: str = ""
    """The branch that work lands on; empty means the one that is checked out."""
    worktrees: str = WORKTREES
    """Where worktrees are kept, relative to the repository; {repo} is its folder's name."""
    branch: str = "agent-{agent}/task-{task}"
    """The name of a task's branch; {agent}, {task} and {timestamp} are filled in."""
    setup: str = ""
    """A command run once in every fresh worktree, e.g. `npm ci`."""
    setup_timeout: Annotated[float, Field(gt=0)] = 900
    """Seconds that `setup` may take."""
    copy_files: Annotated[list[str], Field(alias="copy")] = []
    """Files copied from the checkout into every worktree (globs), e.g. `.env`."""
    link_files: Annotated[list[str], Field(alias="link")] = []
    """Files or folders linked from the checkout into every worktree (globs)."""
    keep_hours: Annotated[float, Field(ge=0)] = 24.0
    """How long a branch stays after it landed; finished worktrees go at the night's end. 0: nothing goes by itself."""
    worktrees_gb: Annotated[float, Field(ge=0)] = 50.0
    """What all worktrees together may take on disk before nothing new starts; 0: no bound."""
    protected: list[str] = []
    """More paths that only you let a task change (globs); `!` before one takes it off the built-in list."""


class Agents(Section):
    """Who works."""

    count: Annotated[int, Field(ge=1, le=10)] = 1
    """How many agents work at once, 1 to 10."""
    kind: Literal["claude", "api", "terminal", "scripted"] = "claude"
    """`claude`: the Claude Code CLI; `api`: the built-in agent on the Anthropic API; `terminal`: any command in a
    terminal of its own; `scripted`: a script."""
    command: str = ""
    """The CLI to start; empty means the kind's own name on PATH. For `terminal`: the command line, where
    `{prompt}` stands for the file that says what to do. For `scripted`: the script."""
    unpriced: bool = False
    """Let a `terminal` agent work under a cap though nobody knows what it spends; the cap holds for the rest."""
    environment: list[str] = []
    """More variables of your environment that agents get, by name; `*` at the end matches the rest."""
    ports: Annotated[int, Field(ge=1024, le=60000)] = 41000
    """Agent N gets ports from `ports + 20 * (N - 1)`, as COCKPIT_PORT and COCKPIT_PORT_LAST."""
    heartbeat: Annotated[float, Field(ge=0.5, le=60)] = 5.0
    """Seconds between an agent's heartbeats."""
    restarts: Annotated[int, Field(ge=0, le=10)] = 3
    """How often an agent that died in the middle of its turn is restarted in the same conversation."""
    repo_hooks: bool = False
    """Let the repository's own hooks, settings and MCP servers (`.claude/`, `.mcp.json`) run in `claude` agents."""
    ask_first: list[str] = []
    """Tools that `claude` agents ask you about each time, as its permission rules, e.g. `Bash(npm publish *)`."""
    question_minutes: Annotated[float, Field(ge=0, le=1440)] = 30.0
    """How long an agent waits for your answer before the default is given; 0: until you answer."""
    question_default: Annotated[str, Field(min_length=1)] = FIRST
    """`first`: the first choice is taken; any other text is the answer."""
    permission_default: Literal["deny", "allow"] = "deny"
    """What becomes of a tool that nobody allowed or denied in time."""


class CageConfig(Section):
    """What agents, and the commands that run their code, may do on this machine."""

    kind: Literal["auto", "bubblewrap", "landlock", "sandbox-exec", "none"] = "auto"
    """Which cage; `auto`: the tightest that works here, and a warning where none does."""
    require: bool = False
    """Refuse to start a night without one."""
    network: bool = True
    """Whether agents reach the network."""
    gates_network: bool = True
    """Whether gates do."""
    stand_in: bool = True
    """Keep an API key from agents: a helper beside each holds it, and they get a token for the helper alone."""
    writable: list[str] = []
    """More folders that may be written, e.g. a package manager's cache; `~` is your home."""
    readable: list[str] = []
    """What of the hidden can be read nevertheless, e.g. `~/.npmrc`."""
    hidden: list[str] = []
    """More files and folders that can't be read."""


class GateConfig(Section):
    """A command that must succeed on the merge result."""

    name: Annotated[str, Field(min_length=1)]
    command: Annotated[str, Field(min_length=1)]
    timeout: Annotated[float, Field(gt=0)] = 900
    """Seconds it may take."""
    retries: Annotated[int, Field(ge=0, le=3)] = 1
    """How often it is run again on the same tree when it failed; one that passes then is said to be flaky."""


class Secrets(Section):
    """The gate that keeps secrets out of what is merged."""

    scanner: Literal["auto", "betterleaks", "built-in", "off"] = "auto"
    """`auto`: betterleaks where it is installed (`cockpit-agents[secrets]`), and the built-in rules."""
    allow_paths: list[str] = []
    """Files that are not looked through (globs), e.g. `tests/fixtures/`."""
    allow: list[str] = []
    """Regular expressions: what they match is no secret."""

    @field_validator("allow")
    @classmethod
    def _are_expressions(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return patterns


class Limits(Section):
    """How much a task may bring; more goes back to its agent, and in the end to you."""

    file_bytes: Annotated[int, Field(ge=0)] = 1_000_000
    """The largest file, in bytes."""
    binary_bytes: Annotated[int, Field(ge=0)] = 250_000
    """The largest binary file; 0: none at all."""
    total_bytes: Annotated[int, Field(ge=0)] = 10_000_000
    """All changed files together."""
    files: Annotated[int, Field(ge=1)] = 500
    """How many files may be changed."""
    exceptions: Annotated[list[str], Field(alias="except")] = ["*.lock", "*-lock.json", "*-lock.yaml", "go.sum"]
    """Files that are not counted (globs)."""


class Review(Section):
    """The reviewer."""

    enabled: bool = True
    """Whether a reviewer must say yes."""
    cycles: Annotated[int, Field(ge=1, le=3)] = 3
    """Reviews that may ask for rework before you decide."""
    gate_attempts: Annotated[int, Field(ge=0, le=10)] = 3
    """How often a failing gate goes back to the agent before you decide."""
    timeout: Annotated[float, Field(gt=0, le=7200)] = 1800
    """Seconds a review may take."""


class Merge(Section):
    """The merge desk."""

    policy: Literal["ask", "auto"] = "ask"
    """`ask`: your keystroke merges; `auto`: green gates and a good review do."""
    flaky: Literal["pass", "ask", "fail"] = "ask"
    """A gate that failed and then passed on the same tree: `pass` with a mark; `ask`: with a mark, and where merges
    are automatic it waits for you; `fail`: as if it had failed."""


class Logs(Section):
    """How much is kept of what agents print, and how long."""

    run_mb: Annotated[float, Field(ge=1)] = 20
    """The raw output of one run, and its stderr as well; the oldest goes first, also while it runs."""
    keep_days: Annotated[float, Field(ge=0)] = 30
    """Raw output of runs whose task is settled, in days; 0: for ever."""
    total_mb: Annotated[float, Field(ge=0)] = 2000
    """Raw output of all of them together; 0: no bound."""


class Desk(Section):
    """The merge desk's screen."""

    generated: list[str] = list(USUAL)
    """Files whose changes are folded away at first (globs), beside what .gitattributes calls generated."""


class Budget(Section):
    """Money, in US dollars."""

    night_usd: Annotated[float, Field(gt=0)] | None = None
    """The night's cap; nothing new starts once it is reached. Unset means no cap."""
    per_day_usd: Usd | None = None
    """The cap of each local day, whatever nights are in it."""
    per_month_usd: Usd | None = None
    """The cap of each calendar month."""
    roles: dict[str, Usd] = {}
    """A cap for each night on what a role spends, e.g. `reviewer = 5.0`."""
    categories: dict[str, Usd] = {}
    """A cap for each night on what a category of tasks costs, reviews included."""
    reserve_usd: Annotated[float, Field(ge=0)] = 0.0
    """What is set aside for a run when too few like it were done before to know; 0: the cockpit chooses."""
    extensions: Annotated[int, Field(ge=0, le=20)] = 2
    """How often a run that used up its reserve gets as much again by itself, before you are asked."""
    context_tokens: Annotated[int, Field(ge=1000, le=2_000_000)] = 200_000
    """The longest request an agent's CLI sends: what one answer can cost at most is held back from its own bound."""
    answer_tokens: Annotated[int, Field(ge=500, le=200_000)] = 32_000
    """The longest answer that a CLI may ask its model for."""
    subagents: Annotated[int, Field(ge=0, le=10)] = 0
    """How many subagents an agent may have at once under a cap; for each the price of one answer is held back."""
    alerts: list[Annotated[int, Field(ge=1, le=100)]] = [50, 75, 90]
    """Percentages of each cap that are said when they are reached, each once."""

    def caps(self) -> dict[str, float]:
        """The caps beside the night's, by the names that `reserves` has for them."""
        found = {DAY: self.per_day_usd, MONTH: self.per_month_usd}
        found |= {ROLE + name: usd for name, usd in self.roles.items()}
        found |= {CATEGORY + name: usd for name, usd in self.categories.items()}
        return {name: usd for name, usd in found.items() if usd is not None}


class Money(Section):
    """How money is shown; caps are in US dollars always."""

    currency: Annotated[str, Field(pattern=r"^$|^[A-Z]{3}$")] = ""
    """The currency's code, e.g. `EUR`; empty: US dollars."""
    rate: Annotated[float, Field(gt=0)] = 1.0
    """What a dollar is in it."""


class PriceConfig(Section):
    """Your price of a model, in US dollars for a million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    cache_read: Annotated[float, Field(ge=0)] | None = None
    """None: as `input`."""
    cache_write: Annotated[float, Field(ge=0)] | None = None
    """None: as `input`."""


class Night(Section):
    """When the engine gives up waiting."""

    until: Annotated[str, Field(pattern=r"^$|^([01]?\d|2[0-3]):[0-5]\d$")] = ""
    """The wake deadline, HH:MM local time: nothing new starts after it. Empty means none."""
    linger_hours: Annotated[float, Field(gt=0, le=168)] = 12.0
    """How long the engine waits for you when everything left needs you."""
    grace_minutes: Annotated[float, Field(ge=0, le=120)] = 10.0
    """How long a turn may go on after the deadline; then it is parked with its work kept."""


class Watch(Section):
    """When an agent counts as stuck, and what becomes of it."""

    silent_seconds: Annotated[float, Field(ge=10, le=3600)] = 60.0
    """Without a heartbeat of its host, before a run is ended and started again."""
    stuck_minutes: Annotated[float, Field(ge=0.01, le=480)] = 30.0
    """Without activity, a changed file or a working child process, before an agent is asked how it stands."""
    nudge_minutes: Annotated[float, Field(ge=0, le=60)] = 5.0
    """How long it has after that, before its process is ended and its conversation taken up again."""
    run_hours: Annotated[float, Field(gt=0, le=8)] = 2.0
    """The longest that an agent may work on one run, 8 at most; waiting is no work."""
    hand_ons: Annotated[int, Field(ge=0, le=3)] = 1
    """How often a task that restarts did not help is given to another agent, in a fresh conversation."""
    crash_loop: Annotated[int, Field(ge=2, le=50)] = 4
    """Agents that die at once, in a row and on several tasks, before nothing starts until you say so."""
    wait_for_limits: bool = True
    """Wait for the end of a usage or rate limit, then go on; false: a limit is a failure like any other."""
    jitter_seconds: Annotated[float, Field(ge=0, le=600)] = 60.0
    """After a limit's end everybody waits up to this much longer, so that not all come at once."""


class Machine(Section):
    """What agents may take of the machine."""

    memory_mb: Annotated[float, Field(ge=0)] = 0.0
    """The most that one agent and all it starts may take; 0: half of the machine's."""
    processes: Annotated[int, Field(ge=0)] = 1000
    """The most processes that one agent may have at once; 0: no limit."""
    cpu_percent: Annotated[float, Field(ge=0)] = 0.0
    """Its share of one processor, 200 for two, where the system has control groups; 0: no limit."""
    nice: Annotated[int, Field(ge=0, le=19)] = 5
    """How far agents step back for what you do yourself, 0 to 19."""

    worktree_mb: Annotated[float, Field(ge=0)] = 20480.0
    """The most that an agent's worktree and temporary files may take on the disk; 0: no limit."""
    free_memory_mb: Annotated[float, Field(ge=0)] = 768.0
    """Memory that must be free for another agent to start; 0: not looked at."""
    free_disk_mb: Annotated[float, Field(ge=0)] = 1024.0
    """The same of the disk that holds the worktrees."""


class Screen(Section):
    """How the screen looks."""

    theme: str = ""
    """dark, light, high-contrast, no-colour, or a theme of Textual's; empty means dark."""
    frames: Literal["fast", "slow"] = "fast"
    """How often the screen is painted; `slow` is for slow lines."""


class Config(Section):
    """The whole file."""

    repository: Repository = Repository()
    agents: Agents = Agents()
    cage: CageConfig = CageConfig()
    models: Models = Models()
    roles: Roles = Roles()
    routing: Routing = Routing()
    gates: list[GateConfig] = []
    secrets: Secrets = Secrets()
    limits: Limits = Limits()
    review: Review = Review()
    planner: Planner = Planner()
    merge: Merge = Merge()
    logs: Logs = Logs()
    desk: Desk = Desk()
    budget: Budget = Budget()
    money: Money = Money()
    prices: dict[str, PriceConfig] = {}
    """Your own price of a model, by its name; over the price list."""
    night: Night = Night()
    watch: Watch = Watch()
    machine: Machine = Machine()
    screen: Screen = Screen()
    notify: Notify = Notify()
    github: GitHubConfig = GitHubConfig()
    mcp: Mcp = Mcp()
    ideas: Ideas = Ideas()
    keys: dict[str, str] = {}
    """Action to key, over the defaults of the key table."""

    def role(self, name: str) -> Role:
        """How a role works, its model included."""
        role = self.roles.of(name)
        return role if role.model else role.model_copy(update={"model": getattr(self.models, name)})

    def rules(self) -> Rules:
        """The numbers that the policies need."""
        ways = routes(self.models, self.roles, self.routing)
        return Rules(
            review_cycles=self.review.cycles,
            gate_attempts=self.review.gate_attempts,
            clean_seconds=self.repository.keep_hours * 3600,
            worktree_bytes=int(self.repository.worktrees_gb * 1e9),
            restarts=self.agents.restarts,
            flaky=self.merge.flaky,
            linger_seconds=self.night.linger_hours * 3600,
            heartbeat_seconds=self.agents.heartbeat,
            question_seconds=self.agents.question_minutes * 60,
            question_default=self.agents.question_default,
            permission_default=self.agents.permission_default,
            models={name: worker.model for name, worker in ways.workers.items()},
            routes=ways,
            silent_seconds=max(self.watch.silent_seconds, 4 * self.agents.heartbeat),
            stuck_seconds=self.watch.stuck_minutes * 60,
            nudge_seconds=self.watch.nudge_minutes * 60,
            run_seconds=self.watch.run_hours * 3600,
            hand_ons=self.watch.hand_ons,
            crash_loop=self.watch.crash_loop,
            grace_seconds=self.night.grace_minutes * 60,
            quota="claude" if self.agents.kind == "claude" else "api",
            parks=self.watch.wait_for_limits,
            jitter_seconds=self.watch.jitter_seconds,
            room_memory_mb=self.machine.free_memory_mb,
            room_disk_mb=self.machine.free_disk_mb,
            alerts=tuple(sorted(set(self.budget.alerts))),
            caps=self.budget.caps(),
            currency=self.money.currency,
            rate=self.money.rate if self.money.currency else 1.0,
            extensions=self.budget.extensions,
            reserves=self.agents.kind != "terminal",
            notify=self.notify.rules(),
            ideas=self.ideas.rules(),
            delivers=self.github.delivers,
            marks=self.github.enabled and self.github.label,
            ci_seconds=self.github.ci_seconds,
        )


def load(root: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration of the repository at `root`. Raises ConfigError."""
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "~")) / ".config")
    merged: dict[str, Any] = {}
    files = [path for path in (home / "cockpit" / "config.toml", root / FILE) if path.is_file()]
    for path in files:
        data = read_file(path, environ)
        check(data, path)
        merged = _over(merged, data)
    return check(merged, files[-1]) if files else Config()


def read_file(path: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """One file, with `${NAME}` replaced. Raises ConfigError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a mere ValueError
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    filled: dict[str, Any] = _filled(data, environ, path, "")
    return filled


def check(data: Mapping[str, Any], path: Path) -> Config:
    """The configuration in `data`. Raises ConfigError, naming `path` as where it came from."""
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_complaints(error, path))) from error


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _filled(value: Any, environ: Mapping[str, str], path: Path, key: str) -> Any:
    if isinstance(value, dict):
        return {k: _filled(v, environ, path, f"{key}.{k}" if key else k) for k, v in value.items()}
    if isinstance(value, list):
        return [_filled(item, environ, path, f"{key}[{n}]") for n, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def variable(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise ConfigError(f"{path}: {key}: the environment has no variable {match[1]}")
        return environ[match[1]]

    return re.sub(r"\$\{(\w+)\}", variable, value)


LONGEST_KEY = 200
"""A key of which an error says no more than so many characters."""


def _complaints(error: ValidationError, path: Path) -> Iterator[str]:
    for one in error.errors():
        key = ".".join(str(part) for part in one["loc"])
        key = key if len(key) <= LONGEST_KEY else f"{key[:LONGEST_KEY]}…"
        if one["type"] == "extra_forbidden":
            yield f"{path}: {key}: unknown key{_suggestion(one['loc'])}"
        else:
            yield f"{path}: {key} = {_shown(key, one['input'])}: {one['msg']}"


def _shown(key: str, value: Any) -> str:
    """A wrong value; one that may hold a password is not said."""
    if key.startswith("notify.urls"):
        return repr(masked(value)) if isinstance(value, str) else f"a {type(value).__name__}"
    return f"{value!r:.200}"


def _suggestion(where: tuple[int | str, ...]) -> str:
    near = difflib.get_close_matches(str(where[-1]), _known(where[:-1]), n=1)
    return f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(_known(where[:-1]))}"


def _known(table: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Config
    for part in table:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(str(part))
        annotation = GateConfig if str(part) == "gates" else (field.annotation if field else None)
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return [field.alias or name for name, field in model.model_fields.items()]
