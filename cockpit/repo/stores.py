"""The stores of caged agents: each writes its git objects to one of its own, and what is sound of it is taken in.

    .git/cockpit/objects/agent-1/   what the agent in the worktree agent-1 writes; in its cage it is `.git/objects`
    .git/cockpit/alternates/        in its cage the store's `info`: the objects of all lie beside it, to be read only
    .git/cockpit/incoming/          what was read from a store and found sound, on its way into the repository's packs

So nothing that an agent does can take an object from anybody else. The repository reads a store by its
`objects/info/alternates` from before the agent starts until it has ended: nobody sees a branch without its commits.
A turn's objects are taken in when it is over, checked one by one; then they are the repository's, and the agent reads
them like all others. Of an agent that deletes or damages what it wrote, the branch is put back to where it is whole.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cockpit import durable
from cockpit.repo import loose
from cockpit.repo.errors import RepoError
from cockpit.repo.repository import Repository
from cockpit.repo.runner import run
from cockpit.repo.trees import unfinished, working_trees

BESIDE = "objects.shared"
"""Beside `objects` in an agent's cage: the objects of all. As deep, so that what they name relatively is found."""

_TRIES = 3
_NEWEST = 50
"""Entries of a branch's log that are tried when it is put back."""

FEW = 16
"""So many objects are put beside the others one by one; more become a pack."""

GC_LOCK = "gc.pid"
_NO_GC = "1 cockpit-while-agents-work"
"""Git collects no garbage while it seems to do so on another machine. It would throw away what a store has as well,
and an agent may put everybody's objects into its store and delete them afterwards."""
_REFRESH_SECONDS, _BELIEVED_SECONDS = 3600.0, 12 * 3600.0
"""Git believes such a lock for 12 hours."""

_listing, _taking = threading.Lock(), threading.Lock()
"""Effects run in threads; git's list of stores is one file, and so is the place for what comes in."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A branch that was not whole, put back."""

    branch: str
    was: str
    now: str

    @property
    def is_lost(self) -> bool:
        """Whether commits are gone; otherwise only the branch's ref was."""
        return self.was != self.now

    def __str__(self) -> str:
        if not self.is_lost:
            return f"the branch {self.branch} was gone and is back at {self.now[:10]}, its last commit"
        return (
            f"the agent deleted or damaged git objects of its own: {self.was[:10]} of {self.branch} can't be "
            f"read any more, so the branch is back at {self.now[:10]}, the last commit that is whole; the files in its "
            "worktree are as they were, and nobody else's work was in reach"
        )


def may_have(repo: Repository) -> bool:
    """Whether agents can have stores here: not where the objects lie elsewhere, by a link."""
    return not (repo.common_dir / "objects").is_symlink()


def store_of(repo: Repository, worktree: Path) -> Path:
    """Where the agent of a worktree writes its objects; it is there while somebody works in a cage."""
    return _house(repo) / "objects" / worktree.name


def in_cage(repo: Repository) -> Path:
    """What a store's `info` is in a cage."""
    return _house(repo) / "alternates"


def open_store(repo: Repository, worktree: Path) -> Path:
    """Make the store of a worktree, and have the repository read it; what is in it stays."""
    store = store_of(repo, worktree)
    with _listing:
        for folder in (store / "pack", store / "info", in_cage(repo)):
            folder.mkdir(parents=True, exist_ok=True)
        names = in_cage(repo) / "alternates"
        if not names.exists():
            durable.replace(names, f"../{BESIDE}\n".encode(), mode=0o644)
        _hold_gc(repo)
        _name(repo, [*_named(repo), _entry(repo, store)])
    return store


def close_store(repo: Repository, worktree: Path) -> None:
    """Take in what is in the store of a worktree, where it has one, and remove it; nobody may be at work in it."""
    store = store_of(repo, worktree)
    if worktree.name and store.is_dir():
        take_in(repo, store)
    with _listing:
        _forget(repo, store)


def stray_stores(repo: Repository) -> list[Path]:
    """Stores whose worktree is gone, and names of stores that are gone themselves."""
    kept = {store_of(repo, tree.path) for tree in working_trees(repo) if tree.path.exists()}
    there = {store for store in _folders(repo) if store not in kept}
    gone = {store for store in _ours(repo) if not store.is_dir()}
    return sorted(there | gone)


def is_gc_held(repo: Repository) -> bool:
    """Whether git is kept from collecting garbage though no store is read any more."""
    lock = repo.common_dir / GC_LOCK
    return not _ours(repo) and lock.exists() and _is_ours(lock)


