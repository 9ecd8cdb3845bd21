"""Stores of caged agents: what they write is seen at once, taken in when it is sound, and harms nobody else."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cockpit import repo
from cockpit.repo import RepoError, Repository, stores
from tests.repos import commit, git, make_repo, write

BRANCH = "agent-1/task-T1"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(make_repo(tmp_path))


@pytest.fixture
def place(tmp_path: Path, repository: Repository) -> Path:
    path = tmp_path / "repo.worktrees" / "agent-1"
    repo.prepare_worktree(repository, path, BRANCH, "main", fresh=True)
    return path


@pytest.fixture
def store(repository: Repository, place: Path) -> Path:
    return stores.open_store(repository, place)


def caged(repository: Repository, store: Path, place: Path, *arguments: str) -> str:
    """Git as an agent in its cage runs it: new objects go to its store, all others are only read."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment["GIT_OBJECT_DIRECTORY"] = str(store)
    environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(repository.common_dir / "objects")
    command = ["git", "-C", str(place), *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def works(repository: Repository, store: Path, place: Path, text: str) -> str:
    """An agent's commit."""
    write(place, {"app.py": f"{text}\n", f"deep/{text}.txt": f"{text}\n"})
    caged(repository, store, place, "add", "-A")
    caged(repository, store, place, "commit", "-qm", text)
    return git(repository.root, "rev-parse", BRANCH)


def loose(store: Path) -> list[Path]:
    return [path for path in store.glob("??/*") if path.is_file()]


def alternates(repository: Repository) -> Path:
    return repository.common_dir / "objects" / "info" / "alternates"


def is_clean(repository: Repository) -> bool:
    return git(repository.root, "fsck", "--no-dangling") == ""


def test_what_an_agent_commits_is_seen_at_once_and_is_the_repositorys_when_it_has_ended(
    repository: Repository, store: Path, place: Path
) -> None:
    head = works(repository, store, place, "one")
    assert len(loose(store)) == 4
    assert "one" in git(repository.root, "log", "--all", "--oneline"), "its store is read"
    assert is_clean(repository)

    repo.close_store(repository, place)
    assert not store.exists()
    assert not alternates(repository).exists()
    assert git(repository.root, "show", f"{head}:deep/one.txt") == "one"
    assert is_clean(repository)


def test_a_store_may_be_opened_again_and_names_that_were_there_stay(repository: Repository, place: Path) -> None:
    other = make_repo(repository.root.parent, name="other")
    alternates(repository).write_text(f"{other}/.git/objects\n")
    store = stores.open_store(repository, place)
    works(repository, store, place, "one")
    assert stores.open_store(repository, place) == store
    assert loose(store), "what is in it stays"
    assert alternates(repository).read_text() == f"{other}/.git/objects\n../cockpit/objects/agent-1\n"
    repo.close_store(repository, place)
    repo.close_store(repository, place)
    assert alternates(repository).read_text() == f"{other}/.git/objects\n"


def test_a_repository_that_is_moved_meanwhile_keeps_everything(
    repository: Repository, store: Path, place: Path
) -> None:
    head = works(repository, store, place, "one")
    moved = repository.root.rename(repository.root.with_name("moved"))
    assert git(moved, "show", f"{head}:deep/one.txt") == "one"


def test_git_collects_no_garbage_while_there_is_a_store(repository: Repository, store: Path, place: Path) -> None:
    """It would throw away what the store has as well, and then the agent could take it from everybody."""
    git(repository.root, "repack", "-adq")
    works(repository, store, place, "one")
    for name in git(repository.root, "rev-list", "--objects", "--no-object-names", "main").split():
        kind = git(repository.root, "cat-file", "-t", name)
        raw = subprocess.run(
            ["git", "-C", str(repository.root), "cat-file", kind, name], capture_output=True, check=True
        ).stdout
        file = repository.root.parent / "raw"
        file.write_bytes(raw)
        plant(store, kind, file)
    git(repository.root, "gc", "-q", "--prune=now", okay=128)
    git(repository.root, "gc", "-q", "--auto")
    for path in loose(store):
        path.unlink()
    repo.settle(repository, place, BRANCH, "main")
    assert is_clean(repository)

    repo.close_store(repository, place)
    git(repository.root, "gc", "-q", "--prune=now")
    assert is_clean(repository)


def plant(store: Path, kind: str, file: Path) -> None:
    """Write an object into the store that the repository has already."""
    command = ["git", "-C", str(file.parent / "repo"), "hash-object", "-w", "-t", kind, "--no-filters", str(file)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    subprocess.run(command, env=environment | {"GIT_OBJECT_DIRECTORY": str(store)}, check=True, capture_output=True)


def test_only_what_is_what_it_says_is_taken_in(
    repository: Repository, store: Path, place: Path, tmp_path: Path
) -> None:
    works(repository, store, place, "one")
    sound = len(loose(store))
    secret = tmp_path / "elsewhere"
    (secret / "aa").mkdir(parents=True)
    (secret / "aa" / ("b" * 38)).write_text("not to be touched")
    fan = next(f"{n:02x}" for n in range(256) if not (store / f"{n:02x}").exists())
    (store / fan).symlink_to(secret / "aa")
    folder = loose(store)[0].parent
    (folder / ("1" * 38)).write_bytes(loose(store)[0].read_bytes())  # another's bytes under its name
    (folder / ("2" * 38)).write_bytes(b"nonsense")
    (folder / ("3" * 38)).write_bytes(b"")
    (folder / ("4" * 38)).symlink_to(secret / "aa" / ("b" * 38))
    os.mkfifo(folder / ("5" * 38))

    assert len(stores.take_in(repository, store)) == sound
    assert not list(store.glob("??/*")), "what was no object is gone too"
    assert (secret / "aa" / ("b" * 38)).read_text() == "not to be touched"
    assert is_clean(repository)
    assert stores.take_in(repository, store) == []


def test_many_objects_become_a_pack_and_large_ones_pass_in_pieces(
    repository: Repository, store: Path, place: Path
) -> None:
    (place / "large.bin").write_bytes(os.urandom(300_000))
    write(place, {f"many/{number}.txt": f"{number}\n" for number in range(stores.FEW)})
    works(repository, store, place, "one")
    assert repo.settle(repository, place, BRANCH, "main") is None
    assert loose(store) == []
    assert len(list((repository.common_dir / "objects" / "pack").glob("*.pack"))) == 1
    assert is_clean(repository)
    assert git(repository.root, "cat-file", "-s", f"{BRANCH}:large.bin") == "300000"


@pytest.mark.parametrize("whole", [0, 1, 2])
def test_an_agent_that_destroys_what_it_wrote_loses_only_that(
    repository: Repository, store: Path, place: Path, whole: int
) -> None:
    """`whole` of its three commits are: they were taken in before."""
    heads = [repository.commit_of("main")]
    for number, text in enumerate(("one", "two", "three")):
        if number == whole:
            stores.take_in(repository, store)
        heads.append(works(repository, store, place, text))
    write(place, {"staged.txt": "staged\n"})
    caged(repository, store, place, "add", "-A")
    for path in loose(store):
        path.unlink()

    gone = repo.settle(repository, place, BRANCH, heads[0])
    assert gone is not None
    assert gone.is_lost
    assert gone.now == heads[whole] == git(repository.root, "rev-parse", BRANCH)
    assert "deleted or damaged git objects of its own" in str(gone)
    assert (place / "deep" / "three.txt").exists(), "its files are as they were"
    assert "staged.txt" in repo.uncommitted(place)
    assert is_clean(repository)
    assert repo.settle(repository, place, BRANCH, heads[0]) is None


def test_what_was_only_staged_and_is_gone_is_still_in_the_files(
    repository: Repository, store: Path, place: Path
) -> None:
    head = works(repository, store, place, "one")
    stores.take_in(repository, store)
    write(place, {"staged.txt": "staged\n"})
    caged(repository, store, place, "add", "-A")
    for path in loose(store):
        path.unlink()
    assert repo.settle(repository, place, BRANCH, "main") is None
    assert repository.tip(BRANCH) == head
    assert repo.commit_leftovers(repository, place, "the rest", BRANCH)
    assert git(repository.root, "show", f"{BRANCH}:staged.txt") == "staged"


def test_a_branch_that_git_packed_away_in_the_cage_comes_back(repository: Repository, store: Path, place: Path) -> None:
    head = works(repository, store, place, "one")
    (repository.common_dir / "refs" / "heads" / BRANCH).unlink()
    gone = repo.settle(repository, place, BRANCH, "main")
    assert gone is not None
    assert not gone.is_lost
    assert git(repository.root, "rev-parse", BRANCH) == head


def test_a_branch_that_only_points_to_main_does_not_take_main_along(
    repository: Repository, store: Path, place: Path
) -> None:
    works(repository, store, place, "one")
    git(repository.root, "symbolic-ref", f"refs/heads/{BRANCH}", "refs/heads/gone")
    before = git(repository.root, "rev-parse", "main")
    repo.settle(repository, place, BRANCH, before)
    assert git(repository.root, "rev-parse", "main") == before
    assert "gone" not in git(repository.root, "branch")


def test_nothing_lands_that_is_not_wholly_the_repositorys(repository: Repository, store: Path, place: Path) -> None:
    before, head = repository.commit_of("main"), works(repository, store, place, "one")
    merged = repo.merge_result(repository, before, head, "merge")
    assert isinstance(merged, repo.MergeResult)
    tree = git(repository.root, "rev-parse", f"{head}:deep")
    kept = (store / tree[:2] / tree[2:]).read_bytes()
    (store / tree[:2] / tree[2:]).unlink()
    with pytest.raises(RepoError, match="missing or damaged, so it can't land"):
        repo.land(repository, "main", before, merged.commit)
    assert repository.commit_of("main") == before

    (store / tree[:2] / tree[2:]).write_bytes(kept)
    assert isinstance(repo.land(repository, "main", before, merged.commit), repo.Landed)
    shutil.rmtree(store)
    stores.close_store(repository, place)
    assert is_clean(repository)
    assert git(repository.root, "show", "main:deep/one.txt") == "one"


def test_a_store_that_goes_while_something_lands_holds_nothing_up(
    repository: Repository, store: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run may end in any moment."""
    before, head = repository.commit_of("main"), works(repository, store, place, "one")
    merged = repo.merge_result(repository, before, head, "merge")
    assert isinstance(merged, repo.MergeResult)
    taking = stores.take_in

    def take_in_as_it_ends(of: Repository, one: Path) -> list[str]:
        monkeypatch.setattr(stores, "take_in", taking)
        stores.close_store(of, place)
        return taking(of, one)

    monkeypatch.setattr(stores, "take_in", take_in_as_it_ends)
    assert isinstance(repo.land(repository, "main", before, merged.commit), repo.Landed)
    assert is_clean(repository)
    assert not (repository.common_dir / stores.GC_LOCK).exists()


def test_a_worktree_that_is_released_leaves_no_store(repository: Repository, store: Path, place: Path) -> None:
    works(repository, store, place, "one")
    write(place, {"half.txt": "half\n"})
    caged(repository, store, place, "add", "-A")
    kept = repo.release_worktree(repository, place, "T1-1")
    assert kept is not None
    assert not store.exists()
    assert is_clean(repository)
    assert git(repository.root, "show", f"{kept.ref}:half.txt") == "half"


def test_stores_that_are_left_or_gone_are_found(repository: Repository, store: Path, place: Path) -> None:
    assert stores.stray_stores(repository) == []
    other = stores.open_store(repository, place.with_name("agent-2"))
    assert stores.stray_stores(repository) == [other]
    shutil.rmtree(other)
    assert stores.stray_stores(repository) == [other]
    repo.close_store(repository, Path(other.name))
    assert stores.stray_stores(repository) == []
    assert commit(repository.root, {"more.txt": "more\n"})


def test_where_agents_have_no_stores_loose_objects_go_into_packs(repository: Repository, place: Path) -> None:
    write(place, {"staged.txt": "staged\n"})
    git(place, "add", "-A")
    objects = repository.common_dir / "objects"
    assert loose(objects)
    repo.put_away(repository)
    assert loose(objects) == []
    repo.put_away(repository)
    assert len(list((objects / "pack").glob("*.pack"))) == 1
    assert is_clean(repository)
    assert git(place, "show", ":staged.txt") == "staged"
