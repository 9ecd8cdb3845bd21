"""What each process that the engine has started may do: agents, setup commands, gates.

An agent may write its worktree, its own branch, its own half of git's directory and its own temporary files.
It reads what the user reads, but for secrets in the home, the cockpit's own folder and other agents' worktrees.
Gates and setup run the agents' code, so they are caged as well, gates without any of git.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cockpit
from cockpit import agents, events, shared_files
from cockpit.agents import claude_home, terminal
from cockpit.cage import BUBBLEWRAP, NONE, Cage, CageError, wrap
from cockpit.cage import choice as choices
from cockpit.cage.choice import Choice
from cockpit.cage.secrets import hidden, real
from cockpit.repo import Repository, git_dir, stores

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

Environment = dict[str, str]

GIT = {
    "gc.auto": "0",  # it would pack and prune what is not its own
    "gc.packRefs": "false",  # into the packed refs of its cage, and nobody else would find its branch
    "maintenance.auto": "false",
    "rerere.enabled": "false",  # writes beside the repository's configuration
    "commit.gpgSign": "false",  # your keys are hidden
    "tag.gpgSign": "false",
}

CACHES = (
    ("UV_CACHE_DIR", "~/.cache/uv"),
    ("PIP_CACHE_DIR", "~/.cache/pip"),
    ("npm_config_cache", "~/.npm"),
    ("YARN_CACHE_FOLDER", "~/.cache/yarn"),
    ("GOCACHE", "~/.cache/go-build"),
    ("GOMODCACHE", "~/go/pkg/mod"),
    ("DENO_DIR", "~/.cache/deno"),
    ("BUN_INSTALL_CACHE_DIR", "~/.bun/install/cache"),
)
"""Caches that a package manager can't do without writing to: where it is told of one, and where it lies by itself."""

OF_COMMANDS = {
    "codex": ("~/.codex",),
    "gemini": ("~/.gemini",),
    "opencode": ("~/.local/share/opencode", "~/.local/state/opencode", "~/.config/opencode", "~/.cache/opencode"),
    "claude": ("~/.claude",),
}
"""What agents' own programs write in the home, where they run in a terminal."""


def settle(engine: Engine) -> Choice:
    """Which cage agents get here; said once, and again when it is another. Raises LaunchError."""
    if engine.cage is None:
        settings = engine.config.cage
        try:
            engine.cage = choices.choose(settings.kind, require=settings.require)
        except CageError as error:
            raise agents.LaunchError(str(error)) from error
        said = events.CageChosen(engine.cage.kind, engine.cage.note)
        if (engine.state.cage.kind, engine.state.cage.note) != (said.cage, said.note):
            engine.record(said)
    return engine.cage


def check_branch(engine: Engine, branch: str, target: str) -> None:
    """Refuse a branch that lies in one folder with the target's: git needs to write the folder. Raises LaunchError."""
    folder = branch.rpartition("/")[0]
    if settle(engine).kind == NONE:
        return
    if not folder or target.startswith(f"{folder}/"):
        raise agents.LaunchError(
            f"the branch {branch} lies beside {target}, so a cage could not keep an agent from the latter: give it a "
            f'folder of its own in cockpit.toml ([repository] branch = "agent-{{agent}}/task-{{task}}"; it is '
            f'{engine.config.repository.branch!r}), or set [cage] kind = "none"'
        )


def for_agent(
    engine: Engine, run_dir: Path, worktree: Path, branch: str, agent: int, variables: Mapping[str, str], session: str
) -> tuple[Cage, Environment]:
    """An agent's cage, and what it is told about it."""
    kind = settle(engine).kind
    own, tmp = own_folder(run_dir), run_dir / "tmp"
    for folder in (own, tmp):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if kind == NONE:
        return Cage(), {}
    told = _temporary(kind, tmp) | _git()
    cage = replace(_around(engine, worktree, variables, tmp), kind=kind)
    cage, cached = _with_caches(engine, cage, f"agent-{agent}", variables)
    cage = _with_git(engine.repository, cage, worktree, branch)
    cage = replace(cage, writable=(*cage.writable, os.path.realpath(own)))
    if shared_files.names(engine.places.context):
        cage = replace(cage, shown=(*cage.shown, os.path.realpath(engine.places.context)))
    told |= cached
    match engine.config.agents.kind:
        case "claude":
            cage, more = _with_claude(cage, own, variables, session)
            told |= more
        case "terminal":
            cage = _with_terminal(cage, engine.config.agents.command, variables)
        case "scripted":
            cage = replace(cage, shown=(*cage.shown, os.path.realpath(engine.config.agents.command)))
        case _:
            pass
    return cage, told