def let_gc(repo: Repository) -> None:
    """Let git collect garbage again."""
    if is_gc_held(repo):
        (repo.common_dir / GC_LOCK).unlink(missing_ok=True)


def take_in(repo: Repository, store: Path) -> list[str]:
    """Bring every sound object of a store into the repository, and take it out of the store; their names.

    What is not sound is no object, and is removed. Its agent may be at work. Raises RepoError or OSError, with
    everything where it was. A store that another thread takes in and removes meanwhile has none left.
    """
    with suppress(FileNotFoundError):  # its run may just have ended
        os.chmod(store, store.stat().st_mode | 0o700)  # its agent may have locked it
    with _listing:
        if _ours(repo):
            _hold_gc(repo)
    found = loose.names(store)
    if not found:
        return []
    with _taking, _incoming(repo) as incoming:
        sound = [name for name in found if loose.copy(store, name, incoming)]
        if len(sound) > FEW:
            _pack(repo, incoming, sound)
        else:
            loose.put(incoming, sound, repo.common_dir / "objects")
        for name in found:
            loose.remove(store, name)
    return sound


def require_whole(repo: Repository, commit: str, known: str) -> None:
    """Have in the repository itself what `commit` has and `known` lacks. Raises RepoError where some of it is gone."""
    taken = set[str]()
    for _ in range(_TRIES):
        stores = _folders(repo)
        if not stores:
            return
        for store in stores:
            taken.update(take_in(repo, store))
        listed = run(repo.root, "rev-list", "--objects", "--no-object-names", commit, f"^{known}", okay=(0, 128))
        if listed.status:
            raise RepoError(f"objects of {commit[:10]} are missing or damaged, so it can't land: {listed.error}")
        if not set(listed.out.split()) & {name for store in stores for name in loose.names(store)} - taken:
            return
    raise RepoError(f"agents kept writing objects of {commit[:10]} while it was to land: `cockpit task retry` its task")


def put_away(repo: Repository) -> None:
    """Put every object that lies loose into a pack: where agents have no stores, packs alone are out of their reach."""
    objects = repo.common_dir / "objects"
    for _ in range(2):  # the first makes the pack, the second takes away what is in it
        if any(entry.is_file() for fan in objects.glob("??") for entry in fan.iterdir()):
            run(repo.root, "maintenance", "run", "--quiet", "--task=loose-objects", okay=range(256))


def settle(repo: Repository, worktree: Path, branch: str, base: str) -> Mended | None:
    """Take in what a worktree's agent wrote, and put its branch back to where it is whole; None where it is.

    `base` is where the branch began, which is whole. Nothing is looked at where the worktree has no store.
    """
    store = store_of(repo, worktree)
    if not branch or not worktree.name or not store.is_dir() or not (worktree / ".git").exists():
        return None
    take_in(repo, store)
    if not base:
        return None
    was = repo.branch_commit(branch) or ""
    if was and _is_whole(worktree, branch, base):
        return None
    known = [one for one in (was, *_logged(repo, branch), base) if one]
    now = next((one for one in known if _is_reached(repo, one, base)), "")
    if not now:
        raise RepoError(f"nothing of {branch} can be read any more, not even {base}, where it began")
    _put_back(repo, worktree, branch, now)
    return Mended(branch, known[0], now) if now != was else None  # what was staged is in the files


def _house(repo: Repository) -> Path:
    return repo.common_dir / "cockpit"


def _folders(repo: Repository) -> list[Path]:
    folder = _house(repo) / "objects"
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


@contextmanager
def _incoming(repo: Repository) -> Iterator[Path]:
    folder = _house(repo) / "incoming"
    shutil.rmtree(folder, ignore_errors=True)  # of one who was killed
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pack(repo: Repository, incoming: Path, names: list[str]) -> None:
    packs = repo.common_dir / "objects" / "pack"
    packs.mkdir(exist_ok=True)
    settings = ("-c", "pack.packSizeLimit=0", "-c", "pack.threads=1")
    command = ("pack-objects", "--quiet", "--window=0", str(packs / "pack"))
    environment = {"GIT_OBJECT_DIRECTORY": str(incoming)}
    run(repo.root, *settings, *command, typed="".join(f"{name}\n" for name in names), environment=environment)
    durable.sync_folder(packs)