def for_commands(engine: Engine, worktree: Path, name: str, variables: Mapping[str, str]) -> tuple[Cage, Environment]:
    """The cage of commands that run on a worktree of the cockpit's own: they write that, and nothing of git."""
    kind = settle(engine).kind
    if kind == NONE:
        return Cage(), {}
    tmp = engine.places.folder / "tmp" / name
    tmp.mkdir(mode=0o700, parents=True, exist_ok=True)
    cage = _around(engine, worktree, variables, tmp)
    cage, cached = _with_caches(engine, cage, "gates", variables)
    cage = replace(cage, kind=kind, network=engine.config.cage.gates_network)
    return cage, _temporary(kind, tmp) | _git() | cached | {"GIT_OPTIONAL_LOCKS": "0"}


def own_folder(run_dir: Path) -> Path:
    """Where an agent's CLI keeps its files; of the run's folder, it writes this one alone."""
    return run_dir / "own"


def config_variables(run_dir: Path) -> Environment:
    """What tells a Claude CLI where the conversation of a run is."""
    folder = own_folder(run_dir) / "claude"
    return {claude_home.VARIABLE: str(folder)} if folder.is_dir() else {}


def _around(engine: Engine, worktree: Path, variables: Mapping[str, str], tmp: Path) -> Cage:
    """What all cages of a night have in common."""
    settings = engine.config.cage
    private = (str(engine.places.folder), str(worktree.parent))
    secret = hidden(variables, (*private, *settings.hidden), settings.readable)
    writable = [real(path, variables) for path in settings.writable]
    for path in writable:
        os.makedirs(path, exist_ok=True)
    here = os.path.realpath(worktree)
    shown = (*_needed(engine, variables), *(real(path, variables) for path in settings.readable))
    return Cage(
        home=here,
        writable=(here, *writable),
        frozen=(os.path.join(here, ".git"),),
        hidden=tuple(os.path.realpath(path) for path in secret),
        shown=tuple(dict.fromkeys(path for path in shown if path != "/")),
        tmp=os.path.realpath(tmp),
        network=settings.network,
    )


def _needed(engine: Engine, variables: Mapping[str, str]) -> Iterable[str]:
    """What must be seen wherever it lies, e.g. beneath /tmp: the repository, us, programs, what variables name."""
    house = (engine.repository.root, engine.repository.common_dir, Path(cockpit.__file__).parent.parent)
    yield from (os.path.realpath(path) for path in (*house, sys.prefix, sys.base_prefix))
    for folder in variables.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder):
            yield os.path.realpath(folder)
            yield from (os.path.realpath(e.path) for e in _links(folder))
    for name, value in variables.items():
        if os.path.isabs(value) and name not in ("COCKPIT_FOLDER", "COCKPIT_RUN", "TMPDIR"):
            yield os.path.realpath(value)
    command = engine.config.agents.command
    if os.path.isabs(command) and engine.config.agents.kind == "claude":
        yield os.path.dirname(os.path.realpath(command))


def _links(folder: str) -> Iterable[os.DirEntry[str]]:
    """Programs on PATH beneath /tmp that are links to somewhere else."""
    if not folder.startswith("/tmp/"):
        return ()
    try:
        return [entry for entry in os.scandir(folder) if entry.is_symlink()]
    except OSError:
        return ()


def _temporary(kind: str, tmp: Path) -> Environment:
    place = "/tmp" if kind == BUBBLEWRAP else os.path.realpath(tmp)
    return {name: place for name in ("TMPDIR", "TMP", "TEMP", "CLAUDE_CODE_TMPDIR")}


def _git() -> Environment:
    told = {"GIT_CONFIG_COUNT": str(len(GIT))}
    for number, (key, value) in enumerate(GIT.items()):
        told |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return told


def _with_caches(engine: Engine, cage: Cage, who: str, variables: Mapping[str, str]) -> tuple[Cage, Environment]:
    """Caches of the cockpit's own, except where the user lets theirs be written."""
    folder = engine.places.folder / "caches" / who
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = {
        name: str(folder / name.lower())
        for name, usual in CACHES
        if not variables.get(name) and not _is_writable(cage, real(usual, variables))
    }
    return replace(cage, writable=(*cage.writable, os.path.realpath(folder))), told


def _is_writable(cage: Cage, path: str) -> bool:
    return any(path == top or path.startswith(f"{top}/") for top in cage.writable)


def _with_git(repository: Repository, cage: Cage, worktree: Path, branch: str) -> Cage:
    """The agent's own half of git: its branch, with its log, its worktree's state, and new objects."""
    common, state = repository.common_dir, git_dir(worktree)
    folder = branch.rpartition("/")[0]
    branches = [common / "refs" / "heads" / folder, common / "logs" / "refs" / "heads" / folder]
    for path in (*branches, common / "lfs"):
        path.mkdir(parents=True, exist_ok=True)
    (state / "logs").mkdir(exist_ok=True)
    others = [path for top in branches for path in top.rglob("*") if path != top / Path(branch).name]
    fixed = [state / "commondir", state / "gitdir", *(path for path in others if path.is_file())]
    cage = replace(
        _with_packed_refs(cage, common),
        writable=(*cage.writable, *map(str, (*branches, state, common / "lfs"))),
        frozen=(*cage.frozen, *map(str, fixed)),
    )
    return _with_objects(repository, cage, worktree)


def _with_objects(repository: Repository, cage: Cage, worktree: Path) -> Cage:
    """Where new objects go: into a store of the agent's own, so that it can take nobody else's away."""
    objects = repository.common_dir / "objects"
    if cage.kind == BUBBLEWRAP and stores.may_have(repository):
        own = stores.open_store(repository, worktree)
        seen = {
            objects.with_name(stores.BESIDE): objects,
            objects / "info": stores.in_cage(repository),
            objects / "pack": own / "pack",  # what lies in packs is believed, so nobody may make one
        }
        return replace(
            cage, instead={str(objects): str(own)}, beside={str(place): str(path) for place, path in seen.items()}
        )
    loose = [objects / f"{number:02x}" for number in range(256)]
    for path in loose:
        path.mkdir(parents=True, exist_ok=True)
    written = [objects] if cage.kind == BUBBLEWRAP else loose
    return replace(
        cage,
        writable=(*cage.writable, *map(str, written)),
        frozen=(*cage.frozen, str(objects / "pack"), str(objects / "info")),
    )


def _with_packed_refs(cage: Cage, common: Path) -> Cage:
    """A copy of the packed refs: whoever takes back a cherry-pick or a step of a rebase must lock them."""
    if cage.kind != BUBBLEWRAP:
        return cage
    cage = replace(cage, rebuilt=(str(common),))
    packed, copy = common / "packed-refs", Path(cage.tmp).parent / "own" / "packed-refs"
    if not packed.exists():
        return cage
    shutil.copyfile(packed, copy)
    return replace(cage, links={str(packed): str(copy)})


def _with_claude(cage: Cage, own: Path, variables: Mapping[str, str], session: str) -> tuple[Cage, Environment]:
    """The CLI's state: the run's own where a key is given, the user's folder where they logged in."""
    mine = own / "claude"
    if claude_home.has_key(variables) or mine.is_dir():
        claude_home.make_own(mine, variables, session)
        seen = [os.path.realpath(mine / name) for name in claude_home.YOURS if (mine / name).exists()]
        return replace(cage, shown=(*cage.shown, *seen)), {claude_home.VARIABLE: str(mine)}
    folder = os.path.realpath(claude_home.share(variables))
    fixed = [os.path.realpath(os.path.join(folder, name)) for name in claude_home.YOURS]
    cage = replace(cage, writable=(*cage.writable, folder), frozen=(*cage.frozen, *fixed))
    return cage, {claude_home.VARIABLE: folder}


def _with_terminal(cage: Cage, command: str, variables: Mapping[str, str]) -> Cage:
    """What the command's own program writes in the home, and the files that the command line names."""
    own = [real(path, variables) for path in OF_COMMANDS.get(terminal.label(command), ())]
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    named = [os.path.realpath(word) for word in words if os.path.isabs(word) and os.path.exists(word)]
    own = [path for path in own if os.path.exists(path)]
    return replace(cage, writable=(*cage.writable, *own), shown=(*cage.shown, *(p for p in named if p != "/")))


def prefix(cage: Cage) -> list[str]:
    """What goes before a command line to cage it. Raises LaunchError where the cage can't be made."""
    try:
        choices.check(cage)
        return wrap(cage, ())
    except CageError as error:
        raise agents.LaunchError(str(error)) from error