def _forget(repo: Repository, store: Path) -> None:
    """Have the repository read it no longer, then remove it: the other way round git would look for it."""
    entries = _named(repo)
    if (entry := _entry(repo, store)) in entries:
        _name(repo, [name for name in entries if name != entry])
    let_gc(repo)
    if store.is_dir():
        for folder, _, _ in os.walk(store):
            os.chmod(folder, 0o700)  # an agent may have locked its own
        shutil.rmtree(store)


def _hold_gc(repo: Repository) -> None:
    """Have git collect no garbage for now, unless it just does."""
    lock = repo.common_dir / GC_LOCK
    try:
        is_ours = _is_ours(lock)
        age = time.time() - lock.stat().st_mtime
    except FileNotFoundError:
        is_ours, age = True, _REFRESH_SECONDS
    if (is_ours and age >= _REFRESH_SECONDS) or age > _BELIEVED_SECONDS:
        durable.replace(lock, f"{_NO_GC}\n".encode(), mode=0o644)


def _is_ours(lock: Path) -> bool:
    return lock.read_text(encoding="utf-8", errors="replace").startswith(_NO_GC)


def _list_file(repo: Repository) -> Path:
    return repo.common_dir / "objects" / "info" / "alternates"


def _entry(repo: Repository, store: Path) -> str:
    """Relative, so that a repository that is moved keeps what it has."""
    return os.path.relpath(store, repo.common_dir / "objects")


def _named(repo: Repository) -> list[str]:
    try:
        return os.fsdecode(_list_file(repo).read_bytes()).splitlines()
    except FileNotFoundError:
        return []


def _ours(repo: Repository) -> list[Path]:
    """The stores of agents that the repository reads."""
    house = os.path.relpath(_house(repo) / "objects", repo.common_dir / "objects") + "/"
    return [_house(repo) / "objects" / line.removeprefix(house) for line in _named(repo) if line.startswith(house)]


def _name(repo: Repository, entries: list[str]) -> None:
    file, wanted = _list_file(repo), list(dict.fromkeys(entries))
    if wanted == _named(repo):
        return
    file.parent.mkdir(exist_ok=True)
    if wanted:
        data = os.fsencode("".join(f"{entry}\n" for entry in wanted))
        durable.replace(file, data, mode=file.stat().st_mode & 0o777 if file.exists() else 0o644, sync=True)
    else:
        file.unlink()
        durable.sync_folder(file.parent)


def _is_whole(worktree: Path, branch: str, base: str) -> bool:
    """Whether everything is there of a branch, of what is checked out, and of what is staged."""
    walk = ("rev-list", "--objects", "--quiet", "--single-worktree", "--indexed-objects")
    return run(worktree, *walk, f"refs/heads/{branch}", "HEAD", f"^{base}", okay=(0, 1, 128)).status == 0


def _is_reached(repo: Repository, commit: str, base: str) -> bool:
    walk = ("rev-list", "--objects", "--quiet", commit, f"^{base}")
    return run(repo.root, *walk, okay=(0, 1, 128)).status == 0


def _logged(repo: Repository, branch: str) -> list[str]:
    """The commits that a branch was at, the newest first, as far as its log tells."""
    try:
        lines = (repo.common_dir / "logs" / "refs" / "heads" / branch).read_bytes().splitlines()
    except OSError:
        return []
    names = [line.split(b" ", 2)[1].decode("ascii", "replace") for line in lines if line.count(b" ") > 1]
    good = [name for name in names if len(name) in (40, 64) and all(digit in "0123456789abcdef" for digit in name)]
    return list(dict.fromkeys(reversed(good)))[:_NEWEST]


def _put_back(repo: Repository, worktree: Path, branch: str, commit: str) -> None:
    """Branch, worktree's head and index at `commit`; files stay as they are. The logs forget what can't be read."""
    ref = f"refs/heads/{branch}"
    run(repo.root, "update-ref", "--no-deref", "-m", "cockpit: objects are gone", ref, commit)
    run(worktree, "symbolic-ref", "-m", "cockpit: objects are gone", "HEAD", ref)
    if unfinished(worktree):
        for what in ("rebase", "cherry-pick", "revert", "merge"):
            run(worktree, what, "--quit", okay=range(256))
    run(worktree, "reset", "--quiet", okay=(0, 1))
    forget = ("reflog", "expire", "--stale-fix", "--expire=never", "--expire-unreachable=never", ref, "HEAD")
    run(worktree, *forget, okay=range(256))
